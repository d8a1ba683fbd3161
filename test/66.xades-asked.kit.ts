// XML signatures made as extra parameters ask, by the engine in a small world of trust, and what a test looks at in them.

import { createHash } from 'node:crypto'
import { readExtraParams } from '../device/ades/extra-params.ts'
import { xadesFor } from '../device/ades/extra-xades.ts'
import type { SignatureOperation } from '../device/ades/request.ts'
import { randomAccessOf, spliced } from '../device/bytes.ts'
import type { Report } from '../device/trust/report.ts'
import type { XmlElement } from '../device/xml/node.ts'
import { parseXml } from '../device/xml/parse.ts'
import { attributeOf, childElements, descendantsOf, textOf } from '../device/xml/walk.ts'
import { judge, now, temporaryFolder } from './50.signature.kit.ts'
import { createWorld } from './59.pades.kit.ts'
import { createEngine, signJob } from './67.engine.kit.ts'
import { createTestPki, pem, type TestIdentity } from './sim/pki.ts'

export const ds = 'http://www.w3.org/2000/09/xmldsig#'
export const xades = 'http://uri.etsi.org/01903/v1.3.2#'
export const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'
export const inclusive11 = 'http://www.w3.org/2006/12/xml-c14n11'
export const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
export const filter2 = 'http://www.w3.org/2002/06/xmldsig-filter2'
export const enveloped = `${ds}enveloped-signature`
export const base64 = `${ds}base64`

export const document =
  '<?xml version="1.0" encoding="UTF-8"?>\n<?style x?><q:r xmlns:q="urn:q" xmlns="urn:d" xml:lang="ca">' +
  '<a xmlns="" Id="A1">h</a><b Id="B1" xml:space="preserve"> <c q:z="1">é</c></b></q:r>'
export const binary = Buffer.from([1, 2, 3, 250, 0])
export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()

export interface Asked {
  readonly op?: SignatureOperation
  /** An EC signer unless said. */
  readonly signer?: 'ec' | 'rsa'
  readonly content?: Uint8Array
  readonly level?: 'LTA'
  readonly signatureId?: string
}

export interface Made {
  readonly bytes: Buffer
  readonly root: XmlElement
  /** The last signature of the file. */
  readonly signature: XmlElement
  readonly references: readonly XmlElement[]
  readonly ignored: readonly string[]
  readonly report: Report
}

export interface Bench {
  made(input: Uint8Array | string, params: Readonly<Record<string, string>>, asked?: Asked): Promise<Made>
  /** xmlsec1's verdict on the nth signature, 1-based; it trusts the bench's roots and `root`. */
  verdict(made: Pick<Made, 'bytes'>, nth?: number, root?: Uint8Array): Promise<string>
  remove(): Promise<void>
}

/** Long because it is one factory of small functions. */
export async function createBench(): Promise<Bench> {
  const [folder, world, pki] = await Promise.all([temporaryFolder(), createWorld(), createTestPki({ now })])
  const signers: Readonly<Record<'ec' | 'rsa', TestIdentity>> = {
    ec: world.signer,
    rsa: await pki.signer({ key: 'RSA-2048', commonName: 'Núria, "Vidal"' }),
  }
  const roots = [world.pki.root, pki.root]
  const pems = await Promise.all(roots.map((root, index) => folder.write(`${index}.pem`, pem('CERTIFICATE', root))))
  await folder.write('content.bin', binary)
  const engine = createEngine(world)

  async function made(input: Uint8Array | string, params: Readonly<Record<string, string>>, asked: Asked = {}) {
    const { op: operation = 'sign', content, level = 'B', signatureId } = asked
    const signer = signers[asked.signer ?? 'ec']
    const extra = readExtraParams(new Map(Object.entries(params)), 'XAdES')
    if (extra.xades === undefined) throw new Error('no parameters of XAdES')
    const { packaging = 'enveloped', policy, contentFormat, location } = extra
    const fitting = xadesFor(extra.xades, { operation, packaging })
    const properties = {
      signingTime: world.clock.now(),
      ...(policy && { policy }),
      ...(contentFormat && { contentFormat }),
      ...(location && { location }),
    }
    const job = {
      ...signJob(world, { format: 'XAdES', packaging, operation, level, signer, properties }),
      contentName: 'content.bin',
      xades: fitting.xades,
      anchors: roots,
      ...(signatureId !== undefined && { signatureId }),
    }
    const file = randomAccessOf(Buffer.from(input))
    const outcome = await engine.run(job, file, { signer, ...(content && { content: randomAccessOf(content) }) })
    if (outcome.outcome !== 'written') throw new Error('nothing was written')
    const result = spliced(outcome.base === 'input' ? file : randomAccessOf(new Uint8Array()), outcome.splices)
    const bytes = Buffer.from(await result.read(0, result.size))
    const ignored = [...extra.ignored, ...fitting.ignored, ...(outcome.ignored ?? [])]
    return { bytes, ignored, report: outcome.report, ...partsOf(bytes) }
  }

  async function verdict({ bytes }: Pick<Made, 'bytes'>, nth = 1, root?: Uint8Array): Promise<string> {
    const ids = [`${xades}:SignedProperties`, ...inSignature.map(name => `${ds}:${name}`), ...inDocuments]
    const path = await folder.write('signed.xml', bytes)
    const further = root === undefined ? [] : [await folder.write('further.pem', pem('CERTIFICATE', root))]
    const args = [
      ...[...pems, ...further].flatMap(file => ['--trusted-pem', file]),
      ...['--verification-gmt-time', new Date(world.clock.now()).toISOString().slice(0, 19).replace('T', ' ')],
      ...ids.flatMap(name => ['--id-attr:Id', name]),
      ...['--node-xpath', `(//*[local-name()="Signature"])[${nth}]`],
    ]
    return (await judge('xmlsec1', ['--verify', ...args, path], folder.path)).output
  }

  return Object.freeze({ made, verdict, remove: () => folder.remove() })
}

/** Elements whose Id a Reference may name. */
const inSignature = ['Object', 'SignatureValue', 'KeyInfo', 'Manifest', 'Signature']
const inDocuments = ['Content', 'a', 'urn:d:b', 'r']

function partsOf(bytes: Uint8Array) {
  const { root } = parseXml(bytes)
  const signature = descendantsOf(root, ds, 'Signature').at(-1)
  if (signature === undefined) throw new Error('no signature')
  const [signedInfo] = childElements(signature)
  return { root, signature, references: signedInfo === undefined ? [] : childElements(signedInfo).slice(2) }
}

/** xmlsec1 has found every Reference of SignedInfo to be what was signed. */
export const verifies = /^OK\nSignedInfo References \(ok\/all\): (\d)\/\1/m

export const transformsOf = (reference: XmlElement | undefined) =>
  reference === undefined
    ? []
    : descendantsOf(reference, ds, 'Transform').map(transform => attributeOf(transform, 'Algorithm'))
export const uriOf = (reference: XmlElement | undefined) => reference && attributeOf(reference, 'URI')
export const methodOf = (reference: XmlElement | undefined) =>
  reference && attributeOf(descendantsOf(reference, ds, 'DigestMethod')[0] ?? reference, 'Algorithm')
export const parentOf = ({ parent }: XmlElement) => parent?.local
export const texts = (root: XmlElement, local: string, namespace = ds) =>
  descendantsOf(root, namespace, local).map(textOf)

/** The packagings as AutoFirma calls them. */
export const E = { format: 'XAdES Enveloped' }
export const D = { format: 'XAdES Detached' }
export const G = { format: 'XAdES Enveloping' }
