// What the receiver simulator has accepted, one PDF and one JSON file per idempotency key. Promises: an effect is on disk,
// fsynced and renamed into place, before anybody is told of it, so the count survives a restart or a kill; the JSON file
// is the effect, a PDF without one is none.

import { Buffer } from 'node:buffer'
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ByteStream } from '../../device/ports.ts'
import { type Claim, Problem } from './receiver.contract.ts'

/** One accepted copy; the receipt is its `reference`, `sha256` and `receivedAt`. */
export interface Effect extends Claim {
  readonly reference: string
  readonly receivedAt: string
  /** Where the PDF lies. */
  readonly file: string
}

export interface Ledger {
  /** In the order of reception. */
  list(): readonly Effect[]
  /**
   * Takes the body of a claim in: a new effect, or the one the key already has for the same payload. Throws Problem 422
   * for other bytes than claimed or another payload under a known key, 409 while the key is being worked on.
   */
  accept(claim: Claim, body: ByteStream): Promise<{ readonly effect: Effect; readonly isNew: boolean }>
}

/** Reads the folder, making it where it is missing, and drops what an interrupted reception left. */
export async function openLedger(folder: string): Promise<Ledger> {
  await mkdir(folder, { recursive: true })
  const effects = new Map<string, Effect>()
  for (const effect of await readEffects(folder)) effects.set(effect.idempotencyKey, effect)
  const working = new Set<string>()

  async function settle(claim: Claim, body: ByteStream): Promise<{ effect: Effect; isNew: boolean }> {
    const part = join(folder, `${randomUUID()}.part`)
    try {
      await writeBody(part, claim, body)
      const known = effects.get(claim.idempotencyKey)
      if (known !== undefined) {
        if (!samePayload(known, claim)) throw new Problem(422, 'Idempotency-Key was used with another payload')
        return { effect: known, isNew: false }
      }
      const effect = await commit(folder, part, claim)
      effects.set(claim.idempotencyKey, effect)
      return { effect, isNew: true }
    } finally {
      await rm(part, { force: true })
    }
  }

  return Object.freeze({
    list: () => [...effects.values()],
    accept: async (claim: Claim, body: ByteStream) => {
      if (working.has(claim.idempotencyKey)) {
        throw new Problem(409, 'A request with this Idempotency-Key is in progress', { 'retry-after': '1' })
      }
      working.add(claim.idempotencyKey)
      try {
        return await settle(claim, body)
      } finally {
        working.delete(claim.idempotencyKey)
      }
    },
  })
}

async function readEffects(folder: string): Promise<Effect[]> {
  const names = await readdir(folder)
  await Promise.all(names.filter(name => name.endsWith('.part')).map(name => rm(join(folder, name))))
  const texts = names.filter(name => name.endsWith('.json')).map(name => readFile(join(folder, name), 'utf8'))
  const effects = (await Promise.all(texts)).map(text => JSON.parse(text) as Effect)
  return effects.toSorted((a, b) => a.receivedAt.localeCompare(b.receivedAt))
}

async function writeBody(part: string, claim: Claim, body: ByteStream): Promise<void> {
  const hash = createHash('sha256')
  let head = Buffer.alloc(0)
  await using file = await open(part, 'wx')
  for await (const chunk of body) {
    if (head.length < 5) head = Buffer.concat([head, chunk.subarray(0, 5)])
    hash.update(chunk)
    await file.writeFile(chunk)
  }
  if (hash.digest('hex') !== claim.sha256) throw new Problem(422, 'Content-Digest does not match the body')
  if (!head.toString('latin1').startsWith('%PDF-')) throw new Problem(422, 'Not a PDF')
  await file.sync()
}

async function commit(folder: string, part: string, claim: Claim): Promise<Effect> {
  const name = createHash('sha256').update(claim.idempotencyKey).digest('hex').slice(0, 16)
  const file = join(folder, `${name}.pdf`)
  await rename(part, file)
  const effect: Effect = Object.freeze({ ...claim, reference: `R-${name}`, receivedAt: new Date().toISOString(), file })
  await using record = await open(part, 'wx')
  await record.writeFile(JSON.stringify(effect))
  await record.sync()
  await rename(part, join(folder, `${name}.json`))
  await using directory = await open(folder, 'r')
  await directory.sync()
  return effect
}

function samePayload(known: Claim, claim: Claim): boolean {
  const payload = ({ sha256, fileName, metadata }: Claim) =>
    JSON.stringify([sha256, fileName, Object.entries(metadata).toSorted()])
  return payload(known) === payload(claim)
}
