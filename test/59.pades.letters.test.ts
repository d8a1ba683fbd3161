// How the letters of a visible signature look, and how all of it is turned: seen in what Poppler renders.

import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { SignatureAppearance } from '../device/pdf/signature-widget.ts'
import { halves, lookAt } from './59.look.kit.ts'
import { whiteDocument } from './pdf-fixtures.ts'
import { signed } from './pdf-signing-fixtures.ts'

const font = await readFile('/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf')
const white = await whiteDocument(1)
const rectangle = { x: 10, y: 10, width: 100, height: 60 }
const visible = (appearance: Partial<SignatureAppearance>) =>
  signed(white, { appearance: { page: 1, rectangle, font, ...appearance } })

const inked = async (appearance: Partial<SignatureAppearance>) => {
  const bytes = await visible({ text: 'lllll', fontSize: 40, colour: [255, 0, 0], ...appearance })
  const { at } = await lookAt(bytes)
  const isRed = (x: number, y: number) => (at(x, y)[1] ?? 255) < 128 && (at(x, y)[0] ?? 0) > 200
  const rows = Array.from({ length: 60 }, (_, up) => up + 10)
  return rows.map(y => Array.from({ length: 100 }, (_, x) => x + 10).filter(x => isRed(x, y)))
}

test('letters have the colour that was asked for', async () => {
  expect((await inked({})).flat().length).toBeGreaterThan(50)
  expect((await inked({ colour: [0, 0, 255] })).flat()).toEqual([])
})

test('letters lean to the right where they are slanted', async () => {
  const edges = (rows: readonly (readonly number[])[]) => {
    const full = rows.filter(row => row.length > 0)
    return [full.at(2)?.[0] ?? 0, full.at(-3)?.[0] ?? 0]
  }
  const upright = edges(await inked({ text: 'l l' }))
  const slanted = edges(await inked({ text: 'l l', slanted: true }))
  expect((slanted[1] ?? 0) - (slanted[0] ?? 0)).toBeGreaterThan((upright[1] ?? 0) - (upright[0] ?? 0) + 2)
})

test('letters have a line below them, or through them, as long as they are', async () => {
  const longest = (rows: readonly (readonly number[])[]) => Math.max(...rows.map(row => row.length))
  const bare = longest(await inked({}))
  const below = await inked({ underlined: true })
  const through = await inked({ struckThrough: true })
  const at = (rows: readonly (readonly number[])[]) => rows.findIndex(row => row.length === longest(rows))
  expect(longest(below)).toBeGreaterThan(bare + 20)
  expect(longest(through)).toBeGreaterThan(bare + 20)
  expect(at(through)).toBeGreaterThan(at(below) + 5)
})

test.each([
  [90, [0, 255], 'up'],
  [180, [255, 0], 'across'],
  [270, [255, 0], 'up'],
] as const)('text and picture are turned by %d degrees against the page', async (rotation, seen, along) => {
  const bytes = await signed(white, { appearance: { page: 1, rectangle, image: halves, rotation } })
  const { at } = await lookAt(bytes)
  const [x, y] = [rectangle.x + rectangle.width / 2, rectangle.y + rectangle.height / 2]
  const found = along === 'up' ? [at(x, y - 8), at(x, y + 8)] : [at(x - 8, y), at(x + 8, y)]
  expect(found.map(([red]) => red)).toEqual(seen)
})
