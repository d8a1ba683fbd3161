// What every Delivery promises, whatever it delivers to: one effect for a key however often and however brokenly it is sent,
// nothing but what was really put there for a receipt, each way of failing told as what it is, secrets kept, long copies
// passed through. Whoever runs it brings a server that really takes copies and can tell what it has.

import { Buffer } from 'node:buffer'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Delivery, DeliveryOutcome, DeliveryRequest } from '../../device/ports.ts'
import { chunked, copy, never, patienceMs, sha256, verdict } from '../60.deliver.setup.ts'
import { type Line, type LineFault, startLine } from '../sim/line.ts'

export interface DeliveryUnderTest {
  /** Of the server, on 127.0.0.1. */
  readonly port: number
  /** Nothing of them may be in an outcome. */
  readonly secrets: readonly string[]
  /** A kiosk that has the server, or a line to it, as its destination `archive`. */
  delivery(access: Access): Delivery
  /** SHA-256 of each copy that the server has, by anything that sorts; parts of copies are none. */
  effects(): Promise<readonly string[]>
  stop(): Promise<void>
}

export interface Access {
  readonly port: number
  readonly idleTimeoutMs?: number
  readonly deadlineMs?: number
  /** Trusts another authority or host key, or shows another token, key or password; absent: the right ones. */
  readonly strange?: 'server' | 'kiosk'
}

const small = Buffer.from(`%PDF-1.7\n${'a small copy\n'.repeat(1_500)}%%EOF\n`)
let keys = 0

function request(bytes: Buffer, change: Partial<DeliveryRequest> = {}): DeliveryRequest {
  keys += 1
  const own = { bytes: bytes.length, sha256: sha256(bytes), body: chunked(bytes, 4_096), idempotencyKey: `key-${keys}` }
  return copy({ ...own, ...change })
}

