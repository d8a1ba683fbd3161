// A small world of trust in memory: a PKI whose certificates point at services, the services as ports that log what they
// are asked and can be told to fail, a time-stamping authority, and signatures reduced to what judging needs. Every test
// says what time it is.

import { createHash } from 'node:crypto'
import type { HashName } from '../device/cms/algorithm.ts'
import { Fault } from '../device/errors.ts'
import type { Revocation, Timestamper } from '../device/ports.ts'
import { type Certificate, readCertificate } from '../device/trust/certificate.ts'
import { type Evidence, mergeEvidence, noEvidence } from '../device/trust/evidence.ts'
import type { SignatureFound, TimestampFound, TimestampKind } from '../device/trust/found.ts'
import { ocspRequest } from '../device/trust/ocsp-request.ts'
import { timestampQuery } from '../device/trust/timestamp-request.ts'
import { readTimestampToken } from '../device/trust/timestamp-token.ts'
import { now as start } from './50.signature.kit.ts'
import { type CrlFault, certificateList } from './sim/crl.ts'
import { type OcspFault, ocspReply, type RevokedFact } from './sim/ocsp.ts'
import { createTestPki, type TestIdentity, type TestPki } from './sim/pki.ts'
import { timestampReply, timestampToken } from './sim/tsa.ts'

export const dayMs = 86_400_000
export const base = 'http://pki.test/'

export interface World {
  readonly pki: TestPki
  readonly anchors: readonly Certificate[]
  readonly intermediate: Certificate
  readonly signer: TestIdentity
  readonly tsa: TestIdentity
  readonly revocation: Revocation
  readonly timestamper: Timestamper
  readonly clock: { now(): number }
  /** What was asked since the last look, such as `ocsp intermediate`. */
  asked(): readonly string[]
  setTime(time: number): void
  revoke(certificate: Uint8Array, fact: RevokedFact): void
  /** `down` is a service that cannot be reached. */
  break(service: 'ocsp' | 'crl' | 'issuer', fault: OcspFault | CrlFault | 'down' | undefined): void
  /** The state of certificates as it is told now. */
  answers(...identities: readonly TestIdentity[]): Evidence
  /** A token over the digest of `data`, as made at `time`. */
  token(data: string, time: number, by?: TestIdentity): Uint8Array
}

/** Long because it is one factory of small functions. */
export async function createWorld(): Promise<World> {
  const services = { ocsp: base, crl: base, issuer: base }
  const pki = await createTestPki({ now: start, services })
  const [signer, tsa, responder] = await Promise.all([
    pki.signer({ key: 'P-256' }),
    pki.signer({ kind: 'time-stamping', key: 'P-256', commonName: 'Test TSA' }),
    pki.signer({ kind: 'ocsp-responder', key: 'P-256', commonName: 'Responder' }),
  ])
  const faults = new Map<string, string>()
  const revoked = new Map<string, RevokedFact>()
  let log: string[] = []
  let time = start

  const authorityOf = (url: string) => (url.includes('root') ? pki.authorities.root : pki.authorities.intermediate)
  const unreachable = (url: string) => new Fault('REVOCATION_UNAVAILABLE', `${url} is unreachable: connection refused`)

  const revocation: Revocation = {
    ocsp: async (url, query) => {
      log.push(`ocsp ${url.slice(base.length).replace('.ocsp', '')}`)
      const fault = faults.get('ocsp')
      if (fault === 'down') throw unreachable(url)
      const by = url.includes('root') ? pki.authorities.root : responder
      return ocspReply(query, by, { now: time, revoked, ...(fault !== undefined && { fault: fault as OcspFault }) })
    },
    fetch: async (url, what) => {
      log.push(`${what} ${url.slice(base.length).replace(/\.\w+$/, '')}`)
      const fault = faults.get(what)
      if (fault === 'down') throw unreachable(url)
      if (what === 'issuer') return fault === undefined ? authorityOf(url).certificate : Buffer.from('no certificate')
      const options = { now: time, revoked, ...(fault !== undefined && { fault: fault as CrlFault }) }
      return certificateList(authorityOf(url), options)
    },
  }

  return Object.freeze({
    pki,
    anchors: [readCertificate(pki.root)],
    intermediate: readCertificate(pki.intermediate),
    signer,
    tsa,
    revocation,
    timestamper: { stamp: async (query: Uint8Array) => timestampReply(query, tsa, { now: time }) },
    clock: { now: () => time },
    asked: () => {
      const seen = log
      log = []
      return seen
    },
    setTime: (to: number) => {
      time = to
    },
    revoke: (certificate: Uint8Array, fact: RevokedFact) => {
      revoked.set(readCertificate(certificate).facts.serialNumber.replace(/^(00)+/, ''), fact)
    },
    break: (service: string, fault: string | undefined) => {
      if (fault === undefined) faults.delete(service)
      else faults.set(service, fault)
    },
    answers: (...identities: readonly TestIdentity[]) => answersNow(pki, responder, { now: time, revoked }, identities),
    token: (data: string, at: number, by: TestIdentity = tsa) => timestampToken(queryFor(data), by, { now: at }),
  })
}

