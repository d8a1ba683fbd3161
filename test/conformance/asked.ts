// XML signatures made as AutoFirma's extra parameters ask: each before every judge that knows it, and beside what AutoFirma's
// own library makes of the same parameters.

import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { SignatureLevel } from '../../device/ades/request.ts'
import type { Autofirma } from '../oracles/java.ts'
import { type Exhibit, type Oracle, verdictOf } from '../oracles/oracle.ts'
import type { Pki, SignerName } from '../oracles/pki.ts'
import type { Engine } from './engine.ts'
import { verdictBy, wordsOf } from './matrix.ts'
import type { Tally } from './outcome.ts'
import { traitsOf } from './xades-traits.ts'

export interface AskedBench {
  readonly engine: Engine
  readonly oracles: readonly Oracle[]
  readonly autofirma: Autofirma
  readonly pki: Pki
  readonly folder: string
  readonly tally: Tally
}

type Parameters = Readonly<Record<string, string>>

interface Case {
  readonly name: string
  readonly parameters: Parameters
  readonly input: 'xml' | 'binary' | 'base64' | 'digest'
  /** What the file that is outside of the signature holds. */
  readonly content?: 'binary' | 'digested'
  readonly op?: 'cosign' | 'countersign'
  /** Of the signature that is there already. */
  readonly first?: Parameters
  readonly signer?: SignerName
  readonly level?: SignatureLevel
  /** Our own indication, where it is not TOTAL-PASSED: part of the document or of the content is not covered or not there. */
  readonly ours?: 'INDETERMINATE'
  /** Judges that cannot, and why: `beside` is the comparison with AutoFirma's own. */
  readonly unknownTo?: readonly ('xmlsec1' | 'AutoFirma' | 'beside')[]
}

const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'
const inclusive11 = 'http://www.w3.org/2006/12/xml-c14n11'
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const sha256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
const sha512 = 'http://www.w3.org/2001/04/xmlenc#sha512'
const enveloped = { format: 'XAdES Enveloped' }
const beside = { format: 'XAdES Detached' }
const enveloping = { format: 'XAdES Enveloping' }
const outside = { format: 'XAdES Externally Detached', uri: 'asked.bin' }
const alone = { avoidXpathExtraTransformsOnEnveloped: 'true' }
const insideA = { insertEnvelopedSignatureOnNodeByXPath: '/r/a' }

const digested = Buffer.from('what was digested elsewhere')
const digest = createHash('sha256').update(digested).digest()
const inputs = {
  xml: '<?xml version="1.0" encoding="UTF-8"?>\n<r xmlns:q="urn:q" xml:lang="ca"><a Id="A1">h</a><b Id="B1"><c q:z="1">é</c></b></r>',
  binary: Buffer.from([1, 2, 3, 250, 0]),
  base64: 'AQID+gA=',
  digest,
  digested,
} as const

const listed = {
  useManifest: 'true',
  precalculatedHashAlgorithm: 'SHA-256',
  ...{ uri1: 'asked.bin', md1: digest.toString('base64'), mimeType1: 'text/plain' },
  ...{ uri2: 'urn:a:2', md2: digest.toString('base64') },
}
const keyInfo = { addKeyInfoKeyName: 'true', addKeyInfoX509IssuerSerial: 'true', addKeyInfoKeyValue: 'true' }
/** AutoFirma's baseline profile never signs it. */
const signedKeyInfo = { keepKeyInfoUnsigned: 'false', profile: 'advanced' }
const textual = { avoidBase64Transforms: 'true', canonicalizationAlgorithm: 'none' }

const invoicePolicy = {
  policyIdentifier:
    'http://www.facturae.es/politica_de_firma_formato_facturae/politica_de_firma_formato_facturae_v3_1.pdf',
  policyIdentifierHash: 'Ohixl6upD6av8N7pEvDABhEL6hM=',
  policyIdentifierHashAlgorithm: 'SHA1',
}

const xml = { input: 'xml' } as const
const partly = { input: 'xml', ours: 'INDETERMINATE' } as const
const binary = { input: 'binary' } as const

/** AutoFirma takes a content that was given for an external one for its digest, and here it only makes first signatures. */
const notBeside = ['beside'] as const
/** We say how text becomes octets, where AutoFirma leaves it to the default. */
const explicitly = ['beside'] as const

