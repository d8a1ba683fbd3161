// The extend step alone, over stored bytes in memory: which level is made next, that nothing but a verified result is
// stored, what is tried again by itself and what is not, and how long answers younger than the time-stamp are waited for.

import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { objectIdentifier } from '../device/cms/der.ts'
import type { Document } from '../device/document/document.ts'
import { next } from '../device/document/transition.ts'
import { Fault } from '../device/errors.ts'
import { attemptExtension, type ExtendTools, freshnessWaitMs } from '../device/path/extend.ts'
import type { Blobs } from '../device/path/step.ts'
import type { Revocation } from '../device/ports.ts'
import { readCertificate } from '../device/trust/certificate.ts'
import { createEvidenceCache } from '../device/trust/evidence-cache.ts'
import { verifyPdf } from '../device/trust/verify-pdf.ts'
import { now, smallPdf } from './50.signature.kit.ts'
import { codeOf, copyIn, type MemoryStore, memoryStore, waitingCopy } from './59.extend-step.kit.ts'
import { createWorld, signPades, type World } from './59.pades.kit.ts'

const hourMs = 3_600_000

let world: World
let signed: Buffer
let store: MemoryStore
let tools: ExtendTools

beforeAll(async () => {
  world = await createWorld()
  signed = (await signPades(await smallPdf(), world)).bytes
})

beforeEach(() => {
  world.time = now
  world.faults = {}
  world.asked.length = 0
  store = memoryStore()
  tools = {
    timestamper: world.timestamper,
    revocation: world.revocation,
    anchors: [world.pki.root],
    cache: createEvidenceCache(),
    blobs: store.blobs,
    clock: { now: () => world.time, sleep: async () => undefined },
    random: { bytes: world.random, fraction: () => 0.5 },
  }
})

const waiting = (level: 'T' | 'LT' | 'LTA') => waitingCopy({ level, store, signed, at: iso() })

function iso(): string {
  return new Date(world.time).toISOString()
}

const never = new AbortController().signal
const attempt = (document: Document, changes: Partial<ExtendTools> = {}) =>
  attemptExtension(document, { ...tools, ...changes }, never)

async function step(document: Document, changes: Partial<ExtendTools> = {}): Promise<Document> {
  return next(document, await attempt(document, changes), iso())
}

const copyOf = (document: Document) => copyIn(document, store)

async function levelOf(document: Document): Promise<string> {
  const report = await verifyPdf(randomAccessOf(copyOf(document)), {
    anchors: [world.pki.root],
    now: world.time,
    revocation: 'if-present',
  })
  return `${report.signatures[0]?.level} ${report.indication}`
}

describe('level by level', () => {
  test('LTA comes in two steps, each stored by itself, and the copy as it was stays its beginning', async () => {
    const stamped = await step(waiting('LTA'))
    expect(stamped.stage).toMatchObject({ name: 'extending', signature: { level: 'T' } })
    expect(await levelOf(stamped)).toBe('PAdES-BASELINE-T TOTAL-PASSED')
    expect(world.asked).toEqual(['tsa'])
    const archived = await step(stamped)
    expect(archived.stage).toMatchObject({ name: 'done', signature: { level: 'LTA' } })
    expect(await levelOf(archived)).toBe('PAdES-BASELINE-LTA TOTAL-PASSED')
    expect(copyOf(stamped).subarray(0, signed.length).equals(signed)).toBe(true)
    expect(copyOf(archived).subarray(0, copyOf(stamped).length).equals(copyOf(stamped))).toBe(true)
  })

  test.each(['T', 'LT'] as const)('ends at %s where no more was ordered', async level => {
    let document = waiting(level)
    while (document.stage.name === 'extending') document = await step(document)
    expect(document.stage).toMatchObject({ name: 'done', signature: { level } })
    expect(await levelOf(document)).toBe(`PAdES-BASELINE-${level} TOTAL-PASSED`)
  })

  test('asks the authority for the configured policy', async () => {
    const policy = '1.3.6.1.4.1.99999.2.7'
    const queries: string[] = []
    const timestamper: ExtendTools['timestamper'] = {
      stamp: query => {
        queries.push(Buffer.from(query).toString('hex'))
        return world.timestamper.stamp(query)
      },
    }
    await step(waiting('T'), { timestamper, timestampPolicy: policy })
    expect(queries).toHaveLength(1)
    expect(queries[0]).toContain(Buffer.from(objectIdentifier(policy)).toString('hex'))
  })
})

