// Signatures that others make, to be verified and extended by us: EU DSS, pyHanko and AutoFirma's libraries, each in the
// formats, packagings, levels and operations that it offers.

import { join } from 'node:path'
import type { Packaging, SignatureLevel, SignatureOperation } from '../../device/ades/request.ts'
import { signatureLevels } from '../../device/ades/request.ts'
import type { SignatureAlgorithm } from '../../device/ports.ts'
import type { Dss } from '../oracles/dss.ts'
import type { Autofirma } from '../oracles/java.ts'
import type { Exhibit } from '../oracles/oracle.ts'
import type { Pki, SignerName } from '../oracles/pki.ts'
import type { PyHanko } from '../oracles/pyhanko.ts'
import { packagings } from './cells.ts'
import type { Originals } from './originals.ts'

export interface Foreign {
  readonly maker: 'DSS' | 'pyHanko' | 'AutoFirma' | 'AutoFirma three-phase'
  readonly exhibit: Exhibit
  /** Writes the exhibit's file. */
  make(): Promise<void>
}

export interface Makers {
  readonly dss: Dss
  readonly pyHanko: PyHanko
  readonly autofirma: Autofirma
  readonly pki: Pki
  readonly originals: Originals
  readonly folder: string
}

export type Made = Omit<Exhibit, 'file' | 'levels' | 'content'> & {
  readonly level: SignatureLevel
  readonly signer: SignerName
}

const keys: readonly (readonly [SignatureAlgorithm, SignerName])[] = [
  ['SHA256withRSA', 'rsa2048'],
  ['SHA256withECDSA', 'p256'],
]

export function foreignExhibits(makers: Makers): readonly Foreign[] {
  return [...byDss(makers), ...byPyHanko(makers), ...byAutofirma(makers)]
}

export function exhibitOf(maker: Foreign['maker'], made: Made, { folder, originals }: Makers): Exhibit {
  const { format, packaging, operation, level, algorithm, signer } = made
  const name = [maker, format, packaging, operation, level, algorithm, signer].join('-')
  return {
    format,
    packaging,
    operation,
    algorithm,
    levels: operation === 'cosign' ? [level, level] : [level],
    file: join(folder, `${name}${originals.extension(format)}`),
    ...(packaging === 'detached' ? { content: originals.of(format) } : {}),
  }
}

// ---------------------------------------------------------------------------------------------------------------- DSS

function byDss(makers: Makers): Foreign[] {
  const signed = packagings.flatMap(([format, packaging]) =>
    signatureLevels.flatMap(level =>
      keys.map(([algorithm, signer]) =>
        signedByDss({ format, packaging, operation: 'sign', level, algorithm, signer }, makers),
      ),
    ),
  )
  const onTop = packagings
    .filter(([format, packaging]) => format !== 'PAdES' && packaging !== 'detached')
    .flatMap(([format, packaging]) => {
      const made = { format, packaging, level: 'B', algorithm: 'SHA256withECDSA', signer: 'p256' } as const
      const countersigned = onTopByDss({ ...made, operation: 'countersign' }, makers)
      return format === 'CAdES'
        ? [countersigned, onTopByDss({ ...made, operation: 'cosign' }, makers)]
        : [countersigned]
    })
  return [...signed, ...onTop]
}

const dssPackaging = (packaging: Packaging) => packaging.toUpperCase().replace('-', '_')

function signedByDss(made: Made, makers: Makers): Foreign {
  const exhibit = exhibitOf('DSS', made, makers)
  return {
    maker: 'DSS',
    exhibit,
    make: () => dssMakes('sign', made, makers.originals.of(made.format), exhibit.file, makers),
  }
}

/** Signs with an RSA key first. */
function onTopByDss(made: Made & { readonly operation: 'cosign' | 'countersign' }, makers: Makers): Foreign {
  const exhibit = exhibitOf('DSS', made, makers)
  const first = `${exhibit.file}-first`
  const firstMade = { ...made, algorithm: 'SHA256withRSA', signer: 'rsa2048' } as const
  return {
    maker: 'DSS',
    exhibit,
    make: async () => {
      await dssMakes('sign', firstMade, makers.originals.of(made.format), first, makers)
      await dssMakes(made.operation === 'cosign' ? 'sign' : 'countersign', made, first, exhibit.file, makers)
    },
  }
}

