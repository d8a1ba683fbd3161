// Good files to change: every format, packaging and level, with several signatures and by other signers, and what of each
// file must be as it was for a verdict to pass.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PDFDocument } from 'pdf-lib'
import { form } from './47.revision.kit.ts'
import { type Folder, judge, now, smallPdf } from './50.signature.kit.ts'
import { opensslSigned, parsedCms } from './57.cades.kit.ts'
import { meaningOf, content as xmlContent } from './58.xml.xades.kit.ts'
import type { World } from './59.pades.kit.ts'
import type { Engine } from './67.engine.kit.ts'

export interface GoodFile {
  readonly name: string
  readonly format: 'PAdES' | 'CAdES' | 'XAdES'
  readonly bytes: Buffer
  /** The signed original of a detached signature. */
  readonly content?: Uint8Array
  /** What a passing verdict on `signatures` signatures must not allow: undefined, or what differs. */
  differs(changed: Uint8Array, signatures: number): Promise<string | undefined>
}

const levels = ['B', 'T', 'LT', 'LTA'] as const
const packagings = ['enveloped', 'enveloping', 'internally-detached', 'detached'] as const
/** Long enough that changes by chance meet it. */
export const plainContent = Buffer.from('a content that nobody may change, in plain octets\n'.repeat(40))

/** The same page with a cross-reference stream and objects in streams. */
async function modernPdf(): Promise<Uint8Array> {
  const document = await PDFDocument.load(await smallPdf())
  document.setModificationDate(new Date(now))
  return document.save({ useObjectStreams: true })
}

export const password = 'a password'

async function encryptedPdf(folder: Folder): Promise<Uint8Array> {
  const [input, out] = [await folder.write('plain.pdf', await smallPdf()), join(folder.path, 'encrypted.pdf')]
  const { code, output } = await judge('qpdf', ['--encrypt', password, 'owner', '256', '--', input, out])
  if (code !== 0) throw new Error(output)
  return readFile(out)
}

export async function goodPdfs(engine: Engine, folder: Folder): Promise<readonly GoodFile[]> {
  const files: GoodFile[] = []
  for (const level of levels) {
    files.push(pdf(`PDF at ${level}`, await engine.sign(await smallPdf(), { level })))
    files.push(pdf(`PDF of streams at ${level}`, await engine.sign(await modernPdf(), { level })))
  }
  const lta = files.at(-1)?.bytes ?? Buffer.alloc(0)
  const two = await engine.sign(lta, { level: 'T', pdf: { fieldName: 'Second' } })
  const certified = await engine.sign(form(), { level: 'LTA', pdf: { certificationLevel: 2 } })
  const encrypted = await engine.sign(await encryptedPdf(folder), { level: 'LTA' })
  return [
    ...files,
    pdf('PDF signed twice', two),
    pdf('PDF with a form, certified', certified),
    pdf('PDF, encrypted', encrypted),
  ]
}

function pdf(name: string, bytes: Buffer): GoodFile {
  const ranges = [...bytes.toString('latin1').matchAll(/\/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+)/g)]
    .map(([, ...numbers]) => numbers.map(Number))
    .sort((a, b) => endOf(a) - endOf(b))
  const differs = async (changed: Uint8Array, signatures: number) => {
    // A file cut off behind an earlier revision is the file as it was then.
    for (const [at = 0, length = 0, next = 0, rest = 0] of ranges.slice(0, signatures)) {
      for (const [start, octets] of [
        [at, length],
        [next, rest],
      ] as const) {
        const same =
          Buffer.compare(bytes.subarray(start, start + octets), changed.subarray(start, start + octets)) === 0
        if (!same) return `something between ${start} and ${start + octets}`
      }
      const contents = cmsBetween(changed, at + length, next)
      if (!signedIn(cmsBetween(bytes, at + length, next)).every(one => holdsAll(contents, one))) return 'a signature'
    }
    return signatures === 0 ? 'no signature' : undefined
  }
  return { name, format: 'PAdES', bytes, differs }
}

const endOf = ([, , start = 0, length = 0]: readonly number[]) => start + length

