// Who calls the interface for other programs: each client by a token in a file that only its owner can read, or by the
// certificate that it shows by TLS. All that is shown has to be good and the same client's: nothing wrong is passed over
// because something else is right. Tokens are compared by their digests in constant time; no header names a certificate.

import { type ErrorCode, Fault } from '../errors.ts'
import type { Clock } from '../ports.ts'
import { isSecret, secretDigest, secretLine } from '../secret-line.ts'
import { bearsName, type CertificateName } from '../trust/certificate-name.ts'
import { faultOf, type ShownCertificate } from './client-certificates.ts'

export interface ApiClient {
  readonly id: string
  /** INE10 of the bodies whose seals may sign for it. */
  readonly seals: readonly string[]
}

interface NamedClient {
  readonly id: string
  readonly tokenFile?: string
  readonly certificate?: CertificateName
  readonly seals?: readonly string[]
}

/** What a request shows of who sends it. */
export interface Shown {
  /** The Authorization field. */
  readonly authorization: string | undefined
  readonly certificate: ShownCertificate | undefined
}

export interface ApiClients {
  /** Throws CLIENT_UNKNOWN, CLIENT_CERTIFICATE_REFUSED, and KIOSK_BUSY for a connection that has to be made anew. */
  recognise(shown: Shown): ApiClient
}

const minTokenLength = 20

/** Throws FILE_UNREADABLE, and CONFIG_INVALID for a token that others can read, is short or is another client's too. */
export function createApiClients(clients: readonly NamedClient[], clock: Pick<Clock, 'now'>): ApiClients {
  const known = clients.map(({ id, tokenFile, certificate, seals = [] }) => ({
    client: { id, seals },
    digest: tokenFile === undefined ? undefined : secretDigest(tokenIn(tokenFile)),
    certificate,
  }))
  const digests = known.flatMap(({ digest }) => digest?.toString('hex') ?? [])
  if (new Set(digests).size < digests.length)
    throw new Fault('CONFIG_INVALID', 'two clients of api.clients have the same token')

  function ofToken(authorization: string): ApiClient {
    const token = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1]
    const found = known.find(one => one.digest !== undefined && isSecret(one.digest, token ?? ''))
    if (token === undefined || found === undefined) throw new Fault('CLIENT_UNKNOWN', 'no known token')
    return found.client
  }

  function ofCertificate(shown: ShownCertificate): ApiClient {
    if (shown.stale) throw new Fault('KIOSK_BUSY', 'certificates are judged anew: connect again')
    const fault = faultOf(shown, clock.now())
    if (fault !== null) throw new Fault('CLIENT_CERTIFICATE_REFUSED', fault)
    const [found, ...others] = known.filter(
      ({ certificate }) => certificate !== undefined && bearsName(shown.x509.raw, certificate),
    )
    if (found !== undefined && others.length === 0) return found.client
    const why = found === undefined ? 'names no client' : 'fits more than one client'
    throw new Fault('CLIENT_UNKNOWN', `the certificate ${why} of api.clients`)
  }

  return Object.freeze({
    recognise({ authorization, certificate }: Shown): ApiClient {
      const shower = certificate === undefined ? undefined : ofCertificate(certificate)
      if (authorization === undefined && shower !== undefined) return shower
      const bearer = ofToken(authorization ?? '')
      if (shower === undefined || shower === bearer) return bearer
      throw new Fault('CLIENT_UNKNOWN', 'the token and the certificate are of two clients')
    },
  })
}

/** What says that somebody is not known. */
export const refusalCodes: ReadonlySet<ErrorCode> = new Set(['CLIENT_UNKNOWN', 'CLIENT_CERTIFICATE_REFUSED'])

/** The token in a file. Throws FILE_UNREADABLE, CONFIG_INVALID. */
export function tokenIn(path: string): string {
  return secretLine('token', path, minTokenLength)
}
