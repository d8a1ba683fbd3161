// Whether a certificate is still good, by OCSP: OpenSSL answers our questions and reads what our simulated responders make,
// and whatever is foreign, unsigned or malformed says nothing.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, readCertificate } from '../device/trust/certificate.ts'
import { answerFrom, readOcspResponse } from '../device/trust/ocsp.ts'
import { ocspRequest } from '../device/trust/ocsp-request.ts'
import type { RevocationAnswer } from '../device/trust/revocation-answer.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { type OcspFault, type OcspReplyOptions, ocspReply, type RevokedFact } from './sim/ocsp.ts'
import { createTestPki, pem, type TestIdentity, type TestPki } from './sim/pki.ts'

const dayMs = 86_400_000
let folder: Folder
let pki: TestPki
let authority: TestIdentity
let responder: TestIdentity
let holder: TestIdentity
let certificate: Certificate
let issuer: Certificate

beforeAll(async () => {
  folder = await temporaryFolder()
  pki = await createTestPki({ now })
  authority = pki.authorities.intermediate
  responder = await pki.signer({ kind: 'ocsp-responder', key: 'P-256', commonName: 'Responder' })
  holder = await pki.signer({ key: 'P-256' })
  certificate = readCertificate(holder.certificate)
  issuer = readCertificate(pki.intermediate)
})

afterAll(() => folder.remove())

function revoked(fact: RevokedFact): ReadonlyMap<string, RevokedFact> {
  return new Map([[certificate.facts.serialNumber, fact]])
}

describe('an OCSP request', () => {
  it('is read by OpenSSL as it was meant', async () => {
    const nonce = Uint8Array.from({ length: 16 }, (_, index) => index)
    const file = await folder.write('request.der', ocspRequest({ certificate, issuer, nonce }))
    const { code, output } = await judge('openssl', ['ocsp', '-reqin', file, '-req_text'])
    expect(code).toBe(0)
    expect(output).toContain(`Serial Number: ${certificate.facts.serialNumber.toUpperCase()}`)
    expect(output).toContain('OCSP Nonce')
    expect(output).toContain('000102030405060708090A0B0C0D0E0F')
  })
})

