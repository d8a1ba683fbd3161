// A ds:Manifest (XMLDSig 1.1, 5.1): the signature is over the list of what is signed, and each thing on it is there by its
// URI and digest alone. Whoever validates the signature may decide which of them have to be at hand.

import { digestOctets } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm } from '../ports.ts'
import { digestAlgorithmBy } from '../xml/algorithms.ts'
import type { XmlElement } from '../xml/node.ts'
import type { Surroundings } from '../xml/surroundings.ts'
import { readManifest } from '../xml/xmldsig.ts'
import type { DataObjectFormat } from './request.ts'
import type { Manner } from './xades-manner.ts'
import { digestElements, escapeAttribute, namespaces } from './xades-names.ts'
import type { ManifestEntry } from './xades-options.ts'

export const manifestType = `${namespaces.ds}Manifest`

interface ManifestPart {
  /** The ds:Object that holds it. */
  readonly object: string
  /** Of the ds:Manifest. */
  readonly id: string
  /** Ids of the References in it, in the order of the entries. */
  readonly referenceIds: readonly string[]
}

/** What a Manifest that is there lists, to be listed again; undefined where it cannot be said by digests alone. */
export function entriesOf(manifest: XmlElement, format: DataObjectFormat): Listed | undefined {
  const references = readManifest(manifest)
  const algorithms = new Set(references.map(({ digestMethod }) => digestAlgorithmBy(digestMethod)))
  const [algorithm] = algorithms
  const plain = references.every(({ uri, transforms }) => uri !== undefined && transforms.length === 0)
  if (algorithm === undefined || algorithm === 'SHA-1' || algorithms.size > 1 || !plain) return undefined
  return {
    algorithm,
    entries: references.map(({ uri = '', digestValue }) => ({ uri, digest: digestValue, format })),
  }
}

export interface Listed {
  readonly entries: readonly ManifestEntry[]
  /** Of every digest. */
  readonly algorithm: DigestAlgorithm
}

/** The signature's parts for a Manifest whose Ids begin with `id`; throws REQUEST_INVALID. */
export function listedParts(id: string, { entries, algorithm }: Listed, manner: Manner, around?: Surroundings) {
  const part = manifestPart(id, entries, algorithm)
  const digest = manner.digest(manner.part(part.object, 'ds', 'Manifest', around))
  return {
    object: part.object,
    reference: { uri: `#${part.id}`, type: manifestType, transforms: manner.ownTransforms, digest },
    formats: entries.map(({ format }, index) => ({ referenceId: part.referenceIds[index] ?? '', format })),
  }
}

/** The Manifest of a signature whose Ids begin with `id`; throws REQUEST_INVALID for a digest of another length. */
function manifestPart(id: string, entries: readonly ManifestEntry[], algorithm: DigestAlgorithm): ManifestPart {
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
