// What the PAdES tests share: a small world with a signer, a time-stamping authority, responders and revocation lists, all
// answering in memory at a fixed time, and a signature through all its phases.

import { createPrivateKey, sign } from 'node:crypto'
import { assemblePades, intendPades, type PadesRequest, preparePades, stampSignature } from '../device/ades/pades.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { digestOf, hashName, suggestedAlgorithm } from '../device/cms/algorithm.ts'
import { Fault } from '../device/errors.ts'
import { openPdf } from '../device/pdf/document.ts'
import type { FileHash } from '../device/pdf/file-hash.ts'
import type { RandomAccess, Revocation, Timestamper } from '../device/ports.ts'
import { type Certificate, readCertificate } from '../device/trust/certificate.ts'
import { type PadesReading, readPades } from '../device/trust/read-pades.ts'
import { now } from './50.signature.kit.ts'
import { certificateList } from './sim/crl.ts'
import { ocspReply, type RevokedFact } from './sim/ocsp.ts'
import { createTestPki, type TestIdentity, type TestPki } from './sim/pki.ts'
import { type TimestampReplyOptions, timestampReply } from './sim/tsa.ts'

export interface World {
  readonly pki: TestPki
  readonly signer: TestIdentity
  readonly tsa: TestIdentity
  readonly timestamper: Timestamper
  readonly revocation: Revocation
  readonly clock: { now(): number }
  readonly random: (octets: number) => Uint8Array
  /** What was asked of the outside so far: `tsa`, or the address. */
  readonly asked: string[]
  /** The root. */
  readonly anchors: readonly Certificate[]
  /** What a test wants to be wrong; read anew with every question. */
  faults: {
    readonly timestamp?: TimestampReplyOptions['fault']
    readonly tsaChain?: readonly Uint8Array[]
    readonly revoked?: ReadonlyMap<string, RevokedFact>
    readonly offline?: boolean
  }
  /** The time that the clock and every answer say; milliseconds since 1970. */
  time: number
}

const services = { ocsp: 'http://ocsp.test/', crl: 'http://crl.test/', issuer: 'http://ca.test/' }

export async function createWorld(): Promise<World> {
  const pki = await createTestPki({ now, services })
  const tsa = await pki.signer({ kind: 'time-stamping', key: 'P-256', commonName: 'Test TSA' })
  let octet = 0
  const world: World = {
    pki,
    tsa,
    signer: await pki.signer({ key: 'P-256' }),
    asked: [],
    anchors: [readCertificate(pki.root)],
    faults: {},
    time: now,
    clock: { now: () => world.time },
    random: octets => Uint8Array.from({ length: octets }, () => (octet = (octet * 5 + 3) % 251)),
    timestamper: {
      stamp: async query => {
        world.asked.push('tsa')
        const { timestamp: fault, tsaChain: chain } = world.faults
        return timestampReply(query, tsa, { now: world.time, ...(fault && { fault }), ...(chain && { chain }) })
      },
    },
    revocation: {
      ocsp: async (url, query) => {
        world.asked.push(url)
        const { offline, revoked } = world.faults
        if (offline) throw new Fault('REVOCATION_UNAVAILABLE', `${url} does not answer`)
        return ocspReply(query, authorityOf(pki, url), { now: world.time, ...(revoked && { revoked }) })
      },
      fetch: async (url, what) => {
        world.asked.push(url)
        if (world.faults.offline) throw new Fault('REVOCATION_UNAVAILABLE', `${url} does not answer`)
        const authority = authorityOf(pki, url)
        return what === 'issuer' ? authority.certificate : certificateList(authority, { now: world.time })
      },
    },
  }
  return world
}

function authorityOf({ authorities }: TestPki, url: string): TestIdentity {
  return url.includes('root') ? authorities.root : authorities.intermediate
}

export interface SignOptions extends Partial<PadesRequest> {
  /** With a signature-time-stamp. */
  readonly stamped?: boolean
}

export interface Signed {
  readonly bytes: Buffer
  readonly file: RandomAccess
  /** Of the signed file, made without reading it again. */
  readonly hash: FileHash
}

/** One signature by software, through all phases. */
export async function signPades(pdf: Uint8Array, world: World, options: SignOptions = {}): Promise<Signed> {
  const { stamped, ...changes } = options
  const { certificate, chain, privateKey } = world.signer
  const request: PadesRequest = {
    algorithm: suggestedAlgorithm(certificate),
    certificate,
    chain,
    properties: { signingTime: world.time },
    fieldName: 'Signature',
    ...(stamped && { timestampOctets: 6000 }),
    ...changes,
  }
  const document = await openPdf(randomAccessOf(pdf))
  const hash = hashName(digestOf(request.algorithm))
  const { hash: original } = await readPades(document, { hashes: [...new Set([hash, 'sha256'] as const)] })
  const prepared = await preparePades(document, request)
  const intent = intendPades(prepared, request, original)
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  const value = sign(hash, Buffer.from(intent.signedAttributes, 'base64'), key)
  const token = stamped ? await stampSignature(value, { digestAlgorithm: 'SHA-256' }, world) : undefined
  const filled = assemblePades(prepared, intent, value, token)
  if (filled.outcome !== 'filled') throw new Error(`the CMS needs ${filled.neededBytes} bytes`)
  const bytes = Buffer.concat([pdf, filled.update])
  return { bytes, file: randomAccessOf(bytes), hash: original.append(filled.update, prepared) }
}

export async function read(bytes: Uint8Array): Promise<PadesReading['entries']> {
  return (await readPades(await openPdf(randomAccessOf(bytes)))).entries
}