function dssMakes(verb: 'sign' | 'countersign', made: Made, file: string, out: string, { dss, pki }: Makers) {
  const { format, level, packaging, signer } = made
  return dss.make(verb, {
    level: `${format}-BASELINE-${level}`,
    ...(format === 'PAdES' || verb === 'countersign' ? {} : { packaging: dssPackaging(packaging) }),
    p12: pki.p12(signer),
    file,
    out,
  })
}

// ------------------------------------------------------------------------------------------------------------ pyHanko

function byPyHanko(makers: Makers): Foreign[] {
  const { pyHanko, pki, originals } = makers
  const foreign = (made: Made, job: (out: string) => Promise<void>): Foreign => {
    const exhibit = exhibitOf('pyHanko', made, makers)
    return { maker: 'pyHanko', exhibit, make: () => job(exhibit.file) }
  }
  const pdfs = signatureLevels.flatMap(level =>
    keys.map(([algorithm, signer]) =>
      foreign({ format: 'PAdES', packaging: 'enveloped', operation: 'sign', level, algorithm, signer }, out =>
        pyHanko.make('signPdf', { file: originals.of('PAdES'), out, p12: pki.p12(signer), level }),
      ),
    ),
  )
  const files = (['enveloping', 'detached'] as const).flatMap(packaging =>
    (['B', 'T'] as const).flatMap(level =>
      keys.map(([algorithm, signer]) =>
        foreign({ format: 'CAdES', packaging, operation: 'sign', level, algorithm, signer }, out => {
          const job = { file: originals.of('CAdES'), out, p12: pki.p12(signer), level }
          return pyHanko.make('signCms', { ...job, detached: packaging === 'detached' })
        }),
      ),
    ),
  )
  return [...pdfs, ...files]
}

// ---------------------------------------------------------------------------------------------------------- AutoFirma

/** AutoFirma's extra parameters: what it calls the packaging, and the profile of the baseline. */
export const autofirmaParameters: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'PAdES enveloped': { signatureSubFilter: 'ETSI.CAdES.detached' },
  'CAdES enveloping': { mode: 'implicit' },
  'CAdES detached': { mode: 'explicit' },
  'XAdES enveloped': { format: 'XAdES Enveloped' },
  'XAdES enveloping': { format: 'XAdES Enveloping' },
  // Its own word for a reference to a sibling in the same file.
  'XAdES internally-detached': { format: 'XAdES Detached' },
}

function byAutofirma(makers: Makers): Foreign[] {
  return autofirmaMade().map(made => autofirmaMakes(made, makers))
}

/** What AutoFirma offers, in its own program or at its three-phase server. */
export function autofirmaMade(): readonly Made[] {
  const offered = packagings.filter(([format, packaging]) => `${format} ${packaging}` in autofirmaParameters)
  return offered.flatMap(([format, packaging]) => {
    const made = { format, packaging, level: 'B' } as const
    const signed = keys.map(([algorithm, signer]) => ({ ...made, operation: 'sign' as const, algorithm, signer }))
    // A cosignature with another digest it leaves out of digestAlgorithms, which DSS then does not verify.
    const operations: SignatureOperation[] = format === 'PAdES' ? ['cosign'] : ['cosign', 'countersign']
    const onTop = operations.map(operation => {
      return { ...made, operation, algorithm: 'SHA256withRSA' as const, signer: 'rsa3072' as const }
    })
    return [...signed, ...onTop]
  })
}

function autofirmaMakes(made: Made, makers: Makers): Foreign {
  const { autofirma, pki, originals } = makers
  const { format, packaging, operation, algorithm, signer } = made
  const exhibit = exhibitOf('AutoFirma', made, makers)
  const original = originals.of(format)
  const parameters = { ...autofirmaParameters[`${format} ${packaging}`], profile: 'baseline' }
  const job = (name: SignerName, used: SignatureAlgorithm) => ({
    format,
    parameters,
    p12: pki.p12(name),
    algorithm: used,
  })
  return {
    maker: 'AutoFirma',
    exhibit,
    make: async () => {
      const { file, content } = exhibit
      if (operation === 'sign') return autofirma.make('sign', { ...job(signer, algorithm), file: original, out: file })
      const first = `${file}-first`
      await autofirma.make('sign', { ...job('rsa2048', 'SHA256withRSA'), file: original, out: first })
      await autofirma.make(operation, {
        ...job(signer, algorithm),
        file: first,
        out: file,
        ...(operation === 'cosign' && content !== undefined ? { content } : {}),
      })
    },
  }
}
