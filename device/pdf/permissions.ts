// What the signatures already in a document leave open: the certification (DocMDP), the fields that signatures lock
// (FieldMDP) and the locks that signed fields carry (/Lock). Long-term evidence and document time-stamps are always
// allowed. Follows ISO 32000-1, 12.8.2.2 and 12.8.2.4, and ISO 32000-2, table 236.

import { Fault } from '../errors.ts'
import type { PdfDocument } from './document.ts'
import { maxTreeNodes } from './limits.ts'
import { entry, nameEntry, type PdfDictionary, type PdfDirect } from './objects.ts'
import { decodeText } from './text.ts'
import { fieldsOf } from './tree.ts'

/** 1 no change; 2 form filling and signing; 3 annotations as well. */
export type AllowedChanges = 1 | 2 | 3

/** Fields that a signature locks: all, those named (`Include`) or all but those named (`Exclude`). */
export interface FieldLock {
  readonly action: 'All' | 'Include' | 'Exclude'
  /** Fully qualified names; each stands for the fields below it too. */
  readonly fields: readonly string[]
  /** The signed field whose signature locks them. */
  readonly lockedBy: string
}

export interface PdfPermissions {
  /** The narrowest of all certifications and locks; undefined where no signature restricts the document. */
  readonly allowedChanges: AllowedChanges | undefined
  readonly locks: readonly FieldLock[]
  /** Of an encrypted document, what its /P leaves to who opened it (ISO 32000-1, table 22). */
  readonly mayCreateFields: boolean
  readonly mayFillFields: boolean
}

/** What the signatures in `document` leave open. Throws PDF_UNREADABLE. */
export async function permissionsOf(document: PdfDocument): Promise<PdfPermissions> {
  const levels: AllowedChanges[] = []
  const locks: FieldLock[] = []
  const permissions = await document.resolve(entry(document.catalog, 'Perms'))
  if (permissions.kind === 'dictionary') {
    const certification = await document.resolve(entry(permissions, 'DocMDP'))
    if (certification.kind === 'dictionary') await readReferences(document, certification, '', levels, locks)
  }
  for await (const field of fieldsOf(document)) {
    if (field.type !== 'Sig') continue
    const signature = await document.resolve(field.value)
    if (signature.kind !== 'dictionary') continue
    await readReferences(document, signature, field.name, levels, locks)
    const lock = await document.resolve(entry(field.dictionary, 'Lock'))
    if (lock.kind !== 'dictionary') continue
    locks.push(...(await lockOf(document, lock, field.name)))
    if (lock.entries.has('P')) levels.push(await levelOf(document, lock))
  }
  const narrowest = levels.toSorted((a, b) => a - b)[0]
  const { mayCreateFields = true, mayFillFields = true } = document.encryption ?? {}
  return { allowedChanges: narrowest, locks, mayCreateFields, mayFillFields }
}

/** A signature that is about to be added. */
export interface SigningWish {
  readonly kind: 'signature' | 'timestamp'
  readonly fieldName: string
  /** Whether the document has the field already. */
  readonly existing?: boolean
  /** Whether it is to show something. */
  readonly visible?: boolean
}

/**
 * Throws PDF_CERTIFIED where no further signature may be added, or none that shows something, FIELD_LOCKED where the field called `fieldName` (new, or
 * `existing` and empty) may not be signed, PDF_ENCRYPTED where only the owner's password allows it. A document time-stamp
 * is allowed by every signature (ISO 32000-2, 12.8.2.2.2).
 */
export function refuseForbidden(permissions: PdfPermissions, request: SigningWish): void {
  const existing = request.existing ?? request.kind === 'timestamp'
  if (!permissions.mayCreateFields && !(existing && permissions.mayFillFields)) {
    throw new Fault('PDF_ENCRYPTED', 'its permissions (/P) let only who has the owner’s password sign it')
  }
  if (request.kind === 'timestamp') return
  if (permissions.allowedChanges === 1) {
    throw new Fault('PDF_CERTIFIED', 'its certification (DocMDP 1) allows no further signature')
  }
  if (permissions.allowedChanges !== undefined && request.visible && !existing) {
    // It could paint over what was certified, so verifiers, ours too, take it for an attack.
    throw new Fault('PDF_CERTIFIED', 'its certification leaves no room for a new visible signature')
  }
  const lock = permissions.locks.find(one => locks(one, request.fieldName))
  if (lock) throw new Fault('FIELD_LOCKED', `the signature in ${lock.lockedBy} locks the field ${request.fieldName}`)
}

/** Whether `lock` covers the field of that fully qualified name. */
export function locks(lock: FieldLock, fieldName: string): boolean {
  const named = lock.fields.some(name => fieldName === name || fieldName.startsWith(`${name}.`))
  return lock.action === 'All' || (lock.action === 'Include') === named
}

/** The transforms of one signature dictionary (ISO 32000-1, table 253). */
async function readReferences(
  document: PdfDocument,
  signature: PdfDictionary,
  fieldName: string,
  levels: AllowedChanges[],
  locks: FieldLock[],
): Promise<void> {
  const references = await document.resolve(entry(signature, 'Reference'))
  for (const item of references.kind === 'array' ? references.items : []) {
    const reference = await document.resolve(item)
    if (reference.kind !== 'dictionary') continue
    const method = nameEntry(reference, 'TransformMethod')
    const parameters = await document.resolve(entry(reference, 'TransformParams'))
    if (parameters.kind !== 'dictionary') continue
    if (method === 'DocMDP') levels.push(await levelOf(document, parameters))
    if (method === 'FieldMDP') locks.push(...(await lockOf(document, parameters, fieldName)))
  }
}

/** /P; 2 where it is missing (ISO 32000-1, table 254), and the strictest where it is none of the three. */
async function levelOf(document: PdfDocument, parameters: PdfDictionary): Promise<AllowedChanges> {
  const level = await document.resolve(entry(parameters, 'P'))
  if (level.kind === 'null') return 2
  return level.kind === 'integer' && (level.value === 2 || level.value === 3) ? level.value : 1
}

async function lockOf(
  document: PdfDocument,
  parameters: PdfDictionary,
  lockedBy: string,
): Promise<readonly FieldLock[]> {
  const action = await document.resolve(entry(parameters, 'Action'))
  const named = action.kind === 'name' ? action.value : ''
  if (named === 'Include' || named === 'Exclude') {
    return [{ action: named, fields: await textsOf(document, entry(parameters, 'Fields')), lockedBy }]
  }
  // An action that is none of the three is read as the strictest.
  return [{ action: 'All', fields: [], lockedBy }]
}

/** The text strings of an array, whatever else stands in it left out. */
export async function textsOf(document: PdfDocument, value: PdfDirect): Promise<readonly string[]> {
  const array = await document.resolve(value)
  const texts: string[] = []
  for (const item of array.kind === 'array' ? array.items.slice(0, maxTreeNodes) : []) {
    const text = await document.resolve(item)
    if (text.kind === 'string') texts.push(decodeText(text.bytes))
  }
  return texts
}
