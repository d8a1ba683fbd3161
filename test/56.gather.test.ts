// Gathering validation data: paths completed, every certificate answered for, OCSP before lists, nothing asked twice, and
// every way in which a service fails told with the certificate and the address.

import { beforeEach, describe, expect, it } from 'vitest'
import { readCertificate } from '../device/trust/certificate.ts'
import { type Evidence, noEvidence } from '../device/trust/evidence.ts'
import { createEvidenceCache } from '../device/trust/evidence-cache.ts'
import { type GatheredEvidence, gatherEvidence } from '../device/trust/gather.ts'
import type { GatherPurpose, GatherTools } from '../device/trust/gather-tools.ts'
import { judgeSignature } from '../device/trust/judge.ts'
import { now } from './50.signature.kit.ts'
import { base, createWorld, dayMs, signatureBy, type World } from './56.trust.kit.ts'
import { certificateList } from './sim/crl.ts'
import { ocspReply } from './sim/ocsp.ts'
import { createTestPki, type TestIdentity } from './sim/pki.ts'

let world: World

beforeEach(async () => {
  world = await createWorld()
})

interface Asking extends Partial<GatherTools> {
  readonly of?: readonly TestIdentity[]
  readonly known?: Evidence
  readonly at?: number
  readonly purpose?: GatherPurpose
}

function gather({
  of = [world.signer],
  known = noEvidence,
  at = now,
  purpose = 'embed',
  ...tools
}: Asking = {}): Promise<GatheredEvidence> {
  const certificates = of.map(one => readCertificate(one.certificate))
  const { anchors, revocation, clock } = world
  return gatherEvidence({ certificates, known, at, purpose }, { anchors, revocation, clock, ...tools })
}

function holds(evidence: Evidence, certificate: Uint8Array): boolean {
  return evidence.certificates.some(one => Buffer.from(one).equals(certificate))
}

