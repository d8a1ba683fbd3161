// Running a batch and telling what became of it: stop on error or go on, several at once, limits of time, taking up again.

import { describe, expect, it } from 'vitest'
import type { Batch } from '../device/batch/batch.ts'
import { documentsIn, readBatch } from '../device/batch/read-batch.ts'
import { itemResults, type ResultMode, resultText } from '../device/batch/result.ts'
import { type RunParts, runBatch } from '../device/batch/run.ts'
import { type ErrorCode, Fault } from '../device/errors.ts'
import { limits, type MemoryLedger, memoryLedger, streamOf, textOf, written } from './93.batch.kit.ts'
import { createLeapingClock, type LeapingClock } from './sim/clock.ts'

interface Setting {
  readonly batch: Batch
  readonly ledger: MemoryLedger
  readonly clock: LeapingClock
  run(over?: Partial<RunParts>): Promise<void>
}

async function setting(over: Readonly<Record<string, unknown>> = {}, count = 3): Promise<Setting> {
  const text = JSON.stringify(written(over, count))
  const batch = await readBatch(streamOf(text), limits)
  const ledger = memoryLedger()
  const clock = createLeapingClock()
  const run = (parts: Partial<RunParts> = {}) =>
    runBatch({
      batch,
      ledger,
      documents: documentsIn(streamOf(text), batch, limits),
      sign: async (_item, data) => signatureOf(data),
      newIntent: () => ({ signingTime: clock.now(), signatureId: 'id' }),
      concurrency: 1,
      underWay: 1,
      clock,
      signal: new AbortController().signal,
      onOutcome: () => undefined,
      ...parts,
    })
  return { batch, ledger, clock, run }
}

const signatureOf = (data: Uint8Array | null) => ({
  format: 'CAdES' as const,
  bytes: streamOf(`signed ${Buffer.from(data ?? []).toString()}`),
  ignored: [],
})

/** Signs all but the items of these numbers. */
const failing = (numbers: readonly number[], code: ErrorCode = 'PDF_UNREADABLE'): RunParts['sign'] => {
  return async ({ number }, data) => {
    if (numbers.includes(number)) throw new Fault(code, `item ${number}\nis broken`)
    return signatureOf(data)
  }
}

const told = async ({ batch, ledger }: Setting, mode: ResultMode = 'local') =>
  JSON.parse(await textOf(resultText(batch, ledger, mode)))
const signature = (number: number) => Buffer.from(`signed document number ${number}`).toString('base64')

describe('a batch that goes on', () => {
  it('tells every item in its order, with its signature', async () => {
    const one = await setting()
    await one.run()
    expect(await told(one)).toEqual({
      signs: [0, 1, 2].map(number => ({
        id: `doc-${number}`,
        result: 'DONE_AND_SAVED',
        signature: signature(number),
      })),
    })
  })

  it('tells a failure by ERROR_PRE and its reason, as JSON even where that has lines, and the others as they are', async () => {
    const one = await setting()
    await one.run({ sign: failing([1]) })
    expect((await told(one)).signs).toEqual([
      { id: 'doc-0', result: 'DONE_AND_SAVED', signature: signature(0) },
      { id: 'doc-1', result: 'ERROR_PRE', description: 'PDF_UNREADABLE: item 1\nis broken' },
      { id: 'doc-2', result: 'DONE_AND_SAVED', signature: signature(2) },
    ])
  })

  it('tells codes alone where the signatures are kept elsewhere', async () => {
    const one = await setting()
    await one.run({ sign: failing([1]) })
    expect((await told(one, 'three-phase')).signs.map((item: object) => Object.keys(item))).toEqual([
      ['id', 'result'],
      ['id', 'result', 'description'],
      ['id', 'result'],
    ])
  })

  it('is told in a few large pieces where there are many', async () => {
    const one = await setting({}, 100)
    const detail = 'x'.repeat(1000)
    const sign = () => Promise.reject(new Fault('PDF_UNREADABLE', detail))
    await one.run({ sign })
    const pieces: Uint8Array[] = []
    for await (const piece of resultText(one.batch, one.ledger, 'local')) pieces.push(piece)
    expect([pieces.length > 3, pieces.length < 10]).toEqual([true, true])
    const { signs } = JSON.parse(Buffer.concat(pieces).toString())
    const description = `PDF_UNREADABLE: ${detail}`
    expect(signs).toEqual(one.batch.items.map(({ id }) => ({ id, result: 'ERROR_PRE', description })))
  })

  it('names the extra parameters that had no effect', async () => {
    const one = await setting()
    await one.run({ sign: async (_item, data) => ({ ...signatureOf(data), ignored: ['tsaURL', 'other'] }) })
    expect((await told(one)).signs[0].description).toBe('extra parameters without effect: tsaURL, other')
  })
})

