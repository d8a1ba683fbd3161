// pyHanko: signatures in PDFs with what later revisions changed, and CMS of one signer. Also signs both.

import { python, pythonScript } from './installed.ts'
import { type Answerer, type Job, startAnswerer } from './jobs.ts'
import { type Exhibit, isSelfContained, type Oracle, verdictOf } from './oracle.ts'
import type { Pki } from './pki.ts'

interface Judged {
  readonly valid: boolean
  readonly summary: string
  /** Its validation along EN 319 102-1. */
  readonly ades?: { readonly indication: string; readonly why: string | null }
}

interface PdfReport {
  readonly signatures: readonly (Judged & { readonly field: string; readonly modification: string | null })[]
  readonly timestamps: readonly (Judged & { readonly field: string })[]
}

/** Paths of what was cut out; a CMS that carries its content has no `data`. */
export interface Parts {
  readonly signatures: readonly { readonly cms: string; readonly data?: string }[]
  readonly timestamps: readonly { readonly token: string; readonly data: string }[]
}

export interface PyHanko extends Oracle {
  validatePdf(job: Job): Promise<PdfReport>
  /** What `openssl` can judge of a file, cut out into files of `folder`. */
  cut(exhibit: Exhibit, folder: string): Promise<Parts>
  /** `signPdf` and `signCms` of test/oracles/pyhanko/judge.py. */
  make(verb: 'signPdf' | 'signCms', job: Job): Promise<void>
  stop(): Promise<void>
}

export function startPyHanko(pki: Pki): PyHanko {
  const program: Answerer = startAnswerer(python, [pythonScript('judge.py')])
  const trusted = { trust: [pki.root], others: pki.authorities, tsa: pki.tsa }
  const validatePdf = (job: Job) => program.ask<PdfReport>({ verb: 'validatePdf', ...trusted, ...job })
  return Object.freeze({
    name: 'pyHanko',
    knows: ({ format, operation }: Exhibit) => format === 'PAdES' || (format === 'CAdES' && operation === 'sign'),
    validatePdf,
    judge: async (exhibit: Exhibit) => {
      const { file, content, format } = exhibit
      const online = !isSelfContained(exhibit)
      if (format === 'PAdES') {
        // Its long-term process needs a document time-stamp to start from.
        const ades = exhibit.levels.every(level => level === 'LTA')
        const report = await validatePdf({
          file,
          online,
          revocation: true,
          ades,
          others: online ? pki.authorities : [],
        })
        return verdictOf(objectionsToPdf(report, exhibit))
      }
      // It reads no revocation values out of a CMS, so it asks.
      const report = await program.ask<Judged>({
        verb: 'validateCms',
        ...trusted,
        file,
        content,
        online: true,
        revocation: true,
        ades: exhibit.levels.every(level => level !== 'B'),
      })
      return verdictOf(objectionsTo(report))
    },
    make: async (verb: string, job: Job) => {
      await program.ask({ verb, ...trusted, ...job })
    },
    cut: ({ file, format, content }: Exhibit, folder: string) =>
      program.ask<Parts>({ verb: 'cut', file, format, content, folder }),
    stop: program.stop,
  })
}

function objectionsToPdf({ signatures, timestamps }: PdfReport, { levels }: Exhibit): string[] {
  const objections = [...signatures, ...timestamps].flatMap(judged =>
    objectionsTo(judged).map(words => `${judged.field}: ${words}`),
  )
  if (signatures.length !== levels.length)
    objections.push(`${signatures.length} signatures instead of ${levels.length}`)
  return objections
}

function objectionsTo({ valid, summary, ades }: Judged): string[] {
  const objections = valid ? [] : [summary]
  if (ades !== undefined && ades.indication !== 'PASSED') objections.push(`${ades.indication}: ${ades.why}`)
  return objections
}
