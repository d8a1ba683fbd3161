// The client's part of AutoFirma's three-phase batch (afirma-server-triphase-signer): the page's server prepares what is
// signed (presign), here it is signed, and the server makes the signatures of it and keeps them (postsign). Everything the
// server answers is checked against the batch before anything is done with it. Values and JSON only.

import { Buffer } from 'node:buffer'
import Type, { type Static, type TSchema } from 'typebox'
import Value from 'typebox/value'
import { Fault } from '../errors.ts'

/** Codes of clienteafirma's ProcessResult.Result, in its spelling. */
export const triphaseResults = [
  'NOT_STARTED',
  'DONE_AND_SAVED',
  'DONE_BUT_NOT_SAVED_YET',
  'DONE_BUT_SAVED_SKIPPED',
  'DONE_BUT_ERROR_SAVING',
  'ERROR_PRE',
  'ERROR_POST',
  'SKIPPED',
  'SAVE_ROLLBACKED',
] as const

export interface TriphaseItemResult {
  /** Of the item in the batch. */
  readonly id: string
  readonly result: (typeof triphaseResults)[number]
  readonly description?: string
}

/** One thing to sign. A countersignature has as many of them as there are signatures to be countersigned. */
export interface PreSignature {
  /** Of the item in the batch. */
  readonly itemId: string
  /** As the server names it. */
  readonly id: string
  readonly signid?: string
  /** What the server wants to have back. */
  readonly params: Readonly<Record<string, string>>
  /** What the signature value is made over: signed attributes, a SignedInfo, or whatever the format signs. */
  readonly pre: Uint8Array
}

/** What became of the first phase. Every item of the batch is in one of the two. */
export interface Presigned {
  readonly format?: string
  readonly signatures: readonly PreSignature[]
  /** Items that will not be signed. */
  readonly failed: readonly TriphaseItemResult[]
}

const maxSignatures = 100_000
const maxDescriptionLength = 2_000
const notPrepared = 'the service did not prepare it'

const text = Type.String({ maxLength: 1_000 })
const ItemResult = Type.Object({
  id: text,
  result: Type.Enum(triphaseResults),
  description: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})
const SignInfo = Type.Object({
  id: text,
  signid: Type.Optional(text),
  params: Type.Record(Type.String(), Type.String()),
})
const SignInfos = Type.Array(SignInfo, { maxItems: maxSignatures })
/** `signs` as the batch service answers; without it as the single service does, which AutoFirma takes too. */
const TriphaseData = Type.Object({
  format: Type.Optional(text),
  signs: Type.Optional(Type.Array(Type.Object({ signinfo: SignInfos }), { maxItems: maxSignatures })),
  signinfo: Type.Optional(SignInfos),
})
const ItemResults = Type.Array(ItemResult, { maxItems: maxSignatures })
const PresignAnswer = Type.Object({ td: Type.Optional(TriphaseData), results: Type.Optional(ItemResults) })
const PostsignAnswer = Type.Object({ signs: ItemResults })

/**
 * The answer of a presign service about a batch with these ids. An item that it says nothing about is ERROR_PRE; one that
 * it both prepares and reports is not signed. Throws BATCH_SERVICE_FAILED for an answer that is not one to this batch.
 */
export function readPresigned(answer: string, ids: readonly string[]): Presigned {
  const { td, results = [] } = readAnswer(PresignAnswer, answer)
  const known = new Set(ids)
  const reported = byItem(results, known)
  const done = results.find(({ result }) => result.startsWith('DONE_'))
  if (done !== undefined) throw failure(`says that ${told(done.id)} is done, which nobody has signed`)
  const infos = td?.signs?.flatMap(({ signinfo }) => signinfo) ?? td?.signinfo ?? []
  if (infos.length > maxSignatures) throw failure(`prepares over ${maxSignatures} signatures`)
  const prepared = infos.map(info => preSignature(info, known))
  const signatures = prepared.filter(({ itemId }) => !reported.has(itemId))
  const inHand = new Set(signatures.map(({ itemId }) => itemId))
  const failed = ids
    .filter(id => !inHand.has(id))
    .map(id => reported.get(id) ?? { id, result: 'ERROR_PRE' as const, description: notPrepared })
  return { ...(td?.format === undefined ? {} : { format: td.format }), signatures, failed }
}