describe('gathering', () => {
  it('completes the path, asks for the state of everything below the anchor, and leaves the anchor out', async () => {
    const evidence = await gather()
    expect(holds(evidence, world.signer.certificate) && holds(evidence, world.pki.intermediate)).toBe(true)
    expect(holds(evidence, world.pki.root)).toBe(false)
    expect(evidence).toMatchObject({ crls: [], answeredEarlier: [] })
    expect(evidence.ocsps).toHaveLength(2)
    expect(world.asked()).toEqual(['issuer intermediate', 'ocsp intermediate', 'ocsp root'])
  })

  it('holds the certificate of a delegated responder', async () => {
    const names = (await gather()).certificates.map(der => readCertificate(der).facts.holder)
    expect(names).toContain('Responder')
  })

  it('asks once for what several certificates need', async () => {
    await gather({ of: [world.signer, world.tsa] })
    expect(world.asked().toSorted()).toEqual([
      'issuer intermediate',
      'ocsp intermediate',
      'ocsp intermediate',
      'ocsp root',
    ])
  })

  it.each([
    'down',
    'try-later',
    'unknown',
    'stale',
    'future',
    'other-certificate',
    'unsigned',
    'garbage',
    'empty',
  ] as const)('falls back to the list when the responder is or answers: %s', async fault => {
    world.break('ocsp', fault)
    const evidence = await gather()
    expect(evidence.ocsps).toEqual([])
    expect(evidence.crls).toHaveLength(2)
    expect(world.asked()).toContain('crl intermediate')
  })

  it.each([
    ['down', 'is unreachable'],
    ['expired', 'stale'],
    ['future', 'yet to come'],
    ['bad-signature', 'not signed by the issuer'],
    ['other-partition', 'another distribution point'],
    ['delta', 'delta'],
    ['garbage', 'not a CertificateList'],
  ] as const)('is REVOCATION_UNAVAILABLE with both addresses when the list is %s too', async (fault, why) => {
    world.break('ocsp', 'down')
    world.break('crl', fault)
    const failure = await gather().catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({ code: 'REVOCATION_UNAVAILABLE', detail: expect.stringContaining(why) })
    expect(failure).toMatchObject({ detail: expect.stringContaining(`${base}`) })
  })

  it('names a person by nothing but the serial number', async () => {
    world.break('ocsp', 'down')
    world.break('crl', 'down')
    const { facts } = readCertificate(world.signer.certificate)
    const known = { certificates: [world.pki.intermediate], ocsps: [], crls: world.answers().crls }
    const failure = await gather({ known }).catch((thrown: unknown) => String(thrown))
    expect(failure).toContain(facts.serialNumber)
    expect(failure).not.toContain(facts.holder)
  })

  it('is CERTIFICATE_REVOKED when it was revoked before its use, not when after', async () => {
    world.revoke(world.signer.certificate, { since: now - 1000, reason: 1 })
    await expect(gather()).rejects.toMatchObject({
      code: 'CERTIFICATE_REVOKED',
      detail: expect.stringContaining('keyCompromise'),
    })
    expect((await gather({ at: now - 2000 })).ocsps).toHaveLength(2)
  })

  it('is CERTIFICATE_REVOKED for a revoked authority', async () => {
    world.revoke(world.pki.intermediate, { since: now - 1000 })
    await expect(gather()).rejects.toMatchObject({ code: 'CERTIFICATE_REVOKED' })
  })

  it('is CERTIFICATE_EXPIRED for one that had ended, by its number', async () => {
    const expired = await world.pki.signer({ kind: 'expired', key: 'P-256', commonName: 'A person' })
    const failure = await gather({ of: [expired] }).catch((thrown: unknown) => String(thrown))
    expect(failure).toMatch(/^Fault: CERTIFICATE_EXPIRED: certificate [0-9a-f]+ of /)
    expect(failure).not.toContain('A person')
    expect(await gather({ of: [expired], at: now - 2 * dayMs }).catch(String)).toContain('ended')
  })

  it('is CHAIN_INCOMPLETE when the issuer cannot be had, is another or is not trusted', async () => {
    world.break('issuer', 'down')
    await expect(gather()).rejects.toMatchObject({ code: 'CHAIN_INCOMPLETE', detail: expect.stringContaining(base) })
    world.break('issuer', 'garbage')
    await expect(gather()).rejects.toMatchObject({ code: 'CHAIN_INCOMPLETE' })
    world.break('issuer', undefined)
    const stranger = await createTestPki({ now })
    const anchors = [readCertificate(stranger.root)]
    await expect(gather({ anchors })).rejects.toMatchObject({ code: 'CHAIN_INCOMPLETE' })
  })

  it('does not ask for what is known and later than the use', async () => {
    const known = await gather()
    world.asked()
    expect(await gather({ known })).toEqual(known)
    expect(world.asked()).toEqual([])
  })

  it('asks again about the signer, and only about the signer, when what is known is earlier than the use', async () => {
    const known = await gather()
    world.asked()
    world.setTime(now + dayMs)
    const evidence = await gather({ known, at: now + dayMs })
    expect(world.asked()).toEqual(['ocsp intermediate'])
    expect(evidence.answeredEarlier).toEqual([])
  })

  it('asks about a responder whose issuer does not vouch for it, and believes none about itself', async () => {
    const checked = await world.pki.signer({ kind: 'checked-ocsp-responder', key: 'P-256', commonName: 'Checked' })
    const ocsp = async (_: string, query: Uint8Array) => ocspReply(query, checked, { now })
    const revocation = {
      ocsp: (url: string, query: Uint8Array) =>
        url.includes('root') ? world.revocation.ocsp(url, query) : ocsp(url, query),
      fetch: world.revocation.fetch,
    }
    const evidence = await gather({ revocation })
    expect(evidence.crls).toHaveLength(1)
    const found = signatureBy(world.signer, { evidence })
    const { indication, certificates } = await judgeSignature(found, { anchors: world.anchors, now })
    expect(indication).toBe('TOTAL-PASSED')
    expect(certificates.slice(0, 2)).toMatchObject([{ source: 'OCSP' }, { status: 'good', source: 'CRL' }])
    const withoutList = signatureBy(world.signer, { evidence: { ...evidence, crls: [] } })
    const verdict = await judgeSignature(withoutList, { anchors: world.anchors, now })
    expect(verdict.subIndication).toBe('TRY_LATER')
  })

  it('takes no list from before the certificate was issued', async () => {
    const list = certificateList(world.pki.authorities.intermediate, { now: now - 31 * dayMs, validMs: 90 * dayMs })
    world.break('ocsp', 'down')
    const revocation = {
      ...world.revocation,
      fetch: async (url: string, what: 'crl' | 'issuer') =>
        what === 'crl' && url.includes('intermediate') ? list : world.revocation.fetch(url, what),
    }
    await expect(gather({ revocation })).rejects.toMatchObject({
      detail: expect.stringContaining('before the certificate was issued'),
    })
  })

  it('says which certificate is answered for only by what is earlier than its use', async () => {
    const { facts } = readCertificate(world.signer.certificate)
    expect((await gather({ at: now + 999 })).answeredEarlier).toEqual([])
    const evidence = await gather({ at: now + 60_000 })
    expect(evidence.answeredEarlier).toEqual([expect.stringContaining(facts.serialNumber)])
  })

  it('keeps lists and issuers until their time is over', async () => {
    const cache = createEvidenceCache()
    world.break('ocsp', 'down')
    await gather({ cache })
    world.asked()
    await gather({ cache })
    expect(world.asked().filter(line => !line.startsWith('ocsp'))).toEqual([])
    world.setTime(now + 8 * dayMs)
    await gather({ cache })
    expect(world.asked()).toEqual(expect.arrayContaining(['issuer intermediate', 'crl intermediate', 'crl root']))
  })

  it('ends with the reason of the signal', async () => {
    const stop = new AbortController()
    const revocation = { ...world.revocation, ocsp: async () => Promise.reject(stop.signal.reason) }
    stop.abort(new Error('enough'))
    await expect(gather({ revocation, signal: stop.signal })).rejects.toThrow('enough')
  })
})

