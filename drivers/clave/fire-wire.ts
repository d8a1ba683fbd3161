// What FIRe's service says on the wire (ServiceParams, FireClient and the managers of the public FIRe code), as pure
// functions: the form of each operation, and what its answer holds.
//
// The document stays here. FIRe is asked for a detached CAdES over a digest that was made before (`precalculatedHashAlgorithm`),
// for a PDF without the signing time, which a CMS in it must not have: what comes back fits into a prepared PDF (AutoFirma's
// integration manual names that use of `includeSigningTimeAttribute`). Content hints come whatever is asked.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { ClaveBatchResult, ClaveDocument, ClaveOrder, ClaveStarted, ClaveTransaction } from '../../device/ports.ts'
import { asObject, type FireAnswer, failureIn, type Json, objectIn } from './fire-errors.ts'

/** Numbers of FIReServiceOperation. */
export const operations = {
  sign: '1',
  recoverSign: '2',
  createBatch: '5',
  addDocument: '6',
  signBatch: '7',
  recoverBatch: '8',
  recoverBatchState: '9',
  recoverSignBatch: '10',
  recoverSignResult: '11',
  recoverError: '99',
} as const

export type Form = Readonly<Record<string, string>>

const signed = { cop: 'sign', algorithm: 'SHA256withRSA' } as const

/** How the signature is to be made; FIRe takes all three of a document of a batch, or those of the batch. */
function manner(place: ClaveDocument['place']) {
  return {
    cop: 'sign',
    format: 'CAdES',
    properties: properties({
      mode: 'explicit',
      precalculatedHashAlgorithm: 'SHA-256',
      ...(place === 'pdf' && { includeSigningTimeAttribute: 'false' }),
      includeContentHintAttribute: 'false',
    }),
  } as const
}

export interface FireApplication {
  /** As the person reads it at the service. */
  readonly applicationName: string
  /** FIRe's name for Cl@ve Firma. */
  readonly provider: string
  /** What FIRe passes on as the name of the procedure, where it was agreed upon. */
  readonly procedureName?: string
}

export function signForm(order: ClaveOrder, document: ClaveDocument, application: FireApplication): Form {
  return {
    op: operations.sign,
    subjectid: order.subject,
    language: order.language,
    ...signed,
    ...manner(document.place),
    dat: base64url(document.digest),
    config: configuration(order, application, document),
  }
}

export function createBatchForm(order: ClaveOrder, application: FireApplication): Form {
  return {
    op: operations.createBatch,
    subjectid: order.subject,
    language: order.language,
    ...signed,
    ...manner('pdf'),
    config: configuration(order, application),
  }
}

export function addDocumentForm(transaction: ClaveTransaction, { id, digest, title, place }: ClaveDocument): Form {
  return {
    ...about(operations.addDocument, transaction),
    docid: id,
    dat: base64url(digest),
    ...(place !== 'pdf' && manner(place)),
    config: properties({ docTitle: title }),
  }
}

/** The rest of the batch is signed where one document of it fails. */
export function signBatchForm(transaction: ClaveTransaction): Form {
  return { ...about(operations.signBatch, transaction), stoponerror: 'false' }
}

/** An operation that needs no more than to know which transaction is meant. */
export function about(op: string, { id, subject }: ClaveTransaction): Form {
  return { op, subjectid: subject, transactionid: id }
}

function configuration(
  { returnUrl }: ClaveOrder,
  { applicationName, provider, procedureName }: FireApplication,
  document?: ClaveDocument,
): string {
  return properties({
    redirectOkUrl: returnUrl,
    redirectErrorUrl: returnUrl,
    certOrigin: provider,
    appName: applicationName,
    ...(procedureName !== undefined && { procedureName }),
    ...(document !== undefined && { docTitle: document.title }),
  })
}

/** Java properties in Base64 for URLs. */
function properties(entries: Readonly<Record<string, string>>): string {
  const lines = Object.entries(entries).map(([key, value]) => `${key}=${escaped(value)}\n`)
  return base64url(Buffer.from(lines.join(''), 'latin1'))
}

