// The extend step with a remote service, over stored bytes in memory: who is asked, who stands in, what is stored, and which
// of two reasons a copy waits for.

import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ExtensionService } from '../device/ades/extension-order.ts'
import type { Document } from '../device/document/document.ts'
import { next } from '../device/document/transition.ts'
import { type ErrorCode, Fault } from '../device/errors.ts'
import { attemptExtension, type ExtendTools } from '../device/path/extend.ts'
import { createEvidenceCache } from '../device/trust/evidence-cache.ts'
import type { Report } from '../device/trust/report.ts'
import { now, smallPdf } from './50.signature.kit.ts'
import { codeOf, copyIn, type MemoryStore, memoryStore, waitingCopy } from './59.extend-step.kit.ts'
import { createWorld, signPades, type World } from './59.pades.kit.ts'
import { createEngine } from './67.engine.kit.ts'

let world: World
let signed: Buffer
let store: MemoryStore
let asked: string[]

beforeAll(async () => {
  world = await createWorld()
  signed = (await signPades(await smallPdf(), world)).bytes
})

beforeEach(() => {
  world.time = now
  world.faults = {}
  world.asked.length = 0
  store = memoryStore()
  asked = []
})

function service(fallback: ExtensionService['fallback'], code?: ErrorCode): ExtensionService {
  return {
    fallback,
    async raise({ document, level }) {
      asked.push(level)
      if (code !== undefined) throw new Fault(code, 'not by me')
      const made = await createEngine(world).extend(await document.read(0, document.size), level)
      return { document: made, report: {} as Report, reference: 'r-1' }
    },
  }
}

const never = new AbortController().signal
const iso = () => new Date(world.time).toISOString()

function attempt(document: Document, changes: Partial<ExtendTools>) {
  const tools: ExtendTools = {
    timestamper: world.timestamper,
    revocation: world.revocation,
    anchors: [world.pki.root],
    cache: createEvidenceCache(),
    blobs: store.blobs,
    clock: { now: () => world.time, sleep: async () => undefined },
    random: { bytes: world.random, fraction: () => 0.5 },
    ...changes,
  }
  return attemptExtension(document, tools, never)
}

const waiting = (level: 'T' | 'LT' | 'LTA' = 'LTA') => waitingCopy({ level, store, signed, at: iso() })
const away: Pick<ExtendTools, 'timestamper'> = {
  timestamper: {
    stamp: async () => {
      throw new Fault('TSA_UNREACHABLE', 'away')
    },
  },
}

describe('a service', () => {
  test('raises a copy to all that was ordered at once, and is named', async () => {
    const document = waiting()
    const event = await attempt(document, { service: service('none'), ...away })
    expect(event).toMatchObject({ type: 'extended', level: 'LTA', by: 'service' })
    const done = next(document, event, iso())
    expect(done.stage).toMatchObject({ name: 'done', signature: { level: 'LTA', extendedBy: 'service' } })
    expect(copyIn(done, store).subarray(0, signed.length).equals(signed)).toBe(true)
    expect(asked).toEqual(['LTA'])
  })

  test('that passes by itself postpones, and one that must be mended holds', async () => {
    const before = waiting()
    const files = store.files.length
    expect(await attempt(before, { service: service('none', 'EXTENDER_UNAVAILABLE') })).toMatchObject({
      type: 'extensionPostponed',
      code: 'EXTENDER_UNAVAILABLE',
    })
    for (const code of ['EXTENSION_INVALID', 'EXTENSION_REFUSED', 'EXTENDER_CREDENTIALS_REFUSED'] as const)
      expect(await codeOf(attempt(before, { service: service('none', code) }))).toBe(code)
    expect(store.files.length).toBe(files)
    expect(world.asked).toEqual([])
  })

  test('that is stood in for is named with its reason, and not asked again for the same copy', async () => {
    const document = waiting()
    const standing = service('local', 'EXTENSION_INVALID')
    const event = await attempt(document, { service: standing })
    const declined = { code: 'EXTENSION_INVALID', detail: 'not by me' }
    expect(event).toMatchObject({ type: 'extended', level: 'T', by: 'local', declined })
    const stamped = next(document, event, iso())
    expect(stamped.stage).toMatchObject({ signature: { extendedBy: 'local', declined } })
    expect(await attempt(stamped, { service: standing })).toMatchObject({ level: 'LTA', by: 'local' })
    expect(asked).toEqual(['LTA'])
  })

  test('is asked for what somebody here began where nobody stands in any more', async () => {
    const document = waiting()
    const stamped = next(document, await attempt(document, {}), iso())
    expect(await attempt(stamped, { service: service('none') })).toMatchObject({ level: 'LTA', by: 'service' })
  })

  test.each<readonly [ErrorCode, ErrorCode, string]>([
    ['EXTENDER_UNAVAILABLE', 'TSA_UNREACHABLE', 'extensionPostponed TSA_UNREACHABLE'],
    ['EXTENDER_UNAVAILABLE', 'TSA_CREDENTIALS_REFUSED', 'extensionPostponed EXTENDER_UNAVAILABLE'],
    ['EXTENSION_INVALID', 'TSA_UNREACHABLE', 'extensionPostponed TSA_UNREACHABLE'],
    ['EXTENSION_INVALID', 'TSA_CREDENTIALS_REFUSED', 'TSA_CREDENTIALS_REFUSED'],
  ])('%s with %s here: %s', async (theirs, ours, outcome) => {
    const timestamper: ExtendTools['timestamper'] = {
      stamp: async () => {
        throw new Fault(ours, 'nor here')
      },
    }
    const work = attempt(waiting(), { service: service('local', theirs), timestamper })
    const told = await work.then(
      event => ('code' in event ? `${event.type} ${event.code}` : event.type),
      (thrown: Fault) => thrown.code,
    )
    expect(told).toBe(outcome)
  })

  test('whose document is stored otherwise than it was verified is not committed', async () => {
    const blobs = { ...store.blobs, write: async () => store.keep(Buffer.from('something else')) }
    expect(await codeOf(attempt(waiting(), { service: service('none'), blobs }))).toBe('INTERNAL')
  })
})
