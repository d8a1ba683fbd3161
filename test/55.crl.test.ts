// Whether a certificate is still good, by CRL: OpenSSL's lists are understood, it understands ours, and whatever is foreign,
// unsigned or out of scope says nothing. Lists may be large.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, readCertificate } from '../device/trust/certificate.ts'
import { crlAnswer, isSignedBy, readCrl } from '../device/trust/crl.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { type CrlFault, certificateList } from './sim/crl.ts'
import type { RevokedFact } from './sim/ocsp.ts'
import { createTestPki, pem, type TestIdentity, type TestPki } from './sim/pki.ts'

const dayMs = 86_400_000
const services = { crl: 'http://127.0.0.1:1/' }
let folder: Folder
let pki: TestPki
let authority: TestIdentity
let holder: TestIdentity
let certificate: Certificate
let issuer: Certificate

beforeAll(async () => {
  folder = await temporaryFolder()
  pki = await createTestPki({ now, services })
  authority = pki.authorities.intermediate
  holder = await pki.signer({ key: 'P-256' })
  certificate = readCertificate(holder.certificate)
  issuer = readCertificate(pki.intermediate)
})

afterAll(() => folder.remove())

function revoked(fact: RevokedFact): ReadonlyMap<string, RevokedFact> {
  return new Map([[certificate.facts.serialNumber, fact]])
}

describe('a CRL', () => {
  function look(fault?: CrlFault, options: { revoked?: ReadonlyMap<string, RevokedFact>; partition?: string } = {}) {
    const reading = readCrl(certificateList(authority, { now, ...(fault !== undefined && { fault }), ...options }))
    if (reading.outcome === 'malformed') return reading.detail
    if (!isSignedBy(reading.crl, issuer)) return 'not signed by the issuer'
    const verified = crlAnswer(reading.crl, certificate, issuer)
    return verified.outcome === 'answered' ? verified.answer : verified.detail
  }

  it('tells the state', () => {
    const others = Array.from(
      { length: 300 },
      (_, n) => [`4${n.toString(16).padStart(31, '0')}`, { since: now }] as const,
    )
    expect(look()).toMatchObject({ status: 'good', thisUpdate: now, nextUpdate: now + 7 * dayMs })
    expect(look(undefined, { revoked: new Map(others) })).toMatchObject({ status: 'good' })
    const both = new Map([...others, ...revoked({ since: now - dayMs, reason: 4 })])
    expect(look(undefined, { revoked: both })).toMatchObject({ status: 'revoked', revokedAt: now - dayMs, reason: 4 })
  })

  it('of the distribution point that the certificate names tells the state', () => {
    expect(look(undefined, { partition: 'http://127.0.0.1:1/intermediate.crl' })).toMatchObject({ status: 'good' })
    expect(look('only-users')).toMatchObject({ status: 'good' })
  })

  it.each<[CrlFault, string]>([
    ['bad-signature', 'not signed by the issuer'],
    ['other-partition', 'it is of another distribution point'],
    ['only-authorities', 'it is about certificates of authorities only'],
    ['indirect', 'it is an indirect CRL'],
    ['delta', 'it is a delta CRL'],
    ['critical-extension', 'critical extension 1.3.6.1.4.1.99999.5 is not known'],
    ['extension-twice', 'not a CertificateList'],
    ['garbage', 'not a CertificateList'],
    ['trailing-data', 'not a CertificateList'],
  ])('that is %s says nothing', (fault, why) => {
    expect(look(fault)).toBe(why)
  })

  it('with an entry that cannot be understood says nothing of it', () => {
    expect(look('critical-entry-extension', { revoked: revoked({ since: now }) })).toMatch(/critical extension/)
  })

  it('of another authority says nothing', () => {
    const reading = readCrl(certificateList(pki.authorities.root, { now }))
    if (reading.outcome !== 'read') throw new Error('it can be read')
    expect(isSignedBy(reading.crl, issuer)).toBe(false)
    expect(crlAnswer(reading.crl, certificate, issuer)).toMatchObject({ outcome: 'unusable' })
  })

  it('in another name than its key belongs to, or by a key that may not sign lists, says nothing', () => {
    const misnamed = readCrl(certificateList({ ...authority, certificate: pki.root }, { now }))
    const byHolder = readCrl(certificateList(holder, { now }))
    if (misnamed.outcome !== 'read' || byHolder.outcome !== 'read') throw new Error('they can be read')
    expect(isSignedBy(misnamed.crl, issuer)).toBe(false)
    expect(isSignedBy(byHolder.crl, certificate)).toBe(false)
  })

  it('of 200 000 entries is gone through in one pass, without a tree', () => {
    const entries = new Map(
      Array.from({ length: 200_000 }, (_, n) => [`5${n.toString(16).padStart(31, '0')}`, { since: now }] as const),
    )
    const list = certificateList(authority, { now, revoked: new Map([...entries, ...revoked({ since: now })]) })
    const before = process.memoryUsage().heapUsed
    const reading = readCrl(list)
    if (reading.outcome !== 'read') throw new Error('it can be read')
    const started = performance.now()
    expect(isSignedBy(reading.crl, issuer)).toBe(true)
    expect(crlAnswer(reading.crl, certificate, issuer)).toMatchObject({ answer: { status: 'revoked' } })
    expect(performance.now() - started).toBeLessThan(5000)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 << 20)
  })

  it('by OpenSSL is understood, and OpenSSL understands ours', async () => {
    const ours = certificateList(authority, { now, revoked: revoked({ since: now, reason: 1 }) })
    const file = await folder.write('ours.crl', ours)
    const ca = await folder.write('ca.pem', pem('CERTIFICATE', pki.intermediate))
    const { output } = await judge('openssl', ['crl', '-inform', 'DER', '-in', file, '-CAfile', ca, '-noout', '-text'])
    expect(output).toContain('verify OK')
    expect(output).toContain('Key Compromise')
    const serial = certificate.facts.serialNumber.toUpperCase()
    const database = await folder.write('db.txt', `R\t280101000000Z\t260601000000Z\t${serial}\tunknown\t/CN=x\n`)
    const key = await folder.write('ca.key', pem('PRIVATE KEY', authority.privateKey))
    const settings = await folder.write(
      'ca.cnf',
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${database}\ndefault_md=sha384\ndefault_crl_days=3\n`,
    )
    const out = join(folder.path, 'theirs.pem')
    const der = join(folder.path, 'theirs.crl')
    expect(
      await judge('openssl', ['ca', '-gencrl', '-config', settings, '-cert', ca, '-keyfile', key, '-out', out]),
    ).toMatchObject({ code: 0 })
    expect(await judge('openssl', ['crl', '-in', out, '-outform', 'DER', '-out', der])).toMatchObject({ code: 0 })
    const reading = readCrl(await readFile(der))
    if (reading.outcome !== 'read') throw new Error('it can be read')
    expect(isSignedBy(reading.crl, issuer)).toBe(true)
    expect(crlAnswer(reading.crl, certificate, issuer)).toMatchObject({
      answer: { status: 'revoked', revokedAt: Date.UTC(2026, 5, 1) },
    })
  })
})
