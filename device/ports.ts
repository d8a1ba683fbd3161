// The appliance's edges, types only. The device owns these interfaces; drivers implement them, usually behind a worker
// (drivers/worker). Expected outcomes are values, surprises are thrown as Fault. Everything that can wait takes an
// AbortSignal; aborting ends the wait with the signal's reason and leaves the outside world as a later retry expects it.
// Long because it is every edge in one place.

import type { ErrorCode } from './errors.ts'
import type { TargetMeasurement } from './image/target-measurement.ts'

/** Bytes in order. A consumer reads them once, to the end, or calls `return()`. */
export type ByteStream = AsyncIterable<Uint8Array>

// ------------------------------------------------------------------------------------------------------------- scan

export type ColourMode = 'color' | 'gray' | 'bw' | 'auto'
export type ScanSource = 'adf' | 'flatbed'
export type ImageType = 'image/jpeg' | 'image/png' | 'image/tiff' | 'image/x-portable-anymap'

/** What a scan is asked for. `auto` colour is scanned in colour; the pages step decides. */
export interface ScanSettings {
  /** Pixels per inch, the same on both axes; at least 200. */
  readonly resolution: number
  readonly colour: ColourMode
  /** `auto`: all that the device can see; the pages step finds the sheet in it. */
  readonly paper: 'A3' | 'A4' | 'A5' | 'letter' | 'auto'
  readonly source: ScanSource
  readonly duplex: boolean
  /** Stop after this many images; absent: until the feeder is empty (one on the flatbed). */
  readonly maxImages?: number
}

/** One image exactly as the device made it. `image` must be drained before the next page is asked for. */
export interface ScannedPage {
  /** 1-based within this scan. */
  readonly number: number
  readonly side: 'front' | 'back'
  readonly mediaType: ImageType
  /** What was asked of the device; the image's own header may disagree. */
  readonly resolution: number
  /** The image arrives upside down, as the device is known to do with backs; absent: as the sheet lay. */
  readonly turn?: 180
  readonly image: ByteStream
}

/** How a scan ended; the pages yielded before it are whole in every case. */
export type ScanEnd =
  | { readonly end: 'empty' | 'limit'; readonly imagesCompleted?: number }
  | { readonly end: 'fault'; readonly code: ScanFaultCode; readonly detail: string }

export type ScanFaultCode = Extract<
  ErrorCode,
  | 'SCANNER_ABSENT'
  | 'SCANNER_UNPLUGGED'
  | 'SCANNER_BUSY'
  | 'SCANNER_JAM'
  | 'SCANNER_DOUBLE_FEED'
  | 'SCANNER_COVER_OPEN'
  | 'SCANNER_FAILED'
  | 'SCANNER_TIMEOUT'
  | 'SCAN_SETTING_REFUSED'
  | 'FEEDER_EMPTY'
>

export interface ScannerInfo {
  /** Stable over restarts and replugging; what `--device` takes. */
  readonly id: string
  readonly name: string
  readonly driver: 'escl' | 'sane'
  readonly state: 'ready' | 'busy' | 'absent' | 'fault'
  /** Why it is not ready. */
  readonly code?: ScanFaultCode
  readonly sources: readonly ScanSource[]
  readonly duplex: boolean
  /** Whether paper lies in the feeder; absent where the device cannot tell. */
  readonly paperLoaded?: boolean
  /** Whether somebody presses the scanner's own button at this moment; absent where the device cannot tell. */
  readonly buttonPressed?: boolean
}

/** A scanner that answers or is announced, and is not configured; what to write into the configuration to use it. */
export interface DiscoveredScanner {
  readonly name: string
  /** The eSCL root, as long as the scanner stays where it is. */
  readonly url: string
  /** What stays with the scanner wherever it moves. */
  readonly uuid?: string
  readonly serial?: string
  readonly sources: readonly ScanSource[]
  readonly duplex: boolean
}

export interface Scanner {
  /** Never throws for a device that is missing or broken: that is a state. */
  list(signal?: AbortSignal): Promise<readonly ScannerInfo[]>
  /** Looks around for scanners that are not configured; takes a few seconds. What cannot be looked at is left out. */
  discover(signal?: AbortSignal): Promise<readonly DiscoveredScanner[]>
  /**
   * Feeds sheets and yields each image as it is finished; the generator's return value says how the feeding ended.
   * Returning early or aborting cancels the job at the device. An unknown `deviceId` ends with SCANNER_ABSENT.
   */
  scan(deviceId: string, settings: ScanSettings, signal: AbortSignal): AsyncGenerator<ScannedPage, ScanEnd, void>
}

