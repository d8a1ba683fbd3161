// A batch of signatures ("lote") in AutoFirma's JSON form, as it is once it has been read: every field checked and resolved
// against the header, but not its documents, which are read again one by one when they are signed. Types and few rules.

import type { Packaging, SignatureFormat, SignatureOperation } from '../ades/request.ts'

/** By its digest alone: the kind of key says the rest. */
export type BatchAlgorithm = 'SHA1' | 'SHA256' | 'SHA384' | 'SHA512'

/** Where the document of a signature is. */
export type DocumentSource =
  | { readonly kind: 'data'; readonly bytes: number }
  /** A path as it was written, below one of the configured folders or nowhere. */
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }

export interface BatchItem {
  /** Place in the batch, from 0. */
  readonly number: number
  readonly id: string
  /** `auto`: told from the document. */
  readonly format: SignatureFormat | 'auto'
  /** Where the format's name says it, such as `XAdES Enveloping`. */
  readonly packaging?: Packaging
  readonly operation: SignatureOperation
  /** By AutoFirma's names. */
  readonly extraParams: ReadonlyMap<string, string>
  readonly source: DocumentSource
}

export interface Batch {
  readonly algorithm: BatchAlgorithm
  /** Whether the first failure ends it and undoes what was signed. */
  readonly stopOnError: boolean
  /** How long one of several signatures that are made at once may take; null: as long as it takes. */
  readonly concurrentTimeoutMs: number | null
  /** Of the header: they say which certificate may sign, and what an item inherits. */
  readonly extraParams: ReadonlyMap<string, string>
  readonly items: readonly BatchItem[]
  /** Of the whole text, lower-case hex. */
  readonly sha256: string
}

export interface BatchLimits {
  readonly maxDocuments: number
  readonly maxBytes: number
  readonly maxDocumentBytes: number
  readonly allowSha1: boolean
  /** Whether a reference may name a place; otherwise it is the document, whatever it says. */
  readonly places: boolean
}

/** What a person reads as the name of a document: of its file where it has one, else its identifier. */
export function documentName({ id, source }: BatchItem): string {
  const path = source.kind === 'file' ? source.path : source.kind === 'url' ? new URL(source.url).pathname : ''
  const name = path.split(/[\\/]/).at(-1) ?? ''
  return name === '' ? id : decoded(name)
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    // A name with a stray per cent sign is a name all the same.
    return name
  }
}
