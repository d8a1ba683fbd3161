// The result of a batch as AutoFirma tells it: every item in the order of the batch, by its codes. In `local` the signatures
// are in the answer; in `three-phase` they are kept elsewhere and only the codes are told. A batch that stops on error is all
// or nothing in both.

import type { ByteStream } from '../ports.ts'
import type { Batch, BatchItem } from './batch.ts'
import type { ItemOutcome, Ledger } from './outcome.ts'

export type ResultMode = 'local' | 'three-phase'

/** Codes of clienteafirma's ProcessResult.Result that come from here. */
export const resultCodes = ['DONE_AND_SAVED', 'ERROR_PRE', 'SKIPPED'] as const
export type ResultCode = (typeof resultCodes)[number]

export interface ItemResult {
  readonly id: string
  readonly result: ResultCode
  readonly description?: string
}

/** Why the items that nobody has got to were left. */
export const stoppedText = 'stopped before it was signed'
const afterErrorText = 'not signed because another signature of the batch failed'

/** In the order of the batch. Where it stops on error one failure is told, though another was under way with it. */
export function itemResults(batch: Batch, ledger: Pick<Ledger, 'outcome'>): readonly ItemResult[] {
  const outcomes = batch.items.map(({ number }) => ledger.outcome(number))
  const first = batch.stopOnError ? outcomes.findIndex(one => one?.outcome === 'failed') : -1
  return batch.items.map(({ id }, number) => ({ id, ...resultOf(outcomes[number], first !== -1 && number !== first) }))
}

function resultOf(outcome: ItemOutcome | undefined, undone: boolean): Omit<ItemResult, 'id'> {
  if (undone) return { result: 'SKIPPED', description: afterErrorText }
  if (outcome?.outcome === 'failed') return { result: 'ERROR_PRE', description: `${outcome.code}: ${outcome.detail}` }
  if (outcome === undefined) return { result: 'SKIPPED', description: stoppedText }
  const { ignored, notes = [] } = outcome
  const said = [...(ignored.length === 0 ? [] : [`extra parameters without effect: ${ignored.join(', ')}`]), ...notes]
  return { result: 'DONE_AND_SAVED', ...(said.length > 0 && { description: said.join('; ') }) }
}

/** The result as JSON text, one item after the other: `{"signs":[{"id","result","description"?,"signature"?}]}`. */
export async function* resultText(batch: Batch, ledger: Ledger, mode: ResultMode): ByteStream {
  let before = '{"signs":['
  for (const [number, one] of itemResults(batch, ledger).entries()) {
    before += JSON.stringify(one).slice(0, -1)
    if (mode === 'local' && one.result === 'DONE_AND_SAVED') {
      yield Buffer.from(`${before},"signature":"`)
      yield* base64(ledger.signature(number))
      before = '"'
    }
    before += number === batch.items.length - 1 ? '}' : '},'
    if (before.length < enoughText) continue
    yield Buffer.from(before)
    before = ''
  }
  yield Buffer.from(`${before}]}`)
}

/** Written in one piece, because many small ones take longer. */
const enoughText = 16 << 10

/** Standard Base64, in pieces of whole groups. */
async function* base64(bytes: ByteStream): ByteStream {
  let rest: Uint8Array = new Uint8Array()
  for await (const piece of bytes) {
    const whole =
      rest.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.length) : Buffer.concat([rest, piece])
    const even = whole.length - (whole.length % 3)
    rest = Uint8Array.from(whole.subarray(even))
    if (even > 0) yield Buffer.from(whole.toString('base64', 0, even), 'latin1')
  }
  if (rest.length > 0) yield Buffer.from(Buffer.from(rest).toString('base64'), 'latin1')
}

export interface Counts {
  readonly signed: number
  readonly failed: number
  readonly skipped: number
}

export function countsOf(results: readonly Pick<ItemResult, 'result'>[]): Counts {
  const count = (code: ResultCode) => results.filter(({ result }) => result === code).length
  return { signed: count('DONE_AND_SAVED'), failed: count('ERROR_PRE'), skipped: count('SKIPPED') }
}

/** The name of what was signed, for whoever keeps it in a folder of its own. */
export function signedName({ id, number }: BatchItem, format: 'PAdES' | 'CAdES' | 'XAdES'): string {
  const extension = { PAdES: 'pdf', CAdES: 'csig', XAdES: 'xsig' }[format]
  return `${String(number + 1).padStart(5, '0')}-${id.replace(/[^\w.-]+/g, '_').slice(0, 80)}.${extension}`
}
