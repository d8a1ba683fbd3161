// One revision beside the next: what both say in the same place, what a rule has found of a difference, and which values
// no rule allows to differ. A rule speaks for the places it knows; everything else must stay as it is, by whatever path
// it is reached.

import type { PdfDocument } from './document.ts'
import { sameObject } from './equal.ts'
import { entry, type PdfDictionary, type PdfDirect, type PdfObject } from './objects.ts'
import { referencesIn } from './reference-index.ts'
import { referent } from './referent.ts'

/**
 * What a change is, as its rule names it. `dss`, `timestamp`, `metadata`: long-term upkeep. `signature`: a signature field
 * is added or signed. `form-filling`, `annotation`: as the name says. `none`: nothing that a reader could notice.
 * `other`: everything that no rule allows.
 */
export type ChangeKind =
  | 'none'
  | 'dss'
  | 'timestamp'
  | 'metadata'
  | 'signature'
  | 'form-filling'
  | 'annotation'
  | 'other'

/** A change by one revision, before it is held against what a signature permits. */
export interface FoundChange {
  readonly kind: ChangeKind
  /** Number of the object that changed; 0 for the trailer. */
  readonly object: number
  /** The way to it from the trailer, such as `/Root/AcroForm/Fields/0`. */
  readonly path: string
  /** What happened, in words. */
  readonly what: string
  /** Fully qualified name of the form field concerned. */
  readonly field?: string
  /** Whether it paints something on a page that nothing was reserved for. */
  readonly visible?: boolean
}

/** The same place in both revisions. */
export interface Slot {
  readonly path: string
  /** Number of the object that holds it. */
  readonly object: number
  readonly before: PdfDirect
  readonly after: PdfDirect
}

/** A slot with its references followed; `object` is the object that holds the value after the change. */
export interface OpenSlot {
  readonly path: string
  readonly object: number
  readonly before: PdfObject
  readonly after: PdfObject
}

/** A slot that holds a dictionary in both. */
export interface DictionarySlot extends OpenSlot {
  readonly before: PdfDictionary
  readonly after: PdfDictionary
}

/** What became of a key; undefined leaves it to the rule that nothing may differ. */
export type KeyRules = Readonly<Record<string, (slot: Slot) => Promise<void> | void>>

export interface Comparison {
  readonly before: PdfDocument
  readonly after: PdfDocument
  readonly touched: ReadonlySet<number>
  /** Objects that a rule has compared key by key; they may be referred to from anywhere. */
  readonly compared: Set<number>
  readonly found: FoundChange[]
  /** Touched objects whose difference was gone into. */
  readonly opened: Set<number>
  /** What must not differ, with the path to it. */
  readonly fixed: { readonly path: string; readonly value: PdfDirect }[]
  /** Touched objects that `bring` has been through. */
  readonly brought: Set<number>
  /** Touched objects that a finding speaks for. */
  readonly spokenFor: Map<number, FoundChange>
}

export function comparisonOf(before: PdfDocument, after: PdfDocument, touched: ReadonlySet<number>): Comparison {
  const sets = { compared: new Set<number>(), opened: new Set<number>(), brought: new Set<number>() }
  return { before, after, touched, ...sets, found: [], fixed: [], spokenFor: new Map() }
}

export function report(comparison: Comparison, change: FoundChange): void {
  comparison.found.push(change)
  if (comparison.touched.has(change.object)) comparison.spokenFor.set(change.object, change)
}

/** Both values with their references followed. What no touched object is part of is read once. */
export async function open(comparison: Comparison, slot: Slot): Promise<OpenSlot> {
  const { before, after, touched } = comparison
  const object = slot.after.kind === 'reference' ? slot.after.number : slot.object
  let same = sameObject(slot.before, slot.after)
  const value = await referent(slot.before, ({ number, generation }) => {
    same &&= !touched.has(number)
    return before.object(number, generation)
  })
  if (!same) comparison.opened.add(object)
  return { path: slot.path, object, before: value, after: same ? value : await after.resolve(slot.after) }
}

/** The slot as dictionaries, an absent one as an empty one; undefined where either is something else. */
export async function openDictionary(comparison: Comparison, slot: Slot): Promise<DictionarySlot | undefined> {
  const opened = await open(comparison, slot)
  const before = opened.before.kind === 'null' ? emptyDictionary : opened.before
  const after = opened.after.kind === 'null' ? emptyDictionary : opened.after
  if (before.kind !== 'dictionary' || after.kind !== 'dictionary') return undefined
  return { ...opened, before, after }
}

const emptyDictionary: PdfDictionary = { kind: 'dictionary', entries: new Map(), repeatedKeys: [] }

/** The dictionaries key by key: by its rule where there is one, otherwise nothing may differ. */
export async function compareKeys(comparison: Comparison, slot: DictionarySlot, rules: KeyRules): Promise<void> {
  if (slot.after !== slot.before && slot.after.repeatedKeys.length > 0) {
    const what = `/${slot.after.repeatedKeys.join(', /')} stands twice`
    report(comparison, { kind: 'other', object: slot.object, path: slot.path, what })
  }
  for (const key of new Set([...slot.before.entries.keys(), ...slot.after.entries.keys()])) {
    const inner = under(slot, key)
    await (Object.hasOwn(rules, key) ? rules[key] : undefined)?.(inner)
    if (!Object.hasOwn(rules, key)) keep(comparison, inner)
  }
}

export function under(slot: DictionarySlot, key: string): Slot {
  const { path, object, before, after } = slot
  return { path: `${path}/${key}`, object, before: entry(before, key), after: entry(after, key) }
}

/** Nothing may differ here: not the value, and nothing that it leads to. */
export function keep(comparison: Comparison, slot: Slot): void {
  comparison.fixed.push({ path: slot.path, value: slot.before })
  if (sameObject(slot.before, slot.after)) return
  const how = slot.before.kind === 'null' ? 'added' : slot.after.kind === 'null' ? 'removed' : 'changed'
  report(comparison, { kind: 'other', object: slot.object, path: slot.path, what: `${slot.path} was ${how}` })
}

/**
 * The touched objects that `value` brings along are part of `change`. Objects that were there before are not gone into.
 */
export async function bring(comparison: Comparison, value: PdfDirect, change: FoundChange): Promise<void> {
  const waiting = [...referencesIn(value)]
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    if (!comparison.touched.has(number) || comparison.brought.has(number)) continue
    comparison.brought.add(number)
    if (!comparison.spokenFor.has(number)) comparison.spokenFor.set(number, change)
    const object = await comparison.after.resolve({
      kind: 'reference',
      number,
      generation: generationOf(comparison, number),
    })
    for (const next of referencesIn(object.kind === 'stream' ? object.dictionary : object)) waiting.push(next)
  }
}

function generationOf({ after }: Comparison, number: number): number {
  const place = after.locate(number)
  return place?.kind === 'plain' ? place.generation : 0
}

/** Whether the object is one that `before` did not have; one that is null is none (ISO 32000-1, 7.3.10). */
export async function isNew({ before, touched }: Comparison, value: PdfDirect): Promise<boolean> {
  if (value.kind !== 'reference' || !touched.has(value.number)) return false
  const place = before.locate(value.number)
  const generation = place?.kind === 'plain' ? place.generation : 0
  return (await before.object(value.number, generation)).kind === 'null'
}
