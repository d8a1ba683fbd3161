// Digests of a content, by as many hashes as somebody needs, in one pass over it and each only once: a content may be
// larger than the memory, and reading it is what signing and extending cost.

import { createHash } from 'node:crypto'
import type { HashName } from '../cms/algorithm.ts'
import { eachPiece, type SignedContent } from '../cms/content.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'

export interface ContentDigests {
  /** The digest of the whole content. */
  of(hash: HashName): Promise<Uint8Array>
}

/** Of whole files, for as long as somebody has them open: one that is signed, extended and verified is read once. */
const ofFiles = new WeakMap<RandomAccess, ContentDigests>()

/** `foreseen` are made in the first pass, any other hash costs a pass of its own. */
export function contentDigests(content: SignedContent, foreseen: readonly HashName[] = []): ContentDigests {
  const { file, extents } = content
  const [first] = extents
  if (extents.length !== 1 || first?.offset !== 0 || first.length !== file.size) return digestsOf(content, foreseen)
  const digests = ofFiles.get(file) ?? digestsOf(content, foreseen)
  ofFiles.set(file, digests)
  return digests
}

/**
 * A content of which nothing but one digest is known, in the place of its file: whatever else is asked of it throws
 * CONTENT_ABSENT.
 */
export function knownByDigest(hash: HashName, digest: Uint8Array): RandomAccess {
  const absent = () => Promise.reject(new Fault('CONTENT_ABSENT', `of the content only the digest by ${hash} is known`))
  const file: RandomAccess = Object.freeze({ size: 0, read: absent })
  ofFiles.set(file, Object.freeze({ of: async (asked: HashName) => (asked === hash ? digest : absent()) }))
  return file
}

function digestsOf(content: SignedContent, foreseen: readonly HashName[]): ContentDigests {
  const made = new Map<HashName, Promise<Uint8Array>>()
  const start = (hashes: readonly HashName[]): void => {
    const pass = digestAll(content, hashes)
    for (const hash of hashes) made.set(hash, digestIn(pass, hash))
  }
  return Object.freeze({
    of: (hash: HashName) => {
      if (!made.has(hash)) start(made.size === 0 ? [...new Set([hash, ...foreseen])] : [hash])
      return made.get(hash) ?? Promise.reject(new Error(`no digest by ${hash}`))
    },
  })
}

async function digestIn(pass: Promise<ReadonlyMap<HashName, Uint8Array>>, hash: HashName): Promise<Uint8Array> {
  const digest = (await pass).get(hash)
  if (digest === undefined) throw new Error(`no digest by ${hash}`)
  return digest
}

async function digestAll(content: SignedContent, hashes: readonly HashName[]): Promise<Map<HashName, Uint8Array>> {
  const running = hashes.map(hash => [hash, createHash(hash)] as const)
  await eachPiece(content, piece => {
    for (const [, digest] of running) digest.update(piece)
  })
  return new Map(running.map(([hash, digest]) => [hash, new Uint8Array(digest.digest())]))
}
