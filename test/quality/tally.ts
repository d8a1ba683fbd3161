// The sets of degraded pages, judged and counted: one line of the table each, with the promise that it is held to.

import type { Imaging } from '../../device/ports.ts'
import { type Finding, judge, medianAndWorst } from './measure.ts'
import { type Scan, scan } from './scan.ts'
import {
  borderlessPages,
  coversOnLid,
  crookedPages,
  emptyPages,
  markedPages,
  sheetsOnLid,
  type Trouble,
} from './set.ts'

/** One line of the table; `kept` is undefined where nothing was promised. */
export interface Line {
  readonly measure: string
  readonly found: string
  readonly promise: string
  readonly kept: boolean | undefined
}

/** How many pages of each kind are made. */
export interface Amounts {
  readonly crooked: number
  readonly onLid: number
  readonly borderless: number
  readonly covers: number
  readonly markedRounds: number
  readonly empty: number
}

export const allPages: Amounts = { crooked: 56, onLid: 48, borderless: 48, covers: 16, markedRounds: 3, empty: 40 }

/** Promised limits: degrees, millimetres and shares. */
export const limits = { medianSkew: 0.1, worstSkew: 0.3, turnsRight: 0.99, cut: 1, cropsOnDark: 0.9, emptyFound: 0.6 }

/** Judges pages one after the other. */
async function judgeAll(
  troubles: readonly Trouble[],
  resolution: number,
  imaging: Imaging,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const trouble of troubles) findings.push(await judge(imaging, await scan({ ...trouble, resolution })))
  return findings
}

/** Measures all sets. */
export async function tally(amounts: Amounts, resolution: number, imaging: Imaging): Promise<readonly Line[]> {
  const run = (troubles: readonly Trouble[]) => judgeAll(troubles, resolution, imaging)
  const crooked = await run(crookedPages(amounts.crooked))
  const onLid = await run(sheetsOnLid(amounts.onLid))
  const bleeding = [...(await run(borderlessPages(amounts.borderless))), ...(await run(coversOnLid(amounts.covers)))]
  const marked = await run(markedPages(amounts.markedRounds))
  const empty = await run(emptyPages(amounts.empty))
  return [
    ...skewLines('text, forms, tables, ruled', crooked),
    ...skewLines('sheets on a lid, down to cards', onLid),
    ...turnLines(crooked),
    ...sheetLines(onLid, bleeding, [...crooked, ...marked, ...empty]),
    ...blankLines(marked, empty),
  ]
}

function skewLines(what: string, findings: readonly Finding[]): readonly Line[] {
  const [median, worst] = medianAndWorst(findings.map(finding => finding.skewError))
  return [
    {
      measure: `skew left, degrees: ${what} (${findings.length} pages, ±7°)`,
      found: `median ${median.toFixed(2)}, worst ${worst.toFixed(2)}`,
      promise: `median ≤ ${limits.medianSkew}, worst ≤ ${limits.worstSkew}`,
      kept: median <= limits.medianSkew && worst <= limits.worstSkew,
    },
  ]
}

/** The turn that brings a scan upright. */
export function trueTurn({ request }: Scan): number {
  return (360 - (request.turn ?? 0)) % 360
}

function turnLines(findings: readonly Finding[]): readonly Line[] {
  const told = findings.filter(({ page }) => page.verdict.turnConfident)
  const right = told.filter(({ page, scan }) => page.verdict.turn === trueTurn(scan))
  const untold = findings.filter(({ page }) => !page.verdict.turnConfident && page.verdict.turn !== 0)
  return [
    {
      measure: `orientation (${findings.length} pages in all four)`,
      found: `told for ${told.length}, right for ${right.length}; turned without being told: ${untold.length}`,
      promise: '≥ 99 % right where told, else untouched',
      kept: right.length >= told.length * limits.turnsRight && untold.length === 0,
    },
  ]
}

function sheetLines(
  onLid: readonly Finding[],
  bleeding: readonly Finding[],
  others: readonly Finding[],
): readonly Line[] {
  const dark = onLid.filter(({ scan }) => scan.request.lid === 'black' || scan.request.lid === 'dark')
  const light = onLid.filter(finding => !dark.includes(finding))
  const all = [...onLid, ...bleeding, ...others]
  const cuts = all.map(({ cut }) => cut)
  const alone = (findings: readonly Finding[]) => findings.filter(({ left }) => left <= limits.cut)
  const [, worstLeft] = medianAndWorst(alone(onLid).map(({ left }) => left))
  return [
    {
      measure: `cut into a sheet by more than ${limits.cut} mm (${all.length} pages, ${bleeding.length} of them dark, framed or bleeding)`,
      found: `${cuts.filter(cut => cut > limits.cut).length}; worst ${Math.max(...cuts).toFixed(1)} mm`,
      promise: 'none',
      kept: Math.max(...cuts) <= limits.cut,
    },
    {
      measure: `sheet alone, no lid left, dark lid (${dark.length} pages)`,
      found: `${alone(dark).length}; at most ${worstLeft.toFixed(1)} mm left`,
      promise: `≥ ${limits.cropsOnDark * 100} %`,
      kept: alone(dark).length >= dark.length * limits.cropsOnDark,
    },
    {
      measure: `sheet alone, white or grey lid (${light.length} pages)`,
      found: `${alone(light).length}`,
      promise: 'else left whole',
      kept: undefined,
    },
  ]
}

function blankLines(marked: readonly Finding[], empty: readonly Finding[]): readonly Line[] {
  const lost = marked.filter(({ page }) => page.verdict.blank)
  const found = empty.filter(({ page }) => page.verdict.blank)
  return [
    {
      measure: `sheets with one faint mark taken for blank (${marked.length})`,
      found: `${lost.length}${lost.map(({ scan }) => `, ${scan.request.sheet.kind}`).join('')}`,
      promise: 'none',
      kept: lost.length === 0,
    },
    {
      measure: `empty sheets found (${empty.length}: show-through, holes, dust, folds, shadows, tints)`,
      found: `${found.length}`,
      promise: `≥ ${limits.emptyFound * 100} %`,
      kept: found.length >= empty.length * limits.emptyFound,
    },
  ]
}
