// Damaged evidence: tokens, OCSP responses, lists and certificates with bytes changed, lost or doubled, by a fixed seed.
// Nothing is thrown but the refusal of a certificate, and no damage makes a revoked certificate good.

import { beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { type Certificate, readCertificate } from '../device/trust/certificate.ts'
import { crlAnswer, isSignedBy, readCrl } from '../device/trust/crl.ts'
import { answerFrom, readOcspResponse } from '../device/trust/ocsp.ts'
import { ocspRequest } from '../device/trust/ocsp-request.ts'
import { readTimestampToken } from '../device/trust/timestamp-token.ts'
import { now } from './50.signature.kit.ts'
import { createWorld, type World } from './56.trust.kit.ts'
import { certificateList } from './sim/crl.ts'
import { ocspReply } from './sim/ocsp.ts'

const rounds = 1500
let world: World
let certificate: Certificate
let issuer: Certificate

beforeAll(async () => {
  world = await createWorld()
  certificate = readCertificate(world.signer.certificate)
  issuer = world.intermediate
})

/** Numbers below a bound, the same in every run (Numerical Recipes' linear congruence). */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function* damaged(whole: Uint8Array): Generator<Uint8Array> {
  const next = numbers(2026)
  for (let round = 0; round < rounds; round++) {
    const bytes = Buffer.from(whole)
    const at = next(bytes.length)
    const kind = next(4)
    if (kind === 0) yield bytes.subarray(0, at)
    else if (kind === 1) yield Buffer.concat([bytes.subarray(0, at), bytes.subarray(next(bytes.length))])
    else {
      for (let change = 0; change <= kind; change++) bytes[next(bytes.length)] = next(256)
      yield bytes
    }
  }
}

describe('damaged', () => {
  it('tokens are malformed, have findings or say what they said', () => {
    const token = world.token('data', now)
    for (const bytes of damaged(token)) {
      const reading = readTimestampToken(bytes)
      if (reading.outcome !== 'read' || reading.token.findings.length > 0) continue
      expect(reading.token.genTime).toBe(now)
    }
  })

  it('OCSP responses never make a revoked certificate good', () => {
    const revoked = new Map([[certificate.facts.serialNumber, { since: now }]])
    const by = world.pki.authorities.intermediate
    for (const bytes of damaged(ocspReply(ocspRequest({ certificate, issuer }), by, { now, revoked }))) {
      const reading = readOcspResponse(bytes)
      if (reading.outcome !== 'read') continue
      const verified = answerFrom(reading.response, { certificate, issuer })
      if (verified.outcome === 'answered') expect(verified.answer.status).toBe('revoked')
    }
  })

  it('lists never make a revoked certificate good', () => {
    const revoked = new Map([[certificate.facts.serialNumber, { since: now }]])
    for (const bytes of damaged(certificateList(world.pki.authorities.intermediate, { now, revoked }))) {
      const reading = readCrl(bytes)
      if (reading.outcome !== 'read') continue
      const verified = crlAnswer(reading.crl, certificate, issuer)
      if (isSignedBy(reading.crl, issuer) && verified.outcome === 'answered') {
        expect(verified.answer.status).toBe('revoked')
      }
    }
  })

  it('certificates are refused by name or are no longer by their issuer', () => {
    for (const bytes of damaged(certificate.der)) {
      try {
        const read = readCertificate(bytes)
        const isChanged = Buffer.compare(read.der, certificate.der) !== 0
        if (isChanged) expect(read.x509.verify(issuer.x509.publicKey)).toBe(false)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault)
        expect(thrown).toMatchObject({ code: 'CERTIFICATE_UNREADABLE' })
      }
    }
  })
})
