// A batch that the page's own server prepares (three-phase): the kiosk signs what comes back, and of the batch itself knows
// only what it tells the person. Its references are the server's affair, and its formats too.

import type { SignatureFormat, SignatureOperation } from '../ades/request.ts'
import { Fault } from '../errors.ts'

export interface RemoteBatch {
  /** `SHA256` and the like. */
  readonly algorithm: string
  readonly items: readonly RemoteItem[]
}

export interface RemoteItem {
  readonly id: string
  /** What the server's format is built on. */
  readonly format: SignatureFormat
  readonly operation: SignatureOperation
}

export interface RemoteLimits {
  readonly maxDocuments: number
  readonly allowSha1: boolean
}

/** Throws BATCH_INVALID, BATCH_TOO_LARGE, ALGORITHM_REFUSED. */
export function readRemoteBatch(text: Uint8Array, { maxDocuments, allowSha1 }: RemoteLimits): RemoteBatch {
  const header = objectAt('$', parsed(text))
  const list = header['singlesigns']
  if (!Array.isArray(list) || list.length === 0) throw invalid('$.singlesigns', 'holds nothing to sign')
  if (list.length > maxDocuments)
    throw new Fault('BATCH_TOO_LARGE', `$.singlesigns: more than ${maxDocuments} documents (batches.maxDocuments)`)
  const items = list.map((value: unknown, number) => itemAt(`$.singlesigns[${number}]`, value, header))
  const places = new Map<string, number>()
  for (const [number, { id }] of items.entries()) {
    const earlier = places.get(id)
    if (earlier !== undefined) throw invalid(`$.singlesigns[${number}].id`, `is the one of singlesigns[${earlier}] too`)
    places.set(id, number)
  }
  return { algorithm: algorithmOf(header['algorithm'], allowSha1), items }
}

function parsed(text: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
  } catch (cause) {
    throw new Fault('BATCH_INVALID', '$: no JSON', { cause })
  }
}

function itemAt(path: string, value: unknown, header: Readonly<Record<string, unknown>>): RemoteItem {
  const item = objectAt(path, value)
  const { id } = item
  if (typeof id !== 'string' || id === '' || id.length > 200) throw invalid(`${path}.id`, 'is missing, or no text')
  return {
    id,
    format: formatOf(item['format'] ?? header['format']),
    operation: operationOf(item['suboperation'] ?? header['suboperation']),
  }
}

function formatOf(format: unknown): SignatureFormat {
  const name = String(format)
  if (/^pades/i.test(name)) return 'PAdES'
  return /^(xades|facturae)/i.test(name) ? 'XAdES' : 'CAdES'
}

function operationOf(operation: unknown): SignatureOperation {
  const name = String(operation ?? 'sign').toLowerCase()
  return name === 'cosign' || name === 'countersign' ? name : 'sign'
}

function algorithmOf(value: unknown, allowSha1: boolean): string {
  const digest = typeof value === 'string' ? /^SHA-?(1|256|384|512)(?:with\w+)?$/i.exec(value)?.[1] : undefined
  if (digest === undefined) throw invalid('$.algorithm', 'names no known algorithm')
  if (digest === '1' && !allowSha1)
    throw new Fault('ALGORITHM_REFUSED', '$.algorithm: SHA-1 proves nothing any more (batches.allowSha1)')
  return `SHA${digest}`
}

function objectAt(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw invalid(path, 'is no object')
}

function invalid(path: string, why: string): Fault {
  return new Fault('BATCH_INVALID', `${path}: ${why}`)
}
