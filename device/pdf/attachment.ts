// A file embedded in a document and named among its attachments (ISO 32000-1, 7.11.4 and 7.9.6), as PDF/A-3 wants it
// (ISO 19005-3, 6.8): both names, its kind, its date, and what it is to the document.

import { deflateSync } from 'node:zlib'
import { randomAccessOf } from '../bytes.ts'
import { readable } from './attempt.ts'
import { openPdf, type PdfDocument } from './document.ts'
import { appendedTo, changeInCatalog, type Draft } from './draft.ts'
import { maxTreeDepth, maxTreeNodes, unreadable } from './limits.ts'
import { entry, type PdfDirect, pdfArray, pdfDictionary, pdfInteger, pdfName, withEntries } from './objects.ts'
import { pdfAPart } from './pdfa.ts'
import { pdfDate, textObject } from './text.ts'

export interface AttachmentRequest {
  /** Of its path only the last part counts. */
  readonly fileName: string
  readonly description?: string
  readonly data: Uint8Array
  /** Milliseconds since 1970. */
  readonly modifiedAt?: number
}

/** Adds the file. Throws PDF_UNREADABLE for a tree of names that cannot be read. */
export async function addAttachment(draft: Draft, request: AttachmentRequest): Promise<void> {
  const { description, data, modifiedAt } = request
  const fileName = lastPart(request.fileName)
  const file = draft.addStream(
    pdfDictionary({
      Type: pdfName('EmbeddedFile'),
      Subtype: pdfName('application/octet-stream'),
      Filter: pdfName('FlateDecode'),
      Params: pdfDictionary({
        Size: pdfInteger(data.length),
        ...(modifiedAt !== undefined && { ModDate: textObject(pdfDate(modifiedAt)) }),
      }),
    }),
    deflateSync(data),
  )
  const specification = draft.take()
  draft.put(
    specification,
    pdfDictionary({
      Type: pdfName('Filespec'),
      F: textObject(fileName),
      UF: textObject(fileName),
      ...(description !== undefined && { Desc: textObject(description) }),
      EF: pdfDictionary({ F: file, UF: file }),
      AFRelationship: pdfName('Unspecified'),
    }),
  )
  await addName(draft, fileName, specification)
  draft.changeCatalog({ AF: await appendedTo(draft, entry(draft.catalog(), 'AF'), specification) })
}

/** Why a document with this attachment is no longer the PDF/A that it says it is; undefined where it still is. */
export async function pdfAProblem(document: PdfDocument, data: Uint8Array): Promise<string | undefined> {
  const part = await pdfAPart(document)
  if (part === undefined || part === 3) return undefined
  if (part !== 2) return `the document is PDF/A-${part}, which has no attachments`
  // ISO 19005-2, 6.8: only what is PDF/A-1 or PDF/A-2 itself.
  const own = await readable(async () => pdfAPart(await openPdf(randomAccessOf(data))))
  return own === 1 || own === 2 ? undefined : 'the document is PDF/A-2, whose attachments are PDF/A themselves'
}

/** Behind the last separator of any system, without what no name of a file has. */
function lastPart(path: string): string {
  const name = path.split(/[/\\]/).at(-1) ?? ''
  return name.replace(/[\p{Cc}\p{Cf}]/gu, '').trim() || 'attachment'
}

interface Named {
  readonly key: Uint8Array
  readonly name: PdfDirect
  readonly value: PdfDirect
}

/** The tree of embedded files becomes one leaf with the new name in its order; a number sets apart what is called alike. */
async function addName(draft: Draft, wished: string, value: PdfDirect): Promise<void> {
  await changeInCatalog(draft, 'Names', async names => {
    const place = entry(names, 'EmbeddedFiles')
    const existing = await namesIn(draft, place)
    const taken = new Set(existing.map(({ key }) => Buffer.from(key).toString('hex')))
    let name = textObject(wished)
    for (let number = 2; taken.has(Buffer.from(name.bytes).toString('hex')); number++) {
      name = textObject(`${wished} (${number})`)
    }
    const all = [...existing, { key: name.bytes, name, value }].sort((a, b) => Buffer.compare(a.key, b.key))
    const leaf = pdfDictionary({ Names: pdfArray(all.flatMap(one => [one.name, one.value])) })
    if (place.kind !== 'reference') return withEntries(names, { EmbeddedFiles: leaf })
    draft.put(place, leaf)
    return names
  })
}

/** The names of a tree, in its order. */
async function namesIn(draft: Draft, root: PdfDirect): Promise<readonly Named[]> {
  const found: Named[] = []
  let left = maxTreeNodes
  const visit = async (place: PdfDirect, depth: number): Promise<void> => {
    if (left-- === 0 || depth > maxTreeDepth) throw unreadable('the tree of embedded files is too large')
    const node = await draft.resolve(place)
    if (node.kind !== 'dictionary') return
    const names = await draft.resolve(entry(node, 'Names'))
    const items = names.kind === 'array' ? names.items : []
    for (let at = 0; at + 1 < items.length; at += 2) {
      const [name, value] = [items[at], items[at + 1]]
      const text = name && (await draft.resolve(name))
      if (name && value && text?.kind === 'string') found.push({ key: text.bytes, name, value })
    }
    const kids = await draft.resolve(entry(node, 'Kids'))
    for (const kid of kids.kind === 'array' ? kids.items : []) await visit(kid, depth + 1)
  }
  await visit(root, 0)
  return found
}
