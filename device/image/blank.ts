// Whether a sheet is empty. A page that is wrongly called blank may be lost to a person, so every doubt is settled for
// "not blank": only specks of dust, punched holes, a corner folded over and what is fainter than pencil are overlooked.

import type { InkMap } from './ink.ts'

/** What was counted inside the margins, in pixels of the reduced copy; `blank` is the verdict. */
export interface BlankVerdict {
  readonly blank: boolean
  /** Pixels in marks that are larger than a speck and no punched hole. */
  readonly markPixels: number
  /** Pixels in specks. */
  readonly speckPixels: number
  /** Marks and specks as a share of the area inside the margins. */
  readonly inkRatio: number
}

/** Sheets lie crooked and cast a shadow at their edges; this share of each side is not looked at. */
const marginShare = 0.025
/** At about 75 pixels per inch a comma is larger than this and dust is not. */
const largestSpeckPixels = 4
/** Share of the page that specks may cover; beyond it they are a faint or dotted text. */
const mostSpeckRatio = 0.0001
/** Below this level the sheet is not paper but, say, a dark cover. */
const darkestPaper = 120
/** Diameters of a punched hole as a share of the sheet's shorter side: 4 to 8 mm of an A4 sheet's 210. */
const holeDiameters = { least: 0.02, most: 0.04 }
/** How far from an edge a hole may lie, as a share of the shorter side: 20 mm of 210. */
const holeReach = 0.1
/** A disc fills π/4 of its square. */
const discFill = { least: 0.62, most: 0.92 }
const mostHoles = 8
/** A folded corner reaches so far along the edges, as a share of the shorter side: 25 mm of 210. */
const mostFold = 0.12
/** Share of its pixels that lie where a fold's edges lie, and by how many pixels they may miss. */
const leastOnFold = 0.9
const foldSlackPixels = 2.5

/** Decides from the ink of one page whether it is blank. */
export function judgeBlank(ink: InkMap): BlankVerdict {
  const marks = findMarks(ink)
  const short = Math.min(ink.width, ink.height)
  const holes = marks.filter(mark => isHole(mark, ink, short))
  const folds = marks.filter(mark => isFold(mark, ink, short))
  const tolerated = new Set([...folds, ...(holes.length <= mostHoles ? holes : [])])
  let markPixels = 0
  let speckPixels = 0
  for (const mark of marks) {
    if (mark.pixels <= largestSpeckPixels) speckPixels += mark.pixels
    else if (!tolerated.has(mark)) markPixels += mark.pixels
  }
  const area = ink.width * ink.height * (1 - 2 * marginShare) ** 2
  const blank = markPixels === 0 && speckPixels <= area * mostSpeckRatio && ink.paper >= darkestPaper
  return { blank, markPixels, speckPixels, inkRatio: (markPixels + speckPixels) / area }
}

interface Mark {
  pixels: number
  left: number
  right: number
  top: number
  bottom: number
}

/** Connected marks (eight neighbours) inside the margins. */
function findMarks(ink: InkMap): readonly Mark[] {
  const left = Math.ceil(ink.width * marginShare)
  const top = Math.ceil(ink.height * marginShare)
  const right = ink.width - left
  const bottom = ink.height - top
  const seen = new Uint8Array(ink.contrast.length)
  const marks: Mark[] = []
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const at = y * ink.width + x
      if (ink.contrast[at] === 0 || seen[at] === 1) continue
      marks.push(follow(ink, seen, at, { left, right, top, bottom }))
    }
  }
  return marks
}

function follow(ink: InkMap, seen: Uint8Array, start: number, inside: Omit<Mark, 'pixels'>): Mark {
  const mark: Mark = { pixels: 0, left: ink.width, right: 0, top: ink.height, bottom: 0 }
  const open = [start]
  seen[start] = 1
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const x = at % ink.width
    const y = (at - x) / ink.width
    mark.pixels++
    mark.left = Math.min(mark.left, x)
    mark.right = Math.max(mark.right, x)
    mark.top = Math.min(mark.top, y)
    mark.bottom = Math.max(mark.bottom, y)
    for (let nearY = Math.max(inside.top, y - 1); nearY <= Math.min(inside.bottom - 1, y + 1); nearY++) {
      for (let nearX = Math.max(inside.left, x - 1); nearX <= Math.min(inside.right - 1, x + 1); nearX++) {
        const near = nearY * ink.width + nearX
        if (ink.contrast[near] === 0 || seen[near] === 1) continue
        seen[near] = 1
        open.push(near)
      }
    }
  }
  return mark
}

/** A punched hole is round, of a binder's size, filled, and near the edge that was punched. */
function isHole(mark: Mark, ink: InkMap, short: number): boolean {
  const across = mark.right - mark.left + 1
  const down = mark.bottom - mark.top + 1
  const least = short * holeDiameters.least
  const most = short * holeDiameters.most
  if (across < least || across > most || down < least || down > most) return false
  if (Math.abs(across - down) > Math.max(2, 0.2 * Math.max(across, down))) return false
  const fill = mark.pixels / (across * down)
  if (fill < discFill.least || fill > discFill.most) return false
  const reach = short * holeReach
  const fromSides = Math.min(mark.right, ink.width - 1 - mark.left)
  const fromEnds = Math.min(mark.bottom, ink.height - 1 - mark.top)
  return Math.min(fromSides, fromEnds) <= reach
}

/**
 * A corner folded over shows the lid in the triangle that it left, and the two edges of the flap, which meet opposite the
 * corner and run to the margins.
 */
function isFold(mark: Mark, ink: InkMap, short: number): boolean {
  const { width, height } = ink
  const fromRight = mark.left + mark.right > width
  const fromBottom = mark.top + mark.bottom > height
  const [nearX, farX] = fromRight ? [width - 1 - mark.right, width - 1 - mark.left] : [mark.left, mark.right]
  const [nearY, farY] = fromBottom ? [height - 1 - mark.bottom, height - 1 - mark.top] : [mark.top, mark.bottom]
  const reach = Math.max(farX, farY)
  if (reach > short * mostFold || Math.abs(farX - farY) > reach * 0.25) return false
  if (nearX > width * marginShare + foldSlackPixels || nearY > height * marginShare + foldSlackPixels) return false
  let [all, onFold] = [0, 0]
  for (let y = mark.top; y <= mark.bottom; y++) {
    for (let x = mark.left; x <= mark.right; x++) {
      if (ink.contrast[y * width + x] === 0) continue
      const [across, down] = [fromRight ? width - 1 - x : x, fromBottom ? height - 1 - y : y]
      all++
      const onFlap = across >= farX - foldSlackPixels || down >= farY - foldSlackPixels
      if (onFlap || across + down <= reach + foldSlackPixels) onFold++
    }
  }
  return onFold >= all * leastOnFold
}
