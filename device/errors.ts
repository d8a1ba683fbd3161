// Every way the appliance can fail, in one table: what an HTTP client gets, whether waiting or a person can mend it,
// and what an operator should do. What a person at the screen reads is in ui/text under `error.CODE`; a test holds
// this table, those texts and the README together. Long because it is one table.

/**
 * Who can make the same attempt succeed: `later` time alone (the network comes back), `person` somebody at the kiosk
 * (paper, card, PIN), `operator` whoever maintains it, `never` nobody: the request itself is wrong.
 */
export type RetryClass = 'later' | 'person' | 'operator' | 'never'

interface ErrorEntry {
  readonly status: number
  readonly retry: RetryClass
  /** What an operator does about it; printed behind the code on the command line. */
  readonly mend: string
}

const table = {
  // scan
  SCANNER_ABSENT: {
    status: 503,
    retry: 'person',
    mend: 'Connect the scanner and switch it on; `compulsa devices` lists what is seen.',
  },
  SCANNER_UNPLUGGED: {
    status: 503,
    retry: 'person',
    mend: 'Reconnect the scanner; the pages already scanned are kept.',
  },
  SCANNER_BUSY: { status: 503, retry: 'later', mend: 'Another program holds the scanner; wait for it to finish.' },
  SCANNER_JAM: {
    status: 409,
    retry: 'person',
    mend: 'Open the feeder, take the jammed sheet out, put it back and scan on.',
  },
  SCANNER_DOUBLE_FEED: {
    status: 409,
    retry: 'person',
    mend: 'Separate the sheets that were fed together, put them back and scan on.',
  },
  SCANNER_COVER_OPEN: { status: 409, retry: 'person', mend: 'Close the scanner cover.' },
  SCANNER_FAILED: { status: 502, retry: 'person', mend: 'Switch the scanner off and on, then scan on.' },
  SCANNER_TIMEOUT: {
    status: 504,
    retry: 'person',
    mend: 'The scanner stopped answering; switch it off and on, then scan on.',
  },
  SCAN_INTERRUPTED: {
    status: 409,
    retry: 'person',
    mend: 'The appliance stopped during the scan; put back the sheets after the last page shown.',
  },
  SCAN_SETTING_REFUSED: {
    status: 422,
    retry: 'operator',
    mend: 'Choose a resolution, colour mode and source that the scanner offers.',
  },
  FEEDER_EMPTY: { status: 409, retry: 'person', mend: 'Put the sheets in the feeder.' },
  RESOLUTION_TOO_LOW: {
    status: 422,
    retry: 'never',
    mend: 'Scan at 200 ppi or more (NTI Digitalización, IV.2); 300 is the default.',
  },
  // pages and compose
  IMAGE_UNREADABLE: { status: 422, retry: 'person', mend: 'The image is damaged; scan the sheet again.' },
  IMAGE_TOO_LARGE: {
    status: 422,
    retry: 'person',
    mend: 'The image is larger than the appliance accepts; scan the sheet at a lower resolution.',
  },
  PAGE_NOT_READY: { status: 409, retry: 'later', mend: 'A page is still being prepared; try again in a moment.' },
  TARGET_NOT_FOUND: {
    status: 422,
    retry: 'person',
    mend: 'Print the sheet with `compulsa calibrate --sheet`, and scan its printed side whole.',
  },
  TARGET_UNKNOWN: { status: 422, retry: 'operator', mend: 'Print the sheet anew with `compulsa calibrate --sheet`.' },
  NO_PAGES: { status: 409, retry: 'person', mend: 'Scan at least one page.' },
  TEXT_READER_ABSENT: {
    status: 503,
    retry: 'operator',
    mend: 'Install tesseract-ocr and the language that the message names, for instance tesseract-ocr-cat.',
  },
  TEXT_UNREADABLE: {
    status: 502,
    retry: 'operator',
    mend: 'The text of the page could not be read; the page itself is whole. Report it with the log.',
  },
  COPY_STATE_REFUSED: {
    status: 422,
    retry: 'person',
    mend: 'EE03 needs an original or an authentic copy (RD 203/2021, art. 49).',
  },
  COPY_TOO_LARGE: {
    status: 409,
    retry: 'person',
    mend: 'Make the copy smaller (grey, lower quality) or split it; the limit is `largestMegabytes` of the procedure.',
  },
  PAGES_NOT_JOINABLE: {
    status: 409,
    retry: 'person',
    mend: 'Only two sheets that fit on one A4 sheet at their true size can stand on one page.',
  },
  // sign and verify
  TOKEN_MODULE_FAILED: {
    status: 503,
    retry: 'operator',
    mend: 'Install the PKCS#11 module named in the configuration, or correct its path.',
  },
  TOKEN_ABSENT: { status: 409, retry: 'person', mend: 'Put the card in the reader.' },
  TOKEN_REMOVED: { status: 409, retry: 'person', mend: 'Put the card back and sign again; nothing was signed twice.' },
  PIN_WRONG: { status: 403, retry: 'person', mend: 'Check the PIN; too many wrong ones lock the card.' },
  PIN_LOCKED: { status: 403, retry: 'operator', mend: 'The card is locked; its issuer can unlock it with the PUK.' },
  CERTIFICATE_ABSENT: {
    status: 409,
    retry: 'person',
    mend: 'The card holds no certificate for signing; use another card.',
  },
  CERTIFICATE_EXPIRED: { status: 409, retry: 'person', mend: 'The certificate has expired; use a renewed card.' },
  CERTIFICATE_NOT_YET_VALID: {
    status: 409,
    retry: 'operator',
    mend: 'The certificate is not valid yet; check the clock of the appliance.',
  },
  CERTIFICATE_UNREADABLE: {
    status: 422,
    retry: 'operator',
    mend: 'Check that the file or card holds X.509 certificates, and replace the damaged one.',
  },
  KEY_REFUSED: {
    status: 422,
    retry: 'never',
    mend: 'Use an RSA key of 2048 bits or more, or an EC key on P-256, P-384 or P-521.',
  },
  SIGNATURE_FAILED: {
    status: 502,
    retry: 'person',
    mend: 'The token could not sign; take the card out, put it back and sign again.',
  },
  SIGNATURE_INVALID: {
    status: 502,
    retry: 'operator',
    mend: 'The signature that was made does not verify and was refused; check the token or the seal service.',
  },
  SIGNATURE_FORMAT_REFUSED: {
    status: 422,
    retry: 'never',
    mend: 'Ask for a format and level that this version makes.',
  },
  PDF_UNREADABLE: { status: 422, retry: 'never', mend: 'The PDF is damaged; make it again.' },
  PDF_CERTIFIED: {
    status: 422,
    retry: 'never',
    mend: 'Its certification allows no further signature; sign a copy made without it.',
  },
  PDF_ENCRYPTED: {
    status: 422,
    retry: 'never',
    mend: 'Give the password with --password-file, or remove the encryption of the PDF first.',
  },
  PASSWORD_WRONG: { status: 403, retry: 'never', mend: 'Give the password that opens the PDF.' },
  PDF_TOO_LARGE: {
    status: 413,
    retry: 'never',
    mend: 'PDF/A allows no offset above 2 147 483 647 (ISO 19005-2, 6.1.13); split the document.',
  },
  FIELD_LOCKED: {
    status: 422,
    retry: 'never',
    mend: 'An earlier signature locks the field (FieldMDP); sign another field.',
  },
  XML_UNREADABLE: {
    status: 422,
    retry: 'never',
    mend: 'Give well-formed XML without DOCTYPE and entities of its own.',
  },
  CMS_UNREADABLE: { status: 422, retry: 'never', mend: 'Give a CMS SignedData, as DER, BER or PEM.' },
  SIGNATURE_ABSENT: { status: 422, retry: 'never', mend: 'The file holds no signature; sign it first.' },
  SIGNATURE_BROKEN: {
    status: 422,
    retry: 'never',
    mend: 'A signature in the file does not verify; ask for the file as it was signed.',
  },
  CONTENT_ABSENT: { status: 422, retry: 'never', mend: 'Give the signed original with --content.' },
  POLICY_UNUSABLE: { status: 422, retry: 'operator', mend: 'Give `agel` or a JSON file with the policy.' },
  KEY_STORE_UNREADABLE: { status: 422, retry: 'operator', mend: 'Check the PKCS#12 file and its password.' },
  DOCUMENT_TOO_COMPLEX: {
    status: 422,
    retry: 'never',
    mend: 'The file took more time or memory than any honest one needs; it was given up.',
  },
  // seal
  SEAL_ABSENT: {
    status: 422,
    retry: 'operator',
    mend: 'Name the seal of the body in `seal.table`, and its service in `seal.services`.',
  },
  SEAL_UNREACHABLE: {
    status: 502,
    retry: 'later',
    mend: 'Check the network and the seal service; sealing goes on by itself.',
  },
  SEAL_UNTRUSTED: {
    status: 502,
    retry: 'operator',
    mend: 'The TLS certificate of the seal service is not the expected one; check its name and CA.',
  },
  SEAL_CREDENTIALS_REFUSED: {
    status: 502,
    retry: 'operator',
    mend: 'The seal service does not accept the kiosk; renew its secret or PIN file, then `compulsa queue retry`.',
  },
  SEAL_REFUSED: {
    status: 502,
    retry: 'operator',
    mend: 'The seal service does not seal; its reason is in the message.',
  },
  // a person's own signature, by Cl@ve Firma
  CLAVE_ABSENT: { status: 422, retry: 'operator', mend: 'Name the FIRe service in `clave`.' },
  CLAVE_UNREACHABLE: {
    status: 502,
    retry: 'later',
    mend: 'Check the network and the FIRe service; nothing was signed and nothing waits.',
  },
  CLAVE_UNTRUSTED: {
    status: 502,
    retry: 'operator',
    mend: 'The TLS certificate of the FIRe service is not the expected one; check its name and CA.',
  },
  CLAVE_CREDENTIALS_REFUSED: {
    status: 502,
    retry: 'operator',
    mend: 'The FIRe service does not accept the kiosk; check `clave.applicationId` and renew its certificate or token.',
  },
  CLAVE_REFUSED: {
    status: 502,
    retry: 'operator',
    mend: 'The FIRe service refuses what it is asked; its error number is in the message.',
  },
  CLAVE_USER_UNKNOWN: { status: 409, retry: 'person', mend: 'The person has to register in Cl@ve first.' },
  CLAVE_USER_WEAK: {
    status: 409,
    retry: 'person',
    mend: 'The person has to register in Cl@ve in person, or with a certificate, before signing.',
  },
  CLAVE_CERTIFICATE_ABSENT: {
    status: 409,
    retry: 'person',
    mend: 'The person has to ask Cl@ve for a signing certificate first.',
  },
  CLAVE_CERTIFICATE_BLOCKED: {
    status: 409,
    retry: 'person',
    mend: 'The signing certificate is blocked; Cl@ve lifts that, or the person signs in another way.',
  },
  CLAVE_CANCELLED: {
    status: 409,
    retry: 'person',
    mend: 'The person cancelled at Cl@ve; sign again if it was not meant.',
  },
  CLAVE_NOT_FINISHED: {
    status: 409,
    retry: 'person',
    mend: 'The signature was asked for before the person had finished at Cl@ve; begin it again.',
  },
  CLAVE_EXPIRED: { status: 409, retry: 'person', mend: 'The time for signing at Cl@ve was over; begin it again.' },
  CLAVE_FAILED: {
    status: 502,
    retry: 'person',
    mend: 'Cl@ve could not sign; begin again. Its error number is in the log.',
  },
  CLAVE_OTHER_PERSON: {
    status: 409,
    retry: 'person',
    mend: 'Somebody else signed than the number says; the signature was thrown away.',
  },
  IDENTITY_NUMBER_INVALID: { status: 422, retry: 'person', mend: 'Correct the number; its letter does not fit.' },
  SEAL_UNFIT: {
    status: 422,
    retry: 'operator',
    mend: 'Have the service make a credential for automatic sealing: this one asks a person each time (OTP, oauth2code).',
  },
  // extend
  TSA_ABSENT: { status: 422, retry: 'operator', mend: 'Name a time-stamping authority with --tsa or `timestamping`.' },
  TSA_UNREACHABLE: { status: 502, retry: 'later', mend: 'Check the network and the address of the authority.' },
  TSA_CREDENTIALS_REFUSED: {
    status: 502,
    retry: 'operator',
    mend: 'The time-stamping authority does not accept the kiosk; renew its credentials.',
  },
  TSA_UNTRUSTED: {
    status: 502,
    retry: 'operator',
    mend: 'The TLS certificate of the time-stamping authority is not the expected one; check its name and CA.',
  },
  TIMESTAMP_REFUSED: {
    status: 502,
    retry: 'later',
    mend: 'The time-stamping authority gave no time-stamp; its reason is in the message.',
  },
  TIMESTAMP_INVALID: {
    status: 502,
    retry: 'operator',
    mend: 'The time-stamp does not fit the request or its certificate; use another authority.',
  },
  CHAIN_INCOMPLETE: {
    status: 422,
    retry: 'operator',
    mend: 'Trust the root of the certificate named in the message with --trust or `trust`.',
  },
  REVOCATION_UNAVAILABLE: {
    status: 502,
    retry: 'later',
    mend: 'The state of the certificate named in the message could not be fetched; check the network.',
  },
  CERTIFICATE_REVOKED: { status: 409, retry: 'person', mend: 'The certificate was revoked; use another one.' },
  EXTENDER_ABSENT: {
    status: 422,
    retry: 'operator',
    mend: 'Name an extension service in `extension.service`.',
  },
  EXTENDER_UNAVAILABLE: {
    status: 502,
    retry: 'later',
    mend: 'The extension service did not answer or cannot do it now; check the network and its address.',
  },
  EXTENDER_CREDENTIALS_REFUSED: {
    status: 502,
    retry: 'operator',
    mend: 'The extension service does not accept the kiosk; renew its client secret.',
  },
  EXTENDER_UNTRUSTED: {
    status: 502,
    retry: 'operator',
    mend: 'The TLS certificate of the extension service is not the expected one; check its name and CA.',
  },
  EXTENSION_REFUSED: {
    status: 502,
    retry: 'operator',
    mend: 'The extension service will not raise this document; correct `extension.service`, or extend here.',
  },
  EXTENSION_INVALID: {
    status: 502,
    retry: 'operator',
    mend: 'What the extension service gave back is not the document raised and was thrown away; tell its operator.',
  },
  // what others ask to be signed
  BATCH_INVALID: { status: 400, retry: 'never', mend: 'Correct the batch at the JSON path that the message names.' },
  BATCH_TOO_LARGE: {
    status: 413,
    retry: 'never',
    mend: 'Make the batch smaller, or raise the limit of `batches` that the message names.',
  },
  ALGORITHM_REFUSED: {
    status: 422,
    retry: 'never',
    mend: 'Ask for SHA-256 or stronger; SHA-1 is made only where it is explicitly allowed.',
  },
  REFERENCE_REFUSED: {
    status: 403,
    retry: 'operator',
    mend: 'Put the document below a folder of `batches.folders`, or name its host in `batches.hosts`.',
  },
  REFERENCE_UNAVAILABLE: {
    status: 502,
    retry: 'later',
    mend: 'The document could not be fetched; check its address and the network.',
  },
  BATCH_ITEM_LATE: {
    status: 504,
    retry: 'later',
    mend: 'The signature was not made within `concurrenttimeout`; send the document again.',
  },
  BATCH_SERVICE_FAILED: {
    status: 502,
    retry: 'later',
    mend: 'The page’s own signing service failed; its operator has to mend it.',
  },
  CERTIFICATE_NOT_FITTING: {
    status: 409,
    retry: 'person',
    mend: 'The page wants another certificate than those on the card; use the card that it asks for.',
  },
  REQUEST_DECLINED: { status: 409, retry: 'person', mend: 'The person at the kiosk did not agree; ask again.' },
  KIOSK_BUSY: { status: 503, retry: 'later', mend: 'The kiosk is busy with something else; ask again in a moment.' },
  ORIGIN_REFUSED: {
    status: 403,
    retry: 'operator',
    mend: 'Name the site in `autofirma.origins`, if it may ask for signatures here.',
  },
  LAUNCH_UNKNOWN: {
    status: 403,
    retry: 'never',
    mend: 'Load the page again; its session identifier is not the one that the kiosk was started with.',
  },
  PAGE_GONE: {
    status: 409,
    retry: 'person',
    mend: 'The page was closed before it had its answer; open it again and ask anew.',
  },
  MESSAGE_TOO_LARGE: { status: 413, retry: 'never', mend: 'Send a smaller document; the limit is `maxMegabytes`.' },
  CLIENT_UNKNOWN: {
    status: 401,
    retry: 'operator',
    mend: 'Name the client in `api.clients`, with its own token or the name in its certificate.',
  },
  CLIENT_CERTIFICATE_REFUSED: {
    status: 401,
    retry: 'operator',
    mend: 'Renew the certificate of the client, or the file of `api.tls` that the message names.',
  },
  // sessions
  SESSION_INVALID: {
    status: 400,
    retry: 'never',
    mend: 'Correct the request of the session at the JSON path that the message names.',
  },
  SESSION_NOT_POSSIBLE: {
    status: 422,
    retry: 'operator',
    mend: 'This kiosk cannot do what the message names; ask for something else, or configure it.',
  },
  ADDRESS_REFUSED: {
    status: 403,
    retry: 'operator',
    mend: 'Name the host in `hosts` of the client in `api.clients`, and in its `allowPrivate` where it is in a private network.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    retry: 'never',
    mend: 'Give each request a key of its own; the same key repeats the same request only.',
  },
  SESSION_GONE: {
    status: 410,
    retry: 'never',
    mend: 'The session has expired, has failed or was withdrawn; ask for a new one.',
  },
  COPY_GIVEN_UP: {
    status: 410,
    retry: 'never',
    mend: 'An operator gave the copy up; ask for a new session.',
  },
  PICKUP_CODE_WRONG: {
    status: 404,
    retry: 'person',
    mend: 'Check the pick-up code; it is valid until its session expires.',
  },
  PICKUP_CODE_LOCKED: {
    status: 429,
    retry: 'later',
    mend: 'Too many wrong pick-up codes were typed; wait a minute.',
  },
  // store
  DISK_FULL: {
    status: 507,
    retry: 'operator',
    mend: 'Free space on the data partition; what was stored before is kept.',
  },
  STORAGE_FAILED: {
    status: 500,
    retry: 'operator',
    mend: 'The data partition reported an input/output error; check or replace the medium, then start again.',
  },
  DATABASE_NEWER: {
    status: 500,
    retry: 'operator',
    mend: 'The data was written by a newer version; install that version or a later one.',
  },
  DATABASE_OLDER: {
    status: 500,
    retry: 'operator',
    mend: 'Start the appliance of this version once; it brings the data up to date.',
  },
  DATABASE_DAMAGED: {
    status: 500,
    retry: 'operator',
    mend: 'Keep the data folder as it is and restore a backup beside it.',
  },
  DATABASE_NOT_DURABLE: {
    status: 500,
    retry: 'operator',
    mend: 'The database refuses WAL with synchronous=FULL; put it on a local ext4 or xfs file system.',
  },
  DATA_FOLDER_IN_USE: {
    status: 500,
    retry: 'operator',
    mend: 'Another appliance runs on this data folder; stop it first.',
  },
  DEVICE_KEY_UNUSABLE: {
    status: 500,
    retry: 'operator',
    mend: 'Restore the device key file (32 bytes, readable by its owner only).',
  },
  BLOB_DAMAGED: {
    status: 500,
    retry: 'operator',
    mend: 'A stored file is missing or altered; keep the data folder and restore a backup.',
  },
  // deliver
  DESTINATION_UNREACHABLE: { status: 502, retry: 'later', mend: 'Check the network; delivery goes on by itself.' },
  DESTINATION_BUSY: { status: 503, retry: 'later', mend: 'The destination asked to wait; delivery goes on by itself.' },
  DESTINATION_UNTRUSTED: {
    status: 502,
    retry: 'operator',
    mend: 'The TLS certificate or SSH host key of the destination is not the expected one; check its name, CA and key.',
  },
  TLS_PIN_MISMATCH: {
    status: 502,
    retry: 'operator',
    mend: 'The server has another key than those in `pins`; ask whose it is, and pin it if it is right (`compulsa doctor` tells it).',
  },
  CREDENTIALS_REFUSED: {
    status: 502,
    retry: 'operator',
    mend: 'The destination does not accept the kiosk; renew its token, key or password. Delivery goes on by itself then.',
  },
  DESTINATION_REFUSED: {
    status: 502,
    retry: 'operator',
    mend: 'The destination refused the document; read its answer in `compulsa queue show`.',
  },
  RECEIPT_INVALID: {
    status: 502,
    retry: 'later',
    mend: 'The destination gave no valid receipt; delivery goes on by itself.',
  },
  CARD_CREDIT_LOW: {
    status: 503,
    retry: 'operator',
    mend: 'The credit at the card service is used up; top it up. The orders wait, `compulsa cards poll` sends them on.',
  },
  CARD_ORDER_REFUSED: {
    status: 422,
    retry: 'person',
    mend: 'The card service refused the order; correct what the message names and order anew.',
  },
  CARD_ORDER_UNDECIDED: {
    status: 409,
    retry: 'operator',
    mend: 'Look into the account at the card service, then tell `compulsa cards decide` what became of the order.',
  },
  HELD_BY_OPERATOR: {
    status: 409,
    retry: 'operator',
    mend: 'An operator holds the document; `compulsa queue retry` lets it go on.',
  },
  // the appliance itself
  CONFIG_UNREADABLE: { status: 500, retry: 'operator', mend: 'Check the path and that the file is JSON.' },
  CONFIG_INVALID: { status: 500, retry: 'operator', mend: 'Correct the key named in the message.' },
  PORT_TAKEN: {
    status: 500,
    retry: 'operator',
    mend: 'Stop the program that uses the port, or give another with --port.',
  },
  WORKER_LOST: { status: 503, retry: 'later', mend: 'A worker stopped and is started again; the log tells why.' },
  FRAME_INVALID: {
    status: 500,
    retry: 'operator',
    mend: 'A worker broke the protocol and was stopped; report it with the log.',
  },
  APPLIANCE_ABSENT: {
    status: 503,
    retry: 'operator',
    mend: 'Start the appliance with `compulsa serve`, or name its data folder with --data.',
  },
  FILE_UNREADABLE: { status: 422, retry: 'operator', mend: 'Check the path and the permissions.' },
  OUTPUT_UNWRITABLE: {
    status: 500,
    retry: 'operator',
    mend: 'Check that the folder exists, has space and can be written.',
  },
  INTERRUPTED: { status: 503, retry: 'person', mend: 'The program was told to stop; run it again.' },
  USAGE: { status: 400, retry: 'never', mend: 'Run the verb with --help.' },
  // HTTP
  REQUEST_INVALID: { status: 400, retry: 'never', mend: 'Correct the field named in the message.' },
  REQUEST_FORBIDDEN: {
    status: 403,
    retry: 'never',
    mend: 'Call from the kiosk screen itself; a program needs the right that the message names.',
  },
  METHOD_NOT_ALLOWED: { status: 405, retry: 'never', mend: 'Use one of the methods that the answer allows.' },
  MEDIA_TYPE_REFUSED: { status: 415, retry: 'never', mend: 'Send JSON in UTF-8, as `application/json`.' },
  NOT_FOUND: { status: 404, retry: 'never', mend: 'Check the identifier.' },
  STAGE_CONFLICT: { status: 409, retry: 'never', mend: 'The document is at another step; read its state first.' },
  INTERNAL: { status: 500, retry: 'operator', mend: 'Report it with the log.' },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof table

export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = table

export const errorCodes = Object.keys(table) as readonly ErrorCode[]

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(table, value)
}

/** Every expected failure that is thrown. `detail` says what happened, without secrets and without personal data. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: ErrorCode
  readonly detail: string

  /** How long whoever failed asks to be left alone, milliseconds; undefined where it asks for nothing. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: ErrorCode,
    detail: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number | undefined },
  ) {
    super(`${code}: ${detail}`, options)
    this.code = code
    this.detail = detail
    this.retryAfterMs = options?.retryAfterMs
  }

  get status(): number {
    return errorTable[this.code].status
  }

  get retry(): RetryClass {
    return errorTable[this.code].retry
  }

  get mend(): string {
    return errorTable[this.code].mend
  }
}

/** Whatever was thrown, as a Fault: Faults as they are, a full disk by its name, anything else INTERNAL with its cause. */
export function asFault(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL') {
    return new Fault('DISK_FULL', 'no space left on the data partition', { cause: thrown })
  }
  return new Fault('INTERNAL', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown })
}
