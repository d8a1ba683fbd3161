// The verdicts of EN 319 102-1 over time: what a signature is worth today, after its certificate ended or was revoked, after
// its time-stamps grew old, with and without what proves that it is older. One circumstance at a time.

import { beforeEach, describe, expect, it } from 'vitest'
import { readCertificate } from '../device/trust/certificate.ts'
import { type Evidence, mergeEvidence } from '../device/trust/evidence.ts'
import type { SignatureFound } from '../device/trust/found.ts'
import { type JudgeOptions, judgeSignature } from '../device/trust/judge.ts'
import type { SignatureVerdict } from '../device/trust/report.ts'
import { now } from './50.signature.kit.ts'
import { aged, answersAt, createWorld, dayMs, signatureBy, stamp, type World } from './56.trust.kit.ts'
import { certificateList } from './sim/crl.ts'
import { createTestPki, type SignerKind } from './sim/pki.ts'

let world: World

beforeEach(async () => {
  world = await createWorld()
})

function judge(found: SignatureFound, options: Partial<JudgeOptions> = {}): Promise<SignatureVerdict> {
  return judgeSignature(found, { anchors: world.anchors, now, ...options })
}

describe('a signature without time-stamp', () => {
  it('passes with current answers, at level B, as of now', async () => {
    const verdict = await judge(aged(world, { evidence: answersAt(world, now) }))
    expect(verdict).toMatchObject({
      indication: 'TOTAL-PASSED',
      level: 'B',
      integrity: 'intact',
      bestSignatureTime: { time: now, source: 'validation' },
    })
    expect(verdict.certificates).toMatchObject([
      { status: 'good', source: 'OCSP', from: 'signature', thisUpdate: now, knownSince: now },
      { status: 'not-required' },
      { status: 'good', source: 'CRL', from: 'signature' },
      { status: 'anchor' },
    ])
  })

  it('may have its answers from outside', async () => {
    const verdict = await judge(aged(world, {}), { extra: answersAt(world, now) })
    expect(verdict.indication).toBe('TOTAL-PASSED')
    expect(verdict.certificates[0]).toMatchObject({ status: 'good', from: 'outside' })
  })

  it('is TRY_LATER without answers, unless they are not required', async () => {
    const verdict = await judge(aged(world, {}))
    expect(verdict).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'TRY_LATER' })
    expect(verdict.certificates[0]?.status).toBe('unknown')
    expect((await judge(aged(world, {}), { revocation: 'if-present' })).indication).toBe('TOTAL-PASSED')
  })

  it('is TRY_LATER with answers whose time is over', async () => {
    const verdict = await judge(aged(world, { evidence: answersAt(world, now - 20 * dayMs) }))
    expect(verdict).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'TRY_LATER' })
  })

  it('is not helped by answers from the future', async () => {
    expect((await judge(aged(world, { evidence: answersAt(world, now + dayMs) }))).subIndication).toBe('TRY_LATER')
  })

  it.each([
    ['required', 'REVOKED_NO_POE'],
    ['if-present', 'REVOKED_NO_POE'],
  ] as const)('by a revoked certificate is REVOKED_NO_POE, with revocation %s', async (revocation, subIndication) => {
    world.revoke(world.signer.certificate, { since: now - dayMs, reason: 1 })
    const verdict = await judge(aged(world, { evidence: answersAt(world, now) }), { revocation })
    expect(verdict).toMatchObject({ indication: 'INDETERMINATE', subIndication })
    expect(verdict.certificates[0]).toMatchObject({
      status: 'revoked',
      revokedAt: now - dayMs,
      reason: 'keyCompromise',
    })
  })

  it('below a revoked authority is REVOKED_CA_NO_POE', async () => {
    world.revoke(world.pki.intermediate, { since: now - dayMs })
    expect((await judge(aged(world, { evidence: answersAt(world, now) }))).subIndication).toBe('REVOKED_CA_NO_POE')
  })

  it('is held back by a hold only until the hold is lifted', async () => {
    world.revoke(world.signer.certificate, { since: now - 3 * dayMs, reason: 6 })
    const held = answersAt(world, now - 2 * dayMs)
    expect((await judge(aged(world, { evidence: held }))).subIndication).toBe('REVOKED_NO_POE')
    const fresh = await createFreshAnswers()
    expect((await judge(aged(world, { evidence: mergeEvidence(held, fresh) }))).indication).toBe('TOTAL-PASSED')
  })

  /** Good again: by the authority's own list, which no longer holds the certificate. */
  async function createFreshAnswers(): Promise<Evidence> {
    const { intermediate, root } = world.pki.authorities
    return {
      certificates: [],
      ocsps: [],
      crls: [certificateList(intermediate, { now }), certificateList(root, { now })],
    }
  }

  it.each<[string, number, string]>([
    ['after its certificate ended is OUT_OF_BOUNDS_NO_POE', now + 701 * dayMs, 'OUT_OF_BOUNDS_NO_POE'],
    ['before its certificate begins is OUT_OF_BOUNDS_NO_POE', now - 31 * dayMs, 'OUT_OF_BOUNDS_NO_POE'],
  ])('%s', async (_, time, subIndication) => {
    expect((await judge(aged(world, {}), { now: time, revocation: 'if-present' })).subIndication).toBe(subIndication)
  })

  it('made with SHA-1 is CRYPTO_CONSTRAINTS_FAILURE_NO_POE', async () => {
    const found = { ...aged(world, { evidence: answersAt(world, now) }), hash: 'sha1' } as const
    expect((await judge(found)).subIndication).toBe('CRYPTO_CONSTRAINTS_FAILURE_NO_POE')
  })

  it('of which no certificate is known never passes', async () => {
    const { signer: _, ...found } = aged(world, { evidence: answersAt(world, now) })
    expect(await judge(found)).toMatchObject({ subIndication: 'NO_SIGNING_CERTIFICATE_FOUND', level: 'B' })
  })

  it('keeps what its reader found', async () => {
    const found = {
      ...aged(world, { evidence: answersAt(world, now) }),
      findings: [{ subIndication: 'HASH_FAILURE', detail: 'x' }],
    } as const
    expect(await judge(found)).toMatchObject({ indication: 'TOTAL-FAILED', integrity: 'broken', level: 'none' })
  })
})

