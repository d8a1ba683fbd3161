// The digests that signatures need, in one pass over a file: what each /ByteRange names, and the running state of the
// whole file, from which the digest of every later revision goes on. So a signature and the document time-stamp behind
// it cost one pass together, whatever the size of the file.

import { createHash, type Hash } from 'node:crypto'
import { appended, scan } from '../bytes.ts'
import type { HashName } from '../cms/algorithm.ts'
import type { RandomAccess } from '../ports.ts'
import type { ByteRange, PreparedSignature } from './signature-dictionary.ts'
import { signedParts } from './signature-dictionary.ts'

/** A digest that is wanted of an existing signature's bytes. */
export interface WantedDigest {
  readonly hash: HashName
  readonly byteRange: ByteRange
}

export interface FileHash {
  /** The file that was hashed. */
  readonly file: RandomAccess
  /** Digest of the whole file with `parts` behind it. Throws TypeError for a hash that the pass did not make. */
  digest(hash: HashName, parts?: readonly Uint8Array[]): Uint8Array
  /** Digest of what a /ByteRange names; another pass over the file where it was not wanted before. */
  rangeDigest(wanted: WantedDigest): Promise<Uint8Array>
  /** For the file with a prepared signature's filled update, or any other update, appended. */
  append(update: Uint8Array, prepared?: PreparedSignature): FileHash
}

/** One pass over `file`; `hashes` are the ones that go on behind its end. Throws the signal's reason. */
export async function hashFile(
  file: RandomAccess,
  { hashes, wanted = [], signal }: HashFileOptions,
): Promise<FileHash> {
  const names = new Set([...hashes, ...wanted.map(one => one.hash)])
  const passes = [...names].map(hash => createPass(hash, wanted))
  await scan(file, { ...(signal && { signal }) }, (chunk, at) => {
    for (const pass of passes) pass.update(at, chunk)
  })
  const states = new Map(passes.map(pass => [pass.hash, pass.whole]))
  return fileHash(file, states, new Map(passes.flatMap(pass => [...pass.digests])))
}

export interface HashFileOptions {
  readonly hashes: readonly HashName[]
  readonly wanted?: readonly WantedDigest[]
  readonly signal?: AbortSignal
}

function fileHash(
  file: RandomAccess,
  states: ReadonlyMap<HashName, Hash>,
  known: ReadonlyMap<string, Uint8Array>,
): FileHash {
  function state(hash: HashName): Hash {
    const found = states.get(hash)
    if (found === undefined) throw new TypeError(`no ${hash} was made of the file`)
    return found.copy()
  }

  function digest(hash: HashName, parts: readonly Uint8Array[] = []): Uint8Array {
    const copy = state(hash)
    for (const part of parts) copy.update(part)
    return copy.digest()
  }

  async function rangeDigest(wanted: WantedDigest): Promise<Uint8Array> {
    const found = known.get(keyOf(wanted))
    if (found !== undefined) return found
    const fresh = createHash(wanted.hash)
    const [start, before, after, length] = wanted.byteRange
    await scan(file, { start, length: before }, chunk => fresh.update(chunk))
    await scan(file, { start: after, length }, chunk => fresh.update(chunk))
    return fresh.digest()
  }

  function append(update: Uint8Array, prepared?: PreparedSignature): FileHash {
    const digests = new Map(known)
    const next = new Map<HashName, Hash>()
    for (const hash of states.keys()) {
      next.set(hash, state(hash).update(update))
      if (prepared) digests.set(keyOf({ hash, byteRange: prepared.byteRange }), digest(hash, signedParts(prepared)))
    }
    return fileHash(appended(file, update), next, digests)
  }

  return Object.freeze({ file, digest, rangeDigest, append })
}

interface Pass {
  readonly hash: HashName
  readonly whole: Hash
  readonly digests: ReadonlyMap<string, Uint8Array>
  update(at: number, chunk: Uint8Array): void
}

/** One hash: of the whole file, forked where a wanted range leaves its gap out. */
function createPass(hash: HashName, wanted: readonly WantedDigest[]): Pass {
  const whole = createHash(hash)
  const digests = new Map<string, Uint8Array>()
  const ranges = wanted.filter(one => one.hash === hash).map(one => ({ ...one, fork: undefined as Hash | undefined }))
  const ends = ranges.flatMap(({ byteRange: [, gapStart, gapEnd, after] }) => [gapStart, gapEnd, gapEnd + after])
  const stops = [...new Set(ends)].sort((a, b) => a - b)

  /** A stretch of the file in which no range begins its gap, ends it, or ends itself. */
  function stretch(start: number, bytes: Uint8Array): void {
    const end = start + bytes.length
    for (const range of ranges) {
      const [, gapStart, gapEnd, after] = range.byteRange
      if (start === gapStart) range.fork = whole.copy()
      if (start < gapEnd || end > gapEnd + after) continue
      range.fork?.update(bytes)
      if (range.fork && end === gapEnd + after) digests.set(keyOf(range), range.fork.digest())
    }
    whole.update(bytes)
  }

  function update(at: number, chunk: Uint8Array): void {
    let start = at
    for (const stop of [...stops, at + chunk.length]) {
      if (stop <= start || stop > at + chunk.length) continue
      stretch(start, chunk.subarray(start - at, stop - at))
      start = stop
    }
  }

  return { hash, whole, digests, update }
}

function keyOf({ hash, byteRange }: WantedDigest): string {
  return `${hash} ${byteRange.join(' ')}`
}
