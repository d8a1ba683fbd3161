// Signing an XML file, or any file by XML, at level B: the phases of a XAdES signature in a row, with the signer asked in
// between. What was asked of this one and turned out to have no effect on the file is named.

import { randomAccessOf, spliced } from '../bytes.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess, SignatureAlgorithm } from '../ports.ts'
import type { XmlDocument } from '../xml/node.ts'
import { recoded } from '../xml/recode.ts'
import type { SignJob } from './job.ts'
import { assembleXades, prepareXades, type XadesIntent, xadesDigestToSign } from './xades.ts'
import { prepareXadesCosignature, prepareXadesCountersignatures } from './xades-cosign.ts'
import { readXml } from './xades-layout.ts'

export interface XadesSignTools {
  readonly input: RandomAccess
  /** The signed original, where a detached signature gets another one. */
  readonly content: RandomAccess | undefined
  sign(algorithm: SignatureAlgorithm, digest: Uint8Array): Promise<Uint8Array>
  readonly timestamps: { random(octets: number): Uint8Array }
}

export interface MadeXades {
  readonly file: RandomAccess
  /** Names of extra parameters that had no effect. */
  readonly ignored: readonly string[]
}

/** Throws what the phases throw, and what `sign` throws. */
export async function signXml(job: SignJob, tools: XadesSignTools): Promise<MadeXades> {
  const { identity, properties, packaging, contentName, xades: options = {} } = job
  const spareId = job.signatureId ?? `sig-${Buffer.from(tools.timestamps.random(16)).toString('hex')}`
  const id = options.signatureId ?? spareId
  const { input, ignored } = await inAskedEncoding(job, tools)
  const request = { ...identity, properties, id, spareId, contentUri: encodeURIComponent(contentName), options }
  const intents = await xmlIntents(job, { ...request, packaging }, { ...tools, input })
  const values: Uint8Array[] = []
  // One after the other: a card does one thing at a time.
  for (const intent of intents) values.push(await tools.sign(identity.algorithm, xadesDigestToSign(intent)))
  const splices = intents.flatMap((intent, index) => assembleXades(intent, values[index] ?? new Uint8Array()))
  const base = intents[0]?.place.base === 'empty' ? randomAccessOf(new Uint8Array()) : input
  const renamed = intents.length > 0 && intents[0]?.id !== id ? ['SignatureId'] : []
  return { file: spliced(base, splices), ignored: [...ignored, ...renamed] }
}

async function xmlIntents(
  { operation, target }: SignJob,
  request: Parameters<typeof prepareXades>[1],
  { input, content }: XadesSignTools,
): Promise<readonly XadesIntent[]> {
  if (operation === 'sign') return [await prepareXades(input, request)]
  if (operation === 'cosign') return [await prepareXadesCosignature(input, request, content)]
  return prepareXadesCountersignatures(input, request, target)
}

/** A document that the signature goes into, in the encoding that was asked for where it can be written in that. */
async function inAskedEncoding(
  { packaging, operation, xades = {} }: SignJob,
  { input }: XadesSignTools,
): Promise<{ readonly input: RandomAccess; readonly ignored: readonly string[] }> {
  const label = xades.outputEncoding
  const goesInto = operation === 'sign' && (packaging === 'enveloped' || packaging === 'internally-detached')
  const document = label === undefined || !goesInto ? undefined : await documentOf(input)
  if (label === undefined || document === undefined || document.encoding === label.toLowerCase()) {
    return { input, ignored: [] }
  }
  const bytes = recoded(document, label)
  if (bytes === undefined) return { input, ignored: ['outputXmlEncoding'] }
  return { input: randomAccessOf(bytes), ignored: [] }
}

/** Undefined for content that is no XML. */
async function documentOf(input: RandomAccess): Promise<XmlDocument | undefined> {
  try {
    return await readXml(input)
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'XML_UNREADABLE') return undefined
    throw thrown
  }
}
