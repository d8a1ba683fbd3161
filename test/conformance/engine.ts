// What a conformance run asks of the engine, in paths of files, so that a cell of the matrix is one call.

import type {
  Packaging,
  SignatureFormat,
  SignatureLevel,
  SignatureOperation,
  SignaturePolicy,
} from '../../device/ades/request.ts'
import type { SignatureAlgorithm } from '../../device/ports.ts'
import type { SignerName } from '../oracles/pki.ts'

export interface SignCall {
  readonly format: SignatureFormat
  readonly packaging: Packaging
  readonly operation: SignatureOperation
  readonly level: SignatureLevel
  readonly algorithm: SignatureAlgorithm
  readonly signer: SignerName
  /** What is signed; for `cosign` and `countersign` the file with the signatures there are. */
  readonly file: string
  /** The signed content, where `file` holds only signatures over it. */
  readonly content?: string
  readonly out: string
  readonly policy?: SignaturePolicy
  /** Extra parameters by AutoFirma's names; a packaging in them goes before the one above. */
  readonly parameters?: Readonly<Record<string, string>>
  /** PDF: with an appearance of text on the first page. */
  readonly visible?: boolean
  /** PDF: no change but validation data allowed afterwards (DocMDP, /P 1). */
  readonly certify?: boolean
}

export interface ExtendCall {
  readonly format: SignatureFormat
  readonly level: Exclude<SignatureLevel, 'B'>
  readonly file: string
  readonly content?: string
  readonly out: string
}

export interface VerifyCall {
  readonly format: SignatureFormat
  readonly file: string
  readonly content?: string
  /** Whether revocation may be asked for where the signature does not hold it. */
  readonly online: boolean
}

export interface Verified {
  readonly indication: string
  readonly subIndication?: string
  /** Of each signature, countersignatures among them, sorted. */
  readonly levels: readonly string[]
  /** Everything that was found, for the report of a failure. */
  readonly words: string
}

export interface Engine {
  sign(call: SignCall): Promise<void>
  extend(call: ExtendCall): Promise<void>
  verify(call: VerifyCall): Promise<Verified>
}
