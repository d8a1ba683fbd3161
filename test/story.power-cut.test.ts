// kill -9 after every step and at a hundred random moments: the document goes on from its last step; nothing is lost,
// nothing doubled, nothing signed or raised to a level twice.

import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { loadConfig } from '../device/config/file.ts'
import { systemClock, systemRandom } from '../device/host.ts'
import type { View } from '../device/http/view.ts'
import { openStore } from '../device/store/store.ts'
import { certificatesInPem } from '../device/trust/pem.ts'
import { verifyPdf } from '../device/trust/verify-pdf.ts'
import { act, type Errand, type PoweredKiosk, power } from './power.kit.ts'
import type { SheetImage } from './sim/escl-sheets.ts'
import { seededRandom } from './sim/paper.ts'
import { type Site, startSite } from './sim/site.ts'
import type { TrustServiceName } from './sim/trust-services.ts'
import { imagesOf, procedure, slips } from './walk.kit.ts'

const randomCuts = 100
/** A life lasts at most this share of an errand that nobody disturbs, so that most errands need several. */
const longestLife = 0.8

let folder: string
let site: Site
let sheets: SheetImage[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-power-'))
  sheets = await slips(2)
  const procedures = [procedure('local', { signature: { level: 'LTA' } })]
  site = await startSite({ folder, sheets: [], trustServices: true, config: { procedures } })
})
afterAll(async () => {
  await site.stop()
  await rm(folder, { recursive: true })
})

const errand = (): Errand => ({ site, sheets, procedureId: 'copy-local' })

/** A dying kiosk fails its calls: that is the moment this story is about, and what holds afterwards is what counts. */
async function actUntil(kiosk: PoweredKiosk, stopped: () => boolean): Promise<'receipt' | 'cut'> {
  try {
    while (await act(errand(), kiosk.screen)) if (stopped()) return 'cut'
    return 'receipt'
  } catch (thrown) {
    if (stopped()) return 'cut'
    throw thrown
  }
}

/** The errand as it was left, to its receipt, and every copy to its destination. */
async function finish(begun: boolean): Promise<void> {
  const kiosk = await power(site)
  if (begun || kiosk.screen.view().copy !== null) await actUntil(kiosk, () => false)
  await kiosk.screen.until(view => view.queue.waiting === 0, 'everything is delivered')
  await kiosk.cut()
}

/** How long an errand takes that nobody disturbs, on this machine as busy as it is. */
async function undisturbed(): Promise<number> {
  const kiosk = await power(site)
  const start = performance.now()
  await actUntil(kiosk, () => false)
  const took = performance.now() - start
  await kiosk.screen.until(view => view.copy?.stage === 'done', 'delivered')
  await kiosk.cut()
  return took
}

describe('a cut right after each step', () => {
  const steps: readonly (readonly [string, (view: View) => boolean])[] = [
    ['the copy is opened', view => view.copy !== null],
    ['the scan begins', view => view.copy?.scanning === true],
    ['the first page is stored', view => view.copy?.pages.length === 1],
    ['the last page is stored', view => view.copy?.pages.length === 2],
    ['the pages are prepared', view => view.copy?.pages.length === 2 && view.copy.pages.every(page => page.ready)],
    ['the pages are approved', view => view.copy?.stage === 'composing'],
    ['the copy is composed', view => view.copy?.stage === 'signing'],
    ['the signature is intended', view => view.copy?.card?.state === 'signing'],
    ['the copy is signed', view => view.copy?.stage === 'delivering'],
    ['the copy is delivered', view => view.copy?.stage === 'done'],
  ]

  it.each(steps)(
    '%s',
    async (_name, reached) => {
      const before = site.receiver.received().length
      const kiosk = await power(site)
      let cut = false
      const acting = actUntil(kiosk, () => cut)
      const { copy } = await kiosk.screen.until(reached, 'the moment of the cut')
      cut = true
      await kiosk.cut()
      await acting
      await finish(copy?.stage !== 'delivering' && copy?.stage !== 'done')
      expect(site.receiver.received().length).toBe(before + 1)
    },
    60_000,
  )
})

