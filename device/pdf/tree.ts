// Walking the two trees of a document: its pages (ISO 32000-1, 7.7.3) and its form fields (12.7.3). Every node is visited
// once; a tree that loops, is too deep or too large is PDF_UNREADABLE.

import type { PdfDocument } from './document.ts'
import { maxTreeDepth, maxTreeNodes, unreadable } from './limits.ts'
import { entry, nameEntry, type PdfDictionary, type PdfDirect, type PdfReference, pdfNull } from './objects.ts'
import { decodeText } from './text.ts'

export interface PdfPageNode {
  readonly reference: PdfReference
  readonly dictionary: PdfDictionary
}

export interface PdfField {
  /** Fully qualified: partial names joined by dots (12.7.3.2). */
  readonly name: string
  /** Of its own dictionary; absent for a field written directly into an array. */
  readonly reference?: PdfReference
  readonly dictionary: PdfDictionary
  /** /FT, inherited; empty where there is none. */
  readonly type: string
  /** /V, inherited, unresolved. */
  readonly value: PdfDirect
}

/** The pages in order. */
export async function* pagesOf(document: PdfDocument): AsyncGenerator<PdfPageNode> {
  const visit = visitor()
  async function* walk(node: PdfDirect, depth: number): AsyncGenerator<PdfPageNode> {
    visit(node, depth)
    const dictionary = await document.resolve(node)
    if (dictionary.kind !== 'dictionary') return
    const kids = await document.resolve(entry(dictionary, 'Kids'))
    if (kids.kind === 'array' && nameEntry(dictionary, 'Type') !== 'Page') {
      for (const kid of kids.items) yield* walk(kid, depth + 1)
    } else if (node.kind === 'reference') yield { reference: node, dictionary }
  }
  yield* walk(entry(document.catalog, 'Pages'), 0)
}

/** The form's terminal fields, in the order of the tree. */
export async function* fieldsOf(document: PdfDocument): AsyncGenerator<PdfField> {
  const visit = visitor()
  async function* walk(node: PdfDirect, parent: Inherited, depth: number): AsyncGenerator<PdfField> {
    visit(node, depth)
    const dictionary = await document.resolve(node)
    if (dictionary.kind !== 'dictionary') return
    const own = await inherit(document, dictionary, parent)
    const kids = await fieldKids(document, dictionary)
    for (const kid of kids) yield* walk(kid, own, depth + 1)
    if (kids.length > 0) return
    yield { ...own, dictionary, ...(node.kind === 'reference' && { reference: node }) }
  }
  const form = await document.resolve(entry(document.catalog, 'AcroForm'))
  if (form.kind !== 'dictionary') return
  const roots = await document.resolve(entry(form, 'Fields'))
  if (roots.kind !== 'array') return
  for (const root of roots.items) yield* walk(root, { name: '', type: '', value: pdfNull }, 0)
}

interface Inherited {
  readonly name: string
  readonly type: string
  readonly value: PdfDirect
}

async function inherit(document: PdfDocument, dictionary: PdfDictionary, parent: Inherited): Promise<Inherited> {
  const partial = await document.resolve(entry(dictionary, 'T'))
  const text = partial.kind === 'string' ? decodeText(partial.bytes) : ''
  const type = await document.resolve(entry(dictionary, 'FT'))
  return {
    name: [parent.name, text].filter(part => part !== '').join('.'),
    type: type.kind === 'name' ? type.value : parent.type,
    value: dictionary.entries.get('V') ?? parent.value,
  }
}

/** /Kids that are fields of their own; kids that are only widgets of this field (no /T) are none. */
async function fieldKids(document: PdfDocument, dictionary: PdfDictionary): Promise<readonly PdfDirect[]> {
  const kids = await document.resolve(entry(dictionary, 'Kids'))
  if (kids.kind !== 'array') return []
  const fields: PdfDirect[] = []
  for (const kid of kids.items.slice(0, maxTreeNodes)) {
    const child = await document.resolve(kid)
    if (child.kind === 'dictionary' && child.entries.has('T')) fields.push(kid)
  }
  return fields
}

function visitor(): (node: PdfDirect, depth: number) => void {
  const seen = new Set<number>()
  let count = 0
  return (node, depth) => {
    if (depth > maxTreeDepth) throw unreadable(`a tree deeper than ${maxTreeDepth}`)
    if (++count > maxTreeNodes) throw unreadable(`a tree of more than ${maxTreeNodes} nodes`)
    if (node.kind !== 'reference') return
    if (seen.has(node.number)) throw unreadable(`object ${node.number} stands twice in one tree`)
    seen.add(node.number)
  }
}
