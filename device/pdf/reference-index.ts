// Which objects each object refers to, read once for all revisions that share it. Only the structure is read: stream data
// are never looked at, and of an object stream all objects are taken while it is unpacked.

import { readable } from './attempt.ts'
import type { PdfDocument } from './document.ts'
import { entry, type PdfDirect, type PdfObject } from './objects.ts'
import type { XrefEntry } from './xref-entries.ts'

export interface ObjectReferences {
  readonly numbers: readonly number[]
  /** Behind the object's stream data as its /Length says; 0 for anything but a stream. */
  readonly dataEnd: number
  /** Whether there is an object that cannot be read. */
  readonly unreadable: boolean
}

export interface ReferenceIndex {
  /** What object `number` of `document`, one of the revisions of the file, refers to. */
  of(document: PdfDocument, number: number): Promise<ObjectReferences>
}

const none: ObjectReferences = Object.freeze({ numbers: [], dataEnd: 0, unreadable: false })

export function createReferenceIndex(): ReferenceIndex {
  const known = new Map<XrefEntry, ObjectReferences>()
  const packed = new WeakMap<PdfDocument, ReadonlyMap<number, readonly number[]>>()

  async function of(document: PdfDocument, number: number): Promise<ObjectReferences> {
    const place = document.locate(number)
    if (place === undefined || place.kind === 'free') return none
    const before = known.get(place)
    if (before) return before
    if (place.kind === 'packed') {
      const members = packed.get(document) ?? membersOf(document)
      packed.set(document, members)
      for (const member of members.get(place.stream) ?? []) await learn(document, member)
    }
    return known.get(place) ?? (await learn(document, number))
  }

  async function learn(document: PdfDocument, number: number): Promise<ObjectReferences> {
    const place = document.locate(number)
    if (place === undefined || place.kind === 'free') return none
    const existing = known.get(place)
    if (existing) return existing
    const generation = place.kind === 'plain' ? place.generation : 0
    const object = await readable(() => document.object(number, generation))
    const references = object ? await referencesOf(document, object) : { ...none, unreadable: true }
    known.set(place, references)
    return references
  }

  return Object.freeze({ of })
}

/** The objects of each object stream. */
function membersOf(document: PdfDocument): ReadonlyMap<number, readonly number[]> {
  const members = new Map<number, number[]>()
  for (const number of objectNumbers(document)) {
    const place = document.locate(number)
    if (place?.kind !== 'packed') continue
    const list = members.get(place.stream) ?? []
    list.push(number)
    members.set(place.stream, list)
  }
  return members
}

function objectNumbers(document: PdfDocument): ReadonlySet<number> {
  return new Set(document.sections.flatMap(section => [...section.entries.keys()]))
}

async function referencesOf(document: PdfDocument, object: PdfObject): Promise<ObjectReferences> {
  if (object.kind !== 'stream') return { numbers: referencesIn(object), dataEnd: 0, unreadable: false }
  const length = await readable(() => document.resolve(entry(object.dictionary, 'Length')))
  const dataEnd = length?.kind === 'integer' ? object.dataStart + length.value : 0
  return { numbers: referencesIn(object.dictionary), dataEnd, unreadable: false }
}

/** Numbers of the objects that a value refers to, in its own order, each once. */
export function referencesIn(value: PdfDirect): readonly number[] {
  const numbers = new Set<number>()
  const visit = (one: PdfDirect) => {
    if (one.kind === 'reference') numbers.add(one.number)
    else if (one.kind === 'array') for (const item of one.items) visit(item)
    else if (one.kind === 'dictionary') for (const item of one.entries.values()) visit(item)
  }
  visit(value)
  return [...numbers]
}
