// Puts octets into an ASN.1 structure of somebody else without re-encoding anything of it: the new octets, and the length
// of every counted element around them, are all that changes (X.690, 8.1.3). An element of indefinite length needs no
// change at all.

import type { Splice } from '../bytes.ts'
import { concat, headerOf } from './der.ts'
import type { Container } from './layout.ts'

/** One change inside nested elements. */
export interface Edit {
  /** Elements around the place, outermost first; the last one directly holds it. Identifiers of one octet. */
  readonly path: readonly Container[]
  readonly at: number
  readonly remove: number
  readonly insert: Uint8Array
}

/** What has to be spliced into the file for all edits together; those at one place stay in the order given. */
export function splicesOf(edits: readonly Edit[]): Splice[] {
  const growth = new Map<number, number>()
  const containers = new Map<number, { readonly container: Container; readonly parent: Container | undefined }>()
  for (const { path, remove, insert } of edits) {
    for (const [depth, container] of path.entries()) {
      containers.set(container.offset, { container, parent: path[depth - 1] })
    }
    const inner = path.at(-1)
    if (inner !== undefined) grow(growth, inner, insert.length - remove)
  }
  // Where an element ends together with the one around it, what belongs inside comes before what belongs behind.
  const splices: Splice[] = edits
    .toSorted((a, b) => a.at - b.at || b.path.length - a.path.length)
    .map(({ at, remove, insert }) => ({ offset: at, remove, insert }))
  // What is inside stands further behind: from the back to the front every length is final when its turn comes.
  const innermostFirst = [...containers.values()].sort((a, b) => b.container.offset - a.container.offset)
  for (const { container, parent } of innermostFirst) {
    const change = growth.get(container.offset) ?? 0
    const length = lengthSplice(container, change)
    if (length !== undefined) splices.push(length)
    if (parent !== undefined) grow(growth, parent, change + (length === undefined ? 0 : changeOf(length)))
  }
  return splices
}

function grow(growth: Map<number, number>, { offset }: Container, octets: number): void {
  growth.set(offset, (growth.get(offset) ?? 0) + octets)
}

function changeOf({ insert, remove }: Splice): number {
  return insert.length - remove
}

const identifierOctets = 1

function lengthSplice({ offset, headerLength, contentLength, indefinite }: Container, change: number) {
  if (indefinite || change === 0) return undefined
  const insert = headerOf(0, contentLength + change).subarray(identifierOctets)
  return { offset: offset + identifierOctets, remove: headerLength - identifierOctets, insert }
}

/** A buffer with the splices made; they must not overlap. */
export function splicedBytes(bytes: Uint8Array, splices: readonly Splice[]): Uint8Array {
  const parts: Uint8Array[] = []
  let read = 0
  for (const { offset, remove, insert } of splices.toSorted((a, b) => a.offset - b.offset)) {
    parts.push(bytes.subarray(read, offset), insert)
    read = offset + remove
  }
  return concat([...parts, bytes.subarray(read)])
}
