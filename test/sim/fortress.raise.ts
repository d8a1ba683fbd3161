// What the simulated extension service makes of a document: raises it with the project's engine and the authority that the
// request names, or does wrong in one named way.

import { randomBytes } from 'node:crypto'
import { perform } from '../../device/ades/engine.ts'
import type { Ask } from '../../device/ades/job.ts'
import { randomAccessOf, spliced } from '../../device/bytes.ts'
import { contextual, objectIdentifier, octetString, sequence, setOf, smallInteger } from '../../device/cms/der.ts'
import { oids } from '../../device/cms/oids.ts'
import { type AskedDocument, type AskedExtension, ContractProblem } from './fortress.contract.ts'

export const fortressFaults = [
  /** The client is not known. */
  'client-unknown',
  'invalid-token',
  /** Once, in the middle: the token has just ended. */
  'token-expired',
  'invalid-request',
  'http-500',
  /** 503 with Retry-After: 60. */
  'busy',
  'slow',
  'reset',
  /** The connection breaks in the middle of the answer. */
  'cut',
  'html',
  'not-json',
  'no-bytes',
  'not-base64',
  'list-of-two',
  'error-with-200',
  'huge',
  /** A CMS around the PDF, as the sample of the published page shows. */
  'cades-for-pades',
  'other-document',
  'truncated',
  'level-not-reached',
  /** As it was sent. */
  'untouched',
  /** One octet of what was sent is another. */
  'one-byte',
] as const
export type FortressFault = (typeof fortressFaults)[number]

export interface RaisingOptions {
  /** DER of the authorities that the service trusts. */
  readonly anchors: readonly Uint8Array[]
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** What `other-document` raises in place of what it was sent. */
  readonly other?: Uint8Array
  /** Documents by URL. */
  readonly documents?: ReadonlyMap<string, Uint8Array>
}

/** The document raised, or what a fault makes of it. */
export async function answerTo(
  asked: AskedExtension,
  fault: FortressFault | undefined,
  means: RaisingOptions,
): Promise<Buffer> {
  const sent = contentOf(asked.document, means)
  const original = asked.original === undefined ? undefined : contentOf(asked.original, means)
  switch (fault) {
    case 'untouched':
      return sent
    case 'cades-for-pades':
      return cmsAround(sent)
    case 'other-document':
      return raised(Buffer.from(means.other ?? sent), original, asked, means)
    case 'truncated': {
      const made = await raised(sent, original, asked, means)
      return made.subarray(0, Math.floor(made.length * 0.9))
    }
    case 'level-not-reached':
      return asked.level === 'T' ? sent : raised(sent, original, { ...asked, level: 'T' }, means)
    case 'one-byte': {
      const made = Buffer.from(await raised(sent, original, asked, means))
      const at = Math.floor(sent.length / 3)
      made[at] = (made[at] ?? 0) ^ 1
      return made
    }
    default:
      return raised(sent, original, asked, means)
  }
}

function contentOf(document: AskedDocument, { documents }: RaisingOptions): Buffer {
  if ('bytes' in document) return document.bytes
  const found = documents?.get(document.url)
  if (found === undefined) throw new ContractProblem(`${document.url} is not reachable`)
  return Buffer.from(found)
}

async function raised(
  bytes: Buffer,
  original: Buffer | undefined,
  { level, tsa }: AskedExtension,
  { anchors, now }: RaisingOptions,
): Promise<Buffer> {
  const input = randomAccessOf(bytes)
  const outcome = await perform(
    { job: 'extend', level, anchors },
    {
      input,
      content: original === undefined ? undefined : randomAccessOf(original),
      password: undefined,
      font: undefined,
      image: undefined,
      ask: ask => answer(ask, tsa['url'] ?? ''),
      clock: { now },
      random: octets => new Uint8Array(randomBytes(octets)),
    },
  )
  if (outcome.outcome !== 'written') throw new Error(outcome.outcome)
  const made = spliced(outcome.base === 'input' ? input : randomAccessOf(new Uint8Array()), outcome.splices)
  return Buffer.from(await made.read(0, made.size))
}

async function answer(ask: Ask, tsaUrl: string): Promise<Uint8Array> {
  if (ask.ask === 'sign') throw new Error('an extension signs nothing')
  if (ask.ask === 'fetch') return fetched(ask.url)
  if (ask.ask === 'ocsp') return fetched(ask.url, 'application/ocsp-request', ask.query)
  return fetched(tsaUrl, 'application/timestamp-query', ask.query)
}

async function fetched(url: string, type?: string, query?: Uint8Array): Promise<Uint8Array> {
  const sent =
    type === undefined ? {} : { method: 'POST', headers: { 'content-type': type }, body: Buffer.from(query ?? []) }
  const response = await fetch(url, sent)
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

/** A SignedData that holds the document and has no signer. */
function cmsAround(document: Uint8Array): Buffer {
  const content = sequence(objectIdentifier(oids.data), contextual(0, octetString(document)))
  const signedData = sequence(smallInteger(1), setOf([]), content, setOf([]))
  return Buffer.from(sequence(objectIdentifier(oids.signedData), contextual(0, signedData)))
}
