// Where a verdict turns: answers too early or too late, weak algorithms in every place, time-stamps that prove less than they
// seem to.

import { beforeEach, describe, expect, it } from 'vitest'
import { readCertificate } from '../device/trust/certificate.ts'
import { type Evidence, mergeEvidence } from '../device/trust/evidence.ts'
import type { SignatureFound } from '../device/trust/found.ts'
import { type JudgeOptions, judgeSignature } from '../device/trust/judge.ts'
import { ocspRequest } from '../device/trust/ocsp-request.ts'
import type { SignatureVerdict } from '../device/trust/report.ts'
import { now } from './50.signature.kit.ts'
import { aged, answersAt, createWorld, dayMs, stamp, type World } from './56.trust.kit.ts'
import { type CrlOptions, certificateList } from './sim/crl.ts'
import { ocspReply } from './sim/ocsp.ts'
import type { TestIdentity } from './sim/pki.ts'

let world: World

beforeEach(async () => {
  world = await createWorld()
})

function judge(found: SignatureFound, options: Partial<JudgeOptions> = {}): Promise<SignatureVerdict> {
  return judgeSignature(found, { anchors: world.anchors, now, ...options })
}

/** Lists of both authorities. */
function lists(options: CrlOptions): Evidence {
  const { root, intermediate } = world.pki.authorities
  return { certificates: [], ocsps: [], crls: [certificateList(intermediate, options), certificateList(root, { now })] }
}

describe('an answer', () => {
  it('from before the certificate was issued says nothing', async () => {
    const early = lists({ now: now - 31 * dayMs, validMs: 90 * dayMs })
    expect((await judge(aged(world, { evidence: early }))).subIndication).toBe('TRY_LATER')
    const later = lists({ now: now - 29 * dayMs, validMs: 90 * dayMs })
    expect((await judge(aged(world, { evidence: later }))).indication).toBe('TOTAL-PASSED')
  })

  it('from after the certificate ended says nothing good of it', async () => {
    const by = await world.pki.signer({ key: 'P-256', lastsDays: 30 })
    const stamped = { stampedAt: now, by }
    const late = mergeEvidence(lists({ now: now + 60 * dayMs }), answersAt(world, now, world.tsa))
    const verdict = await judge(aged(world, { ...stamped, evidence: late }), { now: now + 61 * dayMs })
    expect(verdict.subIndication).toBe('TRY_LATER')
    const inTime = mergeEvidence(lists({ now: now + dayMs }), answersAt(world, now, world.tsa))
    expect((await judge(aged(world, { ...stamped, evidence: inTime }), { now: now + 61 * dayMs })).indication).toBe(
      'TOTAL-PASSED',
    )
  })

  it('about its own responder says nothing', async () => {
    const checked = await world.pki.signer({ kind: 'checked-ocsp-responder', key: 'P-256' })
    const about = ({ certificate }: TestIdentity) =>
      ocspReply(ocspRequest({ certificate: readCertificate(certificate), issuer: world.intermediate }), checked, {
        now,
      })
    const { crls } = answersAt(world, now)
    const evidence = { certificates: [], ocsps: [about(world.signer), about(checked)], crls }
    expect((await judge(aged(world, { evidence }))).subIndication).toBe('TRY_LATER')
  })

  it('signed with SHA-1 today is CRYPTO_CONSTRAINTS_FAILURE_NO_POE', async () => {
    const verdict = await judge(aged(world, { evidence: lists({ now, fault: 'sha-1' }) }))
    expect(verdict.subIndication).toBe('CRYPTO_CONSTRAINTS_FAILURE_NO_POE')
  })
})

describe('weak algorithms', () => {
  it('in the certificate of the signer are CRYPTO_CONSTRAINTS_FAILURE_NO_POE', async () => {
    const by = await world.pki.signer({ key: 'P-256', digest: 'SHA-1' })
    const verdict = await judge(aged(world, { by, evidence: answersAt(world, now, by) }))
    expect(verdict.subIndication).toBe('CRYPTO_CONSTRAINTS_FAILURE_NO_POE')
  })

  it('in a time-stamp make it prove nothing', async () => {
    const tsa = await world.pki.signer({ kind: 'time-stamping', key: 'RSA-1024' })
    const verdict = await judge(
      aged(world, { stampedAt: now, tsa, evidence: answersAt(world, now, world.signer, tsa) }),
    )
    expect(verdict).toMatchObject({ level: 'B', timestamps: [{ subIndication: 'CRYPTO_CONSTRAINTS_FAILURE_NO_POE' }] })
  })
})

describe('a time-stamp', () => {
  it('over the signature value says nothing of how old another one is', async () => {
    const [short, lasting] = await Promise.all([
      world.pki.signer({ kind: 'time-stamping', key: 'P-256', lastsDays: 10 }),
      world.pki.signer({ kind: 'time-stamping', key: 'P-256' }),
    ])
    const evidence = answersAt(world, now, world.signer, short, lasting)
    const second = stamp('signature', world.token('the signature value', now + 1000, lasting))
    const found = aged(world, { stampedAt: now, tsa: short, evidence })
    const both = { ...found, timestamps: [...found.timestamps, second] }
    const verdict = await judge(both, { now: now + 20 * dayMs })
    expect(verdict.timestamps.map(one => one.indication)).toEqual(['INDETERMINATE', 'TOTAL-PASSED'])
    expect(verdict.bestSignatureTime.time).toBe(now + 1000)
  })

  it('over the content says nothing of when it was signed', async () => {
    const content = stamp('content', world.token('content', now - 9000), { data: 'content' })
    const verdict = await judge(
      aged(world, { stampedAt: now - 5000, evidence: answersAt(world, now), before: [content] }),
    )
    expect(verdict).toMatchObject({ indication: 'TOTAL-PASSED', bestSignatureTime: { time: now - 5000 } })
  })

  it('made after the certificate ended makes no level T', async () => {
    const by = await world.pki.signer({ key: 'P-256', lastsDays: 10 })
    const verdict = await judge(aged(world, { stampedAt: now + 20 * dayMs, by }), {
      now: now + 21 * dayMs,
      revocation: 'if-present',
    })
    expect(verdict).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'OUT_OF_BOUNDS_NO_POE', level: 'B' })
  })
})
