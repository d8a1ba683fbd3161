// What a profile across an edge says (ISO 12233): its derivative is the spread of a line, whose spectrum is the contrast that
// is left at each frequency (MTF). Pure arithmetic on a few hundred numbers.

export interface EdgeSharpness {
  /** Cycles a pixel at which half, and a tenth, of the contrast is left, across the edge. */
  readonly mtf50: number
  readonly mtf10: number
}

/** Samples of a profile for each pixel. */
export const oversampling = 4
/** Above this share of the sampling rate nothing but noise and aliases is left. */
const highestFrequency = 0.75
const frequencyStep = 0.005

/** From an edge profile in quarter pixels along the rows; `cosine` of the edge's angle brings that to across the edge. */
export function sharpnessOf(edgeProfile: Float64Array, cosine: number): EdgeSharpness | undefined {
  const spread = spreadOf(edgeProfile)
  windowed(spread)
  const whole = contrastAt(spread, 0)
  if (whole === 0) return undefined
  const curve: number[] = []
  for (let frequency = 0; frequency <= highestFrequency; frequency += frequencyStep) {
    curve.push(contrastAt(spread, frequency) / whole / binning(frequency))
  }
  const falls = (level: number) => {
    const index = curve.findIndex(value => value < level)
    if (index < 1) return highestFrequency / cosine
    const [before = 1, here = 0] = [curve[index - 1], curve[index]]
    return ((index - 1 + (before - level) / (before - here)) * frequencyStep) / cosine
  }
  return { mtf50: falls(0.5), mtf10: falls(0.1) }
}

/** How much the blur leans to the light side (above 0) or to the dark one: the third moment by the second. */
export function asymmetryOf(edgeProfile: Float64Array): number {
  const spread = spreadOf(edgeProfile)
  const rises = spread.reduce((sum, value) => sum + value, 0) > 0 ? 1 : -1
  const peak = spread.reduce((best, value, bin) => (value * rises > (spread[best] ?? 0) * rises ? bin : best), 0)
  const reach = momentReach * halfWidth(spread, peak, rises)
  const [from, to] = [Math.max(0, Math.round(peak - reach)), Math.min(spread.length - 1, Math.round(peak + reach))]
  const moment = (order: number, centre: number): number => {
    let [sum, weights] = [0, 0]
    for (let bin = from; bin <= to; bin++) {
      const weight = Math.max(0, (spread[bin] ?? 0) * rises)
      sum += weight * (bin - centre) ** order
      weights += weight
    }
    return weights === 0 ? 0 : sum / weights
  }
  const centre = moment(1, 0)
  const variance = moment(2, centre)
  return variance === 0 ? 0 : (rises * moment(3, centre)) / variance ** 1.5
}

/** Beyond so many half widths there is nothing but noise. */
const momentReach = 3

/** How far from its peak the spread falls to a half, in bins, at the wider side. */
function halfWidth(spread: Float64Array, peak: number, rises: 1 | -1): number {
  const half = ((spread[peak] ?? 0) * rises) / 2
  const reach = (step: 1 | -1): number => {
    let bin = peak
    while (bin >= 0 && bin < spread.length && (spread[bin] ?? 0) * rises > half) bin += step
    return Math.abs(bin - peak)
  }
  return Math.max(reach(1), reach(-1))
}

function spreadOf(edgeProfile: Float64Array): Float64Array {
  return edgeProfile.map((_, bin) =>
    bin < 2 || bin > edgeProfile.length - 3 ? 0 : ((edgeProfile[bin + 1] ?? 0) - (edgeProfile[bin - 1] ?? 0)) / 2,
  )
}

/** A Hamming window about the edge keeps the noise of both sides out. */
function windowed(spread: Float64Array): void {
  const weights = spread.map(value => Math.abs(value))
  const total = weights.reduce((sum, value) => sum + value, 0)
  const centre = weights.reduce((sum, value, bin) => sum + value * bin, 0) / Math.max(total, 1e-9)
  const half = Math.min(centre, spread.length - 1 - centre)
  for (let bin = 0; bin < spread.length; bin++) {
    const from = (bin - centre) / half
    const weight = Math.abs(from) > 1 ? 0 : 0.54 + 0.46 * Math.cos(Math.PI * from)
    spread[bin] = (spread[bin] ?? 0) * weight
  }
}

function contrastAt(spread: Float64Array, cyclesPerPixel: number): number {
  let [real, imaginary] = [0, 0]
  const step = (2 * Math.PI * cyclesPerPixel) / oversampling
  for (let bin = 0; bin < spread.length; bin++) {
    real += (spread[bin] ?? 0) * Math.cos(step * bin)
    imaginary += (spread[bin] ?? 0) * Math.sin(step * bin)
  }
  return Math.hypot(real, imaginary)
}

/** What the difference over two bins and the width of a bin take away by themselves (ISO 12233, annex D). */
function binning(cyclesPerPixel: number): number {
  const half = (Math.PI * cyclesPerPixel) / oversampling
  return sinc(2 * half) * sinc(half)
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x) / x
}
