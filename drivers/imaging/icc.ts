// Whether an ICC profile (ICC.1) says no more than the sRGB of the PDF's output intent, so that bytes which carry it show
// the same without it.

/** Colorants of sRGB, adapted to D50 as profiles have them; X Y Z. */
const srgbColorants = { rXYZ: [0.436, 0.222, 0.014], gXYZ: [0.385, 0.717, 0.097], bXYZ: [0.143, 0.061, 0.714] } as const
const colorantTolerance = 0.012
/** What half the signal is in light: 0.214 in sRGB, 0.218 with a plain gamma of 2.2. */
const halfLight = { least: 0.2, most: 0.235 }
const headerBytes = 128
const mostTags = 100
const fixed = 65_536

/** True for sRGB and for grey with its tone curve, and for bytes that are no profile. */
export function isLikeSrgb(profile: Buffer): boolean {
  if (profile.length < headerBytes + 4 || profile.toString('latin1', 36, 40) !== 'acsp') return true
  const space = profile.toString('latin1', 16, 20)
  const tag = tagsOf(profile)
  if (space === 'GRAY') return isSrgbCurve(tag('kTRC'))
  if (space !== 'RGB ' || tag('A2B0') !== undefined) return false
  const curves = ['rTRC', 'gTRC', 'bTRC'].every(name => isSrgbCurve(tag(name)))
  return curves && Object.entries(srgbColorants).every(([name, xyz]) => isNear(tag(name), xyz))
}

function tagsOf(profile: Buffer): (name: string) => Buffer | undefined {
  const tags = new Map<string, Buffer>()
  const count = Math.min(mostTags, profile.readUInt32BE(headerBytes))
  for (let i = 0, at = headerBytes + 4; i < count && at + 12 <= profile.length; i++, at += 12) {
    const offset = profile.readUInt32BE(at + 4)
    tags.set(profile.toString('latin1', at, at + 4), profile.subarray(offset, offset + profile.readUInt32BE(at + 8)))
  }
  return name => tags.get(name)
}

function isNear(tag: Buffer | undefined, xyz: readonly number[]): boolean {
  if (tag === undefined || tag.length < 20) return false
  return xyz.every((value, i) => Math.abs(tag.readInt32BE(8 + 4 * i) / fixed - value) <= colorantTolerance)
}

function isSrgbCurve(tag: Buffer | undefined): boolean {
  const light = tag === undefined ? undefined : lightAtHalf(tag)
  return light !== undefined && light >= halfLight.least && light <= halfLight.most
}

/** `curv`: nothing is linear, one value a gamma, several a table. `para`: gamma, then how it is applied. */
function lightAtHalf(tag: Buffer): number | undefined {
  const kind = tag.toString('latin1', 0, 4)
  if (kind === 'para' && tag.length >= 16) {
    const numbers = Array.from(
      { length: Math.floor((tag.length - 12) / 4) },
      (_, i) => tag.readInt32BE(12 + 4 * i) / fixed,
    )
    const [gamma = 1, a = 1, b = 0] = numbers
    return (a * 0.5 + b) ** gamma
  }
  if (kind !== 'curv' || tag.length < 12) return undefined
  const count = tag.readUInt32BE(8)
  if (count === 0) return 0.5
  if (tag.length < 12 + 2 * count) return undefined
  if (count === 1) return 0.5 ** (tag.readUInt16BE(12) / 256)
  return tag.readUInt16BE(12 + 2 * Math.round((count - 1) / 2)) / 65_535
}
