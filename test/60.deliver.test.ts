// Delivery over HTTPS against the receiver simulator: what each way of failing and each answer comes to, and that a copy
// takes effect once however often it is sent.

import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  chunked,
  copy,
  never,
  openScene,
  patienceMs,
  pdf,
  type Scene,
  sha256,
  token,
  verdict,
} from './60.deliver.setup.ts'
import { type ReceiverPreset, startReceiver } from './sim/receiver.ts'

let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})

afterEach(() => scene.end())

test('delivers the copy as it is and returns the receipt', async () => {
  const outcome = await scene.deliver()
  const [effect] = scene.receiver.received()
  expect(effect).toMatchObject({
    idempotencyKey: copy().idempotencyKey,
    sha256: sha256(pdf),
    bytes: pdf.length,
    fileName: 'Còpia autèntica 100%.pdf',
    metadata: copy().metadata,
  })
  expect(outcome).toEqual({
    outcome: 'delivered',
    receipt: { reference: effect?.reference, sha256: sha256(pdf), receivedAt: effect?.receivedAt },
  })
  expect(await readFile(effect?.file ?? '')).toEqual(pdf)
})

describe('each way of failing', () => {
  test.each<[ReceiverPreset, string, number]>([
    [{ preset: 'offline' }, 'later DESTINATION_UNREACHABLE', 0],
    [{ preset: 'wrongTlsName' }, 'later DESTINATION_UNTRUSTED', 0],
    [{ preset: 'dropMidBody' }, 'later DESTINATION_UNREACHABLE', 0],
    [{ preset: 'dropAfterAccept' }, 'later DESTINATION_UNREACHABLE', 1],
    [{ preset: 'error500' }, 'later DESTINATION_UNREACHABLE', 0],
    [{ preset: 'error500AfterAccept' }, 'later DESTINATION_UNREACHABLE', 1],
    [{ preset: 'busyRetryAfter', seconds: 7 }, 'later DESTINATION_BUSY 7000', 0],
    [{ preset: 'truncatedReceipt' }, 'later RECEIPT_INVALID', 1],
    [{ preset: 'wrongReceipt' }, 'later RECEIPT_INVALID', 1],
    [{ preset: 'htmlAnswer' }, 'later RECEIPT_INVALID', 1],
    [{ preset: 'hugeAnswer' }, 'later RECEIPT_INVALID', 1],
  ])('%o, and the retry takes effect once', async (preset, expected, effects) => {
    await scene.receiver.set(preset)
    expect(verdict(await scene.deliver())).toBe(expected)
    expect(scene.receiver.received()).toHaveLength(effects)
    await scene.receiver.set({ preset: 'honest' })
    expect(verdict(await scene.deliver())).toBe('delivered')
    expect(scene.receiver.received()).toHaveLength(1)
  })

  test('a destination over the deadline is tried again, with one effect', async () => {
    await scene.receiver.set({ preset: 'slow', ms: 60_000 })
    expect(verdict(await scene.deliver({ deadlineMs: 500 }))).toBe('later DESTINATION_UNREACHABLE')
    await scene.receiver.set({ preset: 'honest' })
    // Busy for as long as the receiver has not seen that the first connection is gone.
    await expect.poll(async () => verdict(await scene.deliver()), { timeout: patienceMs }).toBe('delivered')
    expect(scene.receiver.received()).toHaveLength(1)
  })

  test('a slow destination is waited for', async () => {
    await scene.receiver.set({ preset: 'slow', ms: 300 })
    expect(verdict(await scene.deliver())).toBe('delivered')
  })

  test('a run of every failure, the same key throughout, has one effect and its receipt', async () => {
    const failing: ReceiverPreset[] = [
      { preset: 'dropMidBody' },
      { preset: 'error500AfterAccept' },
      { preset: 'dropAfterAccept' },
      { preset: 'truncatedReceipt' },
      { preset: 'wrongReceipt' },
      { preset: 'busyRetryAfter', seconds: 1 },
    ]
    for (const preset of failing) {
      await scene.receiver.set(preset, { times: 1 })
      expect((await scene.deliver()).outcome).toBe('later')
    }
    expect(await scene.deliver()).toMatchObject({
      outcome: 'delivered',
      receipt: { reference: scene.receiver.received()[0]?.reference },
    })
    expect(scene.receiver.received()).toHaveLength(1)
    expect(scene.receiver.attempts()).toBe(failing.length + 1)
  })

  test('the same key while the first attempt is still going on waits', async () => {
    const gate = Promise.withResolvers<void>()
    async function* gated() {
      // Two chunks: the driver holds the last one it has seen.
      yield* chunked(pdf.subarray(0, 100_000), 50_000)
      await gate.promise
      yield pdf.subarray(100_000)
    }
    const first = scene.deliver({}, copy({ body: gated() }))
    await expect.poll(scene.receiver.attempts, { timeout: patienceMs }).toBe(1)
    expect(verdict(await scene.deliver())).toBe('later DESTINATION_BUSY 1000')
    gate.resolve()
    expect(verdict(await first)).toBe('delivered')
    expect(scene.receiver.received()).toHaveLength(1)
  })

  test('the same key with another payload is refused', async () => {
    await scene.deliver()
    const outcome = await scene.deliver({}, copy({ metadata: { title: 'Another' } }))
    expect(outcome).toMatchObject({ outcome: 'refused', code: 'DESTINATION_REFUSED' })
    expect(scene.receiver.received()).toHaveLength(1)
  })
})

