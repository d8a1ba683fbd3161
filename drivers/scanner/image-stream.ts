// One image on its way from a scanner: its type is read from its first bytes, and it ends whole or it breaks. A page of
// which a part is missing can so never be taken for a page.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, ImageType } from '../../device/ports.ts'

const signatureBytes = 12
/** How far from its end a JPEG's end marker may lie: some devices pad with zeros. */
const jpegTailBytes = 4096
const endOfImage = Buffer.of(0xff, 0xd9)

/** The beginning of an image, and all of it as a stream; `head` is empty when the device sent nothing at all. */
export interface OpenImage {
  readonly mediaType: ImageType | undefined
  readonly head: Uint8Array
  readonly rest: AsyncIterator<Uint8Array>
}

/** What became of an image that was handed out. */
export type ImageOutcome =
  | { readonly state: 'unread' | 'whole' | 'left' }
  | { readonly state: 'broken'; readonly thrown: unknown }

/** Reads so far that the image's type shows. Throws as the body does. */
export async function openImage(body: ByteStream): Promise<OpenImage> {
  const rest = body[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  while (head.length < signatureBytes) {
    const { done, value } = await rest.next()
    if (done === true) break
    head = Buffer.concat([head, value])
  }
  return { head, rest, mediaType: mediaTypeOf(head) }
}

/**
 * The image as a stream that is read once, and what became of it. A JPEG that ends without its end marker breaks the
 * stream with SCANNER_UNPLUGGED: a connection that simply ends looks like a finished one (RFC 9112, 6.3).
 * Whoever opened the image also closes what is left of it.
 */
export function imageStream(image: OpenImage): { readonly stream: ByteStream; readonly outcome: () => ImageOutcome } {
  let outcome: ImageOutcome = { state: 'unread' }
  async function* read(): AsyncGenerator<Uint8Array, void, void> {
    let tail: Buffer = Buffer.from(image.head).subarray(-jpegTailBytes)
    outcome = { state: 'left' }
    try {
      yield image.head
      for (let next = await image.rest.next(); next.done !== true; next = await image.rest.next()) {
        tail = Buffer.concat([tail, next.value.subarray(-jpegTailBytes)]).subarray(-jpegTailBytes)
        yield next.value
      }
      if (image.mediaType === 'image/jpeg' && !tail.includes(endOfImage)) {
        throw new Fault('SCANNER_UNPLUGGED', 'the connection ended within a page')
      }
      outcome = { state: 'whole' }
    } catch (thrown) {
      outcome = { state: 'broken', thrown }
      throw thrown
    }
  }
  return { stream: read(), outcome: () => outcome }
}

function mediaTypeOf(head: Buffer): ImageType | undefined {
  if (head.subarray(0, 3).equals(Buffer.of(0xff, 0xd8, 0xff))) return 'image/jpeg'
  if (head.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))) return 'image/png'
  const tiff = head.subarray(0, 4).toString('latin1')
  if (tiff === 'II*\0' || tiff === 'MM\0*') return 'image/tiff'
  return /^P[1-6]\s/.test(head.subarray(0, 3).toString('latin1')) ? 'image/x-portable-anymap' : undefined
}
