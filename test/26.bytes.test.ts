// Files that are spliced, in one step and in many: what they read as, and what was done to the first of them.

import { describe, expect, it } from 'vitest'
import {
  appended,
  inOneBuffer,
  prefixOf,
  randomAccessOf,
  rangeOf,
  type Splice,
  spliced,
  splicesOf,
} from '../device/bytes.ts'
import type { RandomAccess } from '../device/ports.ts'
import { seededRandom } from './sim/paper.ts'

const text = async (file: RandomAccess) => Buffer.from(await file.read(0, file.size)).toString()
const fileOf = (content: string) => randomAccessOf(Buffer.from(content))
const splice = (offset: number, remove: number, insert: string): Splice => ({
  offset,
  remove,
  insert: Buffer.from(insert),
})

/** The same done to a string. */
function applied(content: string, splices: readonly Splice[]): string {
  return [...splices]
    .sort((a, b) => b.offset - a.offset)
    .reduce(
      (all, { offset, remove, insert }) => all.slice(0, offset) + Buffer.from(insert) + all.slice(offset + remove),
      content,
    )
}

describe('a spliced file', () => {
  it('reads as if it had been written', async () => {
    const file = spliced(fileOf('0123456789'), [splice(8, 2, 'x'), splice(0, 1, 'ab'), splice(4, 0, '-')])
    expect(await text(file)).toBe('ab123-4567x')
    expect(Buffer.from(await file.read(1, 5)).toString()).toBe('b123-')
    const chunks: string[] = []
    for await (const chunk of rangeOf(file, 2, 6)) chunks.push(Buffer.from(chunk).toString())
    expect(chunks.join('')).toBe('123-45')
  })

  it('is copied through one buffer, chunk by chunk', async () => {
    const content = Buffer.from(Array.from({ length: 600_000 }, (_, index) => index % 251))
    const file = appended(randomAccessOf(content), Buffer.from('end'))
    const chunks: Buffer[] = []
    const buffers = new Set<ArrayBufferLike>()
    for await (const chunk of inOneBuffer(file)) {
      chunks.push(Buffer.from(chunk))
      buffers.add(chunk.buffer)
    }
    expect(Buffer.concat(chunks).equals(Buffer.concat([content, Buffer.from('end')]))).toBe(true)
    expect(buffers.size).toBe(1)
    for await (const chunk of inOneBuffer(randomAccessOf(new Uint8Array()))) expect.unreachable(`${chunk.length} bytes`)
  })

  it('refuses splices that overlap or leave the file, and reads outside it', async () => {
    const file = fileOf('0123')
    expect(() => spliced(file, [splice(0, 2, ''), splice(1, 1, '')])).toThrow(RangeError)
    expect(() => spliced(file, [splice(3, 2, '')])).toThrow(RangeError)
    expect(() => spliced(file, [splice(-1, 0, '')])).toThrow(RangeError)
    await expect(spliced(file, []).read(2, 3)).rejects.toThrow(RangeError)
  })

  it('is the first file with splices, however many steps made it', async () => {
    const random = seededRandom(26)
    for (let round = 0; round < 200; round++) {
      const first = fileOf('the quick brown fox jumps over the lazy dog')
      let file: RandomAccess = first
      let expected = await text(first)
      for (let step = 0; step < 4; step++) {
        const offset = Math.floor(random() * (file.size + 1))
        const remove = Math.floor(random() * (file.size - offset + 1) * 0.3)
        const splices = [splice(offset, remove, 'x'.repeat(Math.floor(random() * 4)))]
        expected = applied(expected, splices)
        file = spliced(file, splices)
      }
      expect(await text(file)).toBe(expected)
      const all = splicesOf(file, first) ?? []
      expect(await text(spliced(first, all))).toBe(expected)
    }
  })

  it('tells nothing of a file that it was not made of', () => {
    const file = appended(fileOf('a'), Buffer.from('b'))
    expect(splicesOf(file, fileOf('a'))).toBeUndefined()
    const whole = fileOf('abc')
    expect(splicesOf(whole, whole)).toEqual([])
    expect(splicesOf(prefixOf(whole, 2), whole)).toBeUndefined()
  })
})