describe('what passes by itself', () => {
  const away = (code: 'TSA_UNREACHABLE' | 'TIMESTAMP_REFUSED'): Partial<ExtendTools> => ({
    timestamper: {
      stamp: async () => {
        throw new Fault(code, 'away')
      },
    },
  })

  test.each(['TSA_UNREACHABLE', 'TIMESTAMP_REFUSED'] as const)('%s postpones and stores nothing', async code => {
    const document = waiting('LTA')
    const before = store.files.length
    expect(await attempt(document, away(code))).toEqual({
      type: 'extensionPostponed',
      code,
      detail: 'away',
      nextAttemptAt: new Date(now + 7_500).toISOString(),
    })
    expect(store.files.length).toBe(before)
  })

  test('the wait grows with each failure', async () => {
    let document = waiting('LTA')
    const waits: number[] = []
    for (let i = 0; i < 3; i++) {
      document = await step(document, away('TSA_UNREACHABLE'))
      const { stage } = document
      if (stage.name === 'extending') waits.push(Date.parse(stage.extension.nextAttemptAt ?? '') - world.time)
    }
    expect(waits).toEqual([7_500, 12_500, 22_500])
  })

  test('an outage of responders costs no second time-stamp, and the first keeps its time', async () => {
    const stamped = await step(waiting('LTA'))
    world.faults = { offline: true }
    const postponed = await step(stamped)
    expect(postponed.stage).toMatchObject({
      copy: { name: stamped.stage.name === 'extending' ? stamped.stage.copy.name : '' },
      extension: { attempts: 1 },
    })
    expect(world.asked.filter(one => one === 'tsa')).toHaveLength(1)
    world.time += 5 * hourMs
    world.faults = {}
    const archived = await step(postponed)
    const report = await verifyPdf(randomAccessOf(copyOf(archived)), { anchors: [world.pki.root], now: world.time })
    expect(report.signatures[0]).toMatchObject({
      level: 'PAdES-BASELINE-LTA',
      bestSignatureTime: { time: now },
    })
  })

  test('a clock that is not right yet is waited for: nothing is asked, and nobody called', async () => {
    const document = waiting('LTA')
    world.time = 0
    expect(await attempt(document)).toMatchObject({
      type: 'extensionPostponed',
      code: 'CERTIFICATE_NOT_YET_VALID',
    })
    expect(world.asked).toEqual([])
    world.time = now - 60_000
    expect(await attempt(document)).toMatchObject({ type: 'extended', level: 'T' })
  })

  test('a stop of the appliance is neither', async () => {
    const stop = new AbortController()
    const timestamper: ExtendTools['timestamper'] = {
      stamp: async () => {
        stop.abort()
        throw new Fault('WORKER_LOST', 'stopped')
      },
    }
    const stopped = attemptExtension(waiting('T'), { ...tools, timestamper }, stop.signal)
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('what somebody must mend', () => {
  test('a time-stamp over something else is refused, and nothing is stored', async () => {
    const document = waiting('T')
    const before = store.files.length
    world.faults = { timestamp: 'wrong-imprint' }
    expect(await codeOf(attempt(document))).toBe('TIMESTAMP_INVALID')
    expect(store.files.length).toBe(before)
  })

  test('an authority that nobody trusts does not make a level', async () => {
    const stranger = await createWorld()
    const { timestamper } = stranger
    stranger.time = world.time
    const document = waiting('T')
    const before = store.files.length
    expect(await codeOf(attempt(document, { timestamper }))).toBe('CHAIN_INCOMPLETE')
    expect(store.files.length).toBe(before)
    const stamped = await step(waiting('LTA'), { timestamper })
    expect(await codeOf(attempt(stamped))).toBe('CHAIN_INCOMPLETE')
  })

  test('a certificate revoked before the time-stamp is never raised', async () => {
    const stamped = await step(waiting('LTA'))
    world.faults = { revoked: revokedSince(now - hourMs) }
    const before = store.files.length
    expect(await codeOf(attempt(stamped))).toBe('CERTIFICATE_REVOKED')
    expect(store.files.length).toBe(before)
  })

  test('one revoked after it is: that is what the time-stamp is for', async () => {
    const stamped = await step(waiting('LTA'))
    world.time += hourMs
    world.faults = { revoked: revokedSince(now + hourMs / 2) }
    expect(await levelOf(await step(stamped))).toBe('PAdES-BASELINE-LTA TOTAL-PASSED')
  })

  test('a copy that was stored damaged is refused', async () => {
    const document = waiting('T')
    const { stage } = document
    if (stage.name !== 'extending') throw new Error(stage.name)
    store.get(stage.copy.name).fill(0x20, 500, 520)
    expect(await codeOf(attempt(document))).toBe('SIGNATURE_BROKEN')
  })

  test('nor does one that turns out broken when the result is verified', async () => {
    const hex = signed.indexOf('/Contents <') + '/Contents <'.length
    const digits = 2 * (4 + Buffer.from(signed.toString('latin1', hex + 4, hex + 8), 'hex').readUInt16BE())
    const broken = Buffer.from(signed)
    broken.write(signed.toString('latin1', hex + digits - 2, hex + digits) === '00' ? '01' : '00', hex + digits - 2)
    let bytes = signed
    const timestamper: ExtendTools['timestamper'] = {
      stamp: query => {
        bytes = broken
        return world.timestamper.stamp(query)
      },
    }
    const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length)
    const open = async () => ({ size: signed.length, read, close: async () => undefined })
    const document = waiting('LTA')
    const before = store.files.length
    const blobs = { ...store.blobs, open }
    expect(await codeOf(attempt(document, { timestamper, blobs }))).toBe('SIGNATURE_INVALID')
    expect(store.files.length).toBe(before)
  })

  test('what is stored otherwise than it was verified is not committed', async () => {
    const blobs: Blobs = { ...store.blobs, write: async () => store.keep(Buffer.from('something else')) }
    expect(await codeOf(attempt(waiting('T'), { blobs }))).toBe('INTERNAL')
  })
})

describe('answers older than the time-stamp', () => {
  /** A responder that answers from what it made an hour before. */
  const earlier = (): Revocation => ({
    ...world.revocation,
    ocsp: async (url, query) => {
      world.time -= hourMs
      try {
        return await world.revocation.ocsp(url, query)
      } finally {
        world.time += hourMs
      }
    },
  })

  test('are not taken while younger ones may still come, and no archive time-stamp is spent', async () => {
    const stamped = await step(waiting('LTA'))
    world.time += freshnessWaitMs - 1
    const postponed = await attempt(stamped, { revocation: earlier() })
    expect(postponed).toMatchObject({ type: 'extensionPostponed', code: 'REVOCATION_UNAVAILABLE' })
    expect(world.asked.filter(one => one === 'tsa')).toHaveLength(1)
  })

  test('are taken afterwards, and the event says so', async () => {
    const stamped = await step(waiting('LTA'))
    world.time += freshnessWaitMs
    const event = await attempt(stamped, { revocation: earlier() })
    expect(event).toMatchObject({ type: 'extended', level: 'LTA', answeredEarlier: 2 })
  })

  test('do not hold a copy for ever where the clock was set back', async () => {
    const document = waiting('LTA')
    world.time += hourMs
    const stamped = await step(document)
    world.time -= freshnessWaitMs
    expect(await attempt(stamped, { revocation: earlier() })).toMatchObject({ type: 'extended' })
  })
})

/** The signer's certificate, revoked then. */
function revokedSince(since: number): ReadonlyMap<string, { since: number }> {
  const serial = readCertificate(world.signer.certificate).facts.serialNumber.replace(/^(00)+/, '')
  return new Map([[serial, { since }]])
}
