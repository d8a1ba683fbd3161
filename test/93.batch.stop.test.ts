// A signature of a batch that is stopped: what the key has not signed yet is given up, what it has signed is finished, so that
// no signature of a person is made and thrown away. Only lateness gives that up too.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DocumentJobs, JobOutcome } from '../device/ades/job.ts'
import { documentsIn, readBatch } from '../device/batch/read-batch.ts'
import { Fault } from '../device/errors.ts'
import { type BatchSigningParts, signItem } from '../device/requests/batch-signing.ts'
import { createScratch, type Scratch } from '../device/verbs/scratch.ts'
import { limits, streamOf, written } from './93.batch.kit.ts'

let scratch: Scratch
beforeAll(async () => {
  scratch = await createScratch()
})
afterAll(() => scratch.remove())

/** Verifies, after the key has signed, for as long as `signed` lets it, and gives up as the document worker does. */
function verifyingJobs(signed: () => void): DocumentJobs {
  return {
    async perform(_job, _files, answer, { signal } = {}): Promise<JobOutcome> {
      await answer({ ask: 'sign', algorithm: 'SHA256withRSA', digest: new Uint8Array(32) })
      signed()
      signal?.throwIfAborted()
      const report = { indication: 'TOTAL-PASSED', findings: [], signatures: [] } as const
      return { outcome: 'written', base: 'empty', splices: [], report, answeredEarlier: [] }
    },
  }
}

async function oneSigned(parts: Partial<BatchSigningParts>, signal: AbortSignal) {
  const text = JSON.stringify(written({}, 1))
  const batch = await readBatch(streamOf(text), limits)
  const whole: BatchSigningParts = {
    documents: verifyingJobs(() => undefined),
    references: { fetch: () => expect.unreachable('a reference') },
    readFile: () => expect.unreachable('a file'),
    identity: { algorithm: 'SHA256withRSA', certificate: new Uint8Array(), chain: [] },
    sign: async () => new Uint8Array(256),
    anchors: [],
    scratch,
    ...parts,
  }
  for await (const { item, data } of documentsIn(streamOf(text), batch, limits)) {
    return signItem(item, data, { signingTime: 0, signatureId: 'id' }, whole, signal)
  }
  return expect.unreachable('an empty batch')
}

describe('a batch that is stopped', () => {
  it('keeps what the key had signed by then', async () => {
    const stopping = new AbortController()
    const documents = verifyingJobs(() => stopping.abort(new Error('stopped')))
    expect(await oneSigned({ documents }, stopping.signal)).toMatchObject({ format: 'CAdES' })
  })

  it('gives up what the key was still to sign', async () => {
    const stopping = new AbortController()
    const sign = async () => {
      stopping.abort(new Error('stopped'))
      throw stopping.signal.reason
    }
    await expect(oneSigned({ sign }, stopping.signal)).rejects.toThrow('stopped')
  })

  it('is not begun where it was stopped before', async () => {
    let given: AbortSignal | undefined
    const documents: DocumentJobs = {
      perform: async (_job, _files, _answer, { signal } = {}) => {
        given = signal
        throw signal?.reason
      },
    }
    await expect(oneSigned({ documents }, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
    expect(given?.aborted).toBe(true)
  })
})

describe('a signature that is late', () => {
  it('is given up although the key has signed', async () => {
    const late = new AbortController()
    const documents = verifyingJobs(() => late.abort(new Fault('BATCH_ITEM_LATE', 'not signed within 1 s')))
    await expect(oneSigned({ documents }, late.signal)).rejects.toMatchObject({ code: 'BATCH_ITEM_LATE' })
  })
})
