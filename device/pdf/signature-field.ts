// Preparing a signature: one incremental update that adds a signature field, or fills an empty one of the document's, and
// its signature dictionary with a slot for the CMS. The original bytes are an exact prefix of the result.
// Follows ISO 32000-1, 12.7.4.5 and 12.8, and EN 319 142-1, 5 and 6.

import { Fault } from '../errors.ts'
import type { DigestAlgorithm } from '../ports.ts'
import type { PdfDocument } from './document.ts'
import { changeInCatalog, type Draft } from './draft.ts'
import { addExtension } from './extension.ts'
import { certification, fieldLock, type SignatureTransform } from './field-lock.ts'
import { flagSignatures } from './form.ts'
import { writeRevision } from './incremental.ts'
import { unreadable } from './limits.ts'
import { type PdfReference, withEntries } from './objects.ts'
import { refuseTooLarge } from './pdfa.ts'
import { type AllowedChanges, permissionsOf, refuseForbidden } from './permissions.ts'
import { refuseAgainstSeed, seedValuesOf } from './seed-values.ts'
import {
  type PreparedSignature,
  padesSubFilter,
  placeSignature,
  type SignatureDictionaryRequest,
  signatureDictionary,
} from './signature-dictionary.ts'
import { addSignatureField, fillSignatureField, type SignatureAppearance } from './signature-widget.ts'
import { fieldsOf, type PdfField } from './tree.ts'

/** A signature field with its signature dictionary. */
export interface SignatureFieldRequest extends SignatureDictionaryRequest {
  /**
   * The empty signature field to fill, by its full name; where there is none, the wished name of a new one, to which a
   * number is appended if the document has such a field already. A timestamp never fills a field.
   */
  readonly fieldName: string
  /** Certifies the document (DocMDP); only as its first signature. */
  readonly certify?: AllowedChanges
  /** What the CMS will use and whether it gets a time-stamp, for fields that demand something of it (/SV). */
  readonly digestAlgorithm?: DigestAlgorithm
  readonly timestamped?: boolean
  /** What a signature shows; without it a new field is invisible. */
  readonly appearance?: SignatureAppearance
}

/**
 * The update that adds one signature to the newest revision, with the changes that `draft` already has. Throws
 * PDF_UNREADABLE (no page for the widget, bytes behind the last revision of a signed document), PDF_CERTIFIED or
 * FIELD_LOCKED (an earlier signature forbids it), PDF_TOO_LARGE or REQUEST_INVALID (`reservedBytes`; a certification that is
 * not the first signature; what a field demands and does not get; an appearance that cannot be shown), IMAGE_UNREADABLE or
 * IMAGE_TOO_LARGE.
 */
export async function prepareSignature(draft: Draft, request: SignatureFieldRequest): Promise<PreparedSignature> {
  const { document } = draft
  const survey = await surveyFields(document)
  // Appending would bury what made the earlier signatures suspect.
  if (survey.signed && document.tail.end !== document.file.size)
    throw unreadable('bytes follow the last signed revision')
  const signature = draft.take()
  const empty = request.kind === 'signature' ? survey.empty.get(request.fieldName) : undefined
  const fieldName = empty?.name ?? freeName(survey.names, request.fieldName)
  const wish = { existing: empty !== undefined, visible: request.appearance !== undefined }
  refuseForbidden(await permissionsOf(document), { kind: request.kind, fieldName, ...wish })
  const locks = empty ? await fillField(draft, empty, signature, request) : []
  const { appearance } = request
  const added = { name: fieldName, signature, mayPaint: !survey.signed, ...(appearance && { appearance }) }
  if (!empty) await addSignatureField(draft, added)
  const certified = request.certify === undefined ? [] : [await certify(draft, request.certify, survey, signature)]
  await flagSignatures(draft)
  await addExtension(draft)
  draft.putSyntax(signature, signatureDictionary(request, [...certified, ...locks]))
  const revision = await writeRevision(document, draft.objects())
  await refuseTooLarge(document, revision.bytes.length)
  const { reservedBytes } = request
  return { fieldName, reservedBytes, ...placeSignature(document.file.size, revision, signature, reservedBytes) }
}

/** What the field demands of its signature is held against the request; what it locks goes into the signature. */
async function fillField(
  draft: Draft,
  field: PdfField,
  signature: PdfReference,
  request: SignatureFieldRequest,
): Promise<readonly SignatureTransform[]> {
  const seed = await seedValuesOf(draft.document, field.dictionary)
  if (seed) {
    refuseAgainstSeed(seed, {
      subFilter: padesSubFilter,
      digestMethod: (request.digestAlgorithm ?? 'SHA-256').replace('-', ''),
      certification: request.certify ?? 0,
      timestamped: request.timestamped ?? false,
      ...(request.reason !== undefined && { reason: request.reason }),
    })
  }
  await fillSignatureField(draft, field, signature, request.appearance)
  return fieldLock(draft.document, field.dictionary, draft.catalogReference)
}

/** /Perms names the one certification signature, which must come before every other (ISO 32000-1, 12.8.4). */
async function certify(draft: Draft, level: AllowedChanges, { signed }: FieldSurvey, signature: PdfReference) {
  if (signed) throw new Fault('REQUEST_INVALID', 'only the first signature of a document can certify it')
  await changeInCatalog(draft, 'Perms', existing => withEntries(existing, { DocMDP: signature }))
  return certification(level)
}

interface FieldSurvey {
  /** Full names, and the first parts of them. */
  readonly names: ReadonlySet<string>
  readonly empty: ReadonlyMap<string, PdfField>
  readonly signed: boolean
}

async function surveyFields(document: PdfDocument): Promise<FieldSurvey> {
  const names = new Set<string>()
  const empty = new Map<string, PdfField>()
  let signed = false
  for await (const field of fieldsOf(document)) {
    const { name, type } = field
    names.add(name).add(name.split('.')[0] ?? '')
    if (type !== 'Sig') continue
    const value = await document.resolve(field.value)
    if (value.kind === 'null') empty.set(name, field)
    else signed = true
  }
  return { names, empty, signed }
}

/**
 * A new field is a root of the field tree, where its name must be the only one and has no dots (ISO 32000-1, 12.7.3.2). A
 * number at the end of the wished name counts on.
 */
function freeName(taken: ReadonlySet<string>, wished: string): string {
  const base = wished.replaceAll('.', '-')
  const stem = base.replace(/\d{1,9}$/, '')
  let number = Number(base.slice(stem.length) || 1)
  let name = base
  while (taken.has(name)) {
    number++
    name = `${stem}${number}`
  }
  return name
}
