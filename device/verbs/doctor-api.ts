// What `doctor` finds out about the interface for programs: its TLS files, how long they last, whose certificates are let in
// until when, and the secrets of its clients. Nobody is asked anything.

import { createPrivateKey } from 'node:crypto'
import { statSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { asFault, errorTable, Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import { tokenIn } from '../http/api-clients.ts'
import { readTlsFiles } from '../http/api-tls.ts'
import type { Rooms } from '../rooms.ts'
import { type Certificate, readCertificate } from '../trust/certificate.ts'
import { isSignedBy, readCrl } from '../trust/crl.ts'
import { certificatesInPem } from '../trust/pem.ts'
import type { SealCheck } from './doctor-seals.ts'

type Tls = NonNullable<NonNullable<Config['api']>['tls']>
type Found = Pick<SealCheck, 'detail'> & { readonly warn?: string | undefined }

const dayMs = 86_400_000
const warnDays = 30

/** Empty where no program is served. */
export async function checkApi(
  { api }: Pick<Config, 'api'>,
  rooms: Pick<Rooms, 'callbacks'>,
  signal?: AbortSignal,
): Promise<readonly SealCheck[]> {
  if (api === undefined) return []
  const now = systemClock.now()
  const checks: SealCheck[] = []
  const look = async (check: string, find: () => Found | Promise<Found>) => {
    checks.push(await checkOne(check, find))
  }
  const { tls, clients } = api
  if (tls !== undefined) {
    await look('api.tls', () => ownCertificate(tls, now))
    if (tls.clientCaFile !== undefined) await look('api.tls.clientCaFile', () => authorities(tls, now))
    if (tls.clientCrlFile !== undefined) await look('api.tls.clientCrlFile', () => revocations(tls, now))
  }
  for (const { id, tokenFile, callbackSecretFile } of clients) {
    if (tokenFile !== undefined) await look(`token of ${id}`, () => usableToken(tokenFile))
    if (callbackSecretFile === undefined) continue
    await look(`callback secret of ${id}`, async () => {
      const { random } = await rooms.callbacks().check(id, signal)
      const how = `printf 'whsec_%s\\n' "$(openssl rand -base64 32)" > ${callbackSecretFile}, and give it to ${id}`
      return random
        ? { detail: callbackSecretFile }
        : { detail: `${callbackSecretFile} looks like something that somebody wrote`, warn: how }
    })
  }
  return checks
}

async function checkOne(check: string, find: () => Found | Promise<Found>): Promise<SealCheck> {
  try {
    const { detail, warn } = await find()
    return { check, ok: true, detail, mend: warn ?? '', ...(warn !== undefined && { warn: true as const }) }
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    return { check, ok: false, detail: `${code}: ${detail}`, mend: errorTable[code].mend }
  }
}

function usableToken(path: string): Found {
  tokenIn(path)
  return { detail: path }
}

function ownCertificate(tls: Tls, now: number): Found {
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

function authorities(tls: Tls, now: number): Found {
  const { authorities: pem = '' } = readTlsFiles(tls)
  return lasting(certificatesInPem(pem).map(readCertificate), now, 'add the next authority to clientCaFile')
}

/** How long the first of them to end lasts. */
function lasting(certificates: readonly Certificate[], now: number, mend: string): Found {
  const [first] = certificates.map(({ facts }) => facts).toSorted((a, b) => a.notAfter - b.notAfter)
  if (first === undefined) throw new Fault('CERTIFICATE_UNREADABLE', 'there is no certificate')
  const days = Math.floor((first.notAfter - now) / dayMs)
  if (days < 0) throw new Fault('CONFIG_INVALID', `${first.holder} ended ${new Date(first.notAfter).toISOString()}`)
  return { detail: `${first.holder}, ${days} days left`, warn: days < warnDays ? mend : undefined }
}

/** Lists come by the day or by the month: the last quarter of a list's own time is late. */
function revocations(tls: Tls, now: number): Found {
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
    warn: isLate ? 'replace clientCrlFile before; all are kept out then' : undefined,
  }
}
