// A copy that somebody signs with Cl@ve Firma: number at the screen, password and code on a phone or in a frame, the signed
// copy at the back office; and everything that may come between, after which nothing was signed and the copy is still there.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { atPhone, clavePerson } from './clave.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { approve, feed, open, procedure, slips } from './walk.kit.ts'

let kiosk: Kiosk

beforeAll(async () => {
  kiosk = await startKiosk({
    sheets: [],
    clave: {},
    withoutCard: true,
    config: { procedures: [procedure('clave', { document: { sia: '205123' } })] },
  })
})
afterAll(async () => {
  await kiosk.stop()
  expect(fire().breaches()).toEqual([])
})

const fire = () => kiosk.site.clave ?? expect.unreachable('a site without FIRe')
const clave = () => kiosk.screen.copy().clave
const post = (path: string, body?: object) => kiosk.screen.post(`/screen/copy/${path}`, body)

/** A copy of one slip that waits for its signature. */
async function composed(): Promise<void> {
  kiosk.site.scanner.load(await slips(1))
  await open(kiosk, 'copy-clave')
  await feed(kiosk)
  await approve(kiosk)
  await kiosk.screen.until(view => view.copy?.clave?.state === 'number', 'the number is asked for')
}

async function sentAway(number = clavePerson): Promise<string> {
  expect(await post('clave/begin', { number })).toEqual({ status: 204, body: null })
  await kiosk.screen.until(({ copy }) => copy?.clave?.state === 'page', 'the page')
  const shown = clave()
  return shown?.state === 'page' ? shown.page : expect.unreachable(JSON.stringify(shown))
}

async function finished(): Promise<void> {
  expect((await post('clave/finish')).status).toBe(204)
}

const refusedWith = (code: string) =>
  kiosk.screen.until(
    ({ copy }) => copy?.clave?.state === 'number' && copy.clave.fault === code,
    `the number again, after ${code}`,
  )

const received = () => kiosk.site.receiver.received().length

describe('a copy', () => {
  it('is signed by whoever is at the phone, and only by them', async () => {
    await composed()
    expect(await post('clave/begin', { number: '50751129X' })).toMatchObject({
      status: 422,
      body: { code: 'IDENTITY_NUMBER_INVALID' },
    })
    await atPhone(kiosk, await sentAway('50 751 129-l'))
    // The copy stays: as much is sent as a digest, addresses and names need.
    const sent = fire()
      .exchanges()
      .filter(({ request }) => request.path.endsWith('/fireService'))
    expect(sent.length).toBeGreaterThan(0)
    for (const { request } of sent) expect(request.body.length).toBeLessThan(2_000)
    await finished()
    const { copy } = await kiosk.screen.until(view => view.copy?.result != null, 'the receipt')
    expect(copy?.result?.signer).toContain(clavePerson)
    await expect.poll(received, { timeout: 20_000 }).toBe(1)
    const [effect] = kiosk.site.receiver.received()
    const file = join(kiosk.folder, 'received', `${effect?.reference.replace(/^R-/, '')}.pdf`)
    const report = execFileSync('pdfsig', ['-nocert', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(report.match(/Signature is Valid/g)).toHaveLength(1)
    expect(report).toContain('ETSI.CAdES.detached')
    expect(report).toContain('Total document signed')
    await post('leave')
  })

  it('is asked for again after each thing that may go wrong, and signed in the end', async () => {
    await composed()
    // Nobody can be reached: said before anybody is sent away.
    await fire().fault('offline')
    expect((await post('clave/begin', { number: clavePerson })).status).toBe(204)
    await refusedWith('CLAVE_UNREACHABLE')
    await fire().fault(undefined)
    for (const [number, code] of [
      ['00000003A', 'CLAVE_CERTIFICATE_BLOCKED'],
      ['00000002W', 'CLAVE_CERTIFICATE_ABSENT'],
      ['00000004G', 'CLAVE_USER_WEAK'],
      ['00000005M', 'CLAVE_USER_UNKNOWN'],
    ] as const) {
      await atPhone(kiosk, await sentAway(number))
      await finished()
      await refusedWith(code)
    }
    // The person cancels at the phone; says too early that it is done; somebody else signs.
    await atPhone(kiosk, await sentAway(), 'cancel')
    await finished()
    await refusedWith('CLAVE_CANCELLED')
    await sentAway()
    await finished()
    await refusedWith('CLAVE_NOT_FINISHED')
    for (const [fault, code] of [
      ['another-person', 'CLAVE_OTHER_PERSON'],
      ['another-digest', 'SIGNATURE_INVALID'],
      ['old-version', 'SIGNATURE_INVALID'],
    ] as const) {
      await atPhone(kiosk, await sentAway())
      await fire().fault(fault)
      await finished()
      await refusedWith(code)
      await fire().fault(undefined)
    }
    expect(kiosk.screen.copy().stage).toBe('signing')
    // The network goes while the signature is fetched: it is there still.
    await atPhone(kiosk, await sentAway())
    await fire().fault('offline')
    await finished()
    await kiosk.screen.until(
      ({ copy }) => copy?.clave?.state === 'page' && copy.clave.fault === 'CLAVE_UNREACHABLE',
      'the page, and why nothing came',
    )
    await fire().fault(undefined)
    await finished()
    await kiosk.screen.until(view => view.copy?.result != null, 'the receipt')
    await expect.poll(received, { timeout: 20_000 }).toBe(2)
    await post('leave')
  })

  it('that is given up, or not signed in time, leaves a page that nobody can use', async () => {
    await composed()
    const first = await sentAway()
    expect((await post('clave/cancel')).status).toBe(204)
    await kiosk.screen.until(view => view.copy?.clave?.state === 'number', 'the number')
    await expect.poll(() => fire().transactions()).toBe(0)
    await expect(atPhone(kiosk, first)).rejects.toThrow('403')
    const second = await sentAway()
    kiosk.clock.leap(10 * 60_000 + 1)
    await refusedWith('CLAVE_EXPIRED')
    await expect(atPhone(kiosk, second)).rejects.toThrow('403')
    await sentAway()
    expect((await post('leave')).status).toBe(204)
    await expect.poll(() => fire().transactions()).toBe(0)
    await kiosk.screen.until(view => view.copy === null, 'nobody in front of the screen')
    const log = kiosk.logged.join('\n')
    expect(log).not.toContain(clavePerson)
  })
})
