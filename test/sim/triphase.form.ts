// What a three-phase batch service is sent, held against the wire format of clienteafirma's BatchSigner: a form of URL-safe
// Base64 with its padding, the batch, the chain, and in the second phase the session. Whatever does not fit is told as a
// violation, whether a real service would mind or not.

import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface BatchItem {
  readonly id: string
  readonly datareference?: string
  readonly format?: string
  readonly suboperation?: string
  readonly extraparams?: string
  /** Of an item that has failed before. */
  readonly result?: string
  readonly description?: string
}

export interface SentBatch {
  readonly algorithm: string
  readonly format?: string
  readonly suboperation?: string
  readonly extraparams?: string
  readonly stoponerror?: boolean
  readonly singlesigns: readonly BatchItem[]
}

/** One signature of the session. */
export interface TriSign {
  readonly id: string
  readonly signid?: string
  readonly params: Readonly<Record<string, string>>
}

export interface Sent {
  readonly batch: SentBatch
  /** The text of the batch. */
  readonly json: string
  /** DER, the signer first. */
  readonly certificates: readonly Uint8Array[]
  readonly tridata?: { readonly format?: string; readonly signinfo: readonly TriSign[] }
}

/** Throws Error for what a service cannot read at all; `violations` gets what it reads and the format does not allow. */
export function readForm(
  { method, headers }: IncomingMessage,
  body: Buffer,
  phase: 'presign' | 'postsign',
  violations: string[],
): Sent {
  const hold = (holds: boolean, what: string) => {
    if (!holds) violations.push(`${phase}: ${what}`)
  }
  hold(method === 'POST', `by ${method}`)
  hold(headers['content-type']?.split(';')[0] === 'application/x-www-form-urlencoded', 'the type of the body')
  hold(headers['transfer-encoding'] === undefined, 'chunks, which old containers do not read as a form')
  const text = body.toString('latin1')
  hold(/^[\w;=&-]*$/.test(text), 'characters that are no URL-safe Base64')
  const fields = text.split('&').map(field => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)])
  const expected = phase === 'presign' ? ['json', 'certs'] : ['json', 'certs', 'tridata']
  hold(fields.map(([name]) => name).join() === expected.join(), `the fields ${fields.map(([name]) => name).join()}`)
  const form = new Map(fields.map(([name = '', value = '']) => [name, value]))
  const decode = (name: string, value: string) => {
    hold(value.length % 4 === 0, `${name} without its padding`)
    return Buffer.from(value, 'base64url')
  }
  const json = decode('json', form.get('json') ?? '').toString('utf8')
  const certificates = (form.get('certs') ?? '').split(';').map(one => decode('certs', one))
  for (const certificate of certificates) new X509Certificate(certificate)
  const tridata =
    phase === 'postsign' ? JSON.parse(decode('tridata', form.get('tridata') ?? '').toString('utf8')) : null
  return { batch: JSON.parse(json), json, certificates, ...(tridata !== null && { tridata }) }
}

/** What a postsign service is sent, against what the presign service said: the session, and the batch with its results. */
export function compareSession(
  { json, tridata }: Sent,
  before: { readonly json: string; readonly issued: readonly TriSign[]; readonly results: readonly BatchItem[] },
  violations: string[],
): void {
  const expected = before.issued.map(({ id, signid, params: { PRE, ...rest } }) => {
    return { id, signid, params: rest['NEED_PRE'] === 'true' ? { PRE, ...rest } : rest }
  })
  const returned = tridata?.signinfo.map(({ id, signid, params: { PK1, ...rest } }) => {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(PK1 ?? '')) violations.push(`postsign: no signature value of ${id}`)
    return { id, signid, params: rest }
  })
  if (canonical(returned) !== canonical(expected))
    violations.push('postsign: another session than the presign service made')
  if (before.results.length === 0) {
    if (json !== before.json) violations.push('postsign: a batch that was changed although nothing had failed')
    return
  }
  const batch: SentBatch = JSON.parse(before.json)
  const singlesigns = batch.singlesigns.map(item => {
    const failed = before.results.find(({ id }) => id === item.id)
    if (failed === undefined) return item
    const { datareference, format, suboperation, extraparams, ...rest } = item
    return { ...rest, ...failed }
  })
  if (canonical(JSON.parse(json)) !== canonical({ ...batch, singlesigns })) {
    violations.push('postsign: a batch that is not the first one with its results')
  }
}

/** JSON with its members in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}
