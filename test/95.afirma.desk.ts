// A desk that answers pages as it is told, for the tests of AutoFirma's protocol and for the real script in
// `make conformance`.

import type { PageDesk } from '../device/afirma/page-desk.ts'
import type { Log } from '../device/ports.ts'

/** DER and signatures as far as this protocol looks at them; their Base64 has both signs that Base64url replaces. */
export const certificate = Uint8Array.of(0x30, 0x03, 0xfb, 0xff, 0xfe)
export const signature = Uint8Array.of(0xfb, 0xff, 0xbf, 0x00)

type Asked = { readonly operation: keyof PageDesk; readonly request: object; readonly signal: AbortSignal }

/** What the desk was asked, and how it answers: at once, unless `hold` was called, then after `go`. */
export interface FakeDesk extends PageDesk {
  readonly asked: readonly Asked[]
  hold(): void
  go(): void
  /** Every later call fails with this. */
  fail(thrown: Error | undefined): void
}

export function createFakeDesk(): FakeDesk {
  const asked: Asked[] = []
  let gate = Promise.resolve()
  let open = () => {}
  let failure: Error | undefined
  async function answer<T>(operation: keyof PageDesk, request: object, signal: AbortSignal, value: T): Promise<T> {
    asked.push({ operation, request, signal })
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    await Promise.race([gate, aborted])
    if (failure !== undefined) throw failure
    return value
  }
  return Object.freeze({
    get asked() {
      return asked
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      open = resolve
    },
    go: () => open(),
    fail(thrown: Error | undefined) {
      failure = thrown
    },
    sign: (request, signal) => answer('sign', request, signal, { certificate, signature }),
    batch: (request, signal) =>
      answer('batch', request, signal, { certificate, result: Buffer.from('{"signs":[{"id":"1"}]}') }),
    selectCertificate: (request, signal) => answer('selectCertificate', request, signal, certificate),
    save: (request, signal) => answer('save', request, signal, undefined),
    load: (request, signal) =>
      answer('load', request, signal, [
        { name: 'a.pdf', data: Uint8Array.of(1, 2, 3) },
        { name: 'b|2:c.pdf', data: Uint8Array.of(0xfb, 0xff) },
      ]),
  } satisfies FakeDesk)
}

export function logInto(lines: string[]): Log {
  const put = (level: string) => (event: string, fields?: object) =>
    void lines.push(JSON.stringify({ level, event, ...fields }))
  return { info: put('info'), warn: put('warn'), error: put('error') }
}
