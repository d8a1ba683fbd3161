// The TextReader port over the channel to the text worker, which has read foreign bytes: what comes back is taken only in
// the shape of a page's text, and only so much of it.

import { Buffer } from 'node:buffer'
import Type, { type Static } from 'typebox'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, PageText, TextReader, TextReadRequest } from '../../device/ports.ts'
import { type Conversation, distrust, type PortChannel } from './channel.ts'
import { checked } from './shapes.ts'

/** A page of fine print on A3 has less than one. */
const maxTextBytes = 16 << 20
const maxPixels = 100_000
const closed = { additionalProperties: false }
const place = Type.Number({ minimum: 0, maximum: maxPixels })
const extent = Type.Number({ exclusiveMinimum: 0, maximum: maxPixels })

const languageCodes = Type.Array(Type.String({ pattern: '^[a-z]{2}$' }), { maxItems: 100 })
const word = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 500 }),
    left: place,
    top: place,
    width: extent,
    height: extent,
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
  },
  closed,
)
const baseline = Type.Object(
  {
    y: Type.Number({ minimum: -maxPixels, maximum: 2 * maxPixels }),
    slope: Type.Number({ minimum: -1, maximum: 1 }),
  },
  closed,
)
const line = Type.Object(
  {
    words: Type.Array(word, { minItems: 1, maxItems: 50_000 }),
    size: extent,
    angleDegrees: Type.Enum([0, 90, 180, 270]),
    baseline: Type.Optional(baseline),
  },
  closed,
)
/** Answer of `TextReader.read`. */
const pageText = Type.Object({ width: extent, height: extent, lines: Type.Array(line, { maxItems: 50_000 }) }, closed)

/** A TextReader in the text worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteTextReader(channel: PortChannel): TextReader {
  return Object.freeze({
    languages: async (signal?: AbortSignal) => {
      const conversation = channel.call('languages', null, withSignal(signal))
      const { done, value } = await conversation.next()
      if (done === true) return distrust(channel, () => checked(languageCodes, value, 'languages'))
      await conversation.return(undefined)
      return distrust(channel, () => refuse('an item where only a result was due'))
    },
    read: async (image: ByteStream, request: TextReadRequest, signal?: AbortSignal) => {
      const conversation = channel.call('read', request, { ...withSignal(signal), input: image })
      try {
        const bytes = await onlyItem(channel, conversation)
        return distrust(channel, () => asText(bytes))
      } finally {
        await conversation.return(undefined)
      }
    },
  })
}

/** The bytes of the one item there must be. */
async function onlyItem(channel: PortChannel, conversation: Conversation): Promise<Buffer> {
  const first = await conversation.next()
  if (first.done === true) return distrust(channel, () => refuse('an answer without its text'))
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of first.value.bytes) {
    size += piece.byteLength
    if (size > maxTextBytes) distrust(channel, () => refuse(`a text over ${maxTextBytes} bytes`))
    pieces.push(piece)
  }
  const last = await conversation.next()
  return last.done === true ? Buffer.concat(pieces) : distrust(channel, () => refuse('more than one text'))
}

function asText(bytes: Buffer): PageText {
  return checked(pageText, parsed(bytes), 'text') satisfies Static<typeof pageText>
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    // The parser's message would quote the page.
    return refuse('a text that is no JSON')
  }
}

function refuse(detail: string): never {
  throw new Fault('FRAME_INVALID', detail)
}

function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
