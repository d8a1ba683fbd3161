// What the References of an XML signature are about, each followed and held against its digest (ETSI EN 319 102-1, 5.2.3
// and 5.2.7; XMLDSig 1.1, 3.2.1), those of a signed Manifest too, one level deep.

import { timingSafeEqual } from 'node:crypto'
import { namespaces } from '../ades/xades-names.ts'
import { Fault } from '../errors.ts'
import { digestHash, xmldsigNamespace } from '../xml/algorithms.ts'
import type { XmlDocument, XmlElement } from '../xml/node.ts'
import type { NodeSet } from '../xml/node-set.ts'
import { dereference, dereferencedDigest, type ReferenceSource, type Refusal } from '../xml/reference.ts'
import { childrenOf } from '../xml/walk.ts'
import { isXmldsig, readManifest, type XmlReference, type XmlSignature } from '../xml/xmldsig.ts'
import type { Finding, SubIndication } from './report.ts'

/** A Reference and the very nodes it was checked over. */
export interface CheckedReference {
  readonly reference: XmlReference
  /** Whether it stands in SignedInfo itself and not in a Manifest. */
  readonly direct: boolean
  /** Absent where it is about content outside of the document, or could not be followed. */
  readonly target?: XmlDocument | XmlElement
  /** What of the target is left after the transforms. */
  readonly covered?: NodeSet
  /** Empty where its digest is that of what it is about. */
  readonly findings: readonly Finding[]
}

export const manifestType = `${namespaces.ds}Manifest`

/** Checks every Reference of a signature. Throws DOCUMENT_TOO_COMPLEX, and what reading handed-in content throws. */
export async function checkReferences(
  signature: XmlSignature,
  source: ReferenceSource,
): Promise<readonly CheckedReference[]> {
  const checked: CheckedReference[] = []
  for (const reference of signature.references) {
    const one = await checkReference(reference, true, signature, source)
    checked.push(one)
    for (const inner of await manifestReferences(one)) {
      checked.push(await checkReference(inner, false, signature, source))
    }
  }
  return checked
}

/** Those of a signed Manifest that is what it was when it was signed. */
async function manifestReferences({ reference, target, findings }: CheckedReference): Promise<readonly XmlReference[]> {
  const element = target === undefined || 'root' in target ? undefined : target
  if (reference.type !== manifestType || element === undefined || findings.length > 0) return []
  const manifests = isXmldsig(element, 'Manifest') ? [element] : childrenOf(element, xmldsigNamespace, 'Manifest')
  return manifests.flatMap(readManifest)
}

async function checkReference(
  reference: XmlReference,
  direct: boolean,
  signature: XmlSignature,
  source: ReferenceSource,
): Promise<CheckedReference> {
  const checked = { reference, direct, findings: [] }
  try {
    const found = await dereference(reference, signature.element, source)
    if (found.outcome === 'refused') {
      return { ...checked, findings: [{ subIndication: refusals[found.refusal], detail: found.detail }] }
    }
    const hash = digestHash(reference.digestMethod)
    const { target, covered } = found
    const nodes = { ...(target !== undefined && { target }), ...(covered !== undefined && { covered }) }
    if (hash === undefined) {
      return { ...checked, ...nodes, findings: [generic(`digest algorithm ${reference.digestMethod}`)] }
    }
    const actual = await dereferencedDigest(found, hash)
    return { ...checked, ...nodes, findings: sameDigest(actual, reference.digestValue) ? [] : [notSigned(reference)] }
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== 'XML_UNREADABLE') throw thrown
    return { ...checked, findings: [{ subIndication: 'FORMAT_FAILURE', detail: thrown.detail }] }
  }
}

const refusals = {
  absent: 'SIGNED_DATA_NOT_FOUND',
  ambiguous: 'FORMAT_FAILURE',
  forbidden: 'SIG_CONSTRAINTS_FAILURE',
} as const satisfies Record<Refusal, SubIndication>

function sameDigest(actual: Uint8Array, claimed: Uint8Array): boolean {
  return actual.length === claimed.length && timingSafeEqual(actual, claimed)
}

function notSigned({ uri }: XmlReference): Finding {
  const detail = `what Reference "${uri ?? ''}" is about is not what was signed`
  return { subIndication: 'HASH_FAILURE', detail }
}

function generic(detail: string): Finding {
  return { subIndication: 'GENERIC', detail }
}
