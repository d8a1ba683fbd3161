// Validation data taken apart once and asked many times: certificates that may be issuers, and what OCSP responses and
// CRLs among the data say of a certificate. What cannot be read is left out; nothing in here is believed for being there.

import { type Certificate, readableCertificates } from './certificate.ts'
import { type Crl, crlAnswer, isSignedBy, readCrl } from './crl.ts'
import type { Evidence } from './evidence.ts'
import { answerFrom, type OcspResponse, readOcspResponse } from './ocsp.ts'
import type { RevocationAnswer } from './revocation-answer.ts'

export interface Pool {
  readonly certificates: readonly Certificate[]
  /** Everything in the pool that tells the state of `certificate`, verified against its issuer. */
  answers(certificate: Certificate, issuer: Certificate): readonly RevocationAnswer[]
}

/** Items of one kind that are looked at; an honest signature has some tens. */
const maxItems = 1000

/** A pool over the evidence. Signatures of lists are checked when first needed, and once for each issuer. */
export function poolOf(evidence: Evidence): Pool {
  const certificates = readableCertificates(evidence.certificates.slice(0, maxItems))
  const ocsps = evidence.ocsps.slice(0, maxItems).flatMap(readableOcsp)
  const crls = evidence.crls.slice(0, maxItems).flatMap(readableCrl)
  const signedBy = new Map<string, boolean>()
  const asked = new Map<string, readonly RevocationAnswer[]>()

  function isTrueList(crl: Crl, issuer: Certificate): boolean {
    const key = `${crls.indexOf(crl)} ${issuer.facts.sha256}`
    const known = signedBy.get(key) ?? isSignedBy(crl, issuer)
    signedBy.set(key, known)
    return known
  }

  function fromLists(certificate: Certificate, issuer: Certificate): readonly RevocationAnswer[] {
    return crls.flatMap(crl => {
      if (Buffer.compare(crl.issuer, issuer.fields.subject.raw) !== 0 || !isTrueList(crl, issuer)) return []
      const verified = crlAnswer(crl, certificate, issuer)
      return verified.outcome === 'answered' ? [verified.answer] : []
    })
  }

  function fromResponses(certificate: Certificate, issuer: Certificate): readonly RevocationAnswer[] {
    return ocsps.flatMap(response => {
      const verified = answerFrom(response, { certificate, issuer, candidates: certificates })
      return verified.outcome === 'answered' ? [verified.answer] : []
    })
  }

  return Object.freeze({
    certificates,
    answers: (certificate: Certificate, issuer: Certificate) => {
      const key = `${certificate.facts.sha256} ${issuer.facts.sha256}`
      const known = asked.get(key) ?? [...fromResponses(certificate, issuer), ...fromLists(certificate, issuer)]
      asked.set(key, known)
      return known
    },
  })
}

function readableOcsp(der: Uint8Array): OcspResponse[] {
  const reading = readOcspResponse(der)
  return reading.outcome === 'read' ? [reading.response] : []
}

function readableCrl(der: Uint8Array): Crl[] {
  const reading = readCrl(der)
  return reading.outcome === 'read' ? [reading.crl] : []
}
