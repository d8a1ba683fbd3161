// The signed form and the identity document of an order: checked, kept encrypted until the order is erased, read for what is
// sent.

import { Buffer } from 'node:buffer'
import type { CardOrder, CardPapers, EnclosedName, StoredPaper } from '../cards/order.ts'
import type { EnclosedFiles } from '../cards/order-body.ts'
import { Fault } from '../errors.ts'
import type { ByteStream, CardPaper } from '../ports.ts'
import type { Blobs } from '../store/blobs.ts'

export const maxPaperBytes = 20 * 1024 * 1024

/** What the papers are called by whoever hands them in. */
export type PaperName = 'form' | 'document'

const enclosedAs: Readonly<Record<EnclosedName, PaperName>> = { documento: 'document', modulo: 'form' }

/** Throws REQUEST_INVALID: a form is a PDF or a CMS around one, a document a PDF or an image. */
export function checkPaper(name: PaperName, { bytes, fileName }: CardPaper): void {
  const start = Buffer.from(bytes.subarray(0, 1024))
  const isPdf = start.includes('%PDF-')
  if (name === 'form' && !isPdf && start[0] !== 0x30)
    throw new Fault('REQUEST_INVALID', 'form: neither a PDF nor a signed one (p7m)')
  if (name === 'document' && !isPdf && !isImage(start))
    throw new Fault('REQUEST_INVALID', 'document: no PDF, JPEG or PNG')
  if (bytes.byteLength > maxPaperBytes) throw new Fault('REQUEST_INVALID', `${name}: more than ${maxPaperBytes} bytes`)
  if (!/^[^/\\\p{Cc}]{1,100}$/u.test(fileName)) throw new Fault('REQUEST_INVALID', `${name}: its name is unfit`)
}

function isImage(start: Buffer): boolean {
  return start.subarray(0, 3).toString('hex') === 'ffd8ff' || start.subarray(1, 4).toString('latin1') === 'PNG'
}

/** Throws REQUEST_INVALID. */
export function checkEnclosed(files: EnclosedFiles): void {
  for (const [name, file] of Object.entries(files)) checkPaper(enclosedAs[name as EnclosedName], file)
}

export async function writePaper(
  blobs: Pick<Blobs, 'write'>,
  id: string,
  { fileName, bytes }: CardPaper,
): Promise<StoredPaper> {
  return { ...(await blobs.write(id, once(bytes))), fileName }
}

export async function writeEnclosed(
  blobs: Pick<Blobs, 'write'>,
  id: string,
  files: EnclosedFiles,
): Promise<NonNullable<CardOrder['enclosed']>> {
  const written: Partial<Record<EnclosedName, StoredPaper>> = {}
  for (const [name, file] of Object.entries(files)) written[name as EnclosedName] = await writePaper(blobs, id, file)
  return written
}

type Reading = Pick<Blobs, 'read'>

async function readPaper(blobs: Reading, id: string, { name, fileName }: StoredPaper): Promise<CardPaper> {
  const pieces: Uint8Array[] = []
  for await (const piece of blobs.read(id, name)) pieces.push(piece)
  return { fileName, bytes: Buffer.concat(pieces) }
}

/** Throws BLOB_DAMAGED. */
export async function readPapers(blobs: Reading, id: string, { form, document }: CardPapers) {
  return { form: await readPaper(blobs, id, form), document: await readPaper(blobs, id, document) }
}

/** Throws BLOB_DAMAGED. */
export async function readEnclosed(
  blobs: Reading,
  id: string,
  { enclosed = {} }: Pick<CardOrder, 'enclosed'>,
): Promise<EnclosedFiles> {
  const read: Partial<Record<EnclosedName, CardPaper>> = {}
  for (const [name, paper] of Object.entries(enclosed)) read[name as EnclosedName] = await readPaper(blobs, id, paper)
  return read
}

/** The blobs that an order mentions. */
export function paperBlobs({ enclosed = {}, papers }: CardOrder): ReadonlySet<string> {
  const handedIn = papers === null ? [] : [papers.form, papers.document]
  return new Set([...Object.values(enclosed), ...handedIn].map(({ name }) => name))
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}