describe('a signature with a time-stamp', () => {
  it('passes at level T with answers from outside, at LT with its own', async () => {
    const extra = answersAt(world, now)
    expect(await judge(aged(world, { stampedAt: now - 1000 }), { extra })).toMatchObject({
      indication: 'TOTAL-PASSED',
      level: 'T',
      bestSignatureTime: { time: now - 1000, source: 'signature-time-stamp' },
      timestamps: [{ indication: 'TOTAL-PASSED', kind: 'signature', time: now - 1000 }],
    })
    expect((await judge(aged(world, { stampedAt: now - 1000, evidence: extra }))).level).toBe('LT')
  })

  it('has level T, though nobody can judge it yet, without any answers', async () => {
    const verdict = await judge(aged(world, { stampedAt: now - 1000 }))
    expect(verdict).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'TRY_LATER', level: 'T' })
  })

  it('is not LT when the answer about the authority of the time-stamp is missing', async () => {
    const evidence = answersAt(world, now, world.signer)
    expect(
      (await judge(aged(world, { stampedAt: now, evidence }), { extra: answersAt(world, now, world.tsa) })).level,
    ).toBe('T')
  })

  it('passes after its certificate ended', async () => {
    const by = await world.pki.signer({ key: 'P-256', lastsDays: 30 })
    const found = aged(world, { stampedAt: now - 1000, evidence: answersAt(world, now, by, world.tsa), by })
    expect(await judge(found, { now: now + 60 * dayMs })).toMatchObject({ indication: 'TOTAL-PASSED', level: 'LT' })
  })

  it('passes when the certificate was revoked after the time-stamp, whatever the reason', async () => {
    world.revoke(world.signer.certificate, { since: now - 1000, reason: 1 })
    const verdict = await judge(aged(world, { stampedAt: now - 5000, evidence: answersAt(world, now) }))
    expect(verdict.indication).toBe('TOTAL-PASSED')
    expect(verdict.certificates[0]).toMatchObject({ status: 'revoked', revokedAt: now - 1000 })
  })

  it('is REVOKED_NO_POE when the certificate was revoked before the time-stamp', async () => {
    world.revoke(world.signer.certificate, { since: now - 9000 })
    const verdict = await judge(aged(world, { stampedAt: now - 5000, evidence: answersAt(world, now) }))
    expect(verdict).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'REVOKED_NO_POE' })
  })

  it('is REVOKED for certain when its content was time-stamped after the revocation', async () => {
    world.revoke(world.signer.certificate, { since: now - 9000 })
    const content = stamp('content', world.token('content', now - 7000), { data: 'content' })
    const verdict = await judge(
      aged(world, { stampedAt: now - 5000, evidence: answersAt(world, now), before: [content] }),
    )
    expect(verdict).toMatchObject({ indication: 'TOTAL-FAILED', subIndication: 'REVOKED', integrity: 'intact' })
  })

  it('from before its certificate was issued is NOT_YET_VALID', async () => {
    const young = await world.pki.signer({ kind: 'not-yet-valid', key: 'P-256' })
    const later = now + 2 * dayMs
    const verdict = await judge(aged(world, { stampedAt: now, by: young }), { now: later, revocation: 'if-present' })
    expect(verdict).toMatchObject({ indication: 'TOTAL-FAILED', subIndication: 'NOT_YET_VALID' })
  })

  it('older than its content is TIMESTAMP_ORDER_FAILURE', async () => {
    const content = stamp('content', world.token('content', now - 1000), { data: 'content' })
    const verdict = await judge(
      aged(world, { stampedAt: now - 60_000, evidence: answersAt(world, now), before: [content] }),
    )
    expect(verdict).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'TIMESTAMP_ORDER_FAILURE' })
  })

  it('with SHA-1 is accepted only from when SHA-1 was', async () => {
    const then = Date.UTC(2008, 5, 1)
    const old = await createTestPki({ now: then })
    const [by, tsa] = [await old.signer({ key: 'P-256' }), await old.signer({ kind: 'time-stamping', key: 'P-256' })]
    const found = { ...aged(world, { stampedAt: then, by, tsa }), hash: 'sha1' } as const
    const options = { anchors: [readCertificate(old.root)], revocation: 'if-present' } as const
    expect((await judge(found, { ...options, now: then + dayMs })).indication).toBe('TOTAL-PASSED')
    const late = { ...aged(world, { stampedAt: Date.UTC(2010, 1, 1), by, tsa }), hash: 'sha1' } as const
    expect((await judge(late, { ...options, now: Date.UTC(2010, 1, 2) })).subIndication).toBe(
      'CRYPTO_CONSTRAINTS_FAILURE_NO_POE',
    )
  })
})

