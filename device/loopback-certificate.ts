// The kiosk's own certificate for TLS on loopback, kept in a folder: the authority that the kiosk's browser trusts, and
// the server's certificate, each in one file with its key, readable by the appliance alone. The authority's key stays, so
// that a renewal changes nothing that the browser was told; it can certify loopback only, as can whoever reads it.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { issueAuthority, issueServer } from './afirma/loopback-ca.ts'
import type { TlsMaterial } from './http/afirma-server.ts'
import type { Clock, Log, Random } from './ports.ts'
import { makeFolderNow, writeFileNow } from './store/durable.ts'
import type { CertifyingKey } from './trust/issue-certificate.ts'

export interface LoopbackCertificate {
  /** Made, or renewed, when it is due. Throws DISK_FULL and what else the disk says. */
  tls(): TlsMaterial
  /** DER of the authority; made where there is none. */
  authority(): Uint8Array
}

export interface LoopbackCertificateParts {
  readonly folder: string
  /** Names the authority. */
  readonly kioskId: string
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
  readonly log: Log
}

interface Held {
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

const dayMs = 86_400_000
const serverRenewalMs = 30 * dayMs
/** Above what a server's certificate lasts: none outlives its authority. */
const authorityRenewalMs = 400 * dayMs

export function createLoopbackCertificate(parts: LoopbackCertificateParts): LoopbackCertificate {
  const { folder, kioskId, clock, random, log } = parts
  const authorityFile = join(folder, 'authority.pem')
  const serverFile = join(folder, 'server.pem')
  const name = `Compulsa loopback ${kioskId}`

  // The files are read each time: a verb may have made them while the appliance runs.
  function authority(): Held {
    const held = read(authorityFile)
    if (held !== undefined && lasts(held, authorityRenewalMs, clock.now())) return held
    const { privateKey, publicKey } = newKeys()
    const issued = issueAuthority({
      authority: name,
      authorityKey: certifying(privateKey, publicKey),
      serial: random.bytes(16),
      now: clock.now(),
    })
    return keep(authorityFile, issued, privateKey)
  }

  function server(): Held {
    const issuer = authority()
    const held = read(serverFile)
    const good = held?.certificate.verify(createPublicKey(issuer.key)) === true
    if (held !== undefined && good && lasts(held, serverRenewalMs, clock.now())) return held
    const { privateKey, publicKey } = newKeys()
    const issued = issueServer({
      // As the authority calls itself: the kiosk's name may have changed since.
      authority: issuer.certificate.subject.replace(/^CN=/, ''),
      authorityKey: certifying(issuer.key, createPublicKey(issuer.key)),
      serverKey: spki(publicKey),
      serial: random.bytes(16),
      now: clock.now(),
    })
    return keep(serverFile, issued, privateKey)
  }

  function keep(file: string, issued: Uint8Array, key: KeyObject): Held {
    const certificate = new X509Certificate(issued)
    makeFolderNow(folder)
    writeFileNow(file, Buffer.from(`${certificate.toString()}${pemOf(key)}`))
    log.info('loopback certificate issued', { file, until: certificate.validTo })
    return { certificate, key }
  }

  return Object.freeze({
    tls() {
      const { certificate, key } = server()
      return { key: pemOf(key), cert: certificate.toString() }
    },
    authority: () => new Uint8Array(authority().certificate.raw),
  })
}

/** Undefined where the file is absent or damaged: it is made anew then. */
function read(file: string): Held | undefined {
  try {
    const pem = readFileSync(file)
    const held = { certificate: new X509Certificate(pem), key: createPrivateKey(pem) }
    return held.certificate.checkPrivateKey(held.key) ? held : undefined
  } catch {
    return undefined
  }
}

function lasts({ certificate }: Held, ms: number, now: number): boolean {
  return certificate.validFromDate.getTime() <= now && certificate.validToDate.getTime() >= now + ms
}

function newKeys(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function certifying(privateKey: KeyObject, publicKey: KeyObject): CertifyingKey {
  return { publicKey: spki(publicKey), sign: bytes => sign('sha256', bytes, privateKey) }
}

function spki(key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' })
}

function pemOf(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}
