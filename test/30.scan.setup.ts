// What the scanner tests share: a few drawn sheets, private SANE configurations, a clock that does not wait, and the
// benches that the contract runs on.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, ScanSettings } from '../device/ports.ts'
import type { SheetImage } from './sim/escl-sheets.ts'
import { drawSheet } from './sim/paper.ts'

export const sheetSettings: ScanSettings = {
  resolution: 200,
  colour: 'color',
  paper: 'A4',
  source: 'adf',
  duplex: false,
}

/** A4 at 200 ppi. */
export const sheetPixels = { width: 1654, height: 2339 }

/** A4 sheets at 200 ppi, in colour. */
export async function drawSheets(count: number): Promise<readonly SheetImage[]> {
  const sheets: SheetImage[] = []
  for (let seed = 1; seed <= count; seed += 1) {
    const front = await drawSheet({ seed, kind: seed % 2 === 0 ? 'form' : 'letter', resolution: 200 })
    sheets.push({ front })
  }
  return sheets
}

export interface Workplace {
  readonly folder: string
  readonly scratchFolder: string
  /** Makes a SANE configuration of these files (dll.conf lists the backends) and returns what scanimage needs to use it. */
  sane(files: Readonly<Record<string, string>>): Readonly<Record<string, string>>
  remove(): Promise<void>
}

/** A folder of its own for one test file. */
export function openWorkplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'compulsa-scan-'))
  const make = (name: string) => mkdtempSync(join(folder, name))
  return {
    folder,
    scratchFolder: make('scratch-'),
    sane: files => {
      const config = make('sane-')
      for (const [name, text] of Object.entries(files)) writeFileSync(join(config, name), text)
      return { SANE_CONFIG_DIR: config }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** sane-airscan asking one scanner and looking for no others. */
export function airscanConfiguration(url: string): Readonly<Record<string, string>> {
  const airscan = `[devices]\n"sim" = ${url}, eSCL\n[options]\ndiscovery = disable\n`
  return { 'dll.conf': 'airscan\n', 'airscan.conf': airscan }
}

/** Time passes only by sleeping, and sleeping takes no time. */
export function createImpatientClock(): Clock & { readonly slept: () => readonly number[] } {
  let now = Date.UTC(2026, 10, 22, 9)
  const slept: number[] = []
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      now += ms
      slept.push(ms)
      await new Promise(resolve => setImmediate(resolve))
    },
    slept: () => slept,
  }
}