const cases: readonly Case[] = [
  { name: 'nothing', parameters: enveloped, ...xml },
  { name: 'node', parameters: { ...enveloped, nodeToSign: 'B1' }, ...partly },
  {
    name: 'node-c14n',
    parameters: { ...enveloped, nodeToSign: 'B1', canonicalizationAlgorithm: inclusive },
    ...partly,
  },
  {
    name: 'node-c14n11',
    parameters: { ...enveloped, nodeToSign: 'B1', canonicalizationAlgorithm: inclusive11 },
    ...partly,
  },
  { name: 'node-beside', parameters: { ...beside, nodeToSign: 'B1', canonicalizationAlgorithm: inclusive }, ...partly },
  {
    name: 'node-around',
    parameters: { ...enveloping, nodeToSign: 'B1', canonicalizationAlgorithm: inclusive },
    ...partly,
  },
  { name: 'insert', parameters: { ...enveloped, ...insideA }, ...xml },
  { name: 'insert-c14n11', parameters: { ...enveloped, ...insideA, canonicalizationAlgorithm: inclusive11 }, ...xml },
  { name: 'alone', parameters: { ...enveloped, ...alone }, ...xml },
  {
    name: 'untransformed',
    parameters: {
      ...enveloped,
      ...alone,
      ...insideA,
      nodeToSign: 'B1',
      avoidEnvelopedTransformWhenSigningNode: 'true',
    },
    ...partly,
  },
  { name: 'c14n', parameters: { ...enveloped, canonicalizationAlgorithm: inclusive }, ...xml },
  { name: 'c14n11', parameters: { ...enveloped, canonicalizationAlgorithm: inclusive11 }, ...xml },
  { name: 'c14n-none', parameters: { ...enveloped, canonicalizationAlgorithm: 'none' }, ...xml },
  { name: 'c14n-beside', parameters: { ...beside, canonicalizationAlgorithm: inclusive }, ...xml },
  { name: 'invoice', parameters: { ...enveloped, facturaeSign: 'true' }, ...xml },
  { name: 'invoice-policy', parameters: { ...enveloped, ...invoicePolicy, facturaeSign: 'true' }, ...xml },
  {
    name: 'invoice-lta',
    parameters: { ...enveloped, facturaeSign: 'true' },
    ...xml,
    level: 'LTA',
    unknownTo: notBeside,
  },
  { name: 'digest', parameters: { ...enveloped, referencesDigestMethod: sha512 }, ...xml },
  { name: 'key-info', parameters: { ...enveloped, ...keyInfo, ...signedKeyInfo }, ...xml },
  { name: 'key-info-unsigned', parameters: { ...enveloped, ...keyInfo, keepKeyInfoUnsigned: 'true' }, ...xml },
  { name: 'key-info-p256', parameters: { ...enveloped, ...keyInfo }, ...xml, signer: 'p256' },
  {
    name: 'key-info-c14n',
    parameters: { ...enveloped, ...signedKeyInfo, canonicalizationAlgorithm: inclusive },
    ...xml,
  },
  { name: 'manifest', parameters: listed, ...binary, ours: 'INDETERMINATE', unknownTo: ['xmlsec1'] },
  {
    name: 'manifest-digest',
    parameters: { useManifest: 'true', uri: 'asked.bin', precalculatedHashAlgorithm: 'SHA-256' },
    input: 'digest',
    content: 'digested',
  },
  {
    name: 'manifest-content',
    parameters: { useManifest: 'true', uri: 'asked.bin' },
    ...binary,
    content: 'binary',
    unknownTo: notBeside,
  },
  {
    name: 'manifest-lta',
    parameters: { useManifest: 'true', uri: 'asked.bin' },
    ...{ ...binary, content: 'binary', level: 'LTA', unknownTo: notBeside },
  },
  { name: 'outside', parameters: outside, ...binary, content: 'binary', unknownTo: notBeside },
  {
    name: 'outside-digest',
    parameters: { ...outside, precalculatedHashAlgorithm: 'SHA-256' },
    input: 'digest',
    content: 'digested',
  },
  { name: 'text', parameters: { ...enveloping, avoidBase64Transforms: 'true' }, ...binary, unknownTo: explicitly },
  { name: 'text-none', parameters: { ...enveloping, ...textual }, ...binary },
  { name: 'text-beside', parameters: { ...beside, ...textual }, ...binary },
  { name: 'base64', parameters: { ...enveloping, encoding: 'base64' }, input: 'base64', unknownTo: explicitly },
  {
    name: 'base64-none',
    parameters: { ...enveloping, encoding: 'base64', canonicalizationAlgorithm: 'none' },
    input: 'base64',
  },
  { name: 'base64-beside', parameters: { ...beside, encoding: 'base64' }, input: 'base64', unknownTo: explicitly },
  { name: 'encoding', parameters: { ...enveloped, outputXmlEncoding: 'ISO-8859-1' }, ...xml },
  { name: 'encoding-beside', parameters: { ...beside, outputXmlEncoding: 'ISO-8859-1' }, ...xml },
  { name: 'id', parameters: { ...enveloped, SignatureId: 'Asked-1' }, ...xml },
  {
    name: 'cosign',
    parameters: { canonicalizationAlgorithm: inclusive, ...signedKeyInfo },
    ...{ ...xml, op: 'cosign', first: beside, unknownTo: notBeside },
  },
  {
    name: 'cosign-around',
    parameters: { canonicalizationAlgorithm: inclusive },
    ...{ ...xml, op: 'cosign', first: enveloping, unknownTo: notBeside },
  },
  {
    name: 'cosign-manifest',
    parameters: {},
    first: { useManifest: 'true', uri: 'asked.bin' },
    ...{ ...binary, op: 'cosign', content: 'binary', unknownTo: notBeside },
  },
  {
    name: 'countersign',
    parameters: { canonicalizationAlgorithm: inclusive11, ...keyInfo, ...signedKeyInfo },
    ...{ ...xml, op: 'countersign', first: enveloped, unknownTo: notBeside },
  },
]