describe('an OCSP response', () => {
  type Answered = RevocationAnswer | string

  function ask(by: TestIdentity, options: Partial<OcspReplyOptions> = {}): Answered {
    const reading = readOcspResponse(ocspReply(ocspRequest({ certificate, issuer }), by, { now, ...options }))
    if (reading.outcome !== 'read') return reading.outcome === 'refused' ? reading.status : reading.detail
    const verified = answerFrom(reading.response, { certificate, issuer })
    return verified.outcome === 'answered' ? verified.answer : verified.detail
  }

  it.each([
    ['by the issuer', () => authority, false],
    ['by the issuer, named by its key', () => authority, true],
    ['by a delegated responder', () => responder, false],
    ['by a delegated responder, named by its key', () => responder, true],
  ] as const)('%s tells the state', (_, by, byKey) => {
    expect(ask(by(), { byKey })).toMatchObject({ status: 'good', thisUpdate: now, nextUpdate: now + 7 * dayMs })
    expect(ask(by(), { byKey, revoked: revoked({ since: now - dayMs, reason: 1 }) })).toMatchObject({
      status: 'revoked',
      revokedAt: now - dayMs,
      reason: 1,
    })
  })

  it('may say that it does not know, and may leave nextUpdate out', () => {
    expect(ask(authority, { fault: 'unknown' })).toMatchObject({ status: 'unknown' })
    expect(ask(authority, { validMs: undefined })).not.toHaveProperty('nextUpdate')
  })

  it.each<[OcspFault, string]>([
    ['other-certificate', 'the response is about another certificate'],
    ['unsigned', 'it is not signed by the issuer or a delegated responder'],
    ['no-certificate', 'its responder is not known'],
    ['try-later', 'tryLater'],
    ['unauthorized', 'unauthorized'],
    ['garbage', 'not an OCSPResponse'],
    ['empty', 'not an OCSPResponse'],
    ['trailing-data', 'not an OCSPResponse'],
    ['critical-extension', 'the BasicOCSPResponse lacks its fields'],
  ])('with %s says nothing', (fault, why) => {
    expect(ask(responder, { fault })).toBe(why)
  })

  it('by somebody whom the issuer did not name for it says nothing', async () => {
    const stranger = await createTestPki({ now })
    const foreign = await stranger.signer({ kind: 'ocsp-responder', key: 'P-256' })
    for (const by of [holder, await pki.signer({ kind: 'time-stamping', key: 'P-256' }), foreign]) {
      expect(ask(by)).toBe('it is not signed by the issuer or a delegated responder')
    }
  })

  it('by a responder of an issuer that only has the same name says nothing', async () => {
    const [real, namesake] = await Promise.all([1, 2].map(() => createTestPki({ now, flaw: 'no-key-identifiers' })))
    if (real === undefined || namesake === undefined) throw new Error('two were made')
    const question = {
      certificate: readCertificate((await real.signer({ key: 'P-256' })).certificate),
      issuer: readCertificate(real.intermediate),
    }
    const by = await namesake.signer({ kind: 'ocsp-responder', key: 'P-256' })
    const reading = readOcspResponse(ocspReply(ocspRequest(question), by, { now }))
    if (reading.outcome !== 'read') throw new Error('it can be read')
    expect(answerFrom(reading.response, question)).toMatchObject({ outcome: 'unusable' })
  })

  it('about an issuer with the same key and another name says nothing', () => {
    const renamed = { ...certificate, fields: { ...certificate.fields, issuer: certificate.fields.subject.raw } }
    const reading = readOcspResponse(ocspReply(ocspRequest({ certificate: renamed, issuer }), authority, { now }))
    if (reading.outcome !== 'read') throw new Error('it can be read')
    expect(answerFrom(reading.response, { certificate, issuer })).toMatchObject({ outcome: 'unusable' })
  })

  it('about the same serial number of another issuer says nothing', () => {
    const other = readCertificate(pki.root)
    const reading = readOcspResponse(ocspReply(ocspRequest({ certificate, issuer: other }), authority, { now }))
    if (reading.outcome !== 'read') throw new Error('it can be read')
    expect(answerFrom(reading.response, { certificate, issuer })).toMatchObject({ outcome: 'unusable' })
  })

  it('changed anywhere in what is signed says nothing', () => {
    const response = ocspReply(ocspRequest({ certificate, issuer }), authority, { now })
    const reading = readOcspResponse(response)
    if (reading.outcome !== 'read') throw new Error('it can be read')
    const start = Buffer.from(response).indexOf(Buffer.from(reading.response.signed.data))
    for (let at = start; at < start + reading.response.signed.data.length; at++) {
      const changed = Uint8Array.from(response)
      changed[at] = (changed[at] ?? 0) ^ 0x02
      const again = readOcspResponse(changed)
      if (again.outcome !== 'read') continue
      expect(answerFrom(again.response, { certificate, issuer }).outcome, `octet ${at}`).toBe('unusable')
    }
  })

  it("by OpenSSL's responder is understood, and OpenSSL understands ours", async () => {
    const serial = certificate.facts.serialNumber.toUpperCase()
    const index = await folder.write(
      'index.txt',
      `R\t280101000000Z\t260601000000Z,keyCompromise\t${serial}\tunknown\t/CN=x\n`,
    )
    const request = await folder.write('q.der', ocspRequest({ certificate, issuer }))
    const ca = await folder.write('ca.pem', pem('CERTIFICATE', pki.intermediate))
    const root = await folder.write('root.pem', pem('CERTIFICATE', pki.root))
    const signer = await folder.write('r.pem', pem('CERTIFICATE', responder.certificate))
    const key = await folder.write('r.key', pem('PRIVATE KEY', responder.privateKey))
    const out = join(folder.path, 'answer.der')
    const made = [
      '-index',
      index,
      '-CA',
      ca,
      '-rsigner',
      signer,
      '-rkey',
      key,
      '-reqin',
      request,
      '-ndays',
      '1',
      '-respout',
      out,
    ]
    expect(await judge('openssl', ['ocsp', ...made])).toMatchObject({ code: 0 })
    const reading = readOcspResponse(await readFile(out))
    if (reading.outcome !== 'read') throw new Error('it can be read')
    expect(answerFrom(reading.response, { certificate, issuer })).toMatchObject({
      outcome: 'answered',
      answer: { status: 'revoked', reason: 1, revokedAt: Date.UTC(2026, 5, 1) },
    })
    const ours = await folder.write('ours.der', ocspReply(ocspRequest({ certificate, issuer }), responder, { now }))
    const at = String(now / 1000)
    const holderFile = await folder.write('holder.pem', pem('CERTIFICATE', holder.certificate))
    const checked = [
      '-respin',
      ours,
      '-issuer',
      ca,
      '-cert',
      holderFile,
      '-CAfile',
      root,
      '-verify_other',
      ca,
      '-attime',
      at,
    ]
    const { output } = await judge('openssl', ['ocsp', ...checked, '-validity_period', '999999999'])
    expect(output).toContain('Response verify OK')
    expect(output).toContain('holder.pem: good')
  })
})
