// A small form of our own, signed, for the tests of what later revisions change; and what is judged of the result.

import type { UpdatedObject } from '../device/pdf/incremental.ts'
import type { JudgeOptions, RevisionChanges } from '../device/pdf/judge-revisions.ts'
import { judgeRevisions } from '../device/pdf/judge-revisions.ts'
import { pdfNull } from '../device/pdf/objects.ts'
import { listSignatures } from '../device/pdf/signatures.ts'
import { serialise } from '../device/pdf/write.ts'
import { classicPdf } from './pdf-fixtures.ts'
import { open, update } from './pdf-signing-fixtures.ts'

/** The objects of the form by what they are. */
export const parts = {
  catalog: 1,
  pages: 2,
  page: 3,
  form: 4,
  content: 5,
  font: 6,
  name: 7,
  nameAppearance: 8,
  agree: 9,
  agreed: 10,
  notAgreed: 11,
  overlay: 12,
  store: 13,
  empty: 14,
  info: 15,
  spare: 16,
} as const

export type Part = keyof typeof parts
export type Bodies = Partial<Record<Part, string>>

export function stream(dictionary: string, content: string): string {
  return `<< ${dictionary} /Length ${content.length} >>\nstream\n${content}\nendstream`
}

/** The appearance of the text field that shows `text`, what comes before the text and its font as a test wants them. */
export function shows(text: string, { start = 'q BT /F 12 Tf', font = '6 0 R' } = {}): string {
  const dictionary = `/Type /XObject /Subtype /Form /BBox [0 0 80 20] /Resources << /Font << /F ${font} >> >>`
  return stream(dictionary, `/Tx BMC ${start} 2 4 Td (${text}) Tj ET Q EMC`)
}

/** The bodies by part; a test changes what it is about. */
export const bodies: Readonly<Record<Part, string>> = {
  catalog: '<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R /Names << /Dests 16 0 R >> >>',
  pages: '<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Font << /F 6 0 R >> /XObject << /O 12 0 R >> >> >>',
  page: '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Contents 5 0 R /Annots [7 0 R 9 0 R 14 0 R] >>',
  form: '<< /Fields [7 0 R 9 0 R 14 0 R] /DR << /Font << /F 6 0 R >> >> /DA (/F 0 Tf 0 g) >>',
  content: stream('', 'BT /F 12 Tf 20 300 Td (Pay nothing) Tj ET /O Do'),
  font: '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  name:
    '<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V () /F 4 /P 3 0 R /Rect [20 200 100 220] ' +
    '/AP << /N 8 0 R >> /DA (/F 12 Tf 0 g) >>',
  nameAppearance: shows(''),
  agree:
    '<< /Type /Annot /Subtype /Widget /FT /Btn /T (agree) /V /Off /AS /Off /F 4 /P 3 0 R /Rect [20 150 40 170] ' +
    '/AP << /N << /Yes 10 0 R /Off 11 0 R >> >> >>',
  agreed: stream('/Type /XObject /Subtype /Form /BBox [0 0 20 20]', '0 0 20 20 re f'),
  notAgreed: stream('/Type /XObject /Subtype /Form /BBox [0 0 20 20]', ''),
  overlay: stream('/Type /XObject /Subtype /Form /BBox [0 0 200 20]', '1 g 0 0 200 20 re f'),
  store: 'null',
  empty: '<< /Type /Annot /Subtype /Widget /FT /Sig /T (approval) /F 4 /P 3 0 R /Rect [220 50 380 90] >>',
  info: '<< /Title (A form) /ModDate (D:20260101000000Z) >>',
  spare: '<< /Names [] >>',
}

/** What an attacker would have the page say. */
export const forged = stream('', 'BT /F 12 Tf 20 300 Td (Pay everything) Tj ET')

/** An indirect object, written by hand. */
export function object(number: number, body: string): string {
  return `${number} 0 obj\n${body}\nendobj\n`
}

/** The form, unsigned. */
export function form(changes: Bodies = {}): Buffer {
  return classicPdf(Object.values({ ...bodies, ...changes }), '/Info 15 0 R /ID [<00> <00>]')
}

/** A body for each part, or what to make of the one that the file has now. */
export type Changes = Partial<Record<Part, string | ((now: string) => string)>>

/** The file with one more revision in which these parts have these bodies. */
export async function changed(bytes: Uint8Array, changes: Changes): Promise<Buffer> {
  const document = await open(bytes)
  const objects: UpdatedObject[] = []
  for (const [part, change] of Object.entries(changes)) {
    const number = parts[part as Part]
    const now = typeof change === 'string' ? pdfNull : await document.object(number, 0)
    if (now.kind === 'stream') throw new TypeError('a stream is written anew')
    objects.push({ number, generation: 0, body: typeof change === 'string' ? change : change(serialise(now)) })
  }
  return update(bytes, ...objects)
}

/** The dictionary with further entries. */
export function plus(body: string, entries: string): string {
  return body.replace(/>>$/, `${entries} >>`)
}

export interface RevisionVerdict {
  /** Why it is refused, structure of the signatures included; empty where it is not. */
  readonly refused: readonly string[]
  /** Levels of the revisions after the first signature. */
  readonly levels: readonly string[]
  readonly perSignature: readonly (readonly RevisionChanges[])[]
}

export async function verdictOn(bytes: Uint8Array, options: JudgeOptions = {}): Promise<RevisionVerdict> {
  const document = await open(bytes)
  const signatures = await listSignatures(document)
  const { perSignature, findings } = await judgeRevisions(document, signatures, options)
  const broken = signatures.flatMap(one => (one.structure === 'sound' ? [] : one.problems))
  return {
    refused: [...broken.map(({ code }) => code), ...findings.map(({ detail }) => detail)],
    levels: (perSignature[0] ?? []).map(({ level }) => level),
    perSignature,
  }
}

/** Why the file is refused, in one text; empty where it is not. */
export async function refusalOf(bytes: Uint8Array): Promise<string> {
  return (await verdictOn(bytes)).refused.join('\n')
}