describe('a cut while the copy is extended', () => {
  const services = () => site.trust ?? expect.unreachable('a site without trust services')
  const asked = (service: TrustServiceName) =>
    services()
      .requests()
      .filter(one => one.service === service).length
  const nextOf = async (service: TrustServiceName) => {
    const before = asked(service)
    await expect.poll(() => asked(service), { timeout: 20_000, interval: 5 }).toBeGreaterThan(before)
  }

  const moments: readonly (readonly [string, () => Promise<void>])[] = [
    [
      'the time-stamp is asked for',
      async () => {
        services().fault('tsa', 'hangs')
        await nextOf('tsa')
      },
    ],
    [
      'the time-stamp is stored and a responder asked',
      async () => {
        services().fault('ocsp', 'hangs')
        await nextOf('ocsp')
      },
    ],
    [
      'the archive time-stamp is asked for',
      async () => {
        await nextOf('tsa')
        services().fault('tsa', 'hangs')
        await nextOf('tsa')
      },
    ],
    ['the archive time-stamp is given', () => nextOf('tsa').then(() => nextOf('tsa'))],
  ]

  it.each(moments)(
    '%s',
    async (_name, reached) => {
      const before = site.receiver.received().length
      const kiosk = await power(site)
      const [receipt] = await Promise.all([actUntil(kiosk, () => false), reached()])
      expect(receipt).toBe('receipt')
      await kiosk.cut()
      services().fault('tsa', undefined)
      services().fault('ocsp', undefined)
      await finish(false)
      expect(site.receiver.received().length).toBe(before + 1)
    },
    60_000,
  )
})

describe(`${randomCuts} cuts at random moments`, () => {
  it('lose nothing', async () => {
    const random = seededRandom(20260301)
    const longestLifeMs = longestLife * (await undisturbed())
    let receipts = 0
    for (let cuts = 0; cuts < randomCuts; cuts++) {
      const kiosk = await power(site)
      let cut = false
      const errands = async (): Promise<void> => {
        while ((await actUntil(kiosk, () => cut)) === 'receipt' && !cut) {
          receipts += 1
          await kiosk.screen.post('/screen/copy/leave')
        }
      }
      const ended = errands().catch(thrown => {
        if (!cut) throw thrown
      })
      await new Promise(resolve => setTimeout(resolve, random() * longestLifeMs))
      cut = true
      await kiosk.cut()
      await ended
    }
    await finish(false)
    expect(receipts).toBeGreaterThan(0)
  }, 580_000)
})

describe('afterwards', () => {
  it('every document that was opened was signed once and delivered once', () => {
    const { dataFolder, deviceKeyFile } = loadConfig({ configFile: site.configFile, dataFolder: site.dataFolder })
    const store = openStore({
      folder: dataFolder,
      deviceKeyFile,
      clock: systemClock,
      random: systemRandom,
      readOnly: true,
    })
    try {
      expect(store.audit.verify()).toMatchObject({ chain: 'intact' })
      const entries = store.audit.list({ limit: 1_000_000 })
      const of = (event: string) => entries.filter(entry => entry.event === event).map(entry => entry.documentId)
      expect(of('signed').sort()).toEqual(of('documentOpened').sort())
      expect(of('delivered').sort()).toEqual(of('documentOpened').sort())
      expect(of('signatureIntended').sort()).toEqual(of('documentOpened').sort())
      expect(of('extended').sort()).toEqual([...of('documentOpened'), ...of('documentOpened')].sort())
      expect(store.list({ stages: ['done'] }).length).toBe(of('documentOpened').length)
      expect(site.receiver.received().length).toBe(of('documentOpened').length)
    } finally {
      store.close()
    }
  })

  it('every copy that arrived has one valid signature at its level and the pages of its pile, in order', async () => {
    const anchors = certificatesInPem(await readFile(site.trustFile, 'utf8'))
    const files = (await readdir(join(folder, 'received'))).filter(name => name.endsWith('.pdf'))
    expect(files.length).toBe(site.receiver.received().length)
    for (const file of files) {
      const path = join(folder, 'received', file)
      const report = execFileSync('pdfsig', ['-nocert', path], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      expect(report.match(/Signature is Valid/g)).toHaveLength(1)
      const { signatures } = await verifyPdf(randomAccessOf(await readFile(path)), { anchors, now: Date.now() })
      expect(signatures.map(one => one.type)).toEqual(['Sig', 'DocTimeStamp', 'DocTimeStamp'])
      expect(signatures[0]).toMatchObject({ indication: 'TOTAL-PASSED', level: 'PAdES-BASELINE-LTA' })
      const images = await imagesOf(path, folder)
      expect(images.map(image => sheets.findIndex(sheet => image.equals(sheet.front)))).toEqual([0, 1])
    }
  })

  it('nothing is left on the disk that no document mentions', async () => {
    const names = await readdir(join(site.dataFolder, 'data', 'blobs'), { recursive: true })
    expect(names.filter(name => name.includes('tmp') || name.endsWith('.part'))).toEqual([])
  })
})
