// What one revision changed of the one before it, as a list of findings by rules. Whatever no rule knows is `other`; so is
// everything that an object was also used for, by whatever path (ISO 32000-1, 7.5.6 and 12.8.1).

import { readable } from './attempt.ts'
import { compareTrailers } from './compare-catalog.ts'
import { type Comparison, comparisonOf, type FoundChange, report } from './comparison.ts'
import type { PdfDocument } from './document.ts'
import { sameObject } from './equal.ts'
import { entry, nameEntry, type PdfObject, type PdfStream } from './objects.ts'
import type { ReferenceIndex } from './reference-index.ts'
import type { PdfRevision } from './revision-extents.ts'
import { type WalkBudget, walkFixed } from './revision-walk.ts'
import { overlapProblem } from './widget-place.ts'
import type { XrefEntry } from './xref-entries.ts'

/** Shared by all revisions of a file. */
export interface ComparisonMeans {
  readonly index: ReferenceIndex
  readonly budget: WalkBudget
}

/** Everything that `revision` changed of `before`. Throws PDF_UNREADABLE where that cannot be found out. */
export async function changesOf(
  before: PdfDocument,
  revision: PdfRevision,
  { index, budget }: ComparisonMeans,
): Promise<readonly FoundChange[]> {
  const touched = new Set<number>()
  const comparison = comparisonOf(before, revision.document, touched)
  for (const [number, place] of revision.section.entries) {
    if (number !== 0 && (await isTouched(comparison, number, place))) touched.add(number)
  }
  await compareTrailers(comparison)
  await walkFixed(comparison, index, budget)
  for (const number of touched) {
    if (!comparison.spokenFor.has(number)) report(comparison, await remainder(comparison, revision, number))
  }
  return comparison.found
}

/** Whether the object says something else than before. Reports what no object may do at all. */
async function isTouched(comparison: Comparison, number: number, place: XrefEntry): Promise<boolean> {
  const { before, after } = comparison
  const refuse = (what: string) => report(comparison, { kind: 'other', object: number, path: '', what })
  const old = before.locate(number)
  if (old === undefined || old.kind === 'free') {
    if (place.kind === 'plain' && place.generation !== 0 && old === undefined) refuse('a new object has a generation')
    return place.kind !== 'free'
  }
  if (place.kind === 'free') {
    refuse('an object was freed')
    return true
  }
  const generation = old.kind === 'plain' ? old.generation : 0
  if (generation !== (place.kind === 'plain' ? place.generation : 0)) {
    refuse('an object got another generation')
    return true
  }
  const was = await readable(() => before.object(number, generation))
  const is = await after.object(number, generation)
  if (was === undefined || !(await saysTheSame(comparison, was, is))) {
    if (was?.kind === 'stream' && nameEntry(was.dictionary, 'Type') === 'ObjStm')
      refuse('an object stream was replaced')
    return true
  }
  await reportRewritten(comparison, number, is)
  return false
}

/** An object written again as it was is no change, unless a reader may paint it in another order. */
async function reportRewritten(comparison: Comparison, object: number, is: PdfObject): Promise<void> {
  const isWidget = is.kind === 'dictionary' && nameEntry(is, 'Subtype') === 'Widget'
  const overlap = isWidget ? await overlapProblem(comparison, object, is) : undefined
  const what = overlap ? `a widget was written again, and ${overlap}` : 'an object was written again as it was'
  report(comparison, { kind: overlap ? 'other' : 'none', object, path: '', what })
}

async function saysTheSame(comparison: Comparison, a: PdfObject, b: PdfObject): Promise<boolean> {
  if (!sameObject(a, b)) return false
  return a.kind !== 'stream' || b.kind !== 'stream' || sameData(comparison, a, b)
}

const chunkBytes = 1 << 20

async function sameData({ before, after }: Comparison, a: PdfStream, b: PdfStream): Promise<boolean> {
  const [length, other] = [
    await before.resolve(entry(a.dictionary, 'Length')),
    await after.resolve(entry(b.dictionary, 'Length')),
  ]
  if (length.kind !== 'integer' || !sameObject(length, other)) return false
  if (length.value < 0 || a.dataStart + length.value > before.file.size) return false
  if (b.dataStart + length.value > after.file.size) return false
  for (let done = 0; done < length.value; done += chunkBytes) {
    const wanted = Math.min(chunkBytes, length.value - done)
    const old = await before.file.read(a.dataStart + done, wanted)
    if (Buffer.compare(old, await after.file.read(b.dataStart + done, wanted)) !== 0) return false
  }
  return true
}

/** What the rules did not speak for: it was gone into without a finding, or nothing signed leads to it. */
async function remainder(comparison: Comparison, { section }: PdfRevision, object: number): Promise<FoundChange> {
  const place = section.entries.get(object)
  const generation = place?.kind === 'plain' ? place.generation : 0
  const value = await readable(() => comparison.after.object(object, generation))
  const type = value?.kind === 'stream' ? nameEntry(value.dictionary, 'Type') : undefined
  const found = { kind: 'none', object, path: '' } as const
  if (type === 'XRef') return { ...found, what: 'a cross-reference stream' }
  if (type === 'ObjStm') return { ...found, what: 'an object stream' }
  if (comparison.compared.has(object) || comparison.opened.has(object)) {
    return { ...found, what: 'changed only as the other findings say' }
  }
  // It waits for somebody to use it, as the objects of a prepared attack do.
  return { ...found, kind: 'other', what: 'an object that nothing signed uses was left behind' }
}