/** `tridata` of the postsign service: `values` are the signature values in the order of `signatures`, ECDSA as DER. */
export function tridataOf({ format, signatures }: Presigned, values: readonly Uint8Array[]): Uint8Array {
  if (values.length !== signatures.length) throw new RangeError(`${values.length} values of ${signatures.length}`)
  const signinfo = signatures.map(({ id, signid, params }, index) => {
    const { PRE, ...rest } = params
    const kept = /^true$/i.test(params['NEED_PRE'] ?? '') ? params : rest
    return { id, signid, params: { ...kept, PK1: Buffer.from(values[index] ?? []).toString('base64') } }
  })
  return Buffer.from(JSON.stringify({ format, signinfo }))
}

/**
 * The batch for the postsign service: unchanged where nothing has failed, else with the results of what has, which the
 * server then leaves alone. `batch` has been read as a batch before.
 */
export function batchAfterPresign(batch: Uint8Array, { failed }: Presigned): Uint8Array {
  if (failed.length === 0) return batch
  const reported = new Map(failed.map(one => [one.id, one]))
  const { singlesigns, ...header }: { singlesigns: readonly { readonly id: string }[] } = JSON.parse(
    Buffer.from(batch).toString('utf8'),
  )
  const items = singlesigns.map(item => {
    const result = reported.get(item.id)
    if (result === undefined) return item
    const { datareference, format, suboperation, extraparams, ...rest } = item as Readonly<Record<string, unknown>>
    return { ...rest, ...result }
  })
  return Buffer.from(JSON.stringify({ ...header, singlesigns: items }))
}

/**
 * What became of each item, in the order of the batch: as the postsign service says, else as the presign service said, else
 * NOT_STARTED. Throws BATCH_SERVICE_FAILED for an answer that is not one to this batch.
 */
export function readPostsigned(
  answer: string,
  ids: readonly string[],
  { failed }: Presigned,
): readonly TriphaseItemResult[] {
  const posted = byItem(readAnswer(PostsignAnswer, answer).signs, new Set(ids))
  const before = new Map(failed.map(one => [one.id, one]))
  return ids.map(id => posted.get(id) ?? before.get(id) ?? { id, result: 'NOT_STARTED' as const })
}

/** The result of the whole batch as JSON text: `{"signs":[{"id","result","description"?}]}`. */
export function triphaseResultText(results: readonly TriphaseItemResult[]): string {
  return JSON.stringify({ signs: results })
}

function preSignature({ id, signid, params }: Static<typeof SignInfo>, known: ReadonlySet<string>): PreSignature {
  const itemId = [signid, id].find(name => name !== undefined && known.has(name))
  if (itemId === undefined) throw failure(`prepares ${told(id)}, which is not in the batch`)
  const pre = params['PRE']?.replace(/\s+/g, '') ?? ''
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(pre)) throw failure(`gives nothing to sign for ${told(id)}`)
  return { itemId, id, ...(signid === undefined ? {} : { signid }), params, pre: Buffer.from(pre, 'base64') }
}

/** The first that is said of each item counts. */
function byItem(
  results: Static<typeof ItemResults>,
  known: ReadonlySet<string>,
): ReadonlyMap<string, TriphaseItemResult> {
  const found = new Map<string, TriphaseItemResult>()
  for (const { id, result, description } of results) {
    if (!known.has(id)) throw failure(`reports ${told(id)}, which is not in the batch`)
    const words = description?.slice(0, maxDescriptionLength)
    if (!found.has(id)) found.set(id, { id, result, ...(words === undefined ? {} : { description: words }) })
  }
  return found
}

function readAnswer<S extends TSchema>(schema: S, answer: string): Static<S> {
  const value = parsed(answer) ?? parsed(withEscapes(answer))
  if (value === undefined) throw failure('is no JSON')
  if (Value.Check(schema, value)) return value
  const [first] = Value.Errors(schema, value)
  throw failure(`is not as agreed at ${first?.instancePath.slice(0, 200) || 'its top'}: ${first?.message}`)
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/**
 * The services put descriptions into their JSON with line breaks as they are. A control character within quotes has no other
 * meaning, and outside of them it is left.
 */
function withEscapes(json: string): string {
  let quoted = false
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return json.replace(/\\.|["\x00-\x1f]/gs, found => {
    if (found === '"') quoted = !quoted
    if (!quoted || found.length > 1 || found === '"') return found
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** A foreign name as a message may carry it. */
function told(name: string): string {
  return JSON.stringify(name.slice(0, 100))
}

function failure(what: string): Fault {
  return new Fault('BATCH_SERVICE_FAILED', `the answer of the three-phase service ${what}`)
}
