// The sRGB profile of the PDF/A output intent, and one for grey with the same curve: ICC version 2 display profiles
// (ICC.1:2001-04), built from the numbers of IEC 61966-2-1 with its white adapted to D50. The same bytes every time.

/** CIE XYZ of a colour, relative to Y = 1 for white. */
type Xyz = readonly [number, number, number]

const d50: Xyz = [0.9642, 1, 0.8249]
/** The primaries of sRGB, adapted from D65 to D50 by the linear Bradford transform. */
const red: Xyz = [0.43607, 0.22249, 0.01392]
const green: Xyz = [0.38515, 0.71687, 0.09708]
const blue: Xyz = [0.14307, 0.06061, 0.7141]
/** That transform itself, by rows. */
const bradford = [1.04788, 0.02292, -0.0502, 0.02959, 0.99048, -0.01707, -0.00925, 0.01508, 0.75168]
const curvePoints = 1024
const headerBytes = 128

/** About 2.6 kB; three components, device class `mntr`, connection space XYZ. */
export function sRgbProfile(): Uint8Array {
  const curve = toneCurve()
  const tags: readonly (readonly [string, Buffer])[] = [
    ['desc', description('sRGB IEC61966-2.1')],
    ['cprt', typed('text', ascii('No copyright, use freely\0'))],
    ['wtpt', xyz(d50)],
    ['chad', typed('sf32', Buffer.concat(bradford.map(fixed)))],
    ['rXYZ', xyz(red)],
    ['gXYZ', xyz(green)],
    ['bXYZ', xyz(blue)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ]
  return assemble('RGB ', tags)
}

/** About 2.2 kB; one component, device class `mntr`, connection space XYZ. */
export function sGreyProfile(): Uint8Array {
  return assemble('GRAY', [
    ['desc', description('Grey with the curve of sRGB')],
    ['cprt', typed('text', ascii('No copyright, use freely\0'))],
    ['wtpt', xyz(d50)],
    ['kTRC', toneCurve()],
  ])
}

/** Header, tag table and tag data; tags with the same data share it. */
function assemble(space: 'RGB ' | 'GRAY', tags: readonly (readonly [string, Buffer])[]): Buffer {
  const table = Buffer.alloc(4 + tags.length * 12)
  table.writeUInt32BE(tags.length, 0)
  const offsets = new Map<Buffer, number>()
  const parts: Buffer[] = []
  let end = headerBytes + table.length
  tags.forEach(([signature, data], index) => {
    const offset = offsets.get(data) ?? end
    if (offset === end) {
      const padded = Buffer.concat([data, Buffer.alloc(-data.length & 3)])
      offsets.set(data, offset)
      parts.push(padded)
      end += padded.length
    }
    table.write(signature, 4 + index * 12, 'latin1')
    table.writeUInt32BE(offset, 8 + index * 12)
    table.writeUInt32BE(data.length, 12 + index * 12)
  })
  return Buffer.concat([header(space, end), table, ...parts])
}

/** ICC.1:2001-04, 6.1: version 2.1, perceptual intent, the illuminant D50, a fixed date. */
function header(space: string, size: number): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  bytes.writeUInt32BE(size, 0)
  bytes.writeUInt32BE(0x0210_0000, 8)
  bytes.write(`mntr${space}XYZ `, 12, 'latin1')
  for (const [index, value] of [2026, 1, 1, 0, 0, 0].entries()) bytes.writeUInt16BE(value, 24 + index * 2)
  bytes.write('acsp', 36, 'latin1')
  Buffer.concat(d50.map(fixed)).copy(bytes, 68)
  return bytes
}

/** The decoding function of IEC 61966-2-1, sampled. */
function toneCurve(): Buffer {
  const points = Buffer.alloc(4 + curvePoints * 2)
  points.writeUInt32BE(curvePoints, 0)
  for (let point = 0; point < curvePoints; point++) {
    const encoded = point / (curvePoints - 1)
    const linear = encoded <= 0.04045 ? encoded / 12.92 : ((encoded + 0.055) / 1.055) ** 2.4
    points.writeUInt16BE(Math.round(linear * 0xffff), 4 + point * 2)
  }
  return typed('curv', points)
}

/** textDescriptionType with empty Unicode and ScriptCode parts (6.5.17). */
function description(text: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length + 1, 0)
  return typed('desc', Buffer.concat([length, ascii(`${text}\0`), Buffer.alloc(4 + 4 + 2 + 1 + 67)]))
}

function xyz(value: Xyz): Buffer {
  return typed('XYZ ', Buffer.concat(value.map(fixed)))
}

function typed(signature: string, data: Buffer): Buffer {
  return Buffer.concat([ascii(signature), Buffer.alloc(4), data])
}

/** s15Fixed16Number. */
function fixed(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(Math.round(value * 0x1_0000), 0)
  return bytes
}

function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