/** What /Contents holds, with its padding. */
function cmsBetween(pdf: Uint8Array, start: number, end: number): Buffer {
  const digits = Buffer.from(pdf.subarray(start + 1, end - 1)).toString('latin1')
  return Buffer.from(digits.replace(/\s+/g, ''), 'hex')
}

/** Of each signer the signed attributes, whose order may change (the value is over their DER), and the value. */
function signedIn(cms: Uint8Array): readonly (readonly Uint8Array[])[] {
  return parsedCms(cms).signers.map(({ signedFields }) =>
    signedFields.flatMap(({ tag, children, content }) => {
      if (tag === 0xa0) return children.map(({ raw }) => raw)
      return tag === 0x04 ? [content] : []
    }),
  )
}

function holdsAll(bytes: Buffer, parts: readonly Uint8Array[]): boolean {
  return parts.every(part => bytes.includes(Buffer.from(part)))
}

export async function goodCades(engine: Engine, world: World, folder: Folder): Promise<readonly GoodFile[]> {
  const files: GoodFile[] = []
  const format = 'CAdES'
  const ber = await opensslSigned(folder, world.signer, plainContent, ['-nodetach', '-stream', '-indef'])
  for (const level of levels) {
    const attached = await engine.sign(plainContent, { format, packaging: 'enveloping', level })
    const detached = await engine.sign(plainContent, { format, packaging: 'detached', level })
    files.push(cms(`CAdES, attached, at ${level}`, attached))
    files.push(cms(`CAdES, detached, at ${level}`, detached, plainContent))
    if (level !== 'B') files.push(cms(`CAdES in BER at ${level}`, await engine.extend(ber, level)))
  }
  const two = await engine.sign(ber, { format, operation: 'cosign', packaging: 'enveloping' })
  const over = await engine.sign(two, { format, operation: 'countersign', target: 'TREE' })
  return [...files, cms('CAdES in BER', Buffer.from(ber)), cms('CAdES, cosigned and countersigned', over)]
}

function cms(name: string, bytes: Buffer, content?: Uint8Array): GoodFile {
  const { layout, signers } = parsedCms(bytes)
  const pieces = (layout.content ?? []).map(({ offset, length }) => bytes.subarray(offset, offset + length))
  const known = signedIn(bytes)
  const differs = async (changed: Uint8Array, signatures: number) => {
    const all = Buffer.from(changed)
    if (pieces.some(piece => !all.includes(piece))) return 'the content'
    const kept = known.filter(one => holdsAll(all, one))
    return kept.length === 0 || (signatures >= signers.length && kept.length < known.length) ? 'a signature' : undefined
  }
  return { name, format: 'CAdES', bytes, differs, ...(content && { content }) }
}

export async function goodXades(engine: Engine): Promise<readonly GoodFile[]> {
  const files: GoodFile[] = []
  const format = 'XAdES'
  for (const packaging of packagings) {
    for (const level of levels) {
      files.push(
        xml(`XAdES, ${packaging}, at ${level}`, await engine.sign(xmlContent, { format, packaging, level }), packaging),
      )
    }
  }
  const one = await engine.sign(xmlContent, { format })
  const two = await engine.sign(one, { format, operation: 'cosign' })
  const over = await engine.sign(two, { format, operation: 'countersign', target: 'TREE' })
  return [...files, xml('XAdES, cosigned and countersigned', over, 'enveloped')]
}

function xml(name: string, bytes: Buffer, packaging: (typeof packagings)[number]): GoodFile {
  const differs = async (changed: Uint8Array) => {
    const [before, after] = await Promise.all([meaningOf(bytes), meaningOf(changed)])
    // White space and instructions beside content that is signed by itself say nothing of it.
    const said = (outside: string) =>
      packaging === 'internally-detached' ? outside.replace(/<\?.*?\?>/g, '').replace(/\s+(?=<)/g, '') : outside
    if (said(before.outside) !== said(after.outside)) return 'what is around the signatures'
    if (JSON.stringify(before.objects) !== JSON.stringify(after.objects)) return 'what signatures hold'
    const known = new Set(before.claims.map(claim => JSON.stringify(claim)))
    return after.claims.every(claim => known.has(JSON.stringify(claim))) ? undefined : 'what is claimed'
  }
  return { name, format: 'XAdES', bytes, differs, ...(packaging === 'detached' && { content: xmlContent }) }
}
