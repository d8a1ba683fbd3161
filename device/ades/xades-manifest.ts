// A ds:Manifest (XMLDSig 1.1, 5.1): the signature is over the list of what is signed, and each thing on it is there by its
// URI and digest alone. Whoever validates the signature may decide which of them have to be at hand.

import { digestOctets } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm } from '../ports.ts'
import { digestElements, escapeAttribute, namespaces } from './xades-names.ts'
import type { ManifestEntry } from './xades-options.ts'

export const manifestType = `${namespaces.ds}Manifest`

export interface ManifestPart {
  /** The ds:Object that holds it. */
  readonly object: string
  /** Of the ds:Manifest. */
  readonly id: string
  /** Ids of the References in it, in the order of the entries. */
  readonly referenceIds: readonly string[]
}

/** The Manifest of a signature whose Ids begin with `id`; throws REQUEST_INVALID for a digest of another length. */
export function manifestPart(id: string, entries: readonly ManifestEntry[], algorithm: DigestAlgorithm): ManifestPart {
  const references = entries.map(({ uri, digest }, index) => {
    if (digest.length !== digestOctets(algorithm)) {
      throw new Fault('REQUEST_INVALID', `the digest of ${uri} is no ${algorithm}`)
    }
    const referenceId = `${id}-entry-${index + 1}`
    const xml = `<ds:Reference Id="${referenceId}" URI="${escapeAttribute(uri)}">${digestElements(algorithm, digest)}</ds:Reference>`
    return { referenceId, xml }
  })
  const manifest = `<ds:Manifest Id="${id}-manifest">${references.map(({ xml }) => xml).join('')}</ds:Manifest>`
  return {
    object: `<ds:Object Id="${id}-manifest-object">${manifest}</ds:Object>`,
    id: `${id}-manifest`,
    referenceIds: references.map(({ referenceId }) => referenceId),
  }
}
