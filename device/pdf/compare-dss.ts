// The document security store of two revisions (ETSI EN 319 142-1, 5.4.2): evidence may be added, none may go or change.

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
import type { PdfDocument } from './document.ts'
import { sameObject } from './equal.ts'
import { entry, type PdfDirect } from './objects.ts'

const evidenceKeys = ['Certs', 'OCSPs', 'CRLs', 'Cert', 'OCSP', 'CRL'] as const

/** Compares /DSS of the catalog. */
export async function compareDss(comparison: Comparison, slot: Slot): Promise<void> {
  const stores = await openDictionary(comparison, slot)
  if (!stores) return keep(comparison, slot)
  await addition(comparison, slot)
  const kept = new Set<string>()
  for (const key of evidenceKeys) {
    for (const item of await itemsOf(comparison.after, entry(stores.after, key))) kept.add(nameOf(item))
  }
  await compareKeys(comparison, stores, {
    ...evidenceRules(comparison, none),
    Type: inner => orNew(comparison, inner),
    VRI: inner => compareVri(comparison, inner, kept),
  })
}

const none: ReadonlySet<string> = new Set()

/** The lists per signature only point into the store: what the store keeps may leave them. */
async function compareVri(comparison: Comparison, slot: Slot, kept: ReadonlySet<string>): Promise<void> {
  const all = await openDictionary(comparison, slot)
  if (!all) return keep(comparison, slot)
  await addition(comparison, slot)
  const keys = [...new Set([...all.before.entries.keys(), ...all.after.entries.keys()])]
  const compareEach = (inner: Slot) => compareOne(comparison, inner, kept)
  await compareKeys(comparison, all, Object.fromEntries(keys.map(key => [key, compareEach])))
}

/** What is kept for one signature. */
async function compareOne(comparison: Comparison, slot: Slot, kept: ReadonlySet<string>): Promise<void> {
  const one = await openDictionary(comparison, slot)
  if (!one || (slot.before.kind !== 'null' && slot.after.kind === 'null')) return keep(comparison, slot)
  await addition(comparison, slot)
  await compareKeys(comparison, one, {
    ...evidenceRules(comparison, kept),
    Type: inner => orNew(comparison, inner),
    TU: inner => addition(comparison, inner),
    TS: inner => orNew(comparison, inner),
  })
}

function evidenceRules(comparison: Comparison, kept: ReadonlySet<string>) {
  return Object.fromEntries(evidenceKeys.map(key => [key, (inner: Slot) => compareEvidence(comparison, inner, kept)]))
}

/** A list that keeps what it had, in any order; but for what is `kept` elsewhere. */
async function compareEvidence(comparison: Comparison, slot: Slot, kept: ReadonlySet<string>): Promise<void> {
  const { before, after, object } = await open(comparison, slot)
  const old = before.kind === 'array' ? before.items : []
  const now = new Set((after.kind === 'array' ? after.items : []).map(nameOf))
  const lost = old.some(item => !now.has(nameOf(item)) && !kept.has(nameOf(item)))
  if (lost || (before.kind !== 'null' && before.kind !== 'array')) {
    report(comparison, { kind: 'other', object, path: slot.path, what: 'evidence was taken away' })
  }
  for (const value of old) comparison.fixed.push({ path: slot.path, value })
  await addition(comparison, slot)
}

async function itemsOf(document: PdfDocument, value: PdfDirect): Promise<readonly PdfDirect[]> {
  const list = await document.resolve(value)
  return list.kind === 'array' ? list.items : []
}

/** These lists hold references and nothing else. */
function nameOf(item: PdfDirect): string {
  return item.kind === 'reference' ? `${item.number} ${item.generation}` : item.kind
}

async function addition(comparison: Comparison, slot: Slot): Promise<void> {
  const { path, after } = slot
  const object = after.kind === 'reference' ? after.number : slot.object
  const replaced = after.kind === 'reference' && comparison.touched.has(after.number)
  const change: FoundChange = { kind: 'dss', object, path, what: 'evidence for long-term validation' }
  if (replaced || !sameObject(slot.before, after)) report(comparison, change)
  await bring(comparison, after, change)
}

async function orNew(comparison: Comparison, slot: Slot): Promise<void> {
  if (slot.before.kind !== 'null') return keep(comparison, slot)
  await addition(comparison, slot)
}
