// Everything that may not differ, followed to the end: an object that a revision replaces, frees or fills in must not be
// part of what the signed document showed, by whatever path it is reached there. This is what defeats a change that
// looks like one thing and is used as another.

import { readable } from './attempt.ts'
import { type Comparison, report } from './comparison.ts'
import { unreadable } from './limits.ts'
import { type ReferenceIndex, referencesIn } from './reference-index.ts'

/** Objects that are looked at for all revisions of a file together. */
export const maxWalkedObjects = 4_000_000

export interface WalkBudget {
  left: number
}

/** Where the walk came from: a fixed place, or another object. */
type Origin = { readonly path: string } | { readonly number: number }

/** Reports every touched object that a fixed value leads to. Throws PDF_UNREADABLE when there is too much to follow. */
export async function walkFixed(comparison: Comparison, index: ReferenceIndex, budget: WalkBudget): Promise<void> {
  const origins = new Map<number, Origin>()
  const waiting: number[] = []
  const reach = (number: number, origin: Origin) => {
    if (origins.has(number) || comparison.compared.has(number)) return
    origins.set(number, origin)
    waiting.push(number)
  }
  for (const { path, value } of comparison.fixed) {
    for (const number of referencesIn(value)) reach(number, { path })
  }
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    if (budget.left-- === 0) throw unreadable('too many objects to compare the revisions')
    const { numbers, problem } = await visit(comparison, index, number)
    if (problem) report(comparison, { kind: 'other', object: number, path: pathTo(origins, number), what: problem })
    for (const next of numbers) reach(next, { number })
  }
}

async function visit(comparison: Comparison, index: ReferenceIndex, number: number) {
  const { before, after, touched } = comparison
  const place = before.locate(number)
  const absent = place === undefined || place.kind === 'free'
  if (touched.has(number)) {
    const what = absent
      ? 'fills in an object that was missing when it was signed'
      : 'replaces an object that was signed'
    return { numbers: [], problem: what }
  }
  const { numbers, dataEnd, unreadable: hidden } = await index.of(before, number)
  if (dataEnd > before.file.size) return { numbers, problem: 'is a stream that goes on into what was appended' }
  const appears = hidden && (await readable(() => after.object(number, place?.kind === 'plain' ? place.generation : 0)))
  return { numbers, problem: appears ? 'could not be read when it was signed and can be now' : undefined }
}

/** The fixed place, then the objects on the way. */
function pathTo(origins: ReadonlyMap<number, Origin>, number: number): string {
  const steps: number[] = []
  for (let at: number | undefined = number; at !== undefined; ) {
    const origin: Origin | undefined = origins.get(at)
    if (origin === undefined || 'path' in origin) return [origin?.path ?? '', ...steps.toReversed()].join(' > ')
    steps.push(origin.number)
    at = origin.number
  }
  return ''
}
