// Stored bytes in memory and a signed copy that waits for its level, for the tests of the extend step.

import { createHash } from 'node:crypto'
import { randomAccessOf } from '../device/bytes.ts'
import { parseConfig } from '../device/config/config.ts'
import { orderOf } from '../device/desk.ts'
import { type Document, type DocumentEvent, openDocument } from '../device/document/document.ts'
import type { StoredBlob } from '../device/document/page.ts'
import { next } from '../device/document/transition.ts'
import { Fault } from '../device/errors.ts'
import type { Blobs } from '../device/path/step.ts'
import type { ByteStream } from '../device/ports.ts'

export type MemoryStore = ReturnType<typeof memoryStore>

/** Every file that was written, under its number. */
export function memoryStore() {
  const files: Buffer[] = []
  const keep = (bytes: Uint8Array): StoredBlob => {
    const name = String(files.push(Buffer.from(bytes)) - 1)
    return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  }
  const get = (name: string) => files[Number(name)] ?? Buffer.alloc(0)
  const blobs: Blobs = {
    write: async (_id, bytes) => keep(await collected(bytes)),
    read: async function* (_id, name) {
      yield get(name)
    },
    open: async (_id, name) => ({ ...randomAccessOf(get(name)), close: async () => undefined }),
  }
  return { files, blobs, keep, get }
}

async function collected(bytes: ByteStream): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const config = parseConfig({
  body: { name: { ca: 'Ens' }, ine10: '9821920002', dir3: 'L01080193' },
  timestamping: { url: 'https://tsa.invalid/' },
  trust: ['roots.pem'],
  procedures: ['T', 'LT', 'LTA'].map(level => ({
    id: level.toLowerCase(),
    title: { ca: level },
    signature: { level },
  })),
})

export interface WaitingRequest {
  readonly level: 'T' | 'LT' | 'LTA'
  readonly store: MemoryStore
  readonly signed: Uint8Array
  /** ISO 8601. */
  readonly at: string
}

/** A signed copy that waits for its level. */
export function waitingCopy({ level, store, signed, at }: WaitingRequest): Document {
  const order = orderOf(config, level.toLowerCase(), 'ca')
  const opened = openDocument({ id: 'D', reference: 'AAAA-BBBB', language: 'ca', order, csv: null, at })
  const pending = {
    tokenId: 't',
    keyId: '01',
    update: store.keep(Buffer.alloc(0)),
    slot: { fieldName: 'Signature', byteRange: [0, 1, 2, 3], contentsOffset: 1, reservedBytes: 1 },
    intent: { algorithm: 'SHA256withECDSA', signedAttributes: '', certificates: ['AA=='] },
  } as const
  const page = {
    id: 'p',
    image: store.keep(Buffer.alloc(1)),
    mediaType: 'image/jpeg',
    side: 'front',
    resolution: 300,
    fedTurn: 0,
  } as const
  const events: readonly DocumentEvent[] = [
    { type: 'pageStored', page },
    { type: 'approved', sourceNature: 'original' },
    { type: 'composed', copy: store.keep(Buffer.alloc(2)), deliveryKeys: [] },
    { type: 'signatureIntended', pending },
    { type: 'signed', copy: store.keep(signed), signer: 'N', deliveryKeys: [] },
  ]
  return events.reduce((document, event) => next(document, event, at), opened)
}

export function copyIn({ stage }: Document, store: MemoryStore): Buffer {
  if (!('copy' in stage)) throw new Error(`no copy at ${stage.name}`)
  return store.get(stage.copy.name)
}

/** What the work was refused for. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  const thrown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return thrown instanceof Fault ? thrown.code : String(thrown)
}