/** As java.util.Properties writes a value: whatever is not printable ASCII by its UTF-16 code. */
function escaped(value: string): string {
  const marked = value.replace(/[\\=:#!]/g, '\\$&').replace(/^ /, '\\ ')
  return marked.replace(/[^\x20-\x7e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function base64url(bytes: Uint8Array): string {
  // With its padding: FIRe's own client sends it so.
  return Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

/** The object of a success. Throws what the answer says instead. */
function successOf(answer: FireAnswer): Json {
  const { status, body } = answer
  const object = status === 200 ? objectIn(body) : undefined
  if (object === undefined && status === 200) {
    // A proxy's page, or a worn-out promise: nothing of FIRe's.
    throw new Fault('CLAVE_UNREACHABLE', 'the answer is none of FIRe’s')
  }
  if (object === undefined || object['c'] !== undefined) throw failureIn(answer)
  return object
}

const idPattern = /^[\x21-\x7e]{1,200}$/

/** Where the person goes. `service` is where the service is asked: its pages are found by TLS as well. */
export function startedIn(answer: FireAnswer): ClaveStarted {
  const { transactionid: id, redirecturl: page } = successOf(answer)
  if (typeof id !== 'string' || !idPattern.test(id)) throw new Fault('CLAVE_REFUSED', 'FIRe gave no transaction')
  if (typeof page !== 'string' || page.length > 4_000 || !isPage(page)) {
    throw new Fault('CLAVE_REFUSED', 'FIRe gave no page by TLS to send the person to')
  }
  return { id, page }
}

function isPage(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return protocol === 'https:' && username === '' && password === ''
}

export function batchIn(answer: FireAnswer): string {
  const { transactionid: id } = successOf(answer)
  if (typeof id !== 'string' || !idPattern.test(id)) throw new Fault('CLAVE_REFUSED', 'FIRe gave no transaction')
  return id
}

/** Throws unless the transaction ended well. A grace period is for upgrades, and none was asked for. */
export function checkRecovered(answer: FireAnswer): void {
  const object = successOf(answer)
  const result = asObject(object['result'])
  const number = result?.['ercod']
  if (typeof number === 'number' && number !== 0) throw failureIn(answer)
  const state = result?.['state'] ?? 0
  if (result === undefined || state !== 0) throw new Fault('CLAVE_FAILED', `FIRe tells the state ${String(state)}`)
}

/** A success of an operation that tells nothing. */
export function checkDone(answer: FireAnswer): void {
  const { status, body } = answer
  if (status !== 200 || objectIn(body)?.['c'] !== undefined) throw failureIn(answer)
}

/** The DER of a CMS: the bytes themselves, not JSON. */
export function signatureIn(answer: FireAnswer): Uint8Array {
  const { status, body } = answer
  if (status !== 200) throw failureIn(answer)
  if (body[0] === 0x30) return body
  if (objectIn(body) !== undefined) throw failureIn(answer)
  throw new Fault('CLAVE_FAILED', 'what FIRe gave is no signature')
}

export function batchResultIn(answer: FireAnswer): ClaveBatchResult {
  const { batch } = successOf(answer)
  if (!Array.isArray(batch) || batch.length > 10_000) throw failureIn(answer)
  const documents = batch.map(one => {
    const { id, ok, dt } = asObject(one) ?? {}
    if (typeof id !== 'string') throw new Fault('CLAVE_FAILED', 'FIRe tells of a document without a name')
    // Older versions tell it as text.
    const state = typeof dt === 'string' && /^[A-Z_]{1,40}$/.test(dt) ? dt : ''
    return { id, signed: ok === true || ok === 'true', state }
  })
  return { documents }
}

/** From 0 to 1. */
export function progressIn(answer: FireAnswer): number {
  const { status, body } = answer
  const text = Buffer.from(body).toString('latin1').trim()
  if (status !== 200 || !/^\d(\.\d+)?$/.test(text)) throw failureIn(answer)
  return Math.min(Number(text), 1)
}
