// Colours as numbers that can be compared: sRGB (IEC 61966-2-1) to CIELAB under D50, and the CIEDE2000 difference
// (ISO/CIE 11664-6). What a scanner gives is taken for sRGB.

/** L*, a*, b*. */
export type Lab = readonly [number, number, number]

/** Linear light, 0 to 1, of an sRGB byte or a fraction of one. */
export function linearOf(value: number): number {
  const share = value / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
}

/** The linear light of every byte. */
export const linearByByte: Float64Array = Float64Array.from({ length: 256 }, (_, value) => linearOf(value))

/** L* of a relative luminance. */
export function lightness(luminance: number): number {
  return 116 * cubeRoot(luminance) - 16
}

/** sRGB to XYZ with its white adapted to D50 by Bradford, as ICC profiles have it; rows give X/Xn, Y/Yn, Z/Zn. */
const toXyz = [
  [0.4360747 / 0.96422, 0.3850649 / 0.96422, 0.1430804 / 0.96422],
  [0.2225045, 0.7168786, 0.0606169],
  [0.0139322 / 0.82521, 0.0971045 / 0.82521, 0.7141733 / 0.82521],
] as const

/** `rgb` from 0 to 255. */
export function labOf(rgb: readonly [number, number, number]): Lab {
  const [r, g, b] = [linearOf(rgb[0]), linearOf(rgb[1]), linearOf(rgb[2])]
  const [x, y, z] = toXyz.map(row => cubeRoot(row[0] * r + row[1] * g + row[2] * b)) as [number, number, number]
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

function cubeRoot(value: number): number {
  return value > 216 / 24389 ? Math.cbrt(value) : ((24389 / 27) * value + 16) / 116
}

const degrees = Math.PI / 180

/** CIEDE2000 with all weights one. */
export function deltaE2000([l1, a1, b1]: Lab, [l2, a2, b2]: Lab): number {
  const chroma = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2
  const stretch = 1.5 - 0.5 * Math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7))
  const [c1, c2] = [Math.hypot(a1 * stretch, b1), Math.hypot(a2 * stretch, b2)]
  const [h1, h2] = [hue(a1 * stretch, b1), hue(a2 * stretch, b2)]
  const [meanL, meanC] = [(l1 + l2) / 2, (c1 + c2) / 2]
  const turn = c1 * c2 === 0 ? 0 : nearest(h2 - h1)
  const meanH = meanHue(h1, h2, c1 * c2 === 0)
  const weight =
    1 -
    0.17 * Math.cos((meanH - 30) * degrees) +
    0.24 * Math.cos(2 * meanH * degrees) +
    0.32 * Math.cos((3 * meanH + 6) * degrees) -
    0.2 * Math.cos((4 * meanH - 63) * degrees)
  const l = (l2 - l1) / (1 + (0.015 * (meanL - 50) ** 2) / Math.sqrt(20 + (meanL - 50) ** 2))
  const c = (c2 - c1) / (1 + 0.045 * meanC)
  const h = (2 * Math.sqrt(c1 * c2) * Math.sin((turn / 2) * degrees)) / (1 + 0.015 * meanC * weight)
  const rotation = 2 * Math.sqrt(meanC ** 7 / (meanC ** 7 + 25 ** 7))
  const blue = -rotation * Math.sin(60 * Math.exp(-(((meanH - 275) / 25) ** 2)) * degrees)
  return Math.sqrt(l * l + c * c + h * h + blue * c * h)
}

function hue(a: number, b: number): number {
  const angle = Math.atan2(b, a) / degrees
  return angle < 0 ? angle + 360 : angle
}

function nearest(angle: number): number {
  if (angle > 180) return angle - 360
  return angle < -180 ? angle + 360 : angle
}

function meanHue(h1: number, h2: number, colourless: boolean): number {
  const sum = h1 + h2
  if (colourless) return sum
  if (Math.abs(h1 - h2) <= 180) return sum / 2
  return sum < 360 ? (sum + 360) / 2 : (sum - 360) / 2
}
