// Real scans, turned by known angles: what is told of the turned image against what is told of it as it is. The folder is
// given by the caller; nothing of it is part of the project.

import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import sharp from 'sharp'
import type { Imaging, PageVerdict } from '../../device/ports.ts'
import { medianAndWorst } from './measure.ts'
import { type Line, limits } from './tally.ts'

const renderedResolution = 200
const angles = [-6.3, -4.1, -2.2, -0.9, -0.35, 0.22, 0.7, 1.6, 3.3, 5.4]

/** Turns every image of the folder, and the first page of every PDF, to both sides and in quarters. */
export async function realScans(data: string, folder: string, imaging: Imaging): Promise<readonly Line[]> {
  const errors: number[] = []
  const counts = { pages: 0, told: 0, right: 0, turns: 0, cut: 0, blank: 0 }
  for (const image of await imagesOf(data, folder)) {
    const plain = await verdictOf(imaging, await turned(image, 0))
    counts.pages++
    if (plain.blank) counts.blank++
    for (const angle of angles) {
      const found = await verdictOf(imaging, await turned(image, angle))
      const whole = plain.skewDegrees + angle
      if (found.skewDegrees !== 0 && Math.abs(whole) < 7) errors.push(Math.abs(found.skewDegrees - whole))
    }
    for (const turn of [0, 90, 180, 270]) {
      const found = await verdictOf(imaging, await turned(image, turn))
      counts.turns++
      if (!found.turnConfident) continue
      counts.told++
      if (found.turn === (360 - turn) % 360) counts.right++
    }
  }
  const [median, worst] = medianAndWorst(errors)
  return [
    {
      measure: `real scans (${counts.pages}), turned by known angles: skew told in ${errors.length} of ${counts.pages * angles.length}`,
      found: `median ${median.toFixed(2)}, worst ${worst.toFixed(2)}; taken for blank ${counts.blank}`,
      promise: `median ≤ ${limits.medianSkew}, worst ≤ ${limits.worstSkew}; none blank`,
      kept: median <= limits.medianSkew && worst <= limits.worstSkew && counts.blank === 0,
    },
    {
      measure: `real scans, orientation in all four`,
      found: `told for ${counts.told} of ${counts.turns}, right for ${counts.right}`,
      promise: '≥ 99 % right where told',
      kept: counts.right >= counts.told * limits.turnsRight,
    },
  ]
}

async function imagesOf(data: string, folder: string): Promise<readonly string[]> {
  const images: string[] = []
  for (const name of (await readdir(data)).sort()) {
    const path = join(data, name)
    if (/\.(png|jpe?g|tiff?)$/i.test(name)) images.push(path)
    if (!/\.pdf$/i.test(name)) continue
    const out = join(folder, name)
    const options = ['-png', '-singlefile', '-f', '1', '-r', String(renderedResolution)]
    await promisify(execFile)('pdftoppm', [...options, path, out])
    images.push(`${out}.png`)
  }
  return images
}

/** The page laid crooked or turned on its own paper, as a JPEG. */
async function turned(image: string, degrees: number): Promise<Buffer> {
  const plain = sharp(image).flatten({ background: '#fff' }).toColourspace('srgb')
  const { dominant } = await sharp(await plain.clone().png().toBuffer()).stats()
  const { data, info } = await plain
    .rotate(degrees, { background: dominant })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
    .jpeg({ quality: 80 })
    .toBuffer()
}

async function verdictOf(imaging: Imaging, jpeg: Buffer): Promise<PageVerdict> {
  const usual = { colour: 'auto', deskew: true, crop: true, background: 'kept', reduction: 'none' } as const
  const request = { mediaType: 'image/jpeg', resolution: 300, ...usual } as const
  return (await imaging.prepare(Readable.from([jpeg]), request)).verdict
}
