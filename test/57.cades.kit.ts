// What the CAdES tests share: signers of every kind, the phases of each operation in a row by software keys, signatures
// made by OpenSSL as somebody else's, and OpenSSL as judge.

import { createPrivateKey, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assembleCades, type CadesPackaging, prepareCades } from '../device/ades/cades.ts'
import { assembleCosignature, prepareCosignature } from '../device/ades/cades-cosign.ts'
import {
  assembleCountersignatures,
  type CountersignTarget,
  prepareCountersignatures,
} from '../device/ades/cades-countersign.ts'
import type { SignatureProperties } from '../device/ades/request.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { digestOf, hashName, suggestedAlgorithm } from '../device/cms/algorithm.ts'
import { type Asn1Node, readWhole } from '../device/cms/asn1.ts'
import { type ParsedSignedData, parseSignedData } from '../device/cms/parse.ts'
import type { SigningIntent } from '../device/cms/signing-intent.ts'
import { splicedBytes } from '../device/cms/splice.ts'
import type { RandomAccess, SignatureAlgorithm } from '../device/ports.ts'
import { type Folder, judge, now, type ProgramResult } from './50.signature.kit.ts'
import { pem, type TestIdentity } from './sim/pki.ts'

export const properties: SignatureProperties = { signingTime: now }

export interface Signing {
  readonly identity: TestIdentity
  readonly algorithm?: SignatureAlgorithm
  readonly properties?: SignatureProperties
}

function requestOf({ identity, algorithm, properties: stated = properties }: Signing) {
  const { certificate, chain } = identity
  return { certificate, chain, algorithm: algorithm ?? suggestedAlgorithm(certificate), properties: stated }
}

/** A signature value by the key itself. */
export function valueBy({ privateKey }: TestIdentity, { algorithm, signedAttributes }: SigningIntent): Uint8Array {
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  const hash = hashName(digestOf(algorithm))
  const padding = algorithm.endsWith('MGF1') ? { padding: 6, saltLength: Number(hash.slice(3)) / 8 } : {}
  return sign(hash, Buffer.from(signedAttributes, 'base64'), { key, ...padding })
}

export async function signedCades(content: Uint8Array, packaging: CadesPackaging, signing: Signing) {
  const prepared = await prepareCades(randomAccessOf(content), packaging, requestOf(signing))
  const assembled = assembleCades(prepared, valueBy(signing.identity, prepared.intent))
  return assembled.packaging === 'detached' ? assembled.signature : splicedBytes(content, assembled.splices)
}

export async function cosigned(cms: Uint8Array, signing: Signing, content?: Uint8Array): Promise<Uint8Array> {
  const beside = content === undefined ? undefined : randomAccessOf(content)
  const prepared = await prepareCosignature(randomAccessOf(cms), beside, requestOf(signing))
  const value = valueBy(signing.identity, prepared.intent)
  return splicedBytes(cms, await assembleCosignature(randomAccessOf(cms), prepared, value))
}

export async function countersigned(cms: Uint8Array, target: CountersignTarget, signing: Signing): Promise<Uint8Array> {
  const prepared = await prepareCountersignatures(randomAccessOf(cms), target, requestOf(signing))
  const values = prepared.signatures.map(({ intent }) => valueBy(signing.identity, intent))
  return splicedBytes(cms, await assembleCountersignatures(randomAccessOf(cms), prepared, values))
}

export function parsedCms(cms: Uint8Array): ParsedSignedData {
  const outcome = parseSignedData(cms)
  if (outcome.outcome !== 'parsed') throw new Error(outcome.detail)
  return outcome.signedData
}

/** All of a file. */
export function wholeOf(file: RandomAccess): Promise<Uint8Array> {
  return file.read(0, file.size)
}

/**
 * Whether nothing of `before` was encoded anew: its primitive elements stand in `after`, octet for octet and in their
 * order, with new ones in between; only the version of the SignedData may have risen.
 */
export function keepsOctetsOf(before: Uint8Array, after: Uint8Array): boolean {
  const { version } = parsedCms(before).layout
  const kept = [...leaves(before)].filter(({ offset }) => offset !== version.offset).map(hexOf)
  let next = 0
  for (const leaf of leaves(after)) if (hexOf(leaf) === kept[next]) next += 1
  return next === kept.length && indefinites(after) >= indefinites(before)
}

const hexOf = ({ raw }: Asn1Node) => Buffer.from(raw).toString('hex')

function* nodes(node: Asn1Node): Generator<Asn1Node> {
  yield node
  for (const child of node.children) yield* nodes(child)
}

function nodesOf(bytes: Uint8Array): Asn1Node[] {
  const node = readWhole(bytes)
  if (node === undefined) throw new Error('no ASN.1')
  return [...nodes(node)]
}

function leaves(bytes: Uint8Array): Asn1Node[] {
  return nodesOf(bytes).filter(({ tag }) => (tag & 0x20) === 0)
}

/** Elements of indefinite length, which must stay so. */
function indefinites(bytes: Uint8Array): number {
  return nodesOf(bytes).filter(({ indefinite }) => indefinite).length
}

/** A signature by `openssl cms -sign`; `options` such as `-nodetach` and `-stream`. */
export async function opensslSigned(
  folder: Folder,
  identity: TestIdentity,
  content: Uint8Array,
  options: readonly string[] = [],
): Promise<Uint8Array> {
  const certificate = await folder.write('openssl-signer.pem', pem('CERTIFICATE', identity.certificate))
  const key = await folder.write('openssl-key.pem', pem('PRIVATE KEY', identity.privateKey))
  const chain = await folder.write('openssl-chain.pem', identity.chain.map(der => pem('CERTIFICATE', der)).join(''))
  const out = join(folder.path, 'openssl-signed.der')
  const { code, output } = await judge('openssl', [
    ...['cms', '-sign', '-binary', '-cades', '-outform', 'DER', '-in', await folder.write('openssl-in.bin', content)],
    ...['-signer', certificate, '-inkey', key, '-certfile', chain, ...options, '-out', out],
  ])
  if (code !== 0) throw new Error(output)
  return readFile(out)
}

/** OpenSSL's verdict, signing-certificate attribute included; `root` is DER. */
export async function opensslVerdict(
  folder: Folder,
  cms: Uint8Array,
  {
    root,
    content,
    time: at = now,
  }: { readonly root: Uint8Array; readonly content?: Uint8Array; readonly time?: number },
): Promise<ProgramResult> {
  const beside = content === undefined ? [] : ['-content', await folder.write('verdict.bin', content)]
  const files = ['-in', await folder.write('verdict.der', cms), ...beside, '-out', '/dev/null']
  const trust = ['-CAfile', await folder.write('verdict-root.pem', pem('CERTIFICATE', root)), '-purpose', 'any']
  const time = ['-attime', String(Math.floor(at / 1000))]
  return judge('openssl', ['cms', '-verify', '-cades', '-binary', '-inform', 'DER', ...files, ...trust, ...time])
}
