// The kiosk loses its power while somebody signs with Cl@ve Firma: before the service was asked, while they are at its page,
// and after they have signed there. Afterwards the copy is taken up where it was, and has one signature.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { atPhone, clavePerson } from './clave.kit.ts'
import { act, type PoweredKiosk, power } from './power.kit.ts'
import type { SheetImage } from './sim/escl-sheets.ts'
import { type Site, startSite } from './sim/site.ts'
import { procedure, slips } from './walk.kit.ts'

let folder: string
let site: Site
let sheets: SheetImage[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-power-'))
  sheets = await slips(1)
  site = await startSite({
    folder,
    sheets: [],
    clave: {},
    withoutCard: true,
    config: { procedures: [procedure('clave')] },
  })
})
afterAll(async () => {
  await site.stop()
  await rm(folder, { recursive: true })
})

const fire = () => site.clave ?? expect.unreachable('a site without FIRe')
const begin = ({ screen }: PoweredKiosk) => screen.post('/screen/copy/clave/begin', { number: clavePerson })
const pageOf = ({ screen }: PoweredKiosk) => {
  const { clave } = screen.copy()
  return clave?.state === 'page' ? clave.page : expect.unreachable(JSON.stringify(clave))
}

async function sentAway(kiosk: PoweredKiosk): Promise<string> {
  expect((await begin(kiosk)).status).toBe(204)
  await kiosk.screen.until(({ copy }) => copy?.clave?.state === 'page', 'the page')
  return pageOf(kiosk)
}

const signAt = (page: string) => atPhone({ site, folder }, page)

async function takenUp(state: 'number' | 'page'): Promise<PoweredKiosk> {
  const kiosk = await power(site)
  await kiosk.screen.until(view => view.copy?.interrupted === true, 'the interrupted copy')
  expect(kiosk.screen.copy().clave?.state).toBe(state)
  await kiosk.screen.post('/screen/copy/stay')
  return kiosk
}

describe('one copy', () => {
  it('is signed once, whatever the power does', async () => {
    let kiosk = await power(site)
    while (kiosk.screen.view().copy?.clave === undefined)
      await act({ site, sheets, procedureId: 'copy-clave' }, kiosk.screen)

    // What will be signed is stored, and the service has not answered: nobody was sent anywhere.
    await fire().fault('slow')
    await begin(kiosk)
    await expect.poll(() => fire().arrived(), { timeout: 10_000, interval: 20 }).toBe(1)
    await kiosk.cut()
    await fire().fault(undefined)

    // The person is at the page, and signs there while the kiosk is off.
    kiosk = await takenUp('number')
    const page = await sentAway(kiosk)
    await kiosk.cut()
    await signAt(page)
    kiosk = await takenUp('page')
    expect(pageOf(kiosk)).toBe(page)

    // The signature is on its way when the power goes again: the service gives it once, so that it is made anew.
    await fire().fault('half-answer')
    await kiosk.screen.post('/screen/copy/clave/finish')
    await expect.poll(() => fire().signatures(), { timeout: 10_000 }).toBe(1)
    await kiosk.cut()
    await fire().fault(undefined)
    kiosk = await takenUp('page')
    await kiosk.screen.post('/screen/copy/clave/finish')
    await kiosk.screen.until(
      ({ copy }) => copy?.clave?.state === 'number' && copy.clave.fault === 'CLAVE_FAILED',
      'the number again',
    )

    // Why nothing came of it is still told after a cut.
    await kiosk.cut()
    kiosk = await takenUp('number')
    expect(kiosk.screen.copy().clave).toMatchObject({ fault: 'CLAVE_FAILED' })
    await signAt(await sentAway(kiosk))
    await kiosk.screen.post('/screen/copy/clave/finish')
    await kiosk.screen.until(one => one.copy?.result != null, 'the receipt')
    await expect.poll(() => site.receiver.received().length, { timeout: 20_000 }).toBe(1)
    await kiosk.cut()
    const [file = ''] = execFileSync('find', [join(folder, 'received'), '-name', '*.pdf'], { encoding: 'utf8' })
      .trim()
      .split('\n')
    const report = execFileSync('pdfsig', ['-nocert', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(report.match(/Signature #/g)).toHaveLength(1)
    expect(report.match(/Signature is Valid/g)).toHaveLength(1)
    expect(fire().breaches()).toEqual([])
    // Nothing of the person stays behind in the clear.
    expect(spawnSync('grep', ['-rl', clavePerson, site.dataFolder]).status).toBe(1)
  }, 60_000)
})