describe('a batch that stops on error', () => {
  it.each<ResultMode>(['local', 'three-phase'])('is all or nothing (%s)', async mode => {
    const one = await setting({ stoponerror: true })
    await one.run({ sign: failing([1]) })
    expect([...one.ledger.outcomes.keys()]).toEqual([0, 1])
    expect((await told(one, mode)).signs.map((item: { result: string }) => item.result)).toEqual([
      'SKIPPED',
      'ERROR_PRE',
      'SKIPPED',
    ])
    expect(JSON.stringify(await told(one, mode))).not.toContain('"signature"')
  })

  it('tells the first failure alone, though another was under way with it', async () => {
    const one = await setting({ stoponerror: true })
    await one.ledger.failed(1, 'PDF_UNREADABLE', 'one')
    await one.ledger.failed(2, 'PDF_UNREADABLE', 'another')
    expect((await told(one)).signs.map((item: { result: string }) => item.result)).toEqual([
      'SKIPPED',
      'ERROR_PRE',
      'SKIPPED',
    ])
  })

  it('has nothing to do when it is taken up again', async () => {
    const one = await setting({ stoponerror: true })
    await one.run({ sign: failing([0]) })
    await one.run()
    expect([...one.ledger.outcomes.keys()]).toEqual([0])
  })
})

describe('a run', () => {
  it.each<ErrorCode>(['TOKEN_REMOVED', 'PIN_WRONG', 'DISK_FULL', 'WORKER_LOST'])(
    'ends with %s, which is no document’s fault, and another goes on from there with the same intent',
    async code => {
      const one = await setting()
      await expect(one.run({ sign: failing([1], code) })).rejects.toEqual(expect.objectContaining({ code }))
      expect([...one.ledger.outcomes.keys()]).toEqual([0])
      one.clock.leap(60_000)
      const intents: number[] = []
      await one.run({
        sign: async ({ number }, data, intent) => {
          intents.push(number, Math.round((one.clock.now() - intent.signingTime) / 60_000))
          return signatureOf(data)
        },
      })
      expect(intents).toEqual([1, 1, 2, 0])
      expect(itemResults(one.batch, one.ledger).every(({ result }) => result === 'DONE_AND_SAVED')).toBe(true)
    },
  )

  it('that a person stops throws that reason and leaves the rest unsigned', async () => {
    const one = await setting()
    const stop = new AbortController()
    const stopped = new Fault('REQUEST_DECLINED', 'stopped')
    const sign: RunParts['sign'] = async ({ number }, data, _intent, signal) => {
      if (number === 1) stop.abort(stopped)
      signal.throwIfAborted()
      return signatureOf(data)
    }
    await expect(one.run({ sign, signal: stop.signal })).rejects.toBe(stopped)
    expect((await told(one)).signs.map((item: { result: string }) => item.result)).toEqual([
      'DONE_AND_SAVED',
      'SKIPPED',
      'SKIPPED',
    ])
  })

  it('has so many documents under way and no more', async () => {
    const one = await setting({}, 9)
    let now = 0
    let most = 0
    const sign: RunParts['sign'] = async (_item, data) => {
      now += 1
      most = Math.max(most, now)
      await new Promise(resolve => setImmediate(resolve))
      now -= 1
      return signatureOf(data)
    }
    await one.run({ sign, underWay: 3, concurrency: 3 })
    expect([most, one.ledger.outcomes.size]).toEqual([3, 9])
  })

  it('gives each of several at once its time, and one after the other as long as it takes', async () => {
    for (const [concurrency, result] of [
      [2, 'ERROR_PRE'],
      [1, 'DONE_AND_SAVED'],
    ] as const) {
      const one = await setting({ concurrenttimeout: 5 }, 1)
      const sign: RunParts['sign'] = async (_item, data, _intent, signal) => {
        await one.clock.sleep(6_000, signal)
        return signatureOf(data)
      }
      const running = one.run({ sign, concurrency, underWay: 2 })
      for (const leap of [5_500, 1_000]) {
        await new Promise(resolve => setTimeout(resolve, 20))
        one.clock.leap(leap)
      }
      await running
      const [found] = itemResults(one.batch, one.ledger)
      expect(found?.result).toBe(result)
      if (concurrency === 2) expect(found?.description).toMatch(/^BATCH_ITEM_LATE: not signed within 5 s/)
    }
  })
})
