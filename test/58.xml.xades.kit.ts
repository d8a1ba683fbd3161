// XAdES signatures for the reading tests: made by our own maker with any data Reference, so that the attacks on them can
// be put together out of their parts.

import { createHash, createPrivateKey, sign } from 'node:crypto'
import { agel } from '../device/ades/policy.ts'
import type { Packaging } from '../device/ades/request.ts'
import { assembleXades, prepareXades, type XadesIntent, type XadesRequest, xadesIntent } from '../device/ades/xades.ts'
import type { DataReference, SignaturePlace } from '../device/ades/xades-layout.ts'
import { randomAccessOf, type Splice, spliced } from '../device/bytes.ts'
import { digestOf, hashName } from '../device/cms/algorithm.ts'
import { type ReadXadesOptions, readXades, type XadesFound } from '../device/trust/read-xades.ts'
import type { SubIndication } from '../device/trust/report.ts'
import { canonicalise } from '../device/xml/canonical.ts'
import { subtract, wholeOf } from '../device/xml/node-set.ts'
import { parseXml } from '../device/xml/parse.ts'
import { childElements, childrenOf, descendantsOf } from '../device/xml/walk.ts'
import { now } from './50.signature.kit.ts'
import type { TestIdentity } from './sim/pki.ts'

export const content = Buffer.from(
  '<?xml version="1.0"?><!-- c --><pay xmlns="urn:pay"><to iban="ES1">Anna</to><sum>10</sum></pay>',
)

/** The reader's findings of a file, whose content is `content` where it is detached. */
export function read(file: string | Uint8Array, original: Uint8Array = content): Promise<readonly XadesFound[]> {
  return readBytes(Buffer.from(file), { content: randomAccessOf(original) })
}

/** The same with whatever original it has, or none. */
export async function readBytes(file: Uint8Array, options: ReadXadesOptions = {}): Promise<readonly XadesFound[]> {
  return await readXades(parseXml(file), options)
}

export function findingsOf(found: readonly XadesFound[]): readonly SubIndication[] {
  return found.flatMap(one => one.findings.map(finding => finding.subIndication))
}

const dsNamespace = 'http://www.w3.org/2000/09/xmldsig#'
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

/** All that whoever reads a file would go by, and whether the reader found nothing wrong with it. */
export async function meaningOf(bytes: Uint8Array) {
  const found = await read(bytes)
  const { root } = parseXml(bytes)
  const signatures = descendantsOf(root, dsNamespace, 'Signature')
  const outside = subtract(wholeOf(root), new Set(signatures))
  const objects = signatures
    .flatMap(signature => childrenOf(signature, dsNamespace, 'Object'))
    .filter(object => !childElements(object).some(child => child.local === 'QualifyingProperties'))
  return {
    clean: found.length > 0 && findingsOf(found).length === 0,
    outside: text(canonicalise(outside, { method: 'exclusive' })),
    // Of an Object that is signed as base64 only what it holds is signed; its type is in DataObjectFormat.
    objects: objects.map(object => text(canonicalise(object, { method: 'exclusive' })).replace(/^<[^>]*>/, '')),
    claims: found.map(({ claimedTime, policy, signer, scopes, type }) => {
      return { claimedTime, policy, signer: signer?.facts.sha256, scopes, type }
    }),
  }
}

export interface Signer {
  readonly identity: TestIdentity
  readonly algorithm: XadesRequest['algorithm']
}

export function requestOf({ identity, algorithm }: Signer, packaging: Packaging, id = 'one'): XadesRequest {
  const { certificate, chain } = identity
  const contentFormat = { mimeType: 'text/xml' }
  const properties = { signingTime: now, policy: agel, claimedRoles: ['registrar'], contentFormat }
  return { algorithm, certificate, chain, packaging, id, contentUri: 'content.xml', properties }
}

function signatureValue({ algorithm, signedInfo }: XadesIntent, { privateKey }: TestIdentity): Uint8Array {
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  return sign(hashName(digestOf(algorithm)), Buffer.from(signedInfo, 'base64'), key)
}

/** The file with the signatures of these intents, all over the same base. */
export async function finished(base: Uint8Array, intents: readonly XadesIntent[], signer: Signer): Promise<Buffer> {
  const over = intents[0]?.place.base === 'empty' ? new Uint8Array() : base
  const splices = intents.flatMap((intent): readonly Splice[] =>
    assembleXades(intent, signatureValue(intent, signer.identity)),
  )
  const result = spliced(randomAccessOf(over), splices)
  return Buffer.from(await result.read(0, result.size))
}

export async function signed(base: Uint8Array, signer: Signer, packaging: Packaging, id?: string): Promise<Buffer> {
  return finished(base, [await prepareXades(randomAccessOf(base), requestOf(signer, packaging, id))], signer)
}

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const enveloped = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'

/** An enveloped signature over the root element by its Id, `root`, in the shape that most signers give it. */
export async function signedById(markup: string, signer: Signer): Promise<string> {
  const document = parseXml(Buffer.from(markup))
  const { root, encoding } = document
  const octets = canonicalise(root, { method: 'exclusive' })
  const reference: DataReference = {
    uri: '#root',
    transforms: `<ds:Transforms><ds:Transform Algorithm="${enveloped}"/><ds:Transform Algorithm="${exclusive}"/></ds:Transforms>`,
    digest: createHash(hashName(digestOf(signer.algorithm)))
      .update(octets)
      .digest(),
  }
  const offset = root.endTag?.start ?? 0
  const place: SignaturePlace = { base: 'content', encoding, offset, remove: 0, before: '', after: '', others: [] }
  const intent = xadesIntent(requestOf(signer, 'enveloped'), { place, reference })
  return (await finished(Buffer.from(markup), [intent], signer)).toString()
}

/** A document taken apart: what is around its only ds:Signature, and the parts of that. */
export interface Parts {
  readonly before: string
  readonly signature: string
  readonly after: string
}

export function partsOf(file: string): Parts {
  const [whole, before = '', signature = '', after = ''] =
    /^([\s\S]*?)(<ds:Signature [\s\S]*<\/ds:Signature>)([\s\S]*)$/.exec(file) ?? []
  if (whole === undefined) throw new Error('no signature in the file')
  return { before, signature, after }
}