describe('a time-stamp that proves nothing', () => {
  const extra = () => answersAt(world, now)

  it.each<SignerKind>(['good', 'ocsp-responder'])('is by a certificate of the kind %s', async kind => {
    const tsa = await world.pki.signer({ kind, key: 'P-256' })
    const verdict = await judge(aged(world, { stampedAt: now, tsa }), {
      extra: mergeEvidence(extra(), answersAt(world, now, tsa)),
    })
    expect(verdict).toMatchObject({
      indication: 'TOTAL-PASSED',
      level: 'B',
      bestSignatureTime: { source: 'validation' },
    })
    expect(verdict.timestamps).toMatchObject([{ subIndication: 'CHAIN_CONSTRAINTS_FAILURE' }])
  })

  it('is over something else', async () => {
    const other = stamp('signature', world.token('another value', now))
    const verdict = await judge(signatureBy(world.signer, { timestamps: [other] }), { extra: extra() })
    expect(verdict).toMatchObject({
      level: 'B',
      timestamps: [{ indication: 'TOTAL-FAILED', subIndication: 'HASH_FAILURE' }],
    })
  })

  it('is by an authority that nobody trusts', async () => {
    const stranger = await createTestPki({ now })
    const tsa = await stranger.signer({ kind: 'time-stamping', key: 'P-256' })
    const verdict = await judge(aged(world, { stampedAt: now, tsa }), { extra: extra() })
    expect(verdict).toMatchObject({ level: 'B', timestamps: [{ subIndication: 'NO_CERTIFICATE_CHAIN_FOUND' }] })
  })

  it('is by an authority that was revoked, even after it', async () => {
    world.revoke(world.tsa.certificate, { since: now - 1000, reason: 1 })
    const verdict = await judge(aged(world, { stampedAt: now - 5000 }), { extra: extra() })
    expect(verdict).toMatchObject({ level: 'B', timestamps: [{ subIndication: 'REVOKED_NO_POE' }] })
  })

  it('is no time-stamp at all', async () => {
    const verdict = await judge(signatureBy(world.signer, { timestamps: [stamp('signature', Buffer.from('junk'))] }), {
      extra: extra(),
    })
    expect(verdict).toMatchObject({ level: 'B', timestamps: [{ subIndication: 'FORMAT_FAILURE' }] })
  })

  it('is of a time yet to come', async () => {
    const verdict = await judge(aged(world, { stampedAt: now + dayMs }), { extra: extra() })
    expect(verdict).toMatchObject({ level: 'B', timestamps: [{ subIndication: 'TIMESTAMP_ORDER_FAILURE' }] })
  })
})
