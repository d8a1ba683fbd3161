// The kiosk loses its power while a copy waits for the seal: before the service is asked, between the request and the answer,
// and right after. Afterwards there is one copy with one seal, and what went out a second time was the same digest.

import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../device/config/file.ts'
import { systemClock, systemRandom } from '../device/host.ts'
import { openStore } from '../device/store/store.ts'
import { act, type PoweredKiosk, power } from './power.kit.ts'
import type { SheetImage } from './sim/escl-sheets.ts'
import type { SealServerFault } from './sim/seal-server.ts'
import { type Site, startSite } from './sim/site.ts'
import { procedure, slips } from './walk.kit.ts'

let folder: string
let site: Site
let sheets: SheetImage[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-power-'))
  sheets = await slips(1)
  site = await startSite({ folder, sheets: [], seal: true, config: { procedures: [procedure('seal')] } })
})
afterAll(async () => {
  await site.stop()
  await rm(folder, { recursive: true })
})

const seal = () => site.seal ?? expect.unreachable('a site without a seal service')
const asked = () =>
  seal()
    .exchanges()
    .filter(({ answer }) => answer.signed === true)

async function receipt(kiosk: PoweredKiosk): Promise<void> {
  while (await act({ site, sheets, procedureId: 'copy-seal' }, kiosk.screen));
}

async function delivered(count: number): Promise<void> {
  const kiosk = await power(site)
  await expect.poll(() => site.receiver.received().length, { timeout: 40_000 }).toBe(count)
  await kiosk.screen.until(view => view.queue.waiting === 0, 'everything is delivered')
  await kiosk.cut()
}

describe('a cut', () => {
  const moments: readonly (readonly [string, SealServerFault | undefined, () => Promise<void>])[] = [
    ['while the service does not answer', 'slow', () => new Promise(resolve => setTimeout(resolve, 500))],
    [
      'between the signature and its answer',
      'half-answer',
      () => expect.poll(() => asked().length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(0),
    ],
    ['once the person has the receipt', undefined, () => Promise.resolve()],
  ]

  it.each(moments)(
    '%s',
    async (_name, fault, reached) => {
      const before = site.receiver.received().length
      await seal().fault(fault)
      const kiosk = await power(site)
      await Promise.all([receipt(kiosk), reached()])
      await kiosk.cut()
      await seal().fault(undefined)
      await delivered(before + 1)
    },
    90_000,
  )
})

it('afterwards every copy was sealed once, and a digest that went out again was the same', () => {
  const { dataFolder, deviceKeyFile } = loadConfig({ configFile: site.configFile, dataFolder: site.dataFolder })
  const parts = { folder: dataFolder, deviceKeyFile, clock: systemClock, random: systemRandom, readOnly: true } as const
  const store = openStore(parts)
  try {
    expect(store.audit.verify()).toMatchObject({ chain: 'intact' })
    const entries = store.audit.list({ limit: 1_000_000 })
    const of = (event: string) => entries.filter(entry => entry.event === event).map(entry => entry.documentId)
    for (const event of ['signatureIntended', 'signed', 'delivered']) {
      expect(of(event).sort(), event).toEqual(of('documentOpened').sort())
    }
    expect(new Set(asked().map(({ request }) => request.body.toString())).size).toBe(3)
    expect(seal().breaches()).toEqual([])
  } finally {
    store.close()
  }
})

it('every copy that arrived has one valid signature', () => {
  const files = execFileSync('find', [join(folder, 'received'), '-name', '*.pdf'], { encoding: 'utf8' })
    .trim()
    .split('\n')
  expect(files).toHaveLength(3)
  for (const file of files) {
    const report = execFileSync('pdfsig', ['-nocert', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(report.match(/Signature is Valid/g)).toHaveLength(1)
  }
})
