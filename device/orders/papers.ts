// The signed form and the identity document of an order: checked, kept encrypted until the order is erased, read for the
// upload.

import type { CardPapers } from '../cards/order.ts'
import { Fault } from '../errors.ts'
import type { ByteStream, CardPaper } from '../ports.ts'
import type { Blobs } from '../store/blobs.ts'

const maxPaperBytes = 20 * 1024 * 1024

/** Throws REQUEST_INVALID: a form is a PDF or a CMS around one, a document a PDF or an image. */
export function checkPapers(form: CardPaper, document: CardPaper): void {
  const formStart = Buffer.from(form.bytes.subarray(0, 1024))
  const isForm = formStart.includes('%PDF-') || formStart[0] === 0x30
  if (!isForm) throw new Fault('REQUEST_INVALID', 'form: neither a PDF nor a signed one (p7m)')
  const start = Buffer.from(document.bytes.subarray(0, 1024))
  const isImage =
    start.readUIntBE(0, Math.min(3, start.length)) === 0xffd8ff || start.subarray(1, 4).toString() === 'PNG'
  if (!isImage && !start.includes('%PDF-')) throw new Fault('REQUEST_INVALID', 'document: no PDF, JPEG or PNG')
  for (const [name, { bytes, fileName }] of Object.entries({ form, document })) {
    if (bytes.byteLength > maxPaperBytes)
      throw new Fault('REQUEST_INVALID', `${name}: more than ${maxPaperBytes} bytes`)
    if (!/^[^/\\\p{Cc}]{1,100}$/u.test(fileName)) throw new Fault('REQUEST_INVALID', `${name}: its name is unfit`)
  }
}

export async function writePaper(
  blobs: Blobs,
  id: string,
  { fileName, bytes }: CardPaper,
): Promise<CardPapers['form']> {
  return { ...(await blobs.write(id, once(bytes))), fileName }
}

/** Throws BLOB_DAMAGED. */
export async function readPapers(blobs: Pick<Blobs, 'read'>, id: string, { form, document }: CardPapers) {
  const read = async ({ name, fileName }: CardPapers['form']): Promise<CardPaper> => {
    const pieces: Uint8Array[] = []
    for await (const piece of blobs.read(id, name)) pieces.push(piece)
    return { fileName, bytes: Buffer.concat(pieces) }
  }
  return { form: await read(form), document: await read(document) }
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}
