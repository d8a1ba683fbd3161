// What the tests of seals share: a seal and somebody else's, files with the client's secrets, and exchanges as they are kept
// in test/recordings, without what is different each time.

import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { Fault } from '../device/errors.ts'
import { createTestPki, type KeyKind, type TestIdentity } from './sim/pki.ts'
import type { Exchange } from './sim/seal-server.ts'

export interface Seals {
  readonly own: TestIdentity
  readonly other: TestIdentity
}

export async function sealIdentities(key: KeyKind = 'RSA-2048'): Promise<Seals> {
  const pki = await createTestPki({ now: Date.now() })
  const own = await pki.signer({ commonName: 'Segell electrònic (sample)', key })
  return { own, other: await pki.signer({ commonName: 'Un altre segell (sample)', key }) }
}

export const digests = ['one', 'two', 'three'].map(text => createHash('sha256').update(text).digest())

/** The digests that a TrustedX service was sent, one by one or together. */
export function digestsSent(exchanges: readonly Exchange[]): readonly string[] {
  return exchanges
    .filter(({ request }) => request.path.includes('/signatures/server/raw'))
    .flatMap(({ request }) => {
      const { requests, digest_value } = JSON.parse(request.body.toString('utf8'))
      return requests === undefined ? [digest_value] : requests.map((one: { digest_value: string }) => one.digest_value)
    })
}

/** `CODE: detail` of a Fault, for tests that also want to see the words. */
export async function faultOf(work: Promise<unknown>): Promise<string> {
  const thrown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return thrown instanceof Fault ? `${thrown.code}: ${thrown.detail}` : String(thrown)
}

/** Exchanges as JSON: what the contract fixes, with a word in place of certificates, tokens and signatures. */
export function recorded(exchanges: readonly Exchange[]): unknown {
  return JSON.parse(
    JSON.stringify(
      exchanges.map(({ request, answer }) => ({
        request: {
          method: request.method,
          path: request.path,
          headers: contractHeaders(request.headers),
          body: readableBody(request.body),
        },
        answer: { status: answer.status, type: answer.type, body: readableBody(Buffer.from(answer.body)) },
      })),
    ),
  )
}

/** What is kept under that name; COMPULSA_RECORD=1 keeps `now` in its place. */
export async function golden(name: string, now: unknown): Promise<unknown> {
  const file = new URL(`recordings/${name}`, import.meta.url)
  if (process.env['COMPULSA_RECORD'] === '1') await writeFile(file, `${JSON.stringify(now, null, 2)}\n`)
  return JSON.parse(await readFile(file, 'utf8'))
}

function contractHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = ['authorization', 'content-type', 'accept', 'soapaction', 'twsauthn']
  return Object.fromEntries(names.flatMap(name => (headers[name] === undefined ? [] : [[name, headers[name]]])))
}

function readableBody(body: Uint8Array): unknown {
  const text = Buffer.from(body).toString('utf8')
  try {
    return redacted(JSON.parse(text))
  } catch {
    return /^[\x20-\x7e\s]*$/.test(text) ? text : `<${body.length} octets>`
  }
}

function redacted(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map(one => redacted(one, name))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, redacted(one, key)]))
  }
  if (typeof value === 'string' && /^(certificates?|signatures)$/.test(name)) return `<${name}>`
  return value
}
