// The two oracles in Java besides DSS: AutoFirma's own libraries (integrity only, and what AutoFirma itself would make)
// and veraPDF (a signed PDF/A-2b has to stay one).

import { startJava } from './installed.ts'
import type { Job } from './jobs.ts'
import { type Exhibit, isPss, type Oracle, verdictOf } from './oracle.ts'

export interface Autofirma extends Oracle {
  /** `sign`, `cosign` and `countersign` of test/oracles/autofirma/Autofirma.java. */
  make(verb: 'sign' | 'cosign' | 'countersign', job: Job): Promise<void>
  /** The two phases of its three-phase server: test/oracles/autofirma/Triphase.java. */
  presign(job: Job): Promise<{ readonly signs: readonly AutofirmaTriSign[] }>
  postsign(job: Job & { readonly signs: readonly AutofirmaTriSign[] }): Promise<void>
  stop(): Promise<void>
}

export interface AutofirmaTriSign {
  readonly id: string
  readonly params: Readonly<Record<string, string>>
}

export function startAutofirma(): Autofirma {
  const program = startJava('autofirma', 'Autofirma')
  return Object.freeze({
    name: 'AutoFirma',
    knows: isKnownToAutofirma,
    judge: async ({ file, content }: Exhibit) => {
      const { validity, error, why } = await program.ask<{ validity: string; error?: string; why?: string }>({
        verb: 'validate',
        file,
        content,
      })
      return verdictOf(validity === 'OK' ? [] : [[validity, error, why].filter(Boolean).join(' ')])
    },
    make: async (verb: string, job: Job) => {
      await program.ask({ verb, ...job })
    },
    presign: (job: Job) => program.ask<{ signs: readonly AutofirmaTriSign[] }>({ verb: 'presign', ...job }),
    postsign: async (job: Job) => {
      await program.ask({ verb: 'postsign', ...job })
    },
    stop: program.stop,
  })
}

/**
 * It knows RSASSA-PSS in CMS only, dereferences no content outside an XML signature's file, and takes the keys of all
 * parallel signers in a CMS for those of the first one's family, in what it makes itself too.
 */
function isKnownToAutofirma(exhibit: Exhibit): boolean {
  const { format, packaging, operation, algorithm } = exhibit
  if (format === 'CAdES') return !(operation === 'cosign' && algorithm.endsWith('ECDSA'))
  return !isPss(exhibit) && !(format === 'XAdES' && packaging === 'detached')
}

export interface VeraPdf extends Oracle {
  stop(): Promise<void>
}

export function startVeraPdf(): VeraPdf {
  const program = startJava('verapdf', 'Verapdf')
  return Object.freeze({
    name: 'veraPDF',
    knows: ({ format }: Exhibit) => format === 'PAdES',
    judge: async ({ file }: Exhibit) => {
      const { failures } = await program.ask<{ failures: readonly string[] }>({ verb: 'validate', file })
      return verdictOf(failures)
    },
    stop: program.stop,
  })
}
