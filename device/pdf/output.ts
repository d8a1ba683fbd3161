// Where a PDF goes while it is written front to back: offsets for the cross-reference table, a digest for /ID, and the size
// that PDF/A allows. It holds no content.

import { createHash } from 'node:crypto'
import { Fault } from '../errors.ts'
import type { ObjectSink } from './embedded-font.ts'
import { pdfInteger, pdfReference, withEntries } from './objects.ts'
import { indirectObject, latin1, serialise } from './write.ts'

/** PDF/A-2 has no larger integer, and offsets are integers (ISO 19005-2, 6.1.13). */
const maxFileBytes = 2_147_483_647

/** What a document is written to: every byte counted and digested, every object noted for the cross-reference table. */
export interface Output {
  readonly nextNumber: () => number
  readonly takeNumber: () => number
  /** Throws IMAGE_TOO_LARGE unless so many more bytes fit. */
  readonly claim: (length: number) => void
  /** Counts and digests what is then to be yielded. */
  readonly put: (content: string | Uint8Array) => Uint8Array
  /** Notes where the object starts; its body follows by `put`. */
  readonly begin: (number: number, head: string) => Uint8Array
  readonly object: (number: number, body: string) => Uint8Array
  readonly stream: (number: number, entries: string, data: Uint8Array) => Generator<Uint8Array>
  /** Cross-reference table and trailer; /ID is the digest of everything before. */
  readonly end: (trailer: string) => Uint8Array
}

/** An empty document whose numbers below `firstFree` its writer gives out itself. */
export function createOutput(firstFree: number): Output {
  const digest = createHash('sha256')
  const offsets: number[] = [0]
  let position = 0
  let free = firstFree

  function put(content: string | Uint8Array): Uint8Array {
    const bytes = typeof content === 'string' ? latin1(content) : content
    claim(bytes.length)
    digest.update(bytes)
    position += bytes.length
    return bytes
  }

  function claim(length: number): void {
    if (position + length > maxFileBytes) {
      throw new Fault('IMAGE_TOO_LARGE', `the document exceeds ${maxFileBytes} bytes`)
    }
  }

  function object(number: number, body: string): Uint8Array {
    offsets[number] = position
    return put(indirectObject(number, 0, body))
  }

  function begin(number: number, head: string): Uint8Array {
    offsets[number] = position
    return put(`${number} 0 obj\n${head}`)
  }

  function* stream(number: number, entries: string, data: Uint8Array): Generator<Uint8Array> {
    yield begin(number, `<< ${entries} /Length ${data.length} >>\nstream\n`)
    yield put(data)
    yield put('\nendstream\nendobj\n')
  }

  function end(trailer: string): Uint8Array {
    const id = digest.copy().digest('hex').slice(0, 32).toUpperCase()
    const start = position
    const entries = offsets.slice(1).map(offset => `${String(offset).padStart(10, '0')} 00000 n \n`)
    const size = offsets.length
    return put(
      `xref\n0 ${size}\n0000000000 65535 f \n${entries.join('')}` +
        `trailer\n<< /Size ${size} ${trailer} /ID [<${id}> <${id}>] >>\nstartxref\n${start}\n%%EOF\n`,
    )
  }

  return Object.freeze({ nextNumber: () => free, takeNumber: () => free++, claim, put, begin, object, stream, end })
}

/** Objects that are made somewhere else and then written in one go; numbers are the document's from the start. */
export interface PendingObjects extends ObjectSink {
  write(): Generator<Uint8Array>
}

export function pendingObjects(output: Output): PendingObjects {
  const bodies: { readonly number: number; readonly body: string }[] = []
  const take = () => pdfReference(output.takeNumber())
  return Object.freeze({
    take,
    put: ({ number }, value) => void bodies.push({ number, body: serialise(value) }),
    addStream(dictionary, data) {
      const reference = take()
      const head = serialise(withEntries(dictionary, { Length: pdfInteger(data.length) }))
      const body = `${head}\nstream\n${Buffer.from(data).toString('latin1')}\nendstream`
      bodies.push({ number: reference.number, body })
      return reference
    },
    *write() {
      for (const { number, body } of bodies) yield output.object(number, body)
    },
  } satisfies PendingObjects)
}
