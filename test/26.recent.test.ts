// Results that are kept for a while: made once, dropped oldest first, never by somebody's later change of the octets.

import { expect, test } from 'vitest'
import { createRecent } from '../device/recent.ts'

test('the same octets are worked on once, and their value is made of a copy', () => {
  const recent = createRecent<Uint8Array>({ most: 2, longest: 4 })
  const octets = Uint8Array.of(1, 2)
  const value = recent.of(octets, made => made)
  octets[0] = 9
  expect(value).toEqual(Uint8Array.of(1, 2))
  expect(recent.of(Uint8Array.of(1, 2), () => Uint8Array.of(0))).toBe(value)
})

test('the one that was not asked for longest goes first', () => {
  const recent = createRecent<number>({ most: 2, longest: 4 })
  let made = 0
  const ask = (octet: number) => recent.of(Uint8Array.of(octet), () => ++made)
  expect([ask(1), ask(2), ask(1), ask(3), ask(1), ask(2)]).toEqual([1, 2, 1, 3, 1, 4])
})

test('long octets and failures are not kept', () => {
  const recent = createRecent<number>({ most: 2, longest: 4 })
  let made = 0
  const long = new Uint8Array(5)
  expect([recent.of(long, () => ++made), recent.of(long, () => ++made)]).toEqual([1, 2])
  const fail = () => {
    throw new Error(`failure ${++made}`)
  }
  expect(() => recent.of(Uint8Array.of(1), fail)).toThrow('failure 3')
  expect(() => recent.of(Uint8Array.of(1), fail)).toThrow('failure 4')
})
