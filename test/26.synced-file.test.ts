// A file that only grows, over a file system that is held back: nothing is acknowledged before its sync, what comes meanwhile
// goes by the next one, and behind what could not be written nothing goes.

import { expect, it } from 'vitest'
import { createSyncedFile } from '../device/synced-file.ts'

/** Remembers what is done to it; `datasync` waits for `synced`. */
function heldFile(writable = Number.POSITIVE_INFINITY) {
  let text = ''
  const syncs: PromiseWithResolvers<void>[] = []
  return {
    text: () => text,
    syncs,
    file: {
      async writev(pieces: readonly Uint8Array[]) {
        const taken = Buffer.concat(pieces).subarray(0, writable)
        text += taken.toString()
        return { bytesWritten: taken.length }
      },
      async appendFile(rest: Uint8Array) {
        if (text.includes('full')) throw new Error('no space')
        text += Buffer.from(rest).toString()
      },
      datasync() {
        const sync = Promise.withResolvers<void>()
        syncs.push(sync)
        return sync.promise
      },
    },
  }
}

const settled = () => new Promise(resolve => setImmediate(resolve))
const pieces = (...texts: string[]) => texts.map(text => Buffer.from(text))

it('tells where each begins, and not before it is synced, all that waited by one sync', async () => {
  const held = heldFile()
  const { append } = createSyncedFile(held.file, 100)
  const done: (string | number)[] = []
  const note = (place: number) => done.push(place)
  const first = append(pieces('one')).then(note)
  await settled()
  const others = [append(pieces('2', '3')).then(note), append(pieces('four')).then(note)]
  await settled()
  expect([held.text(), held.syncs.length, done]).toEqual(['one', 1, []])
  held.syncs[0]?.resolve()
  await first
  await settled()
  expect([held.text(), held.syncs.length, done]).toEqual(['one23four', 2, [100]])
  held.syncs[1]?.resolve()
  await Promise.all(others)
  expect(done).toEqual([100, 103, 105])
})

it('writes what one call left', async () => {
  const held = heldFile(4)
  const { append } = createSyncedFile(held.file, 0)
  const place = append(pieces('abc', 'def', 'g'))
  await settled()
  held.syncs[0]?.resolve()
  expect([await place, held.text()]).toEqual([0, 'abcdefg'])
})

it('writes nothing behind what could not be written, and says why each time', async () => {
  const held = heldFile(4)
  const { append } = createSyncedFile(held.file, 0)
  const both = [append(pieces('full disk')), append(pieces('x'))]
  for (const one of both) await expect(one).rejects.toThrow('no space')
  await expect(append(pieces('y'))).rejects.toThrow('no space')
  expect([held.text(), held.syncs.length]).toEqual(['full', 0])
})
