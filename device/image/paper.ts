// How bright the paper is all over a page, from its reduced grey copy: what ink is measured against when a page is made
// black and white or cleaned. Paper is followed from block to block as far as it changes gradually, so that a shadow
// belongs to it and a picture or a filled box does not.

import type { GrayImage } from './ink.ts'

/** The paper's level by block; `level` is the sheet's as a whole. */
export interface Paper {
  readonly across: number
  readonly down: number
  /** Row by row, under ink and pictures as what surrounds them lets expect. */
  readonly levels: Float32Array
  readonly level: number
  /** 1 where a block's own pixels showed the paper, else 0. */
  readonly seen: Uint8Array
}

/** Pixels of the reduced copy in a block: some 5 mm; text never fills one. */
const blockPixels = 16
/** Share of a block's pixels that may be darker than its paper. */
const paperShare = 0.85
/** From one block to the next paper changes by no larger share; a picture's edge does. */
const mostStep = 0.18
/** Darker than this share of the sheet's level nothing is taken for paper in shadow. */
const darkestShadow = 0.4
/** Paper is even: between these shares of a block's pixels lies no larger part of its level. */
const evenness = { from: 0.7, to: 0.95, most: 0.08 }

/** Finds the paper. */
export function findPaper(image: GrayImage): Paper {
  const across = Math.ceil(image.width / blockPixels)
  const down = Math.ceil(image.height / blockPixels)
  const own = new Float32Array(across * down)
  const even = new Uint8Array(across * down)
  for (let row = 0, at = 0; row < down; row++) {
    for (let column = 0; column < across; column++, at++) {
      const [low, level, high] = blockLevels(image, column, row)
      own[at] = level
      even[at] = high - low <= evenness.most * high ? 1 : 0
    }
  }
  const level = commonest(own)
  const seen = follow({ across, down, own, even, level })
  return { across, down, levels: filled(own, seen, across, down, level), level, seen }
}

/** Levels of the paper under one line of an image that shows the whole page, `levels.length` pixels wide. */
export function paperLine(paper: Paper, y: number, height: number, levels: Float32Array): void {
  const { across, down } = paper
  const row = place(y, height, down)
  const stepX = across / levels.length
  for (let x = 0, column = 0.5 * stepX - 0.5; x < levels.length; x++, column += stepX) {
    const left = column <= 0 ? 0 : Math.min(across - 1, Math.floor(column))
    const right = Math.min(across - 1, left + 1)
    const share = column <= 0 ? 0 : column - left
    const above = mix(paper.levels, row.first * across + left, row.first * across + right, share)
    const below = mix(paper.levels, row.second * across + left, row.second * across + right, share)
    levels[x] = above + (below - above) * row.share
  }
}

function place(at: number, length: number, blocks: number) {
  const centre = Math.max(0, ((at + 0.5) / length) * blocks - 0.5)
  const first = Math.min(blocks - 1, Math.floor(centre))
  return { first, second: Math.min(blocks - 1, first + 1), share: Math.min(1, centre - first) }
}

function mix(levels: Float32Array, first: number, second: number, share: number): number {
  const from = levels[first] as number
  return from + ((levels[second] as number) - from) * share
}

const counts = new Uint16Array(256)

/** The levels below which lie the shares of a block's pixels: paper's lower bound, paper, its upper bound. */
function blockLevels(image: GrayImage, column: number, row: number): readonly [number, number, number] {
  const right = Math.min(image.width, (column + 1) * blockPixels)
  const bottom = Math.min(image.height, (row + 1) * blockPixels)
  counts.fill(0)
  for (let y = row * blockPixels; y < bottom; y++) {
    for (let x = column * blockPixels, at = y * image.width + x; x < right; x++, at++) {
      const level = image.pixels[at] as number
      counts[level] = (counts[level] as number) + 1
    }
  }
  const count = (right - column * blockPixels) * (bottom - row * blockPixels)
  return [levelAt(count * evenness.from), levelAt(count * paperShare), levelAt(count * evenness.to)]
}

function levelAt(wanted: number): number {
  let below = 0
  for (let level = 0; level < 256; level++) {
    below += counts[level] as number
    if (below >= wanted) return level
  }
  return 255
}

/** The commonest level of the brighter half of the blocks. */
function commonest(own: Float32Array): number {
  const brighter = own.toSorted().subarray(own.length >> 1)
  const found = new Uint32Array(258)
  for (const level of brighter) for (const near of [0, 1, 2]) found[level + near] = (found[level + near] as number) + 1
  return found.indexOf(found.reduce((most, count) => Math.max(most, count), 0)) - 1
}

interface Blocks {
  readonly across: number
  readonly down: number
  readonly own: Float32Array
  readonly even: Uint8Array
  readonly level: number
}

/** From the blocks at the sheet's level to their neighbours, as long as the step is small. */
function follow({ across, down, own, even, level }: Blocks): Uint8Array {
  const seen = new Uint8Array(own.length)
  const open: number[] = []
  for (let at = 0; at < own.length; at++) {
    if (even[at] === 0 || Math.abs((own[at] as number) - level) > level * 0.04) continue
    seen[at] = 1
    open.push(at)
  }
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const column = at % across
    const row = (at - column) / across
    for (const [nextColumn, nextRow] of [
      [column - 1, row],
      [column + 1, row],
      [column, row - 1],
      [column, row + 1],
    ] as const) {
      if (nextColumn < 0 || nextColumn >= across || nextRow < 0 || nextRow >= down) continue
      const next = nextRow * across + nextColumn
      const [from, to] = [own[at] as number, own[next] as number]
      if (seen[next] === 1 || even[next] === 0 || to < level * darkestShadow) continue
      if (Math.abs(from - to) > mostStep * Math.max(from, to)) continue
      seen[next] = 1
      open.push(next)
    }
  }
  return seen
}

/** Blocks that do not show the paper take the mean of neighbours that do, ring by ring. */
function filled(own: Float32Array, seen: Uint8Array, across: number, down: number, level: number): Float32Array {
  const levels = own.slice()
  const known = seen.slice()
  for (let missing = known.indexOf(0) >= 0; missing; ) {
    const before = known.slice()
    missing = false
    let progress = false
    for (let at = 0; at < levels.length; at++) {
      if (before[at] === 1) continue
      const column = at % across
      const row = (at - column) / across
      let [sum, count] = [0, 0]
      for (let y = Math.max(0, row - 1); y <= Math.min(down - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(across - 1, column + 1); x++) {
          if (before[y * across + x] === 0) continue
          sum += levels[y * across + x] as number
          count++
        }
      }
      if (count === 0) missing = true
      else {
        levels[at] = sum / count
        known[at] = 1
        progress = true
      }
    }
    if (missing && !progress) return levels.fill(level)
  }
  return levels
}