/** Long because it is the contract. */
export function describeDelivery(name: string, open: () => Promise<DeliveryUnderTest>): void {
  describe(`delivery: ${name}`, () => {
    let server: DeliveryUnderTest
    let line: Line
    const told: DeliveryOutcome[] = []
    beforeAll(async () => {
      server = await open()
      line = await startLine(server.port)
    })
    afterAll(async () => {
      await line.stop()
      await server.stop()
    })

    async function deliver(one: DeliveryRequest, access: Partial<Access> = {}): Promise<DeliveryOutcome> {
      const outcome = await server.delivery({ port: line.port, ...access }).deliver(one, never)
      told.push(outcome)
      return outcome
    }

    const effectsOf = async (bytes: Uint8Array) => {
      const all = await server.effects()
      return all.filter(one => one === sha256(bytes)).length
    }

    it('delivers once, with a receipt for these very bytes; a repetition gets the same one', async () => {
      const bytes = Buffer.concat([small, Buffer.from('once')])
      const key = { idempotencyKey: 'once' }
      const first = await deliver(request(bytes, key))
      if (first.outcome !== 'delivered') throw new Error(JSON.stringify(first))
      expect(first.receipt).toMatchObject({ sha256: sha256(bytes), reference: expect.stringMatching(/^.{3,1000}$/) })
      expect(Math.abs(Date.parse(first.receipt.receivedAt) - Date.now())).toBeLessThan(60_000)
      const again = await deliver(request(bytes, key))
      expect(again).toEqual(first)
      expect(await effectsOf(bytes)).toBe(1)
    })

    it('refuses the same key for other bytes, of the same length or another, and for other metadata', async () => {
      const key = { idempotencyKey: 'taken' }
      expect(verdict(await deliver(request(small, key)))).toBe('delivered')
      const before = await server.effects()
      const altered = Buffer.from(small)
      altered[10] = 0x21
      const changes = [
        request(altered, key),
        request(small.subarray(1), key),
        request(small, { ...key, metadata: { a: 'b' } }),
      ]
      for (const changed of changes) expect(verdict(await deliver(changed))).toBe('refused DESTINATION_REFUSED')
      expect(await server.effects()).toEqual(before)
    })

    it('takes two attempts with one key at once for one', async () => {
      const bytes = Buffer.concat([small, Buffer.from('at once')])
      const key = { idempotencyKey: 'at-once' }
      const outcomes = await Promise.all([deliver(request(bytes, key)), deliver(request(bytes, key))])
      expect(outcomes.filter(({ outcome }) => outcome === 'refused')).toEqual([])
      expect(verdict(await deliver(request(bytes, key)))).toBe('delivered')
      expect(await effectsOf(bytes)).toBe(1)
    })

    it('tells a server that is not there', async () => {
      expect(verdict(await deliver(request(small), { port: 1 }))).toBe('later DESTINATION_UNREACHABLE')
    })

    it('tells another server than the trusted one, and gives it nothing', async () => {
      const before = await server.effects()
      expect(verdict(await deliver(request(small), { strange: 'server' }))).toBe('later DESTINATION_UNTRUSTED')
      expect(await server.effects()).toEqual(before)
    })

    it('tells that the kiosk is not let in, and pauses', async () => {
      const before = await server.effects()
      expect(verdict(await deliver(request(small), { strange: 'kiosk' }))).toBe('later CREDENTIALS_REFUSED 900000')
      expect(await server.effects()).toEqual(before)
    })

    it('does not wait for ever for a server that is silent from the start, or in the middle', async () => {
      line.set({ line: 'silent', direction: 'up', afterBytes: 0 })
      expect(verdict(await deliver(request(small), { idleTimeoutMs: 600 }))).toBe('later DESTINATION_UNREACHABLE')
      line.set({ line: 'whole' })
      const middle = request(small)
      expect(verdict(await deliver(request(small)))).toBe('delivered')
      line.set({ line: 'silent', direction: 'down', afterBytes: Math.floor(line.carried().down * 0.7) })
      expect(verdict(await deliver(middle, { idleTimeoutMs: 2_000 }))).toBe('later DESTINATION_UNREACHABLE')
      line.set({ line: 'silent', direction: 'up', afterBytes: 0 })
      expect(verdict(await deliver(request(small), { deadlineMs: 700 }))).toBe('later DESTINATION_UNREACHABLE')
      line.set({ line: 'whole' })
    })

    it.each([
      ['too short', small.subarray(0, -1)],
      ['altered', Buffer.concat([small.subarray(0, -1), Buffer.from('x')])],
    ])('never puts there a copy that is %s', async (_, bytes) => {
      const before = await server.effects()
      const one = request(small, { body: chunked(bytes, 4_096) })
      await expect(deliver(one)).rejects.toMatchObject({ code: 'BLOB_DAMAGED' })
      expect(await server.effects()).toEqual(before)
    })

    it('ends with the reason of whoever aborts, before and in the middle, and a retry has one effect', async () => {
      const reason = new Error('the kiosk stops')
      const kiosk = server.delivery({ port: line.port })
      await expect(kiosk.deliver(request(small), AbortSignal.abort(reason))).rejects.toBe(reason)
      const bytes = Buffer.concat([small, Buffer.from('aborted')])
      const controller = new AbortController()
      async function* stopping() {
        yield* chunked(bytes.subarray(0, 8_192), 4_096)
        controller.abort(reason)
        yield* chunked(bytes.subarray(8_192), 4_096)
      }
      const one = request(bytes, { body: stopping() })
      await expect(kiosk.deliver(one, controller.signal)).rejects.toBe(reason)
      expect(await effectsOf(bytes)).toBe(0)
      const again = { ...one, body: chunked(bytes) }
      await expect.poll(async () => verdict(await deliver(again)), { timeout: patienceMs }).toBe('delivered')
      expect(await effectsOf(bytes)).toBe(1)
    })

    describe('a line that is cut', { timeout: 240_000 }, () => {
      const tails = [1, 250, 700, 1_600, 4_000]
      const shares = [0, 0.3, 0.6, 0.85]

      it.each(['up', 'down'] as const)(
        '%s, anywhere: the attempt is made later and has one effect',
        async direction => {
          line.set({ line: 'whole' })
          expect(verdict(await deliver(request(small)))).toBe('delivered')
          const whole = line.carried()[direction]
          const points = [...shares.map(share => Math.floor(whole * share)), ...tails.map(tail => whole - tail)]
          let postponed = 0
          for (const [i, afterBytes] of points.entries()) {
            const bytes = Buffer.concat([small, Buffer.from(`${direction} ${String(i).padStart(2, '0')}`)])
            const one = request(bytes)
            const fault: LineFault = { line: 'cut', direction, afterBytes }
            line.set(fault)
            const cut = await deliver(one, { idleTimeoutMs: 5_000 })
            expect(['delivered', 'later DESTINATION_UNREACHABLE', 'later RECEIPT_INVALID'], `${afterBytes}`).toContain(
              verdict(cut),
            )
            if (cut.outcome === 'later') postponed += 1
            expect(await effectsOf(bytes)).toBeLessThanOrEqual(1)
            line.set({ line: 'whole' })
            const again = async () => verdict(await deliver({ ...one, body: chunked(bytes) }))
            await expect.poll(again, { timeout: patienceMs }).toBe('delivered')
            expect(await effectsOf(bytes), `${direction} after ${afterBytes}`).toBe(1)
          }
          expect(postponed).toBeGreaterThanOrEqual(shares.length)
        },
      )
    })

    it('passes 64 MiB through without holding them', { timeout: 120_000 }, async () => {
      const chunk = Buffer.alloc(65_536, 0x20)
      chunk.write('%PDF-1.7')
      const count = 1024
      const bytes = count * chunk.length
      let peak = 0
      const before = liveBytes()
      async function* body() {
        for (let i = 0; i < count; i += 1) {
          yield Buffer.from(chunk)
          if (i % 128 === 0) peak = Math.max(peak, liveBytes() - before)
        }
      }
      const digest = sha256(Buffer.concat(Array.from({ length: count }, () => chunk)))
      expect(verdict(await deliver(request(small, { bytes, sha256: digest, body: body() })))).toBe('delivered')
      expect(peak).toBeLessThan(bytes / 2)
    })

    it('has told no secret in all that', () => {
      expect(told.length).toBeGreaterThan(20)
      for (const secret of server.secrets) expect(JSON.stringify(told)).not.toContain(secret)
    })
  })
}

/** Bytes in buffers that are still referenced by somebody, a server in this process included. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().arrayBuffers
}
