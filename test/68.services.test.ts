// Services that answer wrongly and clocks that are wrong, in every format, at the level that needs them: an error by name,
// nothing made. The answers themselves are tested by test/54 and test/55, the network between by test/62 and test/63.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SignatureFormat } from '../device/ades/request.ts'
import { type ErrorCode, Fault } from '../device/errors.ts'
import { now, smallPdf } from './50.signature.kit.ts'
import { createWorld, dayMs, type World } from './56.trust.kit.ts'
import { type Asked, createEngine, type Engine } from './67.engine.kit.ts'
import type { CrlFault } from './sim/crl.ts'
import type { OcspFault } from './sim/ocsp.ts'
import { type TimestampFault, timestampReply } from './sim/tsa.ts'

const formats = ['PAdES', 'CAdES', 'XAdES'] as const
const xml = Buffer.from('<acta><punt n="1">Aprovat</punt></acta>')

let pdf: Uint8Array
let world: World
let engine: Engine
/** What the authority does; undefined is what it should. */
let stamping: TimestampFault | 'down' | undefined

beforeAll(async () => {
  pdf = await smallPdf()
})
beforeEach(async () => {
  const made = await createWorld()
  const stamp = async (query: Uint8Array) => {
    if (stamping === 'down') throw new Fault('TSA_UNREACHABLE', 'it did not answer within 15 s')
    return timestampReply(query, made.tsa, { now: made.clock.now(), ...(stamping && { fault: stamping }) })
  }
  world = { ...made, timestamper: { stamp } }
  engine = createEngine(world)
  stamping = undefined
})

function sign(format: SignatureFormat, asked: Asked = {}): Promise<Buffer> {
  const packaging = format === 'CAdES' ? 'enveloping' : 'enveloped'
  return engine.sign(format === 'PAdES' ? pdf : xml, { format, packaging, ...asked })
}

const fault = (code: ErrorCode) => expect.objectContaining({ code })

describe.each(formats)('%s', format => {
  it.each<[TimestampFault | 'down', ErrorCode]>([
    ['wrong-imprint', 'TIMESTAMP_INVALID'],
    ['wrong-hash', 'TIMESTAMP_INVALID'],
    ['wrong-nonce', 'TIMESTAMP_INVALID'],
    ['old-token', 'TIMESTAMP_INVALID'],
    ['future-token', 'TIMESTAMP_INVALID'],
    ['no-certificate', 'TIMESTAMP_INVALID'],
    ['bad-signature', 'TIMESTAMP_INVALID'],
    ['garbage', 'TIMESTAMP_INVALID'],
    ['empty', 'TIMESTAMP_INVALID'],
    ['rejection', 'TIMESTAMP_REFUSED'],
    ['down', 'TSA_UNREACHABLE'],
  ])('is neither signed nor extended when the authority gives: %s', async (answer, code) => {
    const signed = await sign(format)
    stamping = answer
    await expect(sign(format, { level: 'T' })).rejects.toThrow(fault(code))
    await expect(engine.extend(signed, 'T')).rejects.toThrow(fault(code))
  })

  it.each<OcspFault | 'down'>([
    'other-certificate',
    'stale',
    'unsigned',
    'unknown',
    'try-later',
    'garbage',
    'empty',
    'down',
  ])('has no level LT by the responder alone when it gives: %s', async answer => {
    const signed = await sign(format, { level: 'T' })
    world.break('ocsp', answer)
    world.break('crl', 'down')
    await expect(engine.extend(signed, 'LT')).rejects.toThrow(fault('REVOCATION_UNAVAILABLE'))
    await expect(sign(format, { level: 'LTA' })).rejects.toThrow(fault('REVOCATION_UNAVAILABLE'))
  })

  it.each<CrlFault>(['expired', 'bad-signature', 'garbage'])('has no level LT by a list that is %s', async answer => {
    const signed = await sign(format, { level: 'T' })
    world.break('ocsp', 'down')
    world.break('crl', answer)
    await expect(engine.extend(signed, 'LT')).rejects.toThrow(fault('REVOCATION_UNAVAILABLE'))
  })

  it('has no level LT when its certificate was revoked before', async () => {
    const signed = await sign(format, { level: 'T' })
    world.revoke(world.signer.certificate, { since: now - dayMs })
    await expect(engine.extend(signed, 'LT')).rejects.toThrow(fault('CERTIFICATE_REVOKED'))
  })

  it('is never good in 1970, nor made there with a time-stamp of today', async () => {
    const [signed, lasting] = [await sign(format), await sign(format, { level: 'LTA' })]
    const today = world.clock.now()
    world.setTime(0)
    for (const file of [signed, lasting]) expect((await engine.verify(file)).indication).not.toBe('TOTAL-PASSED')
    const outcomes = await Promise.allSettled([engine.extend(signed, 'LTA'), sign(format, { level: 'T' })])
    expect(outcomes.map(one => one.status === 'rejected' && one.reason instanceof Fault && one.reason.code)).toEqual([
      'TIMESTAMP_INVALID',
      'TIMESTAMP_INVALID',
    ])
    world.setTime(today)
    expect((await engine.verify(signed)).indication).toBe('TOTAL-PASSED')
  })
})