function answersNow(
  pki: TestPki,
  responder: TestIdentity,
  options: { readonly now: number; readonly revoked: ReadonlyMap<string, RevokedFact> },
  identities: readonly TestIdentity[],
): Evidence {
  const issuer = readCertificate(pki.intermediate)
  return {
    certificates: [pki.intermediate],
    ocsps: identities.map(one =>
      ocspReply(ocspRequest({ certificate: readCertificate(one.certificate), issuer }), responder, options),
    ),
    crls: [certificateList(pki.authorities.root, options)],
  }
}

function queryFor(data: string): Uint8Array {
  const digest = createHash('sha256').update(data).digest()
  return timestampQuery({ digestAlgorithm: 'SHA-256', digest, nonce: Uint8Array.of(1, 2, 3) })
}

export const signatureValue = 'the signature value'

/** A time-stamp as a reader finds it, over `data`. */
export function stamp(
  kind: TimestampKind,
  token: Uint8Array,
  options: { readonly covers?: Evidence; readonly data?: string } = {},
): TimestampFound {
  const { covers, data = signatureValue } = options
  return {
    kind,
    token,
    imprint: async (hash: HashName) => createHash(hash).update(data).digest(),
    findings: [],
    ...(covers !== undefined && { covers }),
  }
}

/** A sound signature by an identity, with whatever it carries. */
export function signatureBy(
  identity: TestIdentity,
  { evidence = noEvidence, timestamps = [] }: Partial<Pick<SignatureFound, 'evidence' | 'timestamps'>> = {},
): SignatureFound {
  const own = { certificates: [identity.certificate, ...identity.chain], ocsps: [], crls: [] }
  return {
    findings: [],
    baselineViolations: [],
    hash: 'sha256',
    signer: readCertificate(identity.certificate),
    evidence: mergeEvidence(own, evidence),
    timestamps,
  }
}

/** What is inside tokens, as an archive time-stamp covers it. */
export function inside(...tokens: readonly Uint8Array[]): Evidence {
  return mergeEvidence(
    ...tokens.flatMap(der => {
      const read = readTimestampToken(der)
      return read.outcome === 'read' ? [read.token.evidence] : []
    }),
  )
}

/** The state of certificates as the services tell it at a time; default: of signer and time-stamping authority. */
export function answersAt(world: World, time: number, ...identities: readonly TestIdentity[]): Evidence {
  world.setTime(time)
  return world.answers(...(identities.length === 0 ? [world.signer, world.tsa] : identities))
}

/** What a signature carries. */
export interface Age {
  /** When the signature was time-stamped. */
  readonly stampedAt?: number
  readonly evidence?: Evidence
  readonly archivedAt?: readonly number[]
  readonly by?: TestIdentity
  readonly tsa?: TestIdentity
  readonly before?: readonly TimestampFound[]
}

/** A signature with what it carries; every archive time-stamp covers all that was there before it. */
export function aged(
  world: World,
  { stampedAt, evidence, archivedAt = [], by = world.signer, tsa = world.tsa, before = [] }: Age,
): SignatureFound {
  const token = stampedAt === undefined ? [] : [world.token('the signature value', stampedAt, tsa)]
  const own = mergeEvidence(
    { certificates: [by.certificate, ...by.chain], ocsps: [], crls: [] },
    evidence ?? mergeEvidence(),
    inside(...token),
  )
  let covers = own
  const archive = archivedAt.map(time => {
    const data = `archive ${time}`
    const stamped = world.token(data, time, tsa)
    const found = stamp('archive', stamped, { covers, data })
    covers = mergeEvidence(covers, inside(stamped))
    return found
  })
  const timestamps = [...before, ...token.map(one => stamp('signature', one)), ...archive]
  return signatureBy(by, { evidence: own, timestamps })
}
