// Signature fields of two revisions (ISO 32000-1, 12.7.4.5): a new one, an empty one that gets its signature, and signed
// ones, which never change again.

import { compareUnchanged, type FieldFacts, freely } from './compare-field.ts'
import {
  bring,
  type ChangeKind,
  type Comparison,
  compareKeys,
  isNew,
  type KeyRules,
  keep,
  openDictionary,
  report,
  type Slot,
  under,
} from './comparison.ts'
import { entry, nameEntry, type PdfDictionary, type PdfDirect } from './objects.ts'
import { decodeText } from './text.ts'
import { coverProblem, isVisible } from './widget-place.ts'

/** What a signer writes into the widget of a field that was prepared; of /F and /P only what cannot mean anything else. */
function signingRules(comparison: Comparison): KeyRules {
  return {
    ...freely(['AP', 'M']),
    F: slot => (slot.after.kind === 'integer' ? undefined : keep(comparison, slot)),
    P: slot => (slot.before.kind === 'null' ? undefined : keep(comparison, slot)),
  }
}

/** Compares a signature field that was there. */
export async function compareSignatureField(comparison: Comparison, field: FieldFacts): Promise<void> {
  const value = under(field.node, 'V')
  if (value.before.kind !== 'null' || value.after.kind === 'null') return compareUnchanged(comparison, field)
  const signature = await signatureIn(comparison, value.after)
  const problem = signature
    ? await signingProblem(comparison, field)
    : 'a signature field got a value that is no new signature'
  const kind: ChangeKind = problem === undefined && signature ? signature : 'other'
  const what = problem ?? 'an empty signature field was signed'
  const change = { kind, object: field.number, path: field.node.path, what, field: field.name } as const
  report(comparison, change)
  await bring(comparison, value.after, change)
  for (const widget of [field.node, ...field.kids]) {
    await bring(comparison, entry(widget.after, 'AP'), change)
    const own = widget === field.node ? freely(['V', 'Kids']) : {}
    await compareKeys(comparison, widget, { ...signingRules(comparison), ...own })
  }
}

/** A field that was empty and is shown now must not cover what was signed around it. */
async function signingProblem(comparison: Comparison, field: FieldFacts): Promise<string | undefined> {
  for (const widget of [field.node, ...field.kids]) {
    if (!widget.after.entries.has('Rect')) continue
    const number = widget === field.node ? field.number : widget.object
    const problem = await coverProblem(comparison, number, widget.after)
    if (problem) return problem
  }
  return undefined
}

/** Judges a field that the form did not have. */
export async function reportNewField(comparison: Comparison, slot: Slot, names: Set<string>): Promise<void> {
  const opened = await openDictionary(comparison, slot)
  const object = slot.after.kind === 'reference' ? slot.after.number : slot.object
  const dictionary = opened?.after
  const text = dictionary ? await comparison.after.resolve(entry(dictionary, 'T')) : undefined
  const name = text?.kind === 'string' ? decodeText(text.bytes) : ''
  const problem =
    dictionary && (await isNew(comparison, slot.after))
      ? await newFieldProblem(comparison, object, dictionary, name, names)
      : 'the form field is no new object'
  const visible = dictionary !== undefined && (await isVisible(comparison.after, dictionary))
  const value = dictionary ? entry(dictionary, 'V') : undefined
  const signature = value && value.kind !== 'null' ? await signatureIn(comparison, value) : 'signature'
  const kind = problem !== undefined || signature === undefined ? 'other' : visible ? 'signature' : signature
  const what = problem ?? describe(value, signature, visible)
  const change = { kind, object, path: slot.path, what, field: name, visible } as const
  report(comparison, change)
  await bring(comparison, slot.after, change)
  names.add(name)
}

function describe(value: PdfDirect | undefined, signature: string | undefined, visible: boolean): string {
  if (signature === undefined) return 'a signature field was added whose value is no new signature'
  const seen = visible ? 'a visible' : 'an invisible'
  if (value === undefined || value.kind === 'null') return `${seen} signature field without a signature was added`
  return `${seen} ${signature === 'timestamp' ? 'document time-stamp' : 'signature'} was added`
}

async function newFieldProblem(
  comparison: Comparison,
  number: number,
  dictionary: PdfDictionary,
  name: string,
  names: ReadonlySet<string>,
): Promise<string | undefined> {
  if (nameEntry(dictionary, 'FT') !== 'Sig') return 'a form field that is no signature field was added'
  if (nameEntry(dictionary, 'Subtype') !== 'Widget') return 'the new signature field is no widget'
  const odd = ['Kids', 'Parent', 'A', 'AA'].filter(key => dictionary.entries.has(key))
  if (odd.length > 0) return `the new signature field has /${odd.join(', /')}`
  if (dictionary.repeatedKeys.length > 0) return 'a key stands twice in the new signature field'
  if (name === '' || name.includes('.') || names.has(name))
    return `the name of the new field, "${name}", is taken or none`
  return coverProblem(comparison, number, dictionary)
}

/** What kind of signature a new value is; undefined where it is none or was there before. */
async function signatureIn(comparison: Comparison, value: PdfDirect): Promise<'signature' | 'timestamp' | undefined> {
  if (!(await isNew(comparison, value))) return undefined
  const dictionary = await comparison.after.resolve(value)
  if (dictionary.kind !== 'dictionary' || !dictionary.entries.has('ByteRange')) return undefined
  return nameEntry(dictionary, 'Type') === 'DocTimeStamp' ? 'timestamp' : 'signature'
}
