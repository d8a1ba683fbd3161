// The hash chain of the audit trail, without storage. Every link holds the SHA-256 over its own content and the hash of
// the link before it, so that a link changed, removed, added or moved later is found. A tail cut off leaves an intact,
// shorter chain: that is found only against a head that was noted elsewhere, which is what `anchor` is for.

import { createHash } from 'node:crypto'

/** The last link of a chain at some moment: what is worth noting outside the appliance. */
export interface ChainHead {
  /** 0 for an empty chain. */
  readonly sequence: number
  /** SHA-256, lower-case hex. */
  readonly hash: string
}

export interface ChainContent {
  /** Milliseconds since 1970 by the appliance's clock. */
  readonly at: number
  readonly event: string
  readonly documentId: string | null
  /** JSON text, hashed as it stands. */
  readonly details: string
}

export interface ChainLink extends ChainContent, ChainHead {
  readonly previousHash: string
}

export type ChainVerdict =
  | { readonly chain: 'intact'; readonly head: ChainHead }
  | { readonly chain: 'broken'; readonly sequence: number; readonly reason: 'gap' | 'previous' | 'content' | 'anchor' }

export const emptyChain: ChainHead = Object.freeze({ sequence: 0, hash: '0'.repeat(64) })

/** The link that follows `head`. */
export function nextLink(head: ChainHead, content: ChainContent): ChainLink {
  const link = { ...content, sequence: head.sequence + 1, previousHash: head.hash }
  return { ...link, hash: linkHash(link) }
}

/** The first broken link, counting from the oldest; `anchor` is a head noted earlier that must still be in the chain. */
export function verifyChain(links: Iterable<ChainLink>, anchor: ChainHead = emptyChain): ChainVerdict {
  let head = emptyChain
  for (const link of links) {
    const sequence = head.sequence + 1
    if (link.sequence !== sequence) return { chain: 'broken', sequence, reason: 'gap' }
    if (link.previousHash !== head.hash) return { chain: 'broken', sequence, reason: 'previous' }
    if (link.hash !== linkHash(link)) return { chain: 'broken', sequence, reason: 'content' }
    if (sequence === anchor.sequence && link.hash !== anchor.hash)
      return { chain: 'broken', sequence, reason: 'anchor' }
    head = { sequence, hash: link.hash }
  }
  if (head.sequence < anchor.sequence) return { chain: 'broken', sequence: head.sequence + 1, reason: 'anchor' }
  return { chain: 'intact', head }
}

function linkHash(link: Omit<ChainLink, 'hash'>): string {
  const hashed = [link.previousHash, link.sequence, link.at, link.event, link.documentId, link.details]
  return createHash('sha256').update(JSON.stringify(hashed)).digest('hex')
}
