// What a signature forbids to change after it: certification of the document (DocMDP) and the lock that a field carries
// (/Lock), which the signature turns into a FieldMDP transform. ISO 32000-2, 12.7.5.5 and 12.8.2.

import { Fault } from '../errors.ts'
import type { PdfDocument } from './document.ts'
import { entry, nameEntry, type PdfDictionary, type PdfReference, pdfArray, pdfDictionary, pdfName } from './objects.ts'
import type { AllowedChanges } from './permissions.ts'

/** A signature reference dictionary (ISO 32000-2, table 256). */
export type SignatureTransform = PdfDictionary

/** DocMDP: the whole document is certified (12.8.2.2). */
export function certification(level: AllowedChanges): SignatureTransform {
  return transform('DocMDP', { P: { kind: 'integer', value: level } })
}

/**
 * FieldMDP: the fields that the field's /Lock names are closed by this signature (12.8.2.4). Nothing without a /Lock.
 * Throws REQUEST_INVALID for a lock that is none, since the signature would promise something else than the form wants.
 */
export async function fieldLock(
  document: PdfDocument,
  field: PdfDictionary,
  catalog: PdfReference,
): Promise<readonly SignatureTransform[]> {
  const lock = await document.resolve(entry(field, 'Lock'))
  if (lock.kind === 'null') return []
  const action = lock.kind === 'dictionary' ? nameEntry(lock, 'Action') : undefined
  if (lock.kind !== 'dictionary' || (action !== 'All' && action !== 'Include' && action !== 'Exclude')) {
    throw new Fault('REQUEST_INVALID', 'the field has a /Lock without a usable /Action')
  }
  if (action === 'All') return [transform('FieldMDP', { Action: pdfName(action) }, catalog)]
  const fields = await document.resolve(entry(lock, 'Fields'))
  const names = fields.kind === 'array' ? await Promise.all(fields.items.map(item => document.resolve(item))) : []
  const texts = names.filter(name => name.kind === 'string')
  if (texts.length === 0 || texts.length !== names.length) {
    throw new Fault('REQUEST_INVALID', `the field has a /Lock /${action} that names no fields`)
  }
  return [transform('FieldMDP', { Action: pdfName(action), Fields: pdfArray(texts) }, catalog)]
}

function transform(method: string, parameters: Parameters<typeof pdfDictionary>[0], data?: PdfReference) {
  return pdfDictionary({
    Type: pdfName('SigRef'),
    TransformMethod: pdfName(method),
    TransformParams: pdfDictionary({
      Type: pdfName('TransformParams'),
      ...parameters,
      V: pdfName('1.2'),
    }),
    ...(data !== undefined && { Data: data }),
  })
}
