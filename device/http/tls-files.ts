// The TLS files of the interface for programs: what is in them, and for `doctor` and a monitor how long they last.

import { createPrivateKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { asFault, type ErrorCode, errorTable, Fault } from '../errors.ts'
import { type Certificate, readCertificate } from '../trust/certificate.ts'
import { isSignedBy, readCrl } from '../trust/crl.ts'
import { certificatesInPem, revocationListsInPem } from '../trust/pem.ts'

export type TlsConfig = NonNullable<NonNullable<Config['api']>['tls']>

/** PEM of all files. Throws FILE_UNREADABLE, CERTIFICATE_UNREADABLE, with the path. */
export function readTlsFiles({ certificateFile, keyFile, clientCaFile, clientCrlFile }: TlsConfig) {
  return {
    cert: partOf(certificateFile, pem => certificatesInPem(pem) && pem),
    key: partOf(keyFile, pem => pem),
    authorities: clientCaFile && partOf(clientCaFile, pem => certificatesInPem(pem) && pem),
    lists: clientCrlFile === undefined ? undefined : partOf(clientCrlFile, revocationListsInPem),
  }
}

function partOf<T>(path: string, read: (pem: string) => T): T {
  try {
    return read(readFileSync(path, 'utf8'))
  } catch (thrown) {
    const code = thrown instanceof Fault ? thrown.code : 'FILE_UNREADABLE'
    throw new Fault(code, `${path}: ${asFault(thrown).detail}`, { cause: thrown })
  }
}

export interface TlsFinding {
  /** The key of the configuration. */
  readonly check: string
  readonly detail: string
  /** Why it cannot be used; null: it can. */
  readonly code: ErrorCode | null
  /** What to do about it, or will have to be done soon; empty where there is nothing to do. */
  readonly mend: string
}

interface Found {
  readonly detail: string
  /** What will have to be done soon. */
  readonly soon?: string | undefined
}

const dayMs = 86_400_000
const warnDays = 30

/** At `now`, milliseconds since 1970; the files are read. */
export function tlsState(tls: TlsConfig, now: number): readonly TlsFinding[] {
  return [
    finding('api.tls', () => ownCertificate(tls, now)),
    ...(tls.clientCaFile === undefined ? [] : [finding('api.tls.clientCaFile', () => authorities(tls, now))]),
    ...(tls.clientCrlFile === undefined ? [] : [finding('api.tls.clientCrlFile', () => revocations(tls, now))]),
  ]
}

function finding(check: string, find: () => Found): TlsFinding {
  try {
    const { detail, soon = '' } = find()
    return { check, detail, code: null, mend: soon }
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    return { check, detail: `${code}: ${detail}`, code, mend: errorTable[code].mend }
  }
}

function ownCertificate(tls: TlsConfig, now: number): Found {
  const { cert, key } = readTlsFiles(tls)
  if ((statSync(tls.keyFile).mode & 0o077) !== 0)
    throw new Fault('CONFIG_INVALID', `${tls.keyFile} can be read by others than its owner (chmod 600)`)
  const [own] = certificatesInPem(cert).map(readCertificate)
  if (own === undefined || !own.x509.checkPrivateKey(privateKeyIn(tls.keyFile, key)))
    throw new Fault('CONFIG_INVALID', `${tls.keyFile} is not the key of ${tls.certificateFile}`)
  return lasting([own], now, 'replace certificateFile and keyFile; they are read anew by themselves')
}

function privateKeyIn(path: string, pem: string) {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw new Fault('CONFIG_INVALID', `${path} holds no private key in clear`, { cause })
  }
}

function authorities(tls: TlsConfig, now: number): Found {
  const { authorities: pem = '' } = readTlsFiles(tls)
  return lasting(certificatesInPem(pem).map(readCertificate), now, 'add the next authority to clientCaFile')
}

/** How long the first of them to end lasts. */
function lasting(certificates: readonly Certificate[], now: number, mend: string): Found {
  const [first] = certificates.map(({ facts }) => facts).toSorted((a, b) => a.notAfter - b.notAfter)
  if (first === undefined) throw new Fault('CERTIFICATE_UNREADABLE', 'there is no certificate')
  const days = Math.floor((first.notAfter - now) / dayMs)
  if (days < 0) throw new Fault('CONFIG_INVALID', `${first.holder} ended ${new Date(first.notAfter).toISOString()}`)
  return { detail: `${first.holder}, ${days} days left`, soon: days < warnDays ? mend : undefined }
}

/** Lists come by the day or by the month: the last quarter of a list's own time is late. */
function revocations(tls: TlsConfig, now: number): Found {
  const { lists = [], authorities: pem = '' } = readTlsFiles(tls)
  const read = lists.flatMap(({ der }) => {
    const reading = readCrl(der)
    return reading.outcome === 'read' ? [reading.crl] : []
  })
  if (read.length < lists.length) throw new Fault('CERTIFICATE_UNREADABLE', 'a list of revoked certificates is damaged')
  const without = certificatesInPem(pem)
    .map(readCertificate)
    .find(authority => !read.some(list => isSignedBy(list, authority)))
  if (without !== undefined) throw new Fault('CONFIG_INVALID', `there is no list by ${without.facts.holder}`)
  const ends = read.flatMap(({ thisUpdate, nextUpdate }) =>
    nextUpdate === undefined ? [] : [{ thisUpdate, nextUpdate }],
  )
  const [first] = ends.toSorted((a, b) => a.nextUpdate - b.nextUpdate)
  if (first === undefined) return { detail: `${read.length} lists, without an end` }
  const next = new Date(first.nextUpdate).toISOString()
  if (first.nextUpdate < now)
    throw new Fault('CONFIG_INVALID', `the next list was due ${next}: no certificate is let in`)
  const isLate = now > first.nextUpdate - (first.nextUpdate - first.thisUpdate) / 4
  return {
    detail: `the next list is due ${next}`,
    soon: isLate ? 'replace clientCrlFile before; all are kept out then' : undefined,
  }
}
