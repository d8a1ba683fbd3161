// What an empty signature field asks of the signature that is to fill it: its seed value dictionary (/SV), each entry a
// wish or, by its flag, a requirement. Follows ISO 32000-1, table 234, and ISO 32000-2, table 237.

import { Fault } from '../errors.ts'
import type { PdfDocument } from './document.ts'
import { entry, integerEntry, nameEntry, type PdfDictionary, type PdfDirect } from './objects.ts'
import { type AllowedChanges, textsOf } from './permissions.ts'
import { decodeText } from './text.ts'

/** What an empty signature field asks of the signature that fills it (/SV; ISO 32000-1, table 234). */
export interface SeedValues {
  /** Entries that must be honoured (/Ff); the others are wishes. */
  readonly required: ReadonlySet<SeedConstraint>
  readonly filter?: string
  readonly subFilters?: readonly string[]
  /** As written: SHA1, SHA256, SHA384, SHA512, RIPEMD160. */
  readonly digestMethods?: readonly string[]
  readonly reasons?: readonly string[]
  /** /MDP /P: 0 an approval signature, else a certification with that level. */
  readonly certification?: 0 | AllowedChanges
  readonly timestamp?: { readonly url: string; readonly required: boolean }
  readonly lockDocument?: string
  readonly addRevocation?: boolean
}

export type SeedConstraint = (typeof seedFlags)[number]

/** By bit position of /Ff, from bit 1. */
const seedFlags = [
  'Filter',
  'SubFilter',
  'V',
  'Reasons',
  'LegalAttestation',
  'AddRevInfo',
  'DigestMethod',
  'LockDocument',
  'AppearanceFilter',
] as const

/** The seed values of a signature field's dictionary; undefined where it has none. Throws PDF_UNREADABLE. */
export async function seedValuesOf(document: PdfDocument, field: PdfDictionary): Promise<SeedValues | undefined> {
  const seed = await document.resolve(entry(field, 'SV'))
  if (seed.kind !== 'dictionary') return undefined
  const flags = integerEntry(seed, 'Ff') ?? 0
  const filter = nameEntry(seed, 'Filter')
  const subFilters = await namesOf(document, entry(seed, 'SubFilter'))
  const digestMethods = await textsOf(document, entry(seed, 'DigestMethod'))
  const reasons = await textsOf(document, entry(seed, 'Reasons'))
  const mdp = await document.resolve(entry(seed, 'MDP'))
  const level = mdp.kind === 'dictionary' ? integerEntry(mdp, 'P') : undefined
  const timestamp = await timestampOf(document, seed)
  const addRevocation = await document.resolve(entry(seed, 'AddRevInfo'))
  const lockDocument = nameEntry(seed, 'LockDocument')
  return {
    required: new Set(seedFlags.filter((_, bit) => (flags >> bit) & 1)),
    ...(filter !== undefined && { filter }),
    ...(subFilters.length > 0 && { subFilters }),
    ...(digestMethods.length > 0 && { digestMethods }),
    ...(reasons.length > 0 && { reasons }),
    ...((level === 0 || level === 1 || level === 2 || level === 3) && { certification: level }),
    ...(timestamp && { timestamp }),
    ...(lockDocument !== undefined && { lockDocument }),
    ...(addRevocation.kind === 'boolean' && { addRevocation: addRevocation.value }),
  }
}

/** What a signature is going to be, as far as seed values speak of it. */
export interface SeedAnswer {
  readonly subFilter: string
  /** Such as `SHA256`. */
  readonly digestMethod: string
  readonly reason?: string
  /** 0 for an approval signature. */
  readonly certification?: 0 | AllowedChanges
  readonly timestamped: boolean
}

/** Throws REQUEST_INVALID, naming the entry, where the signature would break a requirement of the field. */
export function refuseAgainstSeed(seed: SeedValues, answer: SeedAnswer): void {
  const { required, subFilters, digestMethods, reasons, certification, timestamp } = seed
  const refuse = (key: string, wanted: string) => {
    throw new Fault('REQUEST_INVALID', `the field's seed value demands ${key} ${wanted}`)
  }
  if (required.has('Filter') && seed.filter !== undefined && seed.filter !== 'Adobe.PPKLite') {
    refuse('Filter', seed.filter)
  }
  if (required.has('SubFilter') && subFilters && !subFilters.includes(answer.subFilter)) {
    refuse('SubFilter', subFilters.join(' or '))
  }
  if (required.has('DigestMethod') && digestMethods && !digestMethods.includes(answer.digestMethod)) {
    refuse('DigestMethod', digestMethods.join(' or '))
  }
  if (required.has('Reasons') && reasons) {
    // One period alone stands for "no reason at all" (ISO 32000-1, table 234, Reasons).
    const none = reasons.length === 1 && reasons[0] === '.'
    if (none ? answer.reason !== undefined : !reasons.includes(answer.reason ?? ''))
      refuse('Reasons', reasons.join(' or '))
  }
  if (certification !== undefined && certification !== (answer.certification ?? 0)) {
    refuse('MDP', certification === 0 ? 'an approval signature' : `a certification of level ${certification}`)
  }
  if (timestamp?.required && !answer.timestamped) refuse('TimeStamp', timestamp.url)
}

async function namesOf(document: PdfDocument, value: PdfDirect): Promise<readonly string[]> {
  const array = await document.resolve(value)
  const names: string[] = []
  for (const item of array.kind === 'array' ? array.items : []) {
    const name = await document.resolve(item)
    if (name.kind === 'name') names.push(name.value)
  }
  return names
}

async function timestampOf(document: PdfDocument, seed: PdfDictionary): Promise<SeedValues['timestamp']> {
  const timestamp = await document.resolve(entry(seed, 'TimeStamp'))
  if (timestamp.kind !== 'dictionary') return undefined
  const url = await document.resolve(entry(timestamp, 'URL'))
  if (url.kind !== 'string') return undefined
  return { url: decodeText(url.bytes), required: integerEntry(timestamp, 'Ff') === 1 }
}
