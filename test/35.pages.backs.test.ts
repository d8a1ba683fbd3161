// Backs that a duplex scanner hands over upside down: what many of them tell decides for those that tell nothing.

import { expect, test } from 'vitest'
import { type SideVerdict, settleBacks } from '../device/image/backs.ts'

/** `F0 B180 B?`: a front that told 0, a back that told 180, a back that told nothing. */
function pages(words: string): readonly SideVerdict[] {
  return words.split(' ').map(word => ({
    side: word.startsWith('F') ? 'front' : 'back',
    turn: word.endsWith('?') ? 0 : (Number(word.slice(1)) as SideVerdict['turn']),
    confident: !word.endsWith('?'),
  }))
}

test.each([
  ['a silent back follows three that agree', 'F0 B180 F0 B180 F0 B180 F0 B?', [0, 180, 0, 180, 0, 180, 0, 180]],
  ['the stack lay upside down', 'F180 B0 F180 B0 F180 B? F? B0', [180, 0, 180, 0, 180, 0, 0, 0]],
  ['a silent front follows nobody', 'F0 B180 F0 B180 F0 B180 F? B?', [0, 180, 0, 180, 0, 180, 0, 180]],
  ['two are not enough', 'F0 B180 F0 B180 F0 B?', [0, 180, 0, 180, 0, 0]],
  ['nor are two fronts', 'F0 B180 F0 B180 F? B180 F? B?', [0, 180, 0, 180, 0, 180, 0, 0]],
  [
    'one that contradicts is enough to leave all',
    'F0 B180 F0 B180 F0 B180 F0 B0 F0 B?',
    [0, 180, 0, 180, 0, 180, 0, 0, 0, 0],
  ],
  [
    'sides that lie alike say nothing of the device',
    'F180 B180 F180 B180 F180 B180 F? B?',
    [180, 180, 180, 180, 180, 180, 0, 0],
  ],
  ['landscape pages are each their own', 'F90 B270 F90 B270 F90 B270 F90 B?', [90, 270, 90, 270, 90, 270, 90, 0]],
  ['a simplex scan has no backs', 'F0 F180 F0 F?', [0, 180, 0, 0]],
])('%s', (_, words, turns) => {
  expect(settleBacks(pages(words))).toEqual(turns)
})

test('a back that told its own turn keeps it', () => {
  const scan = pages('F0 B180 F0 B180 F0 B180 F0 B?').map((page, i) =>
    i === 7 ? { ...page, turn: 90 as const } : page,
  )
  expect(settleBacks(scan).at(-1)).toBe(180)
  expect(settleBacks(scan.map(page => ({ ...page, confident: true }))).at(-1)).toBe(90)
})