export async function runAsked(bench: AskedBench, only: RegExp): Promise<void> {
  for (const one of cases) if (only.test(`asked-XAdES-${one.name}`)) await runCase(one, bench)
}

async function runCase(one: Case, bench: AskedBench): Promise<void> {
  const { engine, oracles, tally, folder } = bench
  const row = `XAdES as asked, ${one.name}`
  const told = (judge: string, words: readonly string[]) =>
    tally.add({ row, name: `asked-XAdES-${one.name}`, judge, verdict: verdictOf(words) })
  try {
    const exhibit = await made(one, bench)
    told('made', [])
    const { unknownTo = [], ours = 'TOTAL-PASSED' } = one
    for (const oracle of oracles) {
      if (!oracle.knows(exhibit) || unknownTo.some(name => name === oracle.name) || oracle.name === 'ours') continue
      const verdict = await verdictBy(oracle, exhibit)
      told(oracle.name, verdict.accepted ? [] : [verdict.words])
    }
    const { format, file, content } = exhibit
    const found = await engine.verify({ format, file, online: true, ...(content !== undefined && { content }) })
    told('ours', found.indication === ours ? [] : [`${found.indication}; ${found.words}`])
    if (!unknownTo.includes('beside'))
      told('like AutoFirma', await differences(one, file, join(folder, one.input), bench))
  } catch (thrown) {
    told('made', [wordsOf(thrown)])
  }
}

async function made(one: Case, { engine, folder }: AskedBench): Promise<Exhibit> {
  const { name, parameters, op = 'sign', first, signer = 'rsa2048', level = 'B' } = one
  const input = join(folder, one.input)
  await writeFile(input, inputs[one.input])
  const content = one.content === undefined ? undefined : join(folder, 'asked.bin')
  if (one.content !== undefined && content !== undefined) await writeFile(content, inputs[one.content])
  const out = join(folder, `asked-${name}.xsig`)
  const algorithm = signer === 'p256' ? 'SHA256withECDSA' : 'SHA256withRSA'
  const beside = content === undefined ? {} : { content }
  const call = { format: 'XAdES', packaging: 'enveloped', level, algorithm, signer, out } as const
  if (first !== undefined) {
    const before = join(folder, `asked-${name}-first.xsig`)
    await engine.sign({ ...call, operation: 'sign', parameters: first, file: input, signer: 'rsa2048', out: before })
    await engine.sign({ ...call, ...beside, operation: op, parameters, file: before })
  } else await engine.sign({ ...call, operation: 'sign', parameters, file: input })
  const levels = op === 'cosign' ? (['B', 'B'] as const) : ([level] as const)
  const packaging = content === undefined ? 'enveloped' : 'detached'
  return { format: 'XAdES', packaging, operation: op, algorithm, levels, file: out, ...beside }
}

/** What AutoFirma does by default where we do something else that conforms as well. */
const ourDefaults = {
  profile: 'baseline',
  canonicalizationAlgorithm: exclusive,
  referencesDigestMethod: sha256,
  addKeyInfoKeyValue: 'false',
}

async function differences(one: Case, ours: string, input: string, { autofirma, pki, folder }: AskedBench) {
  const { name, parameters, signer = 'rsa2048' } = one
  const out = join(folder, `asked-${name}-${basename('autofirma.xsig')}`)
  const algorithm = signer === 'p256' ? 'SHA256withECDSA' : 'SHA256withRSA'
  const all = { ...ourDefaults, ...parameters }
  await autofirma.make('sign', { format: 'XAdES', file: input, out, p12: pki.p12(signer), algorithm, parameters: all })
  const [mine, theirs] = (await Promise.all([ours, out].map(path => readFile(path)))).map(traitsOf)
  return Object.entries(theirs ?? {})
    .filter(([trait, value]) => !isDeepStrictEqual(mine?.[trait], value))
    .map(([trait, value]) => `${trait}: ${JSON.stringify(mine?.[trait])} instead of ${JSON.stringify(value)}`)
}
