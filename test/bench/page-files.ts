// The pages that programs straighten side by side: A4 at 300 pixels per inch, colour JPEG, half of them straight, half
// skewed by up to 3°, the same bytes in every run.

import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { drawSheet } from '../sim/paper.ts'

/** So many different pages of each kind are drawn and then repeated: drawing takes longer than what is measured. */
const different = 5
const skews = [1.2, -0.7, 2.4, -1.9, 3] as const

export interface PageFiles {
  /** Straight and skewed in turns. */
  readonly all: readonly string[]
  readonly straight: readonly string[]
  readonly skewed: readonly string[]
}

/** Writes `count` pages into `folder`. */
export async function writePages(folder: string, count: number): Promise<PageFiles> {
  await mkdir(folder, { recursive: true })
  const drawn: string[] = []
  for (let i = 0; i < 2 * different; i += 1) {
    const kind = i % 5 < 3 ? 'letter' : 'form'
    const skewDegrees = i % 2 === 0 ? 0 : (skews[i >> 1] ?? 0)
    const file = join(folder, `drawn-${i}.jpg`)
    await writeFile(file, await drawSheet({ seed: 700 + i, kind, resolution: 300, skewDegrees }))
    drawn.push(file)
  }
  const all: string[] = []
  for (let i = 0; i < count; i += 1) {
    const file = join(folder, `page-${String(i).padStart(4, '0')}.jpg`)
    await copyFile(drawn[i % drawn.length] as string, file)
    all.push(file)
  }
  return { all, straight: all.filter((_, i) => i % 2 === 0), skewed: all.filter((_, i) => i % 2 === 1) }
}
