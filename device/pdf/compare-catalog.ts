// Trailer and catalog of two revisions (ISO 32000-1, 7.5.5 and 7.7.2): the few entries that upkeep may change. Everything
// else there decides what a reader shows (pages, layers, names, actions, viewer settings) and has to stay.

import { compareDss } from './compare-dss.ts'
import { compareAcroForm } from './compare-form.ts'
import { comparePages } from './compare-pages.ts'
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
import { entry, nameEntry, pdfNull } from './objects.ts'

/** Compares everything that can be reached from the trailer. */
export async function compareTrailers(comparison: Comparison): Promise<void> {
  const { before, after } = comparison
  const slot: DictionarySlot = { path: '', object: 0, before: before.trailer, after: after.trailer }
  const ignore = () => {}
  await compareKeys(comparison, slot, {
    ...Object.fromEntries(sectionKeys.map(key => [key, ignore])),
    Root: inner => compareRoots(comparison, inner),
    Info: inner => compareInfo(comparison, inner),
    ID: inner => compareIdentifiers(comparison, inner),
    Size: inner => compareSize(comparison, inner),
    XRefStm: inner => compareHybrid(comparison, inner),
  })
}

/** What describes the section itself (ISO 32000-1, tables 15, 17 and 19). */
const sectionKeys = ['Prev', 'Type', 'W', 'Index', 'Length', 'Filter', 'DecodeParms', 'DL'] as const

async function compareRoots(comparison: Comparison, slot: Slot): Promise<void> {
  const { before, after } = slot
  if (before.kind !== 'reference' || after.kind !== 'reference' || before.number !== after.number) {
    report(comparison, { kind: 'other', object: 0, path: slot.path, what: 'the catalog is another object' })
  }
  const catalogs = await openDictionary(comparison, slot)
  if (!catalogs) return keep(comparison, slot)
  if (before.kind === 'reference') comparison.compared.add(before.number)
  // The form comes first: its fields are what the pages show.
  await compareAcroForm(comparison, under(catalogs, 'AcroForm'))
  await compareKeys(comparison, catalogs, {
    AcroForm: () => {},
    Pages: inner => comparePages(comparison, inner),
    DSS: inner => compareDss(comparison, inner),
    Metadata: inner => compareMetadata(comparison, inner),
    Extensions: inner => compareExtensions(comparison, inner),
    Version: inner => compareVersion(comparison, inner),
  })
}

/** /Size: objects from there on count as missing (ISO 32000-1, table 15), so it never falls. */
function compareSize(comparison: Comparison, slot: Slot): void {
  const size = slot.after.kind === 'integer' ? slot.after.value : -1
  let least = slot.before.kind === 'integer' ? slot.before.value : 0
  for (const number of comparison.after.sections[0].entries.keys()) least = Math.max(least, number + 1)
  if (size >= least) return
  report(comparison, { kind: 'other', object: 0, path: slot.path, what: `/Size ${size} hides objects` })
}

/** A hybrid update shows one thing to readers that know cross-reference streams and another to those that do not. */
function compareHybrid(comparison: Comparison, slot: Slot): void {
  if (slot.after.kind === 'null') return
  report(comparison, { kind: 'other', object: 0, path: slot.path, what: 'the update is a hybrid' })
}

/**
 * /ID: the first half names the document and should stay (ISO 32000-1, 14.4). AutoFirma gives both halves anew with every
 * signature. Nothing is shown of it, so a new pair is allowed, but where it is part of the key of an encrypted document.
 */
async function compareIdentifiers(comparison: Comparison, slot: Slot): Promise<void> {
  const { path, object, before, after } = await open(comparison, slot)
  if (before.kind === 'null') return
  const halves = after.kind === 'array' ? after.items : []
  const [first = pdfNull] = before.kind === 'array' ? before.items : []
  const [second = pdfNull] = halves
  if (sameObject(first, second)) return
  const isPair = halves.length === 2 && halves.every(half => half.kind === 'string')
  if (isPair && comparison.before.encryption === undefined) return
  report(comparison, { kind: 'other', object, path, what: 'the identifier of the document changed' })
}

const upkeepInfo = ['ModDate', 'Producer'] as const
const firstInfo = [...upkeepInfo, 'Creator', 'CreationDate'] as const

/** The document information: what a program says of itself may change, what it says of the document may not. */
async function compareInfo(comparison: Comparison, slot: Slot): Promise<void> {
  const infos = await openDictionary(comparison, slot)
  if (!infos) return keep(comparison, slot)
  if (slot.before.kind === 'reference') comparison.compared.add(slot.before.number)
  const change = {
    kind: 'metadata',
    object: infos.object,
    path: slot.path,
    what: 'modification date or producer',
  } as const
  const allowed = slot.before.kind === 'null' ? firstInfo : upkeepInfo
  const changed = allowed.filter(key => !sameObject(entry(infos.before, key), entry(infos.after, key)))
  if (changed.length > 0) report(comparison, change)
  await bring(comparison, slot.after, change)
  await compareKeys(comparison, infos, Object.fromEntries(changed.map(key => [key, () => {}])))
}

/** The XMP of the document (ISO 32000-1, 14.3.2): replaced whole by another one. */
async function compareMetadata(comparison: Comparison, slot: Slot): Promise<void> {
  const { path, object, before, after } = await open(comparison, slot)
  if (before === after) return keep(comparison, slot)
  const isXmp = after.kind === 'stream' && nameEntry(after.dictionary, 'Subtype') === 'XML'
  const change = { kind: isXmp ? 'metadata' : 'other', object, path, what: 'the XMP of the document' } as const
  report(comparison, change)
  await bring(comparison, slot.after, change)
}

/** Developer extensions (ISO 32000-1, 7.12): one more prefix, or a higher level of one. */
async function compareExtensions(comparison: Comparison, slot: Slot): Promise<void> {
  const extensions = await openDictionary(comparison, slot)
  if (!extensions) return keep(comparison, slot)
  const added: Record<string, () => void> = {}
  for (const key of extensions.after.entries.keys()) {
    const inner = under(extensions, key)
    if (sameObject(inner.before, inner.after) || inner.before.kind === 'reference') continue
    if (!(inner.before.kind === 'null' || isHigher(inner.before, inner.after))) continue
    added[key] = () => {}
    const change = {
      kind: 'dss',
      object: extensions.object,
      path: inner.path,
      what: 'an extension of the format',
    } as const
    report(comparison, change)
    await bring(comparison, inner.after, change)
  }
  await compareKeys(comparison, extensions, added)
}

function isHigher(before: Slot['before'], after: Slot['after']): boolean {
  return levelOf(before) !== undefined && (levelOf(after) ?? 0) > (levelOf(before) ?? 0)
}

function levelOf(value: Slot['before']): number | undefined {
  const level = value.kind === 'dictionary' ? entry(value, 'ExtensionLevel') : pdfNull
  return level.kind === 'integer' ? level.value : undefined
}

/** The version may rise (ISO 32000-1, 7.2.2). */
function compareVersion(comparison: Comparison, slot: Slot): void {
  if (sameObject(slot.before, slot.after)) return
  const { before, after } = slot
  const old = before.kind === 'name' ? before.value : comparison.before.headerVersion
  const rises = after.kind === 'name' && /^[12]\.\d$/.test(after.value) && after.value >= old
  const what = rises ? `the version rises to ${after.value}` : 'the version changes'
  report(comparison, { kind: rises ? 'dss' : 'other', object: slot.object, path: slot.path, what })
}
