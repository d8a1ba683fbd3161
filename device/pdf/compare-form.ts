// The interactive form of two revisions (ISO 32000-1, 12.7): the tree of fields stays and may get signature fields, one by
// one and each new. What an existing field may change is its own matter (compare-field.ts).

import { compareFieldValue, type FieldFacts, freely } from './compare-field.ts'
import { isSubsequence } from './compare-pages.ts'
import { compareSignatureField, reportNewField } from './compare-signature-field.ts'
import {
  bring,
  type Comparison,
  compareKeys,
  type DictionarySlot,
  keep,
  open,
  openDictionary,
  report,
  type Slot,
  under,
} from './comparison.ts'
import { sameObject } from './equal.ts'
import { maxTreeDepth, maxTreeNodes, unreadable } from './limits.ts'
import { entry, integerEntry, nameEntry, type PdfDictionary, type PdfDirect, pdfNull } from './objects.ts'
import { decodeText } from './text.ts'
import { serialise } from './write.ts'

/** Compares /AcroForm of the catalog. */
export async function compareAcroForm(comparison: Comparison, slot: Slot): Promise<void> {
  const forms = await openDictionary(comparison, slot)
  if (!forms) return keep(comparison, slot)
  if (slot.before.kind === 'reference') comparison.compared.add(slot.before.number)
  const isFirst = slot.before.kind === 'null'
  await compareKeys(comparison, forms, {
    Fields: inner => compareRootFields(comparison, inner),
    SigFlags: inner => compareFlags(comparison, inner),
    DR: inner => compareDefaultResources(comparison, inner),
    DA: inner => (isFirst ? undefined : keep(comparison, inner)),
    // Whether readers draw the appearances themselves: it decides what a field shows.
    NeedAppearances: inner => (isTrue(inner.before) || isTrue(inner.after) ? keep(comparison, inner) : undefined),
  })
}

const isTrue = (value: PdfDirect) => value.kind !== 'null' && !(value.kind === 'boolean' && !value.value)

/** /SigFlags only gain bits (ISO 32000-1, table 219). */
function compareFlags(comparison: Comparison, slot: Slot): void {
  const before = slot.before.kind === 'null' ? 0 : slot.before.kind === 'integer' ? slot.before.value : undefined
  const after = slot.after.kind === 'integer' ? slot.after.value : undefined
  const gains = before !== undefined && after !== undefined && (before & after) === before && after <= 3
  if (!gains) keep(comparison, slot)
}

/** Default resources gain fonts of names that were free, for the appearance of a new field. */
async function compareDefaultResources(comparison: Comparison, slot: Slot): Promise<void> {
  const resources = await openDictionary(comparison, slot)
  if (!resources) return keep(comparison, slot)
  await compareKeys(comparison, resources, { Font: inner => compareDefaultFonts(comparison, inner) })
}

async function compareDefaultFonts(comparison: Comparison, slot: Slot): Promise<void> {
  const names = await openDictionary(comparison, slot)
  if (!names) return keep(comparison, slot)
  const added = [...names.after.entries.keys()].filter(name => entry(names.before, name).kind === 'null')
  const change = { kind: 'signature', object: names.object, path: slot.path, what: 'a font for new fields' } as const
  if (added.length > 0) report(comparison, change)
  await bring(comparison, slot.after, change)
  await compareKeys(comparison, names, freely(added))
}

/** What a field has from those above it. */
type Inherited = Pick<FieldFacts, 'name' | 'type' | 'flags'>

const nothingInherited: Inherited = Object.freeze({ name: '', type: '', flags: 0 })

async function compareRootFields(comparison: Comparison, slot: Slot): Promise<void> {
  const { before, after, object, path } = await open(comparison, slot)
  if (![before, after].every(one => one.kind === 'array' || one.kind === 'null')) return keep(comparison, slot)
  const old = before.kind === 'array' ? before.items : []
  const now = after.kind === 'array' ? after.items : []
  if (before !== after && !isSubsequence(old, now)) {
    report(comparison, { kind: 'other', object, path, what: 'form fields were removed or reordered' })
  }
  const walk = createFieldWalk(comparison)
  for (const [index, item] of old.entries()) {
    await walk.compare({ path: `${path}/${index}`, object, before: item, after: item }, nothingInherited, 0)
  }
  if (before === after) return
  const known = new Set(old.map(serialise))
  for (const [index, item] of now.entries()) {
    if (known.has(serialise(item))) continue
    await reportNewField(comparison, { path: `${path}/${index}`, object, before: pdfNull, after: item }, walk.names)
  }
}

/** One walk over the tree of fields that were there. */
function createFieldWalk(comparison: Comparison) {
  const names = new Set<string>()
  let left = maxTreeNodes

  async function compare(slot: Slot, parent: Inherited, depth: number): Promise<void> {
    if (left-- === 0 || depth > maxTreeDepth) throw unreadable('the form is too large to compare')
    // A field that is no object of its own, or stands twice, has nothing that may change.
    if (slot.before.kind !== 'reference' || comparison.compared.has(slot.before.number)) return keep(comparison, slot)
    const node = await openDictionary(comparison, slot)
    if (!node) return keep(comparison, slot)
    comparison.compared.add(slot.before.number)
    const facts = await factsOf(comparison, node.before, parent)
    names.add(facts.name)
    const kids = await kidsOf(node, depth)
    if (kids === undefined) return compareKeys(comparison, node, {})
    if (kids.some(kid => kid.before.entries.has('T'))) return compareBranch(node, facts, depth)
    for (const { object } of kids) comparison.compared.add(object)
    const field = { ...facts, number: slot.before.number, node, kids }
    await (facts.type === 'Sig' ? compareSignatureField : compareFieldValue)(comparison, field)
  }

  /** /Kids as they were and are; undefined where they are not a list of dictionaries that stayed the same. */
  async function kidsOf(node: DictionarySlot, depth: number): Promise<readonly DictionarySlot[] | undefined> {
    const { before, after, path, object } = await open(comparison, under(node, 'Kids'))
    if (before.kind === 'null' && after.kind === 'null') return []
    if (before.kind !== 'array' || !sameObject(before, after) || depth === maxTreeDepth) return undefined
    left -= before.items.length
    if (left < 0) throw unreadable('the form is too large to compare')
    const kids: DictionarySlot[] = []
    for (const [index, item] of before.items.entries()) {
      if (item.kind !== 'reference' || comparison.compared.has(item.number)) return undefined
      const kid = await openDictionary(comparison, { path: `${path}/${index}`, object, before: item, after: item })
      if (!kid) return undefined
      kids.push(kid)
    }
    return kids
  }

  async function compareBranch(node: DictionarySlot, facts: Inherited, depth: number): Promise<void> {
    await compareKeys(comparison, node, {
      Kids: async slot => {
        const { before, path, object } = await open(comparison, slot)
        for (const [index, item] of before.kind === 'array' ? before.items.entries() : []) {
          await compare({ path: `${path}/${index}`, object, before: item, after: item }, facts, depth + 1)
        }
      },
    })
  }

  return { compare, names }
}

async function factsOf({ before }: Comparison, dictionary: PdfDictionary, parent: Inherited): Promise<Inherited> {
  const partial = await before.resolve(entry(dictionary, 'T'))
  const text = partial.kind === 'string' ? decodeText(partial.bytes) : ''
  return {
    name: [parent.name, text].filter(part => part !== '').join('.'),
    type: nameEntry(dictionary, 'FT') ?? parent.type,
    flags: integerEntry(dictionary, 'Ff') ?? parent.flags,
  }
}