describe('the cache', () => {
  it('lets the longest unused go when it is full', () => {
    const cache = createEvidenceCache(30)
    cache.put('a', new Uint8Array(10), now + 1)
    cache.put('b', new Uint8Array(10), now + 1)
    cache.put('c', new Uint8Array(10), now + 1)
    expect(cache.get('a', now)).toHaveLength(10)
    cache.put('d', new Uint8Array(10), now + 1)
    expect(['a', 'b', 'c', 'd'].filter(key => cache.get(key, now) !== undefined)).toEqual(['a', 'c', 'd'])
    expect(cache.get('a', now + 2)).toBeUndefined()
    cache.put('large', new Uint8Array(31), now + 1)
    expect(cache.get('large', now)).toBeUndefined()
  })
})

describe('gathering to judge', () => {
  it('takes a revocation for an answer', async () => {
    world.revoke(world.signer.certificate, { since: now - 1000, reason: 1 })
    const evidence = await gather({ purpose: 'judge' })
    expect(evidence.ocsps).toHaveLength(2)
    expect(holds(evidence, world.pki.intermediate)).toBe(true)
  })

  it('completes the path of a certificate that has ended', async () => {
    const expired = await world.pki.signer({ kind: 'expired', key: 'P-256', commonName: 'A person' })
    expect(holds(await gather({ of: [expired], purpose: 'judge' }), world.pki.intermediate)).toBe(true)
  })

  it('gives what there is when a service is down or nobody trusts the path', async () => {
    world.break('ocsp', 'down')
    world.break('crl', 'down')
    const without = await gather({ purpose: 'judge' })
    expect(without).toMatchObject({ ocsps: [], crls: [] })
    expect(holds(without, world.pki.intermediate)).toBe(true)
    expect((await gather({ purpose: 'judge', anchors: [] })).ocsps).toEqual([])
  })
})
