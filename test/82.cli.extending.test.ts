// What an operator is shown of levels above B: a copy that waits for its time-stamp, and whether the authority can be used.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine } from './cli.kit.ts'
import { act, type PoweredKiosk, power } from './power.kit.ts'
import { slips } from './walk.kit.ts'

const line = commandLine({ trustServices: true })

describe('a copy that waits for its time-stamp', () => {
  let kiosk: PoweredKiosk
  beforeAll(async () => {
    kiosk = await power(line.site)
    line.site.trust?.fault('tsa', 'reset')
    const errand = { site: line.site, sheets: await slips(1), procedureId: 'authentic-copy' }
    while (await act(errand, kiosk.screen));
  })
  afterAll(() => kiosk.cut())

  it('is shown with the level it has, the one ordered and why it waits', async () => {
    const { id } = kiosk.screen.copy()
    const shown = async () => (await line.compulsa('queue', 'show', id, ...line.configured())).stdout
    await expect.poll(shown, { timeout: 10_000 }).toMatch(/extending: [1-9] attempts, next .*, last TSA_UNREACHABLE: /)
    expect(await shown()).toMatch(/signed at .*Z, level B of LTA/)
    const { stdout } = await line.compulsa('queue', 'show', id, ...line.configured(), '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      stage: 'extending',
      signature: { level: 'B', ordered: 'LTA', extendedAt: null },
      extension: { lastFault: { code: 'TSA_UNREACHABLE' } },
    })
    expect(stdout).not.toContain('Núria')
  })

  it('is sent on with every other stopped one by one word', async () => {
    const { id } = kiosk.screen.copy()
    await line.compulsa('queue', 'hold', id, ...line.configured())
    await kiosk.screen.until(view => view.queue.stopped === 1, 'it is held')
    const shown = await line.compulsa('queue', 'show', id, ...line.configured())
    expect(shown.stdout).toMatch(/held: HELD_BY_OPERATOR.*\n {2}mend: An operator holds/)
    const retried = await line.compulsa('queue', 'retry', '--all', ...line.configured())
    expect(retried).toMatchObject({ code: 0, stdout: `${id}: goes on\n` })
    await kiosk.screen.until(view => view.queue.stopped === 0, 'it goes on')
    expect(await line.compulsa('queue', 'retry', '--all', ...line.configured())).toMatchObject({
      stdout: 'nothing is stopped\n',
    })
    expect(await line.compulsa('queue', 'retry', ...line.configured())).toMatchObject({ code: 2 })
  })

  it('is counted in the state and listed with its next attempt', async () => {
    expect((await line.compulsa('status', ...line.configured())).stdout).toContain('documents: 1 extending')
    expect((await line.compulsa('queue', 'list', ...line.configured())).stdout).toMatch(/ extending .* next 2/)
  })
})

describe('doctor', () => {
  const finding = async () => {
    const { stdout } = await line.compulsa('doctor', ...line.configured(), '--json')
    const { findings }: { findings: { check: string }[] } = JSON.parse(stdout)
    return findings.find(one => one.check === 'time-stamping')
  }

  it('takes a time-stamp and judges who made it', async () => {
    line.site.trust?.fault('tsa', undefined)
    expect(await finding()).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/answers, \d s from our clock; .*trusted/),
    })
  })

  it.each([
    ['tsa', 'http-403', 'TSA_CREDENTIALS_REFUSED'],
    ['tsa', 'wrong-imprint', 'TIMESTAMP_INVALID'],
    ['ocsp', 'http-500', 'ok'],
  ] as const)('says of %s with %s: %s', async (service, fault, code) => {
    line.site.trust?.fault(service, fault)
    const found = await finding()
    line.site.trust?.fault(service, undefined)
    expect(found).toMatchObject(code === 'ok' ? { ok: true } : { ok: false, detail: expect.stringContaining(code) })
  })
})
