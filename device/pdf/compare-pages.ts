// The pages of two revisions (ISO 32000-1, 7.7.3): the tree and every page stay as they are, except that a page may get
// further annotations. A widget is the form's matter; of other annotations only such as cannot cover or imitate content
// are told apart, for certifications that allow annotations.

import {
  bring,
  type Comparison,
  compareKeys,
  type FoundChange,
  keep,
  open,
  openDictionary,
  report,
  type Slot,
} from './comparison.ts'
import { sameObject } from './equal.ts'
import { maxTreeDepth, maxTreeNodes, unreadable } from './limits.ts'
import { entry, nameEntry, type PdfDictionary, type PdfDirect, pdfNull } from './objects.ts'
import { serialise } from './write.ts'

/** Compares /Pages of the catalog; the form has been compared before. */
export async function comparePages(comparison: Comparison, root: Slot): Promise<void> {
  let left = maxTreeNodes
  const walk = async (slot: Slot, depth: number): Promise<void> => {
    if (left-- === 0 || depth > maxTreeDepth) throw unreadable('the page tree is too large to compare')
    if (!sameObject(slot.before, slot.after)) return keep(comparison, slot)
    if (slot.before.kind === 'reference') {
      if (comparison.compared.has(slot.before.number)) return keep(comparison, slot)
      comparison.compared.add(slot.before.number)
    }
    const node = await openDictionary(comparison, slot)
    if (!node) return keep(comparison, slot)
    await compareKeys(comparison, node, {
      Kids: inner => kids(inner, depth),
      Annots: inner => compareAnnotations(comparison, inner),
    })
  }
  const kids = async (slot: Slot, depth: number): Promise<void> => {
    const { before, after, path, object } = await open(comparison, slot)
    if (before.kind !== 'array' || !sameObject(before, after)) return keep(comparison, slot)
    for (const [index, kid] of before.items.entries()) {
      await walk({ path: `${path}/${index}`, object, before: kid, after: kid }, depth + 1)
    }
  }
  await walk(root, 0)
}

/** The annotations that were there stay, in their order; what is new is judged one by one. */
async function compareAnnotations(comparison: Comparison, slot: Slot): Promise<void> {
  const { before, after, object, path } = await open(comparison, slot)
  const old = before.kind === 'array' ? before.items : []
  const now = after.kind === 'array' ? after.items : []
  if (![before, after].every(one => one.kind === 'array' || one.kind === 'null')) return keep(comparison, slot)
  if (before !== after && !isSubsequence(old, now)) {
    report(comparison, { kind: 'other', object, path, what: 'annotations were removed or reordered' })
  }
  for (const [index, item] of old.entries()) {
    const isField = item.kind === 'reference' && comparison.compared.has(item.number)
    if (!isField) comparison.fixed.push({ path: `${path}/${index}`, value: item })
  }
  if (before === after) return
  const known = new Set(old.map(keyOf))
  for (const [index, item] of now.entries()) {
    if (known.has(keyOf(item))) continue
    await addedAnnotation(comparison, { path: `${path}/${index}`, object, before: pdfNull, after: item }, slot.object)
  }
}

/** Whether `whole` holds the items of `part` in their order, whatever stands between them. */
export function isSubsequence(part: readonly PdfDirect[], whole: readonly PdfDirect[]): boolean {
  let at = 0
  for (const item of whole) {
    const wanted = part[at]
    if (wanted !== undefined && sameObject(wanted, item)) at++
  }
  return at === part.length
}

function keyOf(item: PdfDirect): string | number {
  return item.kind === 'reference' ? item.number : serialise(item)
}

/** Kinds that show an icon or mark text with a shape of the reader's own. */
const harmlessKinds = new Set(['Text', 'Popup', 'Highlight', 'Underline', 'Squiggly', 'StrikeOut'])

async function addedAnnotation(comparison: Comparison, slot: Slot, page: number): Promise<void> {
  const opened = await openDictionary(comparison, slot)
  const number = slot.after.kind === 'reference' ? slot.after.number : undefined
  const spoken = number === undefined ? undefined : comparison.spokenFor.get(number)
  const own = opened ? entry(opened.after, 'P') : pdfNull
  const isOwnPage = own.kind === 'reference' && own.number === page
  // The form has spoken for the widgets of new signature fields, on the page that each names.
  if (spoken?.field !== undefined && (isOwnPage || !spoken.visible)) return
  const change = annotationChange(opened?.after, slot)
  report(comparison, change)
  await bring(comparison, slot.after, change)
}

function annotationChange(dictionary: PdfDictionary | undefined, { object, path, after }: Slot): FoundChange {
  const at = { object: after.kind === 'reference' ? after.number : object, path }
  const subtype = dictionary ? nameEntry(dictionary, 'Subtype') : undefined
  if (!dictionary || subtype === undefined) return { ...at, kind: 'other', what: 'an annotation that cannot be read' }
  if (subtype === 'Widget')
    return { ...at, kind: 'other', what: 'a form widget that belongs to no new signature field' }
  const own = ['AP', 'A', 'AA'].filter(key => dictionary.entries.has(key))
  if (!harmlessKinds.has(subtype)) {
    return { ...at, kind: 'other', what: `a ${subtype} annotation, which can cover or imitate content` }
  }
  if (own.length > 0)
    return { ...at, kind: 'other', what: `a ${subtype} annotation with /${own.join(', /')} of its own` }
  return { ...at, kind: 'annotation', what: `a ${subtype} annotation` }
}