// ------------------------------------------------------------------------------------------------------------ pages

/** What was found out about one page image. Angles are clockwise degrees that the content is turned by. */
export interface PageVerdict {
  /** Pixels as stored, before any turning. */
  readonly width: number
  readonly height: number
  /**
   * Pixels per inch, from the image's header where it is plausible, else what was asked of the scanner; of the rendition,
   * where that was made smaller.
   */
  readonly resolution: number
  readonly colour: 'color' | 'gray' | 'bw'
  readonly blank: boolean
  /** Quarter turns that bring the text upright; 0 unless it was found with confidence. */
  readonly turn: 0 | 90 | 180 | 270
  /** Whether `turn` was told from the page; a `turn` of 0 is otherwise how it lay. */
  readonly turnConfident: boolean
  /** Fine skew of the content; 0 where it could not be told. */
  readonly skewDegrees: number
  /** The sheet in the image as `skewDegrees` brings it level; the whole image where no edge of a sheet was told. */
  readonly sheet: PageFrame
}

/**
 * A part of an image, in its pixels after it was turned about its own centre by so many degrees, the canvas keeping its
 * size. It may stick out of the canvas by a little: a crooked sheet that fills the image has its corners outside.
 */
export interface PageFrame {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/**
 * How a copy that is too large is brought down: `gray` drops colours, `lower-quality` keeps them and encodes more coarsely,
 * with 200 pixels per inch.
 */
export type Reduction = 'none' | 'gray' | 'lower-quality'

export interface PreparePageRequest {
  readonly mediaType: ImageType
  /** What was asked of the scanner, pixels per inch. */
  readonly resolution: number
  readonly colour: ColourMode
  readonly deskew: boolean
  /** Whether what lies around the sheet, the scanner's lid, is left out. */
  readonly crop: boolean
  /** `cleaned` flattens shadows and what shines through: for bad copies, where a procedure or a person asks for it. */
  readonly background: 'kept' | 'cleaned'
  readonly reduction: Reduction
}

/**
 * A page made ready: either the scanner's own bytes fit as they are (`original`), or an image to be used instead.
 * `ccitt-g4` is a bare T.6 stream, 1 = black, `width` × `height` pixels. `preview` is a JPEG for the screen, upright
 * and straightened.
 */
export interface PreparedPage {
  readonly verdict: PageVerdict
  readonly preview: Uint8Array
  readonly rendition: PageRendition
}

export type PageEncoding = 'jpeg' | 'ccitt-g4'

/** What goes into the copy. */
export type PageRendition = RenditionGeometry &
  (
    | { readonly kind: 'original'; readonly encoding: 'jpeg' }
    | { readonly kind: 'encoded'; readonly encoding: PageEncoding; readonly bytes: Uint8Array }
  )

/** A stored image, in pixels, and what is left for the page that shows it to undo. */
export interface RenditionGeometry {
  readonly width: number
  readonly height: number
  /** Clockwise skew of the stored content, in degrees; 0 where the pixels are straight, or to stay as they are. */
  readonly straightenDegrees: number
  /** What the page shows of the image after it was turned by −`straightenDegrees`. */
  readonly frame: PageFrame
}

/** Decodes foreign images; hosted by the parse worker. */
export interface Imaging {
  /** Throws IMAGE_UNREADABLE or IMAGE_TOO_LARGE. */
  prepare(image: ByteStream, request: PreparePageRequest, signal?: AbortSignal): Promise<PreparedPage>
}

// ------------------------------------------------------------------------------------------------------------- text

/** How a stored page image is shown: undo its skew about its centre, keep the frame, turn that by quarters. */
export interface PageView extends RenditionGeometry {
  readonly encoding: PageEncoding
  /** Clockwise degrees that bring the page upright. */
  readonly turn: 0 | 90 | 180 | 270
}

export interface TextReadRequest extends PageView {
  /** ISO 639-1 codes of the languages that the page may be in, the likeliest first: ca, es, en, fr, it. */
  readonly languages: readonly string[]
  /** Pixels per inch of the stored image. */
  readonly resolution: number
}

/** A word and its box in pixels from the upper left corner of the page as it is shown. */
export interface TextWord {
  readonly text: string
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  /** How sure the reader is, 0 to 1. */
  readonly confidence: number
}

/** Words in their order. */
export interface TextLine {
  readonly words: readonly TextWord[]
  /** Height from the deepest descender to the highest ascender that the line's letters can have, in pixels. */
  readonly size: number
  /** Clockwise degrees that the line is turned by: 90 reads downwards, 270 upwards. */
  readonly angleDegrees: 0 | 90 | 180 | 270
  /** Where its letters stand: `y` at the left edge of the first word, and pixels down per pixel to the right; only at 0°. */
  readonly baseline?: { readonly y: number; readonly slope: number }
}

/** The text of a page in reading order. `width` and `height` are what the boxes are measured in, whatever was stored. */
export interface PageText {
  readonly width: number
  readonly height: number
  readonly lines: readonly TextLine[]
}

/** Reads printed text; hosted by the text worker, which runs behind everything else. */
export interface TextReader {
  /** The languages that can be read, ISO 639-1. Throws TEXT_READER_ABSENT. */
  languages(signal?: AbortSignal): Promise<readonly string[]>
  /**
   * One page at a time, whoever asks; no lines where there is no text. Throws TEXT_READER_ABSENT (the program or one of the
   * languages is not installed), TEXT_UNREADABLE (it failed on this page, or took too long), IMAGE_UNREADABLE,
   * IMAGE_TOO_LARGE, or the signal's reason.
   */
  read(image: ByteStream, request: TextReadRequest, signal?: AbortSignal): Promise<PageText>
}

export interface TargetReading {
  readonly measurement: TargetMeasurement
  /** Pixels per inch by the image's header; null where it tells none. */
  readonly headerPpi: number | null
}

/** Measures scans of the test target; hosted by the parse worker. */
export interface TargetImaging {
  /** Throws TARGET_NOT_FOUND, TARGET_UNKNOWN, IMAGE_UNREADABLE or IMAGE_TOO_LARGE. */
  measure(image: ByteStream, signal?: AbortSignal): Promise<TargetReading>
}

// ------------------------------------------------------------------------------------------------------------- sign

/** SHA-1 is read, and made only where somebody explicitly allows it. */
export type DigestAlgorithm = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'
/** Names of the Java Cryptography Architecture, as AutoFirma uses them; `andMGF1` is RSASSA-PSS (RFC 8017, 8.1). */
export type SignatureAlgorithm =
  | 'SHA1withRSA'
  | 'SHA256withRSA'
  | 'SHA384withRSA'
  | 'SHA512withRSA'
  | 'SHA256withRSAandMGF1'
  | 'SHA384withRSAandMGF1'
  | 'SHA512withRSAandMGF1'
  | 'SHA256withECDSA'
  | 'SHA384withECDSA'
  | 'SHA512withECDSA'

/** What the token itself tells of its PIN. PKCS#11 knows no exact count: `few` is CKF_USER_PIN_COUNT_LOW. */
export type PinTries = 'unknown' | 'few' | 'last' | 'none'

export interface Token {
  /** PKCS#11 token label and serial; stable while the card lives. */
  readonly id: string
  readonly label: string
  readonly pinTries: PinTries
}

/** A certificate whose private key is on the token and whose key usage allows signing documents. */
export interface SigningCertificate {
  readonly tokenId: string
  /** CKA_ID, lower-case hex; of a seal, its identity. */
  readonly keyId: string
  /** DER of the certificate. */
  readonly certificate: Uint8Array
  /** DER of the issuers found on the token, nearest first; may be empty. */
  readonly chain: readonly Uint8Array[]
  /** The key signs by RSASSA-PSS alone, which its certificate does not say. */
  readonly onlyPss?: true
}

export interface SignRequest {
  readonly tokenId: string
  readonly keyId: string
  readonly algorithm: SignatureAlgorithm
  /** Digest of the signed attributes; documents never reach a signer. */
  readonly digest: Uint8Array
  /** UTF-8; the signer overwrites its own copies after use, the caller overwrites this one. */
  readonly pin: Uint8Array
}

export type SignOutcome =
  | { readonly outcome: 'signed'; readonly signature: Uint8Array }
  | { readonly outcome: 'pin-wrong'; readonly tries: PinTries }
  | { readonly outcome: 'pin-locked' }
  | { readonly outcome: 'token-absent' }
  | { readonly outcome: 'token-removed' }
  | { readonly outcome: 'failed'; readonly detail: string }

/** One login for many signatures. `pin` is UTF-8; the signer overwrites its own copies after use, the caller this one. */
export interface SessionRequest {
  readonly tokenId: string
  readonly keyId: string
  readonly pin: Uint8Array
}

export type SessionOutcome =
  | { readonly outcome: 'open'; readonly session: SigningSession }
  | Exclude<SignOutcome, { readonly outcome: 'signed' }>

/**
 * A key that one login has opened. Nobody else is served by its token meanwhile, but for `tokens`. It ends with `close`,
 * with the card's removal (`token-removed`, then and ever after), and when its worker is lost (WORKER_LOST).
 */
export interface SigningSession {
  /** How many signatures may be asked for at once: 1 for a card. */
  readonly concurrency: number
  /**
   * Whether the key wants the PIN before each signature (CKA_ALWAYS_AUTHENTICATE, PKCS #11 v3.0, 4.9): `sign` without one
   * is then `failed`. The PIN of the login is not kept. False where the reader has a keypad, for then the reader asks.
   */
  readonly pinEachTime: boolean
  /** ECDSA signatures come back as DER Ecdsa-Sig-Value. Overwrites nothing of the caller's. */
  sign(
    request: { readonly algorithm: SignatureAlgorithm; readonly digest: Uint8Array; readonly pin?: Uint8Array },
    signal?: AbortSignal,
  ): Promise<SignOutcome>
  /** Logs out. Safe to repeat, never throws. */
  close(): Promise<void>
}

export interface Signer {
  /** Tokens present now. Throws TOKEN_MODULE_FAILED, KEY_STORE_UNREADABLE when not one of its sources can be used. */
  tokens(signal?: AbortSignal): Promise<readonly Token[]>
  /**
   * A card tells its certificates to anybody; a key store that keeps them encrypted wants its `password`, UTF-8, which the
   * caller overwrites. Throws TOKEN_ABSENT, TOKEN_REMOVED, KEY_STORE_UNREADABLE.
   */
  certificates(tokenId: string, signal?: AbortSignal, password?: Uint8Array): Promise<readonly SigningCertificate[]>
  /** One login attempt at most, never repeated. ECDSA signatures come back as DER Ecdsa-Sig-Value. */
  sign(request: SignRequest, signal?: AbortSignal): Promise<SignOutcome>
  /**
   * One login attempt, never repeated. Waits until a session that is open on the same token is closed; `signal` ends the
   * wait, not the session.
   */
  open(request: SessionRequest, signal?: AbortSignal): Promise<SessionOutcome>
}

// ------------------------------------------------------------------------------------------------------------- seal

/** Which seal: a service of the configuration, and the service's own name for the seal. */
export interface SealName {
  readonly service: string
  readonly identity: string
}

export interface SealRequest extends SealName {
  readonly algorithm: SignatureAlgorithm
  /** DER; every value is verified with it before it is given. */
  readonly certificate: Uint8Array
  /** Raw octets of the digests of signed attributes, by the digest of `algorithm`; at least one. */
  readonly digests: readonly Uint8Array[]
}

/** A document for a service that signs documents whole. */
export interface SealedPdfRequest extends SealName {
  readonly bytes: number
  readonly pdf: ByteStream
}

/**
 * Seals that services keep and put on by themselves: no card, no PIN, several at once. Asked twice for the same, a service
 * signs twice, and one of the values is used. Throws SEAL_UNREACHABLE for a passing reason, SEAL_UNTRUSTED,
 * SEAL_CREDENTIALS_REFUSED, SEAL_REFUSED, SEAL_UNFIT, and SEAL_ABSENT for a service or seal that is not there.
 */
export interface SealService {
  /** The seals that a service has for us, by its own names. Empty where it cannot tell. */
  identities(service: string, signal?: AbortSignal): Promise<readonly string[]>
  /** `tokenId` is the service, `keyId` the identity. Throws CERTIFICATE_UNREADABLE too. */
  certificate(seal: SealName, signal?: AbortSignal): Promise<SigningCertificate>
  /** A value for each digest, in their order, ECDSA as DER. Throws SIGNATURE_INVALID unless every one verifies. */
  sign(request: SealRequest, signal?: AbortSignal): Promise<readonly Uint8Array[]>
  /** The document as the service sealed it, which the caller verifies. Throws SEAL_REFUSED where it takes digests alone. */
  sealPdf(request: SealedPdfRequest, signal?: AbortSignal): Promise<Uint8Array>
}

// ------------------------------------------------------------------------------------------ a person's own signature

/** One person's signature under way at the service: both are needed for every question about it. */
export interface ClaveTransaction {
  readonly id: string
  /** Number of the identity document, in capitals. */
  readonly subject: string
}

/** One document to be signed: its bytes stay here. */
export interface ClaveDocument {
  readonly id: string
  /** SHA-256 of what the signature goes over. */
  readonly digest: Uint8Array
  /** What the person reads at the service. */
  readonly title: string
}

export interface ClaveOrder {
  readonly subject: string
  /** ISO 639-1. */
  readonly language: string
  /** Where the service sends the person when it is done, whatever came of it. */
  readonly returnUrl: string
}

/** The page that the person has to see; whoever has its address can sign as that person, with password and code. */
export interface ClaveStarted {
  readonly id: string
  readonly page: string
}

export interface ClaveBatchResult {
  readonly documents: readonly { readonly id: string; readonly signed: boolean; readonly state: string }[]
}

/**
 * Signatures that people make with certificates that the state keeps for them: the service is told digests, the person
 * consents at the service's own page, and detached CAdES comes back, which the caller verifies. Throws CLAVE_UNREACHABLE for
 * a passing reason, CLAVE_UNTRUSTED, CLAVE_CREDENTIALS_REFUSED, CLAVE_REFUSED, and each CLAVE_ code of what a person can meet.
 */
export interface ClaveFirma {
  /** Signs nothing yet. */
  start(order: ClaveOrder, document: ClaveDocument, signal?: AbortSignal): Promise<ClaveStarted>
  /**
   * DER of the CMS. Asked before the person is done, and whenever it fails, the service ends the transaction: it must not be
   * polled.
   */
  recover(transaction: ClaveTransaction, signal?: AbortSignal): Promise<Uint8Array>
  /** Why the person came back without a signature; ends the transaction. */
  failure(
    transaction: ClaveTransaction,
    signal?: AbortSignal,
  ): Promise<{ readonly code: ErrorCode; readonly detail: string }>
  startBatch(order: ClaveOrder, documents: readonly ClaveDocument[], signal?: AbortSignal): Promise<ClaveStarted>
  /** Completes the batch; ends a transaction that failed as a whole. */
  recoverBatch(transaction: ClaveTransaction, signal?: AbortSignal): Promise<ClaveBatchResult>
  /** How much of the batch the service has done since `recoverBatch`, from 0 to 1. */
  batchProgress(transaction: ClaveTransaction, signal?: AbortSignal): Promise<number>
  /** Once for each document. */
  recoverBatchSignature(transaction: ClaveTransaction, documentId: string, signal?: AbortSignal): Promise<Uint8Array>
  /** Whether the service answers and knows the application; nothing is begun. */
  check(signal?: AbortSignal): Promise<void>
}

/** A person of the service's integration kit at its pages: for the proof that a service can be used, and nothing else. */
export interface ClaveTestPerson {
  readonly page: string
  readonly password: string
  /** What a message to the phone would bring. */
  readonly code: string
  readonly act: 'sign' | 'cancel'
  /** The address at which the way through the pages is over. */
  readonly returnUrl: string
}

/** Walks through pages of the configured service as a person does. Throws CLAVE_REFUSED where they lead elsewhere. */
export interface ClaveTestPages {
  walk(person: ClaveTestPerson, signal?: AbortSignal): Promise<void>
}

// ----------------------------------------------------------------------------------------------------------- extend

/** Carries time-stamp requests to one time-stamping authority. What comes back is judged by device/trust, not here. */
export interface Timestamper {
  /**
   * Sends the DER of a TimeStampReq and gives the body of the answer (RFC 3161, 3.4). Throws TSA_UNREACHABLE,
   * TSA_CREDENTIALS_REFUSED, TSA_UNTRUSTED or TIMESTAMP_REFUSED (any answer that is no application/timestamp-reply).
   */
  stamp(query: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>
}

/** Fetches what certificates point to. Answers are judged by device/trust, not here. Throws REVOCATION_UNAVAILABLE. */
export interface Revocation {
  /** Posts the DER of an OCSPRequest to a responder and gives the body of the answer (RFC 6960, A.1). */
  ocsp(url: string, query: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>
  /** The bytes behind a CRL distribution point or a caIssuers access location; http and https only. */
  fetch(url: string, what: 'crl' | 'issuer', signal?: AbortSignal): Promise<Uint8Array>
}

/** A document for an extension service: what it is sent, or where the service fetches it by itself. */
export type ExtensionDocument = { readonly name: string } & ({ readonly bytes: Uint8Array } | { readonly url: string })

/** One signed document that a remote service shall raise. */
export interface ExtensionOrder {
  readonly format: 'PAdES' | 'CAdES' | 'XAdES'
  readonly level: 'T' | 'LT' | 'LTA'
  readonly packaging: 'enveloped' | 'enveloping' | 'detached'
  readonly document: ExtensionDocument
  /** The signed original; with `detached`, and only with it. */
  readonly original?: ExtensionDocument
}

/** Not judged: see device/ades/verify-extended.ts. */
export interface ExtensionAnswer {
  /** What the service calls the exchange; printable ASCII, empty where it said nothing that is. */
  readonly reference: string
  readonly document: Uint8Array
}

/** Sends documents to a remote service that raises their signatures. Repeating a call costs another time-stamp, no more. */
export interface Extender {
  /**
   * Throws EXTENDER_UNAVAILABLE, EXTENDER_CREDENTIALS_REFUSED, EXTENDER_UNTRUSTED, EXTENSION_REFUSED (the service will not,
   * or the document is too large to be sent), EXTENSION_INVALID (an answer that holds no document).
   */
  extend(order: ExtensionOrder, signal?: AbortSignal): Promise<ExtensionAnswer>
  /** Finds out whether the service knows the kiosk, without a document. Throws as above. */
  enter(signal?: AbortSignal): Promise<void>
}

// -------------------------------------------------------------------------------------------------------- signing for others

/** Fetches documents that others ask to be signed, from the hosts that the configuration names. */
export interface References {
  /**
   * The bytes behind an http or https URL, redirects followed only to configured hosts. Throws REFERENCE_REFUSED for a host
   * or address that is not allowed, REFERENCE_UNAVAILABLE for any other failure, BATCH_TOO_LARGE above the limit.
   */
  fetch(url: string, signal?: AbortSignal): Promise<Uint8Array>
}

/** The page's own server in AutoFirma's three-phase batch: it prepares what is signed, and takes the signature values. */
export interface TriphaseServer {
  /**
   * Posts the batch with the signer's chain (DER, the signer first) to a presign or postsign service, `tridata` with the
   * second, and gives the JSON text of the answer. Throws REFERENCE_REFUSED for a URL or host that is not allowed,
   * BATCH_SERVICE_FAILED for any other failure.
   */
  post(
    request: {
      readonly url: string
      /** `name` or `name:port`: the asking page's own host, and those of `autofirma.serviceHosts`. */
      readonly allowedHosts: readonly string[]
      readonly batch: Uint8Array
      readonly certificates: readonly Uint8Array[]
      readonly tridata?: Uint8Array
    },
    signal?: AbortSignal,
  ): Promise<string>
}

// ---------------------------------------------------------------------------------------------------------- deliver

/** One attempt to hand a copy to a destination. The same key and the same bytes on every retry. */
export interface DeliveryRequest {
  readonly destinationId: string
  readonly idempotencyKey: string
  readonly fileName: string
  readonly mediaType: 'application/pdf'
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
  readonly metadata: Readonly<Record<string, string>>
  /** What goes beside the copy, where the destination takes it. */
  readonly attachments?: readonly Attachment[]
  readonly body: ByteStream
}

/** The ENI document about the copy without its content (XML), or the evidence of how it was made (JWS as JSON). */
export interface Attachment {
  readonly kind: 'eni' | 'evidence'
  readonly bytes: Uint8Array
}

export interface Receipt {
  /** The destination's own name for the copy. */
  readonly reference: string
  /** What the destination says it received; equal to what was sent, or the attempt is RECEIPT_INVALID. */
  readonly sha256: string
  /** ISO 8601, by the destination's clock. */
  readonly receivedAt: string
}

export type DeliveryOutcome =
  | { readonly outcome: 'delivered'; readonly receipt: Receipt }
  | {
      readonly outcome: 'later'
      readonly code: DeliveryLaterCode
      readonly detail: string
      readonly retryAfterMs?: number
    }
  | { readonly outcome: 'refused'; readonly code: DeliveryRefusedCode; readonly detail: string }

export type DeliveryLaterCode = Extract<
  ErrorCode,
  | 'DESTINATION_UNREACHABLE'
  | 'DESTINATION_BUSY'
  | 'DESTINATION_UNTRUSTED'
  | 'TLS_PIN_MISMATCH'
  | 'CREDENTIALS_REFUSED'
  | 'RECEIPT_INVALID'
>
export type DeliveryRefusedCode = Extract<ErrorCode, 'DESTINATION_REFUSED'>

export interface Delivery {
  /** At least once on the wire, exactly once in effect: idempotent by `idempotencyKey`. */
  deliver(request: DeliveryRequest, signal: AbortSignal): Promise<DeliveryOutcome>
}

// -------------------------------------------------------------------------------------------------------- callbacks

/** One attempt to tell a client what has become of its session. The same id and the same body on every attempt. */
export interface CallbackRequest {
  /** As `api.clients` names it. */
  readonly client: string
  readonly url: string
  readonly id: string
  /** Of the attempt, milliseconds since 1970; it is signed with the body. */
  readonly at: number
  /** JSON. */
  readonly body: string
}

export type CallbackOutcome =
  | { readonly outcome: 'delivered' }
  | {
      readonly outcome: 'later'
      readonly code: Exclude<DeliveryLaterCode, 'RECEIPT_INVALID'> | Extract<ErrorCode, 'ADDRESS_REFUSED'>
      readonly detail: string
      readonly retryAfterMs?: number
    }
  | { readonly outcome: 'refused'; readonly code: DeliveryRefusedCode; readonly detail: string }

export interface Callbacks {
  /** At least once on the wire; whoever receives tells repetitions by `id`. */
  call(request: CallbackRequest, signal?: AbortSignal): Promise<CallbackOutcome>
  /**
   * Whether the files for callbacks to a client can be used; `random` is false for a secret that somebody may have thought up.
   * Nobody is asked. Throws CONFIG_INVALID with what is wrong.
   */
  check(client: string, signal?: AbortSignal): Promise<{ readonly random: boolean }>
}

// ------------------------------------------------------------------------------------------------------------ peers

/** A server of the configuration, and the PEM file of the only authorities that may have certified it. */
export interface Peer {
  /** `https:`. */
  readonly url: string
  readonly caFile?: string
}

/** The servers of the configuration, whatever is asked of them otherwise. */
export interface Peers {
  /**
   * The pins (RFC 7469, 2.4) that a server would fit, of its own key and of its issuers', its own first. Only a TLS handshake
   * goes out. Throws DESTINATION_UNREACHABLE, DESTINATION_UNTRUSTED.
   */
  keys(peer: Peer, signal?: AbortSignal): Promise<readonly string[]>
  /**
   * Whether a destination lets the kiosk in; false where only a copy would tell. Throws DESTINATION_UNREACHABLE,
   * DESTINATION_UNTRUSTED, TLS_PIN_MISMATCH, CREDENTIALS_REFUSED and the like.
   */
  enter(destinationId: string, signal?: AbortSignal): Promise<boolean>
  /** Services that failed too often in a row to be asked now. */
  resting(signal?: AbortSignal): Promise<readonly RestingService[]>
  /** Ends the pauses of the services at this host, `name:port`: the next call asks there. */
  wake(host: string, signal?: AbortSignal): Promise<void>
}

/** A service that is left alone, since its first failure and for a while still. */
export interface RestingService {
  readonly service:
    | 'seal'
    | 'extension'
    | 'time-stamping'
    | 'clave'
    | 'cards'
    | 'revocation'
    | 'references'
    | 'three-phase'
  /** In the configuration; of revocation what is asked for: `ocsp`, `crl` or `issuer`. */
  readonly id: string
  /** `name:port`. */
  readonly host: string
  readonly sinceMs: number
  /** 0: the next call asks. */
  readonly leftMs: number
  /** Of the last failure. */
  readonly code: ErrorCode
}

// ------------------------------------------------------------------------------------------------------------ cards

export interface CardProduct {
  /** As the service names it: `SMARTCARDCNS`. */
  readonly code: string
  readonly name: string
  /** The certification authority, `Infocert` or `Aruba`. */
  readonly kind: string
  /** EUR before VAT. */
  readonly price: number
  /** Without a certificate, for registration authorities. */
  readonly blank: boolean
}

/** A request as the service keeps it, without anything that a person or a card can be opened by, and without the person. */
export interface CardRequest {
  readonly id: string
  readonly productCode: string | null
  /** The service's own word; `evasa` is the last one. Others than the published ones may come. */
  readonly state: string
  /** Milliseconds since 1970, by the service's clock. */
  readonly boughtAt: number | null
  readonly shippedAt: number | null
  readonly tracking: string | null
  readonly envelope: string | null
  readonly device: string | null
  readonly formThere: boolean | null
  readonly documentThere: boolean | null
  readonly videoRecognition: boolean | null
}

/** By what an order is recognised in what the service keeps; for comparing, never for keeping. */
export interface CardMarks {
  /** The order's id as it came back in the callback's data or in the note. */
  readonly order: string | null
  readonly fiscalCode: string | null
  readonly email: string | null
  readonly mobile: string | null
}

export type CardLater = {
  readonly outcome: 'later'
  readonly code: Extract<
    ErrorCode,
    | 'DESTINATION_UNREACHABLE'
    | 'DESTINATION_BUSY'
    | 'DESTINATION_UNTRUSTED'
    | 'TLS_PIN_MISMATCH'
    | 'CREDENTIALS_REFUSED'
    | 'CARD_CREDIT_LOW'
  >
  readonly detail: string
  readonly retryAfterMs?: number
}

/** `serviceError` is the service's own number. */
export interface CardRefusal {
  readonly outcome: 'refused'
  readonly detail: string
  readonly serviceError: number | null
}

/**
 * `later`: certainly not bought. `unknown`: nobody can tell whether it was. `already`: what was ordered is there without
 * this order.
 */
export type CardOrderOutcome =
  | { readonly outcome: 'placed'; readonly request: CardRequest }
  | { readonly outcome: 'already' }
  | { readonly outcome: 'unknown'; readonly detail: string }
  | CardRefusal
  | CardLater

export interface CardPaper {
  readonly fileName: string
  readonly bytes: Uint8Array
}

/** A service that sells signature cards, readers and recognitions. Every call is one exchange, never repeated here. */
export interface CardShop {
  products(
    signal?: AbortSignal,
  ): Promise<{ readonly outcome: 'listed'; readonly products: readonly CardProduct[] } | CardLater>
  /** Costs money and has no idempotency key: the caller never repeats what was `unknown`. `body` is the JSON to be sent. */
  order(productCode: string, body: Uint8Array, signal?: AbortSignal): Promise<CardOrderOutcome>
  /** What the account has ordered of a product, whoever ordered it. */
  requests(
    productCode: string,
    signal?: AbortSignal,
  ): Promise<{ readonly outcome: 'listed'; readonly requests: readonly CardRequest[] } | CardLater>
  request(
    id: string,
    signal?: AbortSignal,
  ): Promise<
    | { readonly outcome: 'found'; readonly request: CardRequest; readonly marks: CardMarks }
    | { readonly outcome: 'missing' }
    | CardLater
  >
  /** The recognition form, a PDF; `none` where the product takes none. */
  form(
    id: string,
    signal?: AbortSignal,
  ): Promise<{ readonly outcome: 'form'; readonly bytes: Uint8Array } | { readonly outcome: 'none' } | CardLater>
  /** By what the person goes on elsewhere after a renewal, or abroad; `none` where there is no such code (yet). Nobody keeps it. */
  activation(
    id: string,
    signal?: AbortSignal,
  ): Promise<{ readonly outcome: 'code'; readonly code: string } | { readonly outcome: 'none' } | CardLater>
  /** Hands over the signed form and the identity document; `already`: the service has them. Safe to repeat. */
  submit(
    id: string,
    papers: { readonly form: CardPaper; readonly document: CardPaper },
    signal?: AbortSignal,
  ): Promise<
    | { readonly outcome: 'taken'; readonly request: CardRequest }
    | { readonly outcome: 'already' }
    | CardRefusal
    | CardLater
  >
}

/** Pages of a foreign PDF as images, for a person to read. */
export interface PdfPages {
  /** JPEG of a page, 1-based; null behind the last. Throws PDF_UNREADABLE, PDF_TOO_LARGE. */
  page(pdf: ByteStream, number: number, signal?: AbortSignal): Promise<Uint8Array | null>
}

// ------------------------------------------------------------------------------------------------------ time and log

/** How far a time can be believed: `at` is when a time service last set the clock, ISO 8601. */
export type ClockTrust =
  | { readonly source: 'unknown' }
  | { readonly source: 'time-service'; readonly service: string; readonly at: string }

export interface Clock {
  /** Milliseconds since 1970 by the wall clock. */
  now(): number
  /** How far `now` can be believed; absent: nothing is known of it. */
  trust?(): ClockTrust
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  bytes(length: number): Uint8Array
  /** In [0, 1). */
  fraction(): number
}

export interface Log {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void
  error(event: string, fields?: Readonly<Record<string, unknown>>): void
}

// ------------------------------------------------------------------------------------------------------------ bytes

/** Bytes that can be read anywhere: a file, a stored blob, a buffer. */
export interface RandomAccess {
  readonly size: number
  /** Exactly `length` bytes from `offset`; throws RangeError outside the file. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** The same into memory of the caller's, all of `target`: what goes through a large file then makes no garbage. */
  readInto?(target: Uint8Array, offset: number): Promise<void>
}
