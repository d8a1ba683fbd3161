// The simulated scanner, card and back office as a process of their own, so that their work is not counted as the
// appliance's. Draws the piles before it says that it is ready; puts one in the feeder when told; ends with its parent.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SheetImage } from '../sim/escl-sheets.ts'
import { drawSheet } from '../sim/paper.ts'
import { startSite } from '../sim/site.ts'
import { procedure } from '../walk.kit.ts'
import { type FromSurroundings, type Pile, skewDegreesOf, type ToSurroundings } from './surroundings.ts'

/** So many different sheets are drawn and then repeated: drawing takes longer than everything that is measured. */
const differentSheets = 5
const resolution = 300

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: surroundings.child.ts FOLDER')
await mkdir(folder, { recursive: true })
const piles: Record<Pile, readonly SheetImage[]> = { straight: await draw('straight'), skewed: await draw('skewed') }
const site = await startSite({
  folder,
  sheets: [],
  // More than the exchange of registries takes: the size of the pile is the bench's matter.
  config: {
    procedures: [
      procedure('local', { digitisation: { resolution, colour: 'color' }, document: { largestMegabytes: 2000 } }),
    ],
  },
})
const { scanner, configFile, pin } = site

process.on('message', (message: ToSurroundings) => {
  const drawn = piles[message.pile]
  scanner.load(Array.from({ length: message.sheets }, (_, i) => drawn[i % drawn.length] as SheetImage))
  say({ loaded: message.pile })
})
process.once('disconnect', () => site.stop())
say({ scannerUrl: scanner.url, configFile, pin, receivedFolder: join(folder, 'received') })

function say(message: FromSurroundings): void {
  process.send?.(message)
}

function draw(pile: Pile): Promise<SheetImage[]> {
  const kinds = ['letter', 'form', 'letter', 'letter', 'form'] as const
  const skewDegrees = skewDegreesOf[pile]
  return Promise.all(
    Array.from({ length: differentSheets }, async (_, i) => ({
      front: await drawSheet({ seed: 500 + i, kind: kinds[i] ?? 'letter', resolution, skewDegrees }),
    })),
  )
}
