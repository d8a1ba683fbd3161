// A kiosk without an authority of its own has its signatures raised by a remote service, which is away when the copy is
// signed: the person gets the receipt, the signed copy waits, survives a restart, and is delivered once and at the level
// ordered when the service is back. The level is judged by pdfsig and qpdf beside us.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './50.signature.kit.ts'
import {
  auditOf,
  reportOnReceived,
  type ServedKiosk,
  signedForService,
  untilPostponed,
  untilSent,
} from './extend.kit.ts'

describe('no extension service, then one', () => {
  let kiosk: ServedKiosk
  beforeAll(async () => {
    kiosk = await signedForService('none', fortress => fortress.fault('reset'))
  })
  afterAll(() => kiosk.stop())

  it('gives the receipt while the signed copy waits, after a restart too', async () => {
    await untilPostponed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({ stage: 'delivering', fault: null, result: { pages: 1 } })
    await kiosk.screen.post('/screen/copy/leave')
    await kiosk.restart()
    await kiosk.screen.until(view => view.queue.waiting === 1, 'the queue counts it')
    expect(kiosk.site.receiver.attempts()).toBe(0)
    expect(await auditOf(kiosk, 'extensionPostponed')).toContainEqual(
      expect.objectContaining({ code: 'EXTENDER_UNAVAILABLE' }),
    )
  })

  it('is delivered once, at level LTA, when the service is back', async () => {
    kiosk.fortress.fault(undefined)
    await untilSent(kiosk)
    expect(kiosk.site.receiver.received()).toMatchObject([{ metadata: { signatureLevel: 'LTA' } }])
    expect(await reportOnReceived(kiosk)).toMatchObject({
      indication: 'TOTAL-PASSED',
      signatures: [{ level: 'PAdES-BASELINE-LTA' }, { type: 'DocTimeStamp' }, { type: 'DocTimeStamp' }],
    })
    expect(await auditOf(kiosk, 'extended')).toMatchObject([{ level: 'LTA', by: 'service' }])
  })

  it('is sound to others', async () => {
    const [effect] = kiosk.site.receiver.received()
    const file = join(kiosk.folder, 'received', `${effect?.reference.replace(/^R-/, '')}.pdf`)
    expect(await judge('qpdf', ['--check', file])).toMatchObject({ code: 0 })
    expect((await judge('pdfsig', ['-nocert', file])).output).toMatch(/Signature is Valid/)
  })

  it('was asked by the contract, and no secret and no document is in the log', () => {
    expect(kiosk.fortress.problems()).toEqual([])
    expect(kiosk.fortress.requests().every(({ url, path }) => url === path)).toBe(true)
    expect(kiosk.logged.join('\n')).not.toMatch(/a secret of|JVBERi|Bearer|api\/v1\/signature/)
  })
})
