// A small fixed share of what `make quality` measures: a judgement that got worse fails here first.

import { expect, test } from 'vitest'
import { createImaging } from '../drivers/imaging/sharp.ts'
import { type Amounts, tally } from './quality/tally.ts'

/** Drawn at the density that pages are judged at: no reduction, little time. */
const judgedResolution = 75
const few: Amounts = { crooked: 8, onLid: 8, borderless: 8, covers: 2, markedRounds: 1, empty: 6 }

test('the promises of make quality hold on a few pages of every kind', async () => {
  const lines = await tally(few, judgedResolution, createImaging())
  expect(lines.filter(({ kept }) => kept === false)).toEqual([])
  expect(lines.filter(({ kept }) => kept).length).toBe(7)
}, 90_000)
