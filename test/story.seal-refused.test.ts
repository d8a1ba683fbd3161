// A seal service that gives something else than the signature that was asked for, or refuses: nothing of it reaches a copy,
// the copy stands still where an operator sees why, and goes on when that is mended and said.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askOperator } from './extend.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import type { TrustedxFault } from './sim/trustedx.ts'
import { approve, feed, open, procedure, slips } from './walk.kit.ts'

describe.each<[TrustedxFault, string, string]>([
  ['hex-digest', 'SIGNATURE_INVALID', 'it signed another digest'],
  ['another-key', 'SIGNATURE_INVALID', 'made with another key'],
  ['no-token-is-good', 'SEAL_CREDENTIALS_REFUSED', 'answered 401'],
  ['certificate-of-another', 'SEAL_REFUSED', 'not the one of certificateFile'],
])('%s', (fault, code, words) => {
  let kiosk: Kiosk
  const seal = () => kiosk.site.seal ?? expect.unreachable('a site without a seal service')
  beforeAll(async () => {
    kiosk = await startKiosk({ sheets: await slips(1), seal: true, config: { procedures: [procedure('seal')] } })
    await seal().fault(fault)
    await open(kiosk, 'copy-seal')
    await feed(kiosk)
    await approve(kiosk)
    await kiosk.screen.until(view => view.queue.stopped === 1, 'the copy stands still')
  })
  afterAll(() => kiosk.stop())

  it('gives the receipt and stops the copy, saying why', () => {
    expect(kiosk.screen.copy()).toMatchObject({ stage: 'delivering', fault: code, result: { signer: null } })
    expect(kiosk.logged.join('\n')).toContain(words)
    expect(kiosk.site.receiver.attempts()).toBe(0)
  })

  it('goes on, sealed, when an operator says so', async () => {
    await seal().fault(undefined)
    await askOperator(kiosk, kiosk.screen.copy().id, 'retry')
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'delivered')
    expect(kiosk.site.receiver.received()).toHaveLength(1)
  })
})
