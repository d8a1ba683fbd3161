// What a page that speaks AutoFirma's protocol asks of the kiosk, in the words of the kiosk: the edge between the protocol
// and whoever shows it to the person at the screen and does it. Types only.

/** Where a request comes from, and what it may be told by. */
export interface PageRequest {
  /** Of the page, by the Origin field of its WebSocket (RFC 6455, 10.2). */
  readonly origin: string
}

export interface PageSignRequest extends PageRequest {
  readonly operation: 'sign' | 'cosign' | 'countersign'
  /** As the page names it: `PAdES`, `XAdES Enveloped`, `auto` … */
  readonly format: string
  readonly algorithm: string
  readonly extraParams: ReadonlyMap<string, string>
  /** What is signed, or to be co- or countersigned; absent: the person chooses a file. */
  readonly data?: Uint8Array
  /** Instead of `data`: where to fetch it. */
  readonly dataUrl?: string
}

export interface PageBatchRequest extends PageRequest {
  /** JSON text. */
  readonly batch: Uint8Array
  /** Filters of certificates; nothing else of them counts. */
  readonly extraParams: ReadonlyMap<string, string>
  /** Of the three-phase service; absent: the batch is signed here, its signatures in the answer. */
  readonly services?: { readonly presign: string; readonly postsign: string }
}

export interface PageFile {
  readonly name: string
  readonly data: Uint8Array
}

/**
 * Every call waits for the person at the screen, and ends with REQUEST_DECLINED when they do not agree, with KIOSK_BUSY when
 * somebody else is served. Aborting (the page has gone) ends it too; what was signed by then is thrown away.
 */
export interface PageDesk {
  sign(
    request: PageSignRequest,
    signal: AbortSignal,
  ): Promise<{ readonly certificate: Uint8Array; readonly signature: Uint8Array; readonly fileName?: string }>
  /** The result as JSON text. */
  batch(
    request: PageBatchRequest,
    signal: AbortSignal,
  ): Promise<{ readonly certificate: Uint8Array; readonly result: Uint8Array }>
  /** DER. Throws CERTIFICATE_NOT_FITTING where none passes the filters. */
  selectCertificate(
    request: PageRequest & { readonly extraParams: ReadonlyMap<string, string> },
    signal: AbortSignal,
  ): Promise<Uint8Array>
  save(
    request: PageRequest & PageFile & { readonly title?: string; readonly description?: string },
    signal: AbortSignal,
  ): Promise<void>
  /** Files that the person has chosen among those with the extensions; all where there are none. */
  load(
    request: PageRequest & {
      readonly title?: string
      readonly extensions: readonly string[]
      readonly several: boolean
    },
    signal: AbortSignal,
  ): Promise<readonly PageFile[]>
}
