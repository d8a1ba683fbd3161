// The copy on its way out: only the right bytes arrive whole, names and metadata arrive as they were, a long copy does not
// fill the memory, and aborting leaves the source closed and the destination as a retry expects it.

import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkedBody } from '../drivers/delivery/body.ts'
import { chunked, copy, openScene, patienceMs, pdf, type Scene, verdict } from './60.deliver.setup.ts'
import type { ReceiverPreset } from './sim/receiver.ts'

let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})

afterEach(() => scene.end())

describe('the copy', () => {
  test.each([
    ['too short', pdf.subarray(0, -1)],
    ['too long', Buffer.concat([pdf, Buffer.from('x')])],
    ['altered', Buffer.concat([pdf.subarray(0, -1), Buffer.from('x')])],
    ['empty', Buffer.alloc(0)],
  ])('%s is BLOB_DAMAGED and never arrives whole', async (_, bytes) => {
    await expect(scene.deliver({}, copy({ body: chunked(bytes) }))).rejects.toMatchObject({ code: 'BLOB_DAMAGED' })
    expect(scene.receiver.received()).toEqual([])
  })

  test('without end is BLOB_DAMAGED as soon as it is too long', async () => {
    async function* endless() {
      for (;;) yield pdf
    }
    await expect(scene.deliver({}, copy({ body: endless() }))).rejects.toMatchObject({ code: 'BLOB_DAMAGED' })
  })

  test('of another length than announced is BLOB_DAMAGED', async () => {
    const request = copy({ bytes: pdf.length + 1 })
    await expect(scene.deliver({}, request)).rejects.toMatchObject({ code: 'BLOB_DAMAGED' })
  })

  test('that is altered is not even sent whole, for a destination that checks nothing', async () => {
    const altered = Buffer.concat([pdf.subarray(0, -1), Buffer.from('x')])
    let sent = 0
    const passing = async () => {
      for await (const chunk of checkedBody(chunked(altered), copy()).stream) sent += chunk.length
    }
    await expect(passing()).rejects.toMatchObject({ code: 'BLOB_DAMAGED' })
    expect(sent).toBeLessThan(pdf.length)
  })

  test('a source that fails is told as itself', async () => {
    async function* failing() {
      yield* chunked(pdf.subarray(0, 100_000), 50_000)
      await expect.poll(scene.receiver.attempts, { timeout: patienceMs }).toBe(1)
      throw new Error('the disk is gone')
    }
    await expect(scene.deliver({}, copy({ body: failing() }))).rejects.toThrow('the disk is gone')
    expect(scene.receiver.received()).toEqual([])
  })

  test.each([
    ['a"b.pdf', 'a"b.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\scans\\còpia.pdf', 'còpia.pdf'],
    ['a\r\nEvil: 1.pdf', 'aEvil: 1.pdf'],
    ["l'acta (1)*.pdf", "l'acta (1)*.pdf"],
    ['副本 😀.pdf', '副本 😀.pdf'],
    ['a\ud800.pdf', 'a\ufffd.pdf'],
    ['', 'document.pdf'],
  ])('the file name %j arrives as %j', async (fileName, arrives) => {
    expect(verdict(await scene.deliver({}, copy({ fileName })))).toBe('delivered')
    expect(scene.receiver.received()[0]?.fileName).toBe(arrives)
  })

  test.each([
    ['a key with a quote', { idempotencyKey: 'a"b' }],
    ['a key with a line break', { idempotencyKey: 'a\r\nEvil: 1' }],
    ['a digest that is none', { sha256: 'abc' }],
    ['metadata over 4 KiB', { metadata: { title: 'x'.repeat(4096) } }],
  ])('%s is REQUEST_INVALID', async (_, change) => {
    await expect(scene.deliver({}, copy(change))).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    expect(scene.receiver.attempts()).toBe(0)
  })
})

/** Bytes in buffers that are still referenced by somebody, the receiver in this process included. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().arrayBuffers
}

describe('a long copy', () => {
  const bytes = 100 * 1024 * 1024
  const chunk = Buffer.alloc(65_536, 0x20)
  chunk.write('%PDF-1.7\n')
  const count = bytes / chunk.length

  function digest(): string {
    const hash = createHash('sha256')
    for (let i = 0; i < count; i += 1) hash.update(chunk)
    return hash.digest('hex')
  }

  test('of 100 MB passes through flat memory', { timeout: 120_000 }, async () => {
    let peak = 0
    const before = liveBytes()
    async function* body() {
      for (let i = 0; i < count; i += 1) {
        yield Buffer.from(chunk)
        if (i % 128 === 0) peak = Math.max(peak, liveBytes() - before)
      }
    }
    expect(verdict(await scene.deliver({}, copy({ bytes, sha256: digest(), body: body() })))).toBe('delivered')
    expect(scene.receiver.received()[0]?.bytes).toBe(bytes)
    // Freed buffers leave the count a collection later; a body that piles up somewhere is counted in full.
    expect(peak).toBeLessThan(bytes / 2)
  })

  test('is not read ahead of a destination that takes nothing', async () => {
    await scene.receiver.set({ preset: 'stallBody' })
    let produced = 0
    async function* body() {
      for (let i = 0; i < count; i += 1) {
        produced += chunk.length
        yield chunk
      }
    }
    const request = copy({ bytes, sha256: digest(), body: body() })
    expect(verdict(await scene.deliver({ idleTimeoutMs: 300 }, request))).toBe('later DESTINATION_UNREACHABLE')
    expect(produced).toBeLessThan(24 * 1024 * 1024)
  })
})

describe('aborting', () => {
  const reason = new Error('the kiosk stops')

  test('before the start sends nothing', async () => {
    await expect(scene.delivery().deliver(copy(), AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(scene.receiver.attempts()).toBe(0)
  })

  test.each<[string, ReceiverPreset]>([
    ['while the body goes out', { preset: 'stallBody' }],
    ['while the receipt is waited for', { preset: 'slow', ms: 60_000 }],
  ])('%s ends with its reason and closes the source; a retry has one effect', async (_, preset) => {
    await scene.receiver.set(preset)
    const controller = new AbortController()
    let closed = false
    async function* body() {
      try {
        yield* chunked(pdf)
        // Not the last chunk yet: where the destination stalls, the source is in the middle.
        if (preset.preset === 'stallBody')
          await new Promise<never>((_resolve, reject) => {
            controller.signal.addEventListener('abort', () => reject(controller.signal.reason))
          })
      } finally {
        closed = true
      }
    }
    const attempt = scene.delivery().deliver(copy({ body: body() }), controller.signal)
    const outcome = expect(attempt).rejects.toBe(reason)
    const accepted = () => (preset.preset === 'slow' ? scene.receiver.received().length : 1)
    await expect.poll(() => scene.receiver.attempts() + accepted(), { timeout: patienceMs }).toBe(2)
    controller.abort(reason)
    await outcome
    await expect.poll(() => closed, { timeout: patienceMs }).toBe(true)
    await scene.receiver.set({ preset: 'honest' })
    expect(verdict(await scene.deliver())).toBe('delivered')
    expect(scene.receiver.received()).toHaveLength(1)
  })
})
