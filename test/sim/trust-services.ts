// What a signature needs of the network, on 127.0.0.1: a time-stamping authority in each of the four kinds of access, OCSP
// responders, CRLs and issuers' certificates of a test PKI, told to fail by name in HTTP or in what they answer. The
// answers themselves are made by tsa.ts, ocsp.ts and crl.ts.

import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type CrlFault, certificateList, crlFaults } from './crl.ts'
import { type OcspFault, ocspFaults, ocspReply, type RevokedFact } from './ocsp.ts'
import { createTestPki, type KeyKind, type TestIdentity, type TestPki, type TestServices } from './pki.ts'
import { createTestCa, type TlsIdentity } from './tls.ts'
import { type HttpFault, httpFaults, type Listener, listen, type ServedAnswer } from './trust-http.ts'
import { type TimestampFault, timestampFaults, timestampReply } from './tsa.ts'

export type TrustServiceName = 'tsa' | 'ocsp' | 'crl' | 'issuer'
export type TrustFault = HttpFault | TimestampFault | OcspFault | CrlFault

/** How the authority wants to know who asks. */
export type TsaAccess =
  | { readonly kind: 'URL' }
  | { readonly kind: 'USER'; readonly user: string; readonly password: string }
  /** TLS with a client certificate by the authority's own CA. */
  | { readonly kind: 'CERTIFICATE' }

export interface TrustServicesRequest {
  /** Milliseconds since 1970, asked for every answer. */
  readonly now: () => number
  readonly access?: TsaAccess
  readonly tsaKey?: KeyKind
  /** Who signs OCSP answers; default: responders that the authorities delegate it to. */
  readonly responder?: 'delegated' | 'issuer'
  /** Which of the services the certificates name; default all. */
  readonly named?: readonly ('ocsp' | 'crl' | 'issuer')[]
  /** Of the responders, lists and certificates; the time-stamping authority is at the next one. Default: any. */
  readonly port?: number
}

/** One request as it came. */
export interface SeenRequest {
  readonly service: TrustServiceName
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
}

export interface TrustServices {
  /** Its certificates name these services. */
  readonly pki: TestPki
  readonly tsa: TestIdentity
  readonly tsaUrl: string
  /** `http://127.0.0.1:PORT/`. */
  readonly base: string
  /** TLS of the authority, where its access is CERTIFICATE. */
  readonly tls: { readonly caPem: string; readonly client: TlsIdentity } | undefined
  /** Undefined mends it. Throws RangeError for a fault that the service does not know. */
  fault(service: TrustServiceName, fault: TrustFault | undefined): void
  revoke(certificate: Uint8Array, fact: RevokedFact): void
  requests(): readonly SeenRequest[]
  stop(): Promise<void>
}

const known: Readonly<Record<TrustServiceName, readonly string[]>> = {
  tsa: [...httpFaults, ...timestampFaults],
  ocsp: [...httpFaults, ...ocspFaults],
  crl: [...httpFaults, ...crlFaults],
  issuer: httpFaults,
}
const types: Readonly<Record<TrustServiceName, string>> = {
  tsa: 'application/timestamp-reply',
  ocsp: 'application/ocsp-response',
  crl: 'application/pkix-crl',
  issuer: 'application/pkix-cert',
}

/** Listens first, because the certificates tell where. */
export async function createTrustServices(request: TrustServicesRequest): Promise<TrustServices> {
  const { now, access = { kind: 'URL' }, named = ['ocsp', 'crl', 'issuer'], port = 0 } = request
  const faults = new Map<TrustServiceName, string>()
  const seen: SeenRequest[] = []
  const revoked = new Map<string, RevokedFact>()
  await using started = new AsyncDisposableStack()
  const begin = async (serve: Parameters<typeof listen>[0]['serve'], more: { port: number; tls?: TlsAccess }) =>
    started.adopt(await listen({ serve, ...more }), listener => listener.stop())

  let answer: Answering = () => ({ status: 503 })
  const serving =
    (service: (path: string) => TrustServiceName | undefined) => (incoming: IncomingMessage, body: Buffer) => {
      const path = incoming.url ?? '/'
      const name = service(path)
      if (name === undefined) return { status: 404 }
      seen.push({ service: name, method: incoming.method ?? '', path, headers: incoming.headers })
      const fault = faults.get(name)
      const moved = fault === 'redirect' && path.endsWith('?moved')
      if (!moved && httpFaults.some(one => one === fault))
        return { status: 200, type: types[name], fault: fault as HttpFault }
      return answer({ service: name, incoming, path, body, fault: moved ? undefined : fault })
    }
  const shared: Listener = await begin(serving(serviceAt), { port })
  const tls = access.kind === 'CERTIFICATE' ? await tlsAccess() : undefined
  const tsaPort = port === 0 ? 0 : port + 1
  const tsaListener = await begin(
    serving(() => 'tsa'),
    { port: tsaPort, ...(tls === undefined ? {} : { tls }) },
  )
  const services: TestServices = Object.fromEntries(named.map(name => [name, shared.url]))
  const pki = await createTestPki({ now: now(), services })
  const tsa = await pki.signer({ kind: 'time-stamping', key: request.tsaKey ?? 'RSA-2048', commonName: 'Test TSA' })
  answer = await answering({ pki, tsa, now, access, revoked, responder: request.responder ?? 'delegated' })
  const running = started.move()
  return Object.freeze({
    pki,
    tsa,
    tsaUrl: `${tsaListener.url}tsa`,
    base: shared.url,
    tls: tls === undefined ? undefined : { caPem: tls.ca, client: tls.client },
    fault(service: TrustServiceName, fault: TrustFault | undefined) {
      if (fault !== undefined && !known[service].includes(fault)) throw new RangeError(`${service} knows no ${fault}`)
      if (fault === undefined) faults.delete(service)
      else faults.set(service, fault)
    },
    revoke: (certificate: Uint8Array, fact: RevokedFact) => {
      revoked.set(new X509Certificate(certificate).serialNumber.toLowerCase(), fact)
    },
    requests: () => [...seen],
    stop: () => running.disposeAsync(),
  })
}

