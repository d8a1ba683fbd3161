// What the delivery tests share: a receiver that demands a token, a kiosk that has its files, and one copy to be sent.

import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Delivery, DeliveryOutcome, DeliveryRequest } from '../device/ports.ts'
import { createHttpsDelivery, type HttpsDestination } from '../drivers/delivery/https.ts'
import { type Receiver, startReceiver } from './sim/receiver.ts'

export const token = 'c0mpulsa-test-t0ken'
export const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(300_000, 'page '), Buffer.from('\n%%EOF\n')])
/** A signal for those who wait to the end. */
export const never = new AbortController().signal

/** How long a condition is polled for: a machine under load is slow, not wrong. */
export const patienceMs = 20_000

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export async function* chunked(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export function copy(change: Partial<DeliveryRequest> = {}): DeliveryRequest {
  return {
    destinationId: 'archive',
    idempotencyKey: '5f3b8e52-7d0f-4d0e-9a55-0c9a1f6d2b10',
    fileName: 'Còpia autèntica 100%.pdf',
    mediaType: 'application/pdf',
    bytes: pdf.length,
    sha256: sha256(pdf),
    metadata: { title: 'Certificat d’empadronament', organ: 'L01080193' },
    body: chunked(pdf),
    ...change,
  }
}

/** The outcome without the words, which are for people. */
export function verdict(outcome: DeliveryOutcome): string {
  if (outcome.outcome === 'delivered') return 'delivered'
  const wait = outcome.outcome === 'later' && outcome.retryAfterMs !== undefined ? ` ${outcome.retryAfterMs}` : ''
  return `${outcome.outcome} ${outcome.code}${wait}`
}

export interface Scene {
  readonly receiver: Receiver
  readonly caFile: string
  readonly tokenFile: string
  /** A kiosk with this receiver as its destination `archive`. */
  delivery(change?: Partial<HttpsDestination>, now?: () => number): Delivery
  /** One attempt that nobody aborts. */
  deliver(change?: Partial<HttpsDestination>, request?: DeliveryRequest): Promise<DeliveryOutcome>
  end(): Promise<void>
}

export async function openScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-test-'))
  const receiver = await startReceiver({ token })
  const caFile = join(folder, 'ca.pem')
  const tokenFile = join(folder, 'token')
  await writeFile(caFile, receiver.caPem)
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 })
  const delivery: Scene['delivery'] = (change = {}, now) => {
    const destination = { id: 'archive', url: receiver.url, caFile, tokenFile, ...change }
    return createHttpsDelivery({ destinations: [destination], ...(now === undefined ? {} : { clock: { now } }) })
  }
  return Object.freeze({
    receiver,
    caFile,
    tokenFile,
    delivery,
    deliver: (change: Partial<HttpsDestination> = {}, request = copy()) => delivery(change).deliver(request, never),
    end: async () => {
      try {
        await receiver.stop()
      } finally {
        await rm(folder, { recursive: true })
      }
    },
  })
}
