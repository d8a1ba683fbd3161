// The matrix: every format × packaging × level × algorithm signed, and every packaging × level cosigned, countersigned
// and extended. Algorithms vary where a signature is made; what comes on top of one does not depend on them.

import type { Packaging, SignatureFormat, SignatureLevel, SignatureOperation } from '../../device/ades/request.ts'
import { signatureLevels } from '../../device/ades/request.ts'
import type { SignatureAlgorithm } from '../../device/ports.ts'
import type { SignerName } from '../oracles/pki.ts'

/**
 * `extend`: signed at level B, extended afterwards. `renew`: a second archive time-stamp over the first. `policy`: signed
 * under the signature policy of the Spanish administration (EPES). `visible`, `certify`: what only a PDF has. `binary`: XML
 * about a content that is no XML. `stated`: with all that a CAdES signature may state. `digest`: of a content that is known
 * by its digest alone.
 */
export type CellOperation =
  | SignatureOperation
  | 'extend'
  | 'renew'
  | 'policy'
  | 'visible'
  | 'certify'
  | 'binary'
  | 'stated'
  | 'digest'

export interface Cell {
  readonly format: SignatureFormat
  readonly packaging: Packaging
  readonly operation: CellOperation
  readonly level: SignatureLevel
  readonly algorithm: SignatureAlgorithm
  readonly signer: SignerName
}

/** What the baseline profiles know, by format. */
export const packagings: readonly (readonly [SignatureFormat, Packaging])[] = [
  ['PAdES', 'enveloped'],
  ['CAdES', 'enveloping'],
  ['CAdES', 'detached'],
  ['XAdES', 'enveloped'],
  ['XAdES', 'enveloping'],
  ['XAdES', 'internally-detached'],
  ['XAdES', 'detached'],
]

const signedWith: readonly (readonly [SignatureAlgorithm, SignerName])[] = [
  ['SHA256withRSA', 'rsa2048'],
  ['SHA384withRSA', 'rsa3072'],
  ['SHA512withRSA', 'rsa4096'],
  ['SHA256withRSAandMGF1', 'rsa2048'],
  ['SHA384withRSAandMGF1', 'rsa3072'],
  ['SHA512withRSAandMGF1', 'rsa4096'],
  ['SHA256withECDSA', 'p256'],
  ['SHA384withECDSA', 'p384'],
  ['SHA512withECDSA', 'p521'],
  ['SHA256withRSA', 'crl-only'],
]

/** Of what comes on top of a first signature, which is SHA256withRSA. */
const addedWith: readonly (readonly [SignatureAlgorithm, SignerName])[] = [
  ['SHA512withRSA', 'rsa3072'],
  ['SHA256withECDSA', 'p256'],
]

export function allCells(): readonly Cell[] {
  return packagings.flatMap(([format, packaging]) =>
    signatureLevels.flatMap(level => [
      ...signedWith.map(([algorithm, signer]) => ({
        format,
        packaging,
        operation: 'sign' as const,
        level,
        algorithm,
        signer,
      })),
      ...operationsOn(format, packaging, level).flatMap(operation =>
        addedWith.map(([algorithm, signer]) => ({ format, packaging, operation, level, algorithm, signer })),
      ),
    ]),
  )
}

function operationsOn(format: SignatureFormat, packaging: Packaging, level: SignatureLevel): CellOperation[] {
  const operations: CellOperation[] = ['cosign']
  if (format !== 'PAdES') operations.push('countersign')
  if (level !== 'B') operations.push('extend')
  if (level === 'LTA') operations.push('renew')
  // What was signed in another way is extended in no other way.
  if (level === 'T' || level === 'LT') return operations
  operations.push('policy')
  if (format === 'PAdES') operations.push('visible', 'certify')
  if (format === 'XAdES' && packaging !== 'enveloped') operations.push('binary')
  if (format === 'CAdES') operations.push('stated')
  if (format === 'CAdES' && packaging === 'detached' && level === 'B') operations.push('digest')
  return operations
}

export const nameOf = ({ format, packaging, operation, level, algorithm, signer }: Cell) =>
  [format, packaging, operation, level, algorithm, signer].join('-')
