// What the signature tests share: a folder of their own, a small PDF made by somebody else's writer, the phases of a
// signature in a row, and the independent programs that judge the result.

import { execFile } from 'node:child_process'
import { createHash, createPrivateKey, sign } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PDFDocument } from 'pdf-lib'
import { appended, randomAccessOf, rangeOf } from '../device/bytes.ts'
import { digestOf, hashName, suggestedAlgorithm } from '../device/cms/algorithm.ts'
import { assemble, cmsReserveOctets, type SigningIntent, signingIntent } from '../device/cms/signing-intent.ts'
import { openPdf } from '../device/pdf/document.ts'
import { createDraft } from '../device/pdf/draft.ts'
import { fillContents, type PreparedSignature } from '../device/pdf/signature-dictionary.ts'
import { prepareSignature } from '../device/pdf/signature-field.ts'
import type { ByteStream, RandomAccess, SignatureAlgorithm } from '../device/ports.ts'
import type { TestIdentity } from './sim/pki.ts'

/** The moment at which every test happens. */
export const now = Date.UTC(2026, 5, 15, 10)

export interface Folder {
  readonly path: string
  write(name: string, content: string | Uint8Array): Promise<string>
  remove(): Promise<void>
}

export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'compulsa-signature-'))
  return Object.freeze({
    path,
    write: async (name: string, content: string | Uint8Array) => {
      await writeFile(join(path, name), content)
      return join(path, name)
    },
    remove: () => rm(path, { recursive: true }),
  })
}

export interface ProgramResult {
  readonly code: number
  /** Standard output and standard error. */
  readonly output: string
}

/** Runs a judge; a verdict against the file is a result, not an exception. */
export async function judge(program: string, args: readonly string[], cwd?: string): Promise<ProgramResult> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, [...args], { cwd })
    return { code: 0, output: stdout + stderr }
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'number') {
      const { stdout, stderr } = thrown as Error & { stdout?: string; stderr?: string }
      return { code: thrown.code, output: `${stdout ?? ''}${stderr ?? ''}` }
    }
    throw thrown
  }
}

/** An unsigned PDF of one page by pdf-lib, with a classic cross-reference table. */
export async function smallPdf(): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  document.addPage([200, 300]).drawText('Certificat', { x: 20, y: 200 })
  document.setCreationDate(new Date(now))
  document.setModificationDate(new Date(now))
  return document.save({ useObjectStreams: false })
}

/** A signature value by the key itself, without any token. */
export function softwareSignature(intent: SigningIntent, { privateKey }: TestIdentity): Uint8Array {
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  return sign(hashName(digestOf(intent.algorithm)), Buffer.from(intent.signedAttributes, 'base64'), key)
}

export interface Intended {
  readonly prepared: PreparedSignature
  readonly intent: SigningIntent
}

/** Everything before the token is asked. */
export async function intend(
  pdf: Uint8Array,
  { certificate, chain }: Pick<TestIdentity, 'certificate' | 'chain'>,
  algorithm: SignatureAlgorithm = suggestedAlgorithm(certificate),
): Promise<Intended> {
  const identity = { algorithm, certificate, chain }
  const file = randomAccessOf(pdf)
  const prepared = await prepareSignature(createDraft(await openPdf(file)), {
    kind: 'signature',
    fieldName: 'Signature1',
    reservedBytes: cmsReserveOctets(identity),
    signingTime: now,
  })
  const digest = createHash(hashName(digestOf(algorithm)))
  for await (const chunk of signedBytes(appended(file, prepared.update), prepared.byteRange)) digest.update(chunk)
  return { prepared, intent: signingIntent({ ...identity, documentDigest: digest.digest() }) }
}

/** The bytes that /ByteRange names, in order, in chunks: what a signature's message digest is made over. */
export async function* signedBytes(
  file: RandomAccess,
  byteRange: readonly [number, number, number, number],
): ByteStream & AsyncGenerator<Uint8Array> {
  const [firstStart, firstLength, secondStart, secondLength] = byteRange
  yield* rangeOf(file, firstStart, firstLength)
  yield* rangeOf(file, secondStart, secondLength)
}

/** Everything after the token has answered. */
export function finish(pdf: Uint8Array, { prepared, intent }: Intended, signature: Uint8Array): Uint8Array {
  return withContents(pdf, prepared, assemble(intent, signature))
}

/** The file with any bytes as its CMS. */
export function withContents(pdf: Uint8Array, prepared: PreparedSignature, cms: Uint8Array): Uint8Array {
  const filled = fillContents(prepared, cms)
  if (filled.outcome !== 'filled') throw new Error(`the CMS needs ${filled.neededBytes} bytes`)
  return Buffer.concat([pdf, filled.update])
}

/** All phases by software. */
export async function signedPdf(pdf: Uint8Array, identity: TestIdentity): Promise<Uint8Array> {
  const intended = await intend(pdf, identity)
  return finish(pdf, intended, softwareSignature(intended.intent, identity))
}
