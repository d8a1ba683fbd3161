// Signing other people's odd PDFs, in figures: for every file of a folder, whether our signature can be added with the
// original bytes an exact prefix, qpdf no less content than before, the same pages and a signature that poppler finds and
// we read again strictly. The parser runs in a thread with a heap limit and a deadline, so that a hang or a crash is a
// row and not the end of the run.

import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

/** `refused`: a Fault by its code; `hang`, `crash`: none of our Faults ended it; the others name what was worse. */
export type OddOutcome = 'signed' | 'refused' | 'prefix' | 'qpdf' | 'pages' | 'pdfsig' | 'hang' | 'crash'

export interface OddRow {
  readonly file: string
  readonly outcome: OddOutcome
  /** What the Fault said, what the repair mended, or both programs' exit codes. */
  readonly detail: string
}

export interface OddFigures {
  readonly files: number
  readonly signed: number
  /** Every row that was not signed, by outcome and detail. */
  readonly others: readonly OddRow[]
}

/** What the signing thread answers for one file. */
export type OddAnswer =
  | { readonly outcome: 'signed'; readonly bytes: Uint8Array; readonly repaired: readonly string[] }
  | { readonly outcome: 'refused' | 'crash'; readonly detail: string }

const deadlineMs = 20_000
const heapMegabytes = 512
const programDeadlineMs = 60_000

/** Passwords that pdf.js publishes with the encrypted files of its test suite. */
export const publishedPasswords: Readonly<Record<string, string>> = {
  'bug1782186.pdf': 'Hello',
  'issue15893_reduced.pdf': 'test',
  'issue6010_1.pdf': 'abc',
  'saslprep-r6.pdf': 'S\u{aa}SL\u{ad}prep',
}

/**
 * One row for each file of `folder` that is a PDF by name, in the order of their names; files are only read. A file of
 * `passwords` is opened with its own.
 */
export async function runOddPdfs(
  folder: string,
  passwords: Readonly<Record<string, string>> = {},
): Promise<readonly OddRow[]> {
  const names = (await readdir(folder)).filter(name => name.toLowerCase().endsWith('.pdf')).sort()
  const scratch = await mkdtemp(join(tmpdir(), 'compulsa-odd-'))
  const rows: OddRow[] = []
  try {
    for (const name of names)
      rows.push({ file: name, ...(await judge(join(folder, name), join(scratch, 'signed.pdf'), passwords[name])) })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return rows
}

/** How many were signed, and the rest. */
export function figuresOf(rows: readonly OddRow[]): OddFigures {
  const others = rows.filter(row => row.outcome !== 'signed')
  return { files: rows.length, signed: rows.length - others.length, others }
}

async function judge(file: string, copy: string, password: string | undefined): Promise<Omit<OddRow, 'file'>> {
  const original = await readFile(file)
  const answer = await signApart(original, password)
  if (answer.outcome !== 'signed') return answer
  const bytes = Buffer.from(answer.bytes)
  const repaired = answer.repaired.join('; ')
  if (!bytes.subarray(0, original.length).equals(original)) return { outcome: 'prefix', detail: repaired }
  await writeFile(copy, bytes)
  // Their command lines take a password of RFC 4013's mapping, as every keyboard types it.
  const typed = password?.normalize('NFKC').replaceAll('\u{ad}', '') ?? ''
  const opened = [`--password=${typed}`]
  const [before, after] = [await run('qpdf', ...opened, '--check', file), await run('qpdf', ...opened, '--check', copy)]
  const [pagesBefore, pagesAfter] = [await pageCount(file, opened), await pageCount(copy, opened)]
  const found = await run('pdfsig', '-nocert', ...(typed === '' ? [] : ['-upw', typed]), copy)
  const detail = `qpdf ${before.code} → ${after.code}, ${pagesBefore} → ${pagesAfter} pages; ${repaired}`
  // qpdf: 0 sound, 3 warnings, 2 errors.
  if (rank(after.code) > rank(before.code)) return { outcome: 'qpdf', detail }
  if (pagesBefore !== '' && pagesBefore !== pagesAfter) return { outcome: 'pages', detail }
  if (!found.output.includes('Signature #')) return { outcome: 'pdfsig', detail }
  return { outcome: 'signed', detail }
}

const rank = (code: number) => [0, 3, 2].indexOf(code)

async function pageCount(file: string, opened: readonly string[]): Promise<string> {
  return (await run('qpdf', ...opened, '--show-npages', '--no-warn', file)).output.trim()
}

/** The answer of a fresh thread; a thread costs little, and no file can leave anything behind for the next. */
function signApart(
  original: Buffer,
  password: string | undefined,
): Promise<OddAnswer | { readonly outcome: 'hang'; readonly detail: string }> {
  return new Promise(resolve => {
    const worker = new Worker(new URL('odd-pdfs.worker.ts', import.meta.url), {
      workerData: { original: Uint8Array.from(original), password },
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    })
    const end = (answer: OddAnswer | { readonly outcome: 'hang'; readonly detail: string }) => {
      clearTimeout(timer)
      void worker.terminate()
      resolve(answer)
    }
    const timer = setTimeout(() => end({ outcome: 'hang', detail: `${deadlineMs} ms` }), deadlineMs)
    worker.on('message', (answer: OddAnswer) => end(answer))
    worker.on('error', (error: Error) => end({ outcome: 'crash', detail: error.message }))
  })
}

function run(program: string, ...parameters: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise(resolve => {
    execFile(program, [...parameters], { timeout: programDeadlineMs, maxBuffer: 64 << 20 }, (error, stdout) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 2, output: stdout })
    })
  })
}