describe('each answer', () => {
  test.each([
    [202, 'later RECEIPT_INVALID'],
    [204, 'later RECEIPT_INVALID'],
    [301, 'refused DESTINATION_REFUSED'],
    [302, 'later DESTINATION_UNREACHABLE'],
    [308, 'refused DESTINATION_REFUSED'],
    [400, 'refused DESTINATION_REFUSED'],
    [401, 'later CREDENTIALS_REFUSED 900000'],
    [402, 'later CREDENTIALS_REFUSED 900000'],
    [403, 'later CREDENTIALS_REFUSED 900000'],
    [404, 'refused DESTINATION_REFUSED'],
    [407, 'later CREDENTIALS_REFUSED 900000'],
    [408, 'later DESTINATION_UNREACHABLE'],
    [409, 'later DESTINATION_BUSY'],
    [413, 'refused DESTINATION_REFUSED'],
    [422, 'refused DESTINATION_REFUSED'],
    [429, 'later DESTINATION_BUSY'],
    [501, 'refused DESTINATION_REFUSED'],
    [502, 'later DESTINATION_UNREACHABLE'],
    [503, 'later DESTINATION_BUSY'],
    [504, 'later DESTINATION_UNREACHABLE'],
  ])('%i', async (status, expected) => {
    await scene.receiver.set({ preset: 'answer', status, title: 'Not today' })
    const outcome = await scene.deliver()
    expect(verdict(outcome)).toBe(expected)
    expect(outcome).toMatchObject({ detail: status === 204 ? 'answered 204' : `answered ${status}: Not today` })
  })

  test('a redirect is not followed', async () => {
    const elsewhere = await startReceiver({ token })
    try {
      await scene.receiver.set({ preset: 'answer', status: 307, headers: { location: elsewhere.url } })
      expect(verdict(await scene.deliver())).toBe('later DESTINATION_UNREACHABLE')
      expect(elsewhere.attempts()).toBe(0)
    } finally {
      await elsewhere.stop()
    }
  })

  test('Retry-After as a date counts by the clock of the destination', async () => {
    await scene.receiver.set({ preset: 'busyRetryAfter', seconds: 90, form: 'date' })
    const outcome = await scene.delivery({}, () => 0).deliver(copy(), never)
    const retryAfterMs = outcome.outcome === 'later' ? (outcome.retryAfterMs ?? 0) : 0
    expect(retryAfterMs).toBeGreaterThan(60_000)
    expect(retryAfterMs).toBeLessThanOrEqual(91_000)
  })

  test('a title is cut and made printable', async () => {
    await scene.receiver.set({ preset: 'answer', status: 400, title: `a\n\u202eb${'x'.repeat(500)}` })
    expect(await scene.deliver()).toMatchObject({ detail: `answered 400: a b${'x'.repeat(117)}` })
  })
})
