// The fixed set of degraded pages, by number: every kind of sheet with every kind of trouble, the same in every run.

import { seededRandom } from './draw.ts'
import { emptySheet, markedSheet, markKinds, otherSide } from './near-blank.ts'
import type { Lid, ScanRequest } from './scan.ts'
import {
  a4,
  coverPage,
  formPage,
  framedPage,
  identityCard,
  largePage,
  letterheadPage,
  notePage,
  photoPage,
  receipt,
  ruledPage,
  type Sheet,
  smallPage,
  tablePage,
  textPage,
} from './sheets.ts'

export type Trouble = Omit<ScanRequest, 'resolution'>

const turns = [0, 90, 180, 270] as const

/** Pages with lines, crooked by up to seven degrees, noisy, shaded, punched, folded, shone through, turned. */
export function crookedPages(count: number): readonly Trouble[] {
  const kinds = [textPage, formPage, textPage, tablePage, notePage, textPage, ruledPage, letterheadPage]
  return Array.from({ length: count }, (_, seed) => {
    const random = seededRandom(seed + 1000)
    const sheet = (kinds[seed % kinds.length] as (seed: number) => Sheet)(seed)
    const skewDegrees = seed % 10 === 0 ? 0 : Math.round((random() * 2 - 1) * (seed % 3 === 0 ? 700 : 250)) / 100
    return { sheet, seed, skewDegrees, turn: turns[seed % 7] ?? 0, ...wear(seed) }
  })
}

/** What paper and scanner add, by seed. */
function wear(seed: number): Partial<Trouble> {
  return {
    noise: 1 + (seed % 5) * 1.5,
    shading: seed % 4 === 1 ? 0.25 : 0,
    gutter: seed % 11 === 5,
    holes: seed % 3 === 1,
    fold: seed % 5 === 2 ? 14 : 0,
    dust: (seed % 4) * 6,
    quality: [85, 75, 60, 40][seed % 4] as number,
    colour: seed % 6 === 4 ? 'gray' : 'color',
    ...(seed % 2 === 1 ? { through: otherSide(seed + 1) } : {}),
  }
}

/** Sheets smaller than what the scanner sees, on a lid of some tone. */
export function sheetsOnLid(count: number): readonly Trouble[] {
  const kinds = [textPage, receipt, identityCard, smallPage, formPage, identityCard, largePage, receipt]
  const lids: readonly Lid[] = ['black', 'dark', 'black', 'white', 'dark', 'grey']
  return Array.from({ length: count }, (_, seed) => {
    const random = seededRandom(seed + 2000)
    const sheet = (kinds[seed % kinds.length] as (seed: number) => Sheet)(seed)
    const lid = lids[(seed * 5 + Math.floor(seed / 8)) % lids.length] as Lid
    const skewDegrees = seed % 9 === 0 ? 0 : Math.round((random() * 2 - 1) * 600) / 100
    const place = placeOn(sheet, seed, random)
    const worn = { ...wear(seed), gutter: false, shading: 0 }
    const card = sheet.kind === 'card' ? { roundedCorners: 3.18, fold: 0, holes: false } : {}
    return { sheet, seed, skewDegrees, lid, ...worn, ...card, ...place }
  })
}

/** In the middle, in a corner as on a flatbed, or filling the area so that only wedges of lid are seen. */
function placeOn(sheet: Sheet, seed: number, random: () => number): Partial<Trouble> {
  const roomy = { width: Math.max(216, sheet.width + 10), height: Math.max(297, sheet.height + 14) }
  const full = sheet.width >= 210
  if (full && seed % 2 === 0) return { area: { width: sheet.width, height: sheet.height } }
  const room = { x: (roomy.width - sheet.width) / 2, y: (roomy.height - sheet.height) / 2 }
  if (seed % 3 === 1) return { area: roomy, off: { x: 3 - room.x, y: 3 - room.y } }
  return { area: roomy, off: { x: (random() - 0.5) * room.x, y: (random() - 0.5) * room.y } }
}

/** Pages whose own dark or framed parts are no lid; nothing of them may be cut. */
export function borderlessPages(count: number): readonly Trouble[] {
  const kinds = [letterheadPage, photoPage, coverPage, framedPage, framedPage, letterheadPage, coverPage, framedPage]
  return Array.from({ length: count }, (_, seed) => {
    const random = seededRandom(seed + 3000)
    const sheet = (kinds[seed % kinds.length] as (seed: number) => Sheet)(seed + Math.floor(seed / 8))
    const skewDegrees = seed % 3 === 0 ? Math.round((random() * 2 - 1) * 300) / 100 : 0
    return { sheet, seed, skewDegrees, noise: 1 + (seed % 4), colour: seed % 5 === 4 ? 'gray' : 'color' }
  })
}

/** Dark covers on a lid: never cut into, whatever the lid. */
export function coversOnLid(count: number): readonly Trouble[] {
  const lids: readonly Lid[] = ['black', 'white', 'dark', 'grey']
  return Array.from({ length: count }, (_, seed) => ({
    sheet: coverPage(seed),
    seed,
    skewDegrees: (seed % 5) - 2,
    lid: lids[seed % 4] as Lid,
    area: a4,
  }))
}

/** Sheets with one mark each, `rounds` of every kind, worn and scanned in all ways. */
export function markedPages(rounds: number): readonly Trouble[] {
  return Array.from({ length: rounds }, (_, round) =>
    markKinds.map((kind, i): Trouble => {
      const seed = round * 31 + i
      const { gutter: _, ...worn } = wear(seed)
      const colour = kind.includes('highlighter') ? 'color' : (worn.colour ?? 'color')
      return { sheet: markedSheet(kind, seed), seed, skewDegrees: ((seed % 7) - 3) / 2, ...worn, colour }
    }),
  ).flat()
}

/** Empty sheets with what paper and scanner add. */
export function emptyPages(count: number): readonly Trouble[] {
  const papers = ['#fbfaf6', '#f4efd9', '#e8e6e0', '#f8d9dc', '#dbe7f3']
  return Array.from({ length: count }, (_, seed) => ({
    sheet: emptySheet(papers[seed % papers.length]),
    seed,
    skewDegrees: ((seed % 7) - 3) / 2,
    ...wear(seed),
    throughOpacity: 0.02 + (seed % 3) * 0.02,
    ...(seed % 8 === 3 ? { lid: 'black' as const, area: { width: 216, height: 310 } } : {}),
  }))
}
