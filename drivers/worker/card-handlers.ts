// The net worker's side of the card service. Lists and forms are the bytes of a call's only item, since they may be larger
// than a frame; what is sent is the call's input.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, CardShop } from '../../device/ports.ts'
import { once } from './one-item.ts'
import type { CallContext, Handler, Handlers } from './serve.ts'

/** What is handed over with `card-submit`, and how the input is divided. */
export interface WirePapers {
  readonly id: string
  readonly form: { readonly fileName: string; readonly bytes: number }
  readonly document: { readonly fileName: string; readonly bytes: number }
}

/** Of an order with a document in it, or of two papers. */
export const maxInputBytes = 64 * 1024 * 1024

/** `card-products`, `card-order`, `card-requests`, `card-request`, `card-form`, `card-activation`, `card-submit`; without a service CONFIG_INVALID. */
export function cardHandlers(shop: CardShop | undefined): Handlers {
  const named: Readonly<Record<string, (shop: CardShop, params: unknown, context: CallContext) => Promise<unknown>>> = {
    'card-products': products,
    'card-order': order,
    'card-requests': requests,
    'card-request': (held, params, { signal }) => held.request((params as { id: string }).id, signal),
    'card-form': form,
    'card-activation': (held, params, { signal }) => held.activation((params as { id: string }).id, signal),
    'card-submit': submit,
  }
  return new Map(
    Object.entries(named).map(([name, work]): [string, Handler] => [
      name,
      async (params, context) => {
        if (shop === undefined) throw new Fault('CONFIG_INVALID', 'cards: no card service is configured')
        return work(shop, params, context)
      },
    ]),
  )
}

async function products(shop: CardShop, _params: unknown, { signal, emit }: CallContext): Promise<unknown> {
  const answer = await shop.products(signal)
  if (answer.outcome !== 'listed') return answer
  await emit(null, json(answer.products))
  return { outcome: 'listed' }
}

async function requests(shop: CardShop, params: unknown, { signal, emit }: CallContext): Promise<unknown> {
  const answer = await shop.requests((params as { code: string }).code, signal)
  if (answer.outcome !== 'listed') return answer
  await emit(null, json(answer.requests))
  return { outcome: 'listed' }
}

async function order(shop: CardShop, params: unknown, { signal, input }: CallContext): Promise<unknown> {
  return shop.order((params as { code: string }).code, await collected(input), signal)
}

async function form(shop: CardShop, params: unknown, { signal, emit }: CallContext): Promise<unknown> {
  const answer = await shop.form((params as { id: string }).id, signal)
  if (answer.outcome !== 'form') return answer
  await emit(null, once(answer.bytes))
  return { outcome: 'form' }
}

async function submit(shop: CardShop, params: unknown, { signal, input }: CallContext): Promise<unknown> {
  const wire = params as WirePapers
  const all = await collected(input)
  const { id, form: given, document } = wire
  if (all.length !== given.bytes + document.bytes) throw new Fault('FRAME_INVALID', 'papers of another length')
  const papers = {
    form: { fileName: given.fileName, bytes: all.subarray(0, given.bytes) },
    document: { fileName: document.fileName, bytes: all.subarray(given.bytes) },
  }
  return shop.submit(id, papers, signal)
}

function json(rows: unknown): ByteStream {
  return once(Buffer.from(JSON.stringify(rows)))
}

async function collected(input: ByteStream): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of input) {
    size += piece.byteLength
    if (size > maxInputBytes) throw new Fault('FRAME_INVALID', `an input over ${maxInputBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces, size)
}