type TlsAccess = TlsIdentity & { readonly ca: string; readonly client: TlsIdentity }

async function tlsAccess(): Promise<TlsAccess> {
  const ca = await createTestCa()
  return { ...(await ca.issue(['127.0.0.1', 'localhost'])), ca: ca.caPem, client: await ca.issue(['kiosk-1']) }
}

function serviceAt(path: string): TrustServiceName | undefined {
  const suffix = /^\/(?:root|intermediate)\.(ocsp|crl|cer)(?:[/?]|$)/.exec(path)?.[1]
  return suffix === 'cer' ? 'issuer' : suffix === 'ocsp' || suffix === 'crl' ? suffix : undefined
}

interface Asked {
  readonly service: TrustServiceName
  readonly incoming: IncomingMessage
  readonly path: string
  readonly body: Buffer
  /** One of what the service's maker knows. */
  readonly fault: string | undefined
}

type Answering = (asked: Asked) => ServedAnswer

interface Center {
  readonly pki: TestPki
  readonly tsa: TestIdentity
  readonly now: () => number
  readonly access: TsaAccess
  readonly revoked: ReadonlyMap<string, RevokedFact>
  readonly responder: 'delegated' | 'issuer'
}

async function answering({ pki, tsa, now, access, revoked, responder }: Center): Promise<Answering> {
  const { root, intermediate } = pki.authorities
  const delegated = responder === 'delegated'
  const responders = {
    root: delegated ? await pki.signer({ kind: 'ocsp-responder', key: 'P-256', issuer: 'root' }) : root,
    intermediate: delegated ? await pki.signer({ kind: 'ocsp-responder', key: 'P-256' }) : intermediate,
  }
  const makers: Readonly<Record<TrustServiceName, (asked: Asked, authority: 'root' | 'intermediate') => ServedAnswer>> =
    {
      tsa: ({ incoming, body, fault }) => {
        const refusal = refusalOf(incoming, access)
        if (refusal !== undefined) return { status: refusal }
        return { status: 200, body: timestampReply(body, tsa, { now: now(), ...withFault(fault as TimestampFault) }) }
      },
      ocsp: ({ incoming, path, body, fault }, authority) => {
        const query = incoming.method === 'GET' ? queryInPath(path) : ocspQuery(incoming, body)
        if (query === undefined) return { status: 400 }
        const options = { now: now(), revoked, ...withFault(fault as OcspFault) }
        return { status: 200, body: ocspReply(query, responders[authority], options) }
      },
      crl: ({ fault }, authority) => {
        const options = { now: now(), revoked, ...withFault(fault as CrlFault) }
        return { status: 200, body: certificateList(pki.authorities[authority], options) }
      },
      issuer: (_asked, authority) => ({ status: 200, body: pki.authorities[authority].certificate }),
    }
  return asked => {
    const authority = asked.path.startsWith('/root.') ? 'root' : 'intermediate'
    return { type: types[asked.service], ...makers[asked.service](asked, authority) }
  }
}

function withFault<Fault extends string>(fault: Fault | undefined): { readonly fault?: Fault } {
  return fault === undefined ? {} : { fault }
}

/** The status by which a request is turned away (RFC 3161, 3.4; RFC 7617). */
function refusalOf({ method, headers }: IncomingMessage, access: TsaAccess): number | undefined {
  if (method !== 'POST') return 405
  if (headers['content-type'] !== 'application/timestamp-query') return 415
  if (access.kind !== 'USER') return undefined
  const wanted = `Basic ${Buffer.from(`${access.user}:${access.password}`).toString('base64')}`
  return headers.authorization === wanted ? undefined : 401
}

function ocspQuery({ headers }: IncomingMessage, body: Buffer): Buffer | undefined {
  return headers['content-type'] === 'application/ocsp-request' ? body : undefined
}

/** RFC 6960, A.1: the request in Base64 behind the responder's own path. */
function queryInPath(path: string): Buffer | undefined {
  const encoded = /\.ocsp\/(.+)$/.exec(path)?.[1]
  return encoded === undefined ? undefined : Buffer.from(decodeURIComponent(encoded), 'base64')
}
