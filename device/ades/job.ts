// One piece of work on a foreign file as plain data: what to sign, extend or verify, and everything that has to be known
// for it. A job goes to where the file may be parsed; what that place may not touch itself (keys, time-stamps, revocation)
// it asks for. The place itself is a port, `DocumentJobs`; drivers/worker hosts it.

import type { Splice } from '../bytes.ts'
import type { SignatureAlgorithm } from '../ports.ts'
import type { Report } from '../trust/report.ts'
import type { CadesExtra } from './extra-cades.ts'
import type { Attachment, PageImage } from './extra-pdf.ts'
import type { VisibleSignature } from './extra-visible.ts'
import type {
  Packaging,
  SignatureFormat,
  SignatureLevel,
  SignatureOperation,
  SignatureProperties,
  SignerIdentity,
} from './request.ts'
import type { XadesOptions } from './xades-options.ts'

/** What every job has. */
interface JobCommon {
  /** DER of the certificates that are trusted. */
  readonly anchors: readonly Uint8Array[]
  /** The policy asked of the time-stamping authority, dotted; absent leaves it to the authority. */
  readonly timestampPolicy?: string
}

export interface SignJob extends JobCommon {
  readonly job: 'sign'
  readonly format: SignatureFormat
  readonly level: SignatureLevel
  readonly operation: SignatureOperation
  readonly packaging: Packaging
  /** What only a CMS in a file of its own has. */
  readonly cades?: CadesExtra
  readonly identity: SignerIdentity
  readonly properties: SignatureProperties
  /** `detached` XAdES: what the signature calls the content. */
  readonly contentName: string
  /** Which signatures are countersigned: LEAFS those that nobody has countersigned, TREE all. */
  readonly target: 'LEAFS' | 'TREE'
  readonly pdf: PdfSignatureOptions
  /** What only an XML signature has. */
  readonly xades?: XadesOptions
  /**
   * Base of the Ids of an XML signature: an NCName that is nowhere in the document. The same one makes the same bytes again
   * where a signature is taken up after it was interrupted; absent: a random one.
   */
  readonly signatureId?: string
}

/** What only a PDF signature has. */
export interface PdfSignatureOptions {
  /** An empty field to use, or the name of a new one. */
  readonly fieldName?: string
  /** DocMDP /P; absent: an approval signature. */
  readonly certificationLevel?: 1 | 2 | 3
  readonly reason?: string
  readonly contactInfo?: string
  /** What it shows beside its text comes with the tools of the job: font and image are files. */
  readonly visible?: ShownSignature
  /** Room for the signature at least; bytes. */
  readonly reservedBytes?: number
  /** Picture and attached file are files too; either is refused for a document that is signed already. */
  readonly pageImage?: Omit<PageImage, 'image'>
  readonly attachment?: Omit<Attachment, 'data'>
  /** Not to be signed where somebody has filled in a form or annotated since an earlier signature. */
  readonly formAsSigned?: boolean
  /** Not to be signed where it has a signature of a kind that AutoFirma does not know. */
  readonly knownSignaturesOnly?: boolean
}

export type ShownSignature = Omit<VisibleSignature, 'image' | 'typeface' | 'masking'>

/** By a person at a service that is told a digest and gives back a CMS: whose it will be is not known before. */
export interface AwaitedSignature extends JobCommon {
  /** CAdES: detached, over the input as it is. */
  readonly format: 'PAdES' | 'CAdES'
  readonly properties: Pick<SignatureProperties, 'signingTime' | 'location'>
  readonly pdf: PdfSignatureOptions
}

/** What the service is to be told. */
export interface PrepareJob extends AwaitedSignature {
  readonly job: 'prepare'
}

/** The same request again, and what came of it. */
export interface CompleteJob extends AwaitedSignature {
  readonly job: 'complete'
  readonly level: SignatureLevel
  /** DER. */
  readonly cms: Uint8Array
  /** Number of the identity document of the person who was to sign. */
  readonly subject: string
}

export interface ExtendJob extends JobCommon {
  readonly job: 'extend'
  readonly level: Exclude<SignatureLevel, 'B'>
}

export interface VerifyJob extends JobCommon {
  readonly job: 'verify'
  /** Whether revocation and issuers may be asked for where the signature does not hold them. */
  readonly online: boolean
}

/** Whether the input is the file `earlier`, raised by somebody else and otherwise as it was. */
export interface CheckExtendedJob extends JobCommon {
  readonly job: 'check-extended'
  /** The time by the clock of whoever asks, milliseconds since 1970: copies and their time-stamps are held against one clock. */
  readonly now: number
  readonly level: Exclude<SignatureLevel, 'B'>
}

export type Job = SignJob | PrepareJob | CompleteJob | ExtendJob | VerifyJob | CheckExtendedJob

/** What a job may ask for while it runs. */
export type Ask =
  | { readonly ask: 'sign'; readonly algorithm: SignatureAlgorithm; readonly digest: Uint8Array }
  | { readonly ask: 'stamp'; readonly query: Uint8Array }
  | { readonly ask: 'ocsp'; readonly url: string; readonly query: Uint8Array }
  | { readonly ask: 'fetch'; readonly url: string; readonly what: 'crl' | 'issuer' }

/** A file as the splices make it: over the input, or over nothing. */
export interface Written {
  readonly base: 'input' | 'empty'
  readonly splices: readonly Splice[]
  /** On what was written. */
  readonly report: Report
  /** Certificates whose state is known only from before they were used; extending again later mends it. */
  readonly answeredEarlier: readonly string[]
  /** Names of extra parameters that turned out to have no effect on this very file. */
  readonly ignored?: readonly string[]
  /** What was done as asked and has its price, in words. */
  readonly notes?: readonly string[]
}

export type JobOutcome =
  | ({ readonly outcome: 'written' } & Written)
  /** SHA-256 of what is to be signed. */
  | { readonly outcome: 'prepared'; readonly digest: Uint8Array }
  | { readonly outcome: 'verified'; readonly format: SignatureFormat | 'none'; readonly report: Report }

/** Files that a job is about, by their paths. */
export interface JobFiles {
  readonly input: string
  /** The signed original of a detached signature. */
  readonly content?: string
  /** What `check-extended` holds the input against. */
  readonly earlier?: string
  /** Of a visible signature: a TrueType font program, and a JPEG or PNG. */
  readonly font?: string
  readonly image?: string
  /** What is put into a PDF before it is signed: a JPEG or PNG, and a file of any kind. */
  readonly pageImage?: string
  readonly attachment?: string
}

/** Does work on one foreign file at a time where its parser can be capped and killed. */
export interface DocumentJobs {
  /**
   * Runs a job to its end. `answer` serves what it asks for meanwhile; what that throws fails the job. `password` opens
   * an encrypted PDF. Throws the job's Fault, and DOCUMENT_TOO_COMPLEX where time or memory ran out.
   */
  perform(
    job: Job,
    files: JobFiles,
    answer: (ask: Ask) => Promise<Uint8Array>,
    options?: { readonly password?: Uint8Array; readonly signal?: AbortSignal },
  ): Promise<JobOutcome>
}
