// What an IPP message is made of (RFC 8010, 3): groups of attributes, each with one value or several, every value with the
// tag of its syntax. Types and numbers only; ipp-encode.ts and ipp-decode.ts put them into bytes and back.

/** Delimiters of groups (RFC 8010, 3.5.1). */
export const groupTags = { operation: 0x01, job: 0x02, end: 0x03, printer: 0x04, unsupported: 0x05 } as const

/** Tags of values (RFC 8010, 3.5.2), those that are no strings of characters. */
export const valueTags = {
  unsupported: 0x10,
  unknown: 0x12,
  noValue: 0x13,
  integer: 0x21,
  boolean: 0x22,
  enum: 0x23,
  octetString: 0x30,
  dateTime: 0x31,
  resolution: 0x32,
  rangeOfInteger: 0x33,
  begCollection: 0x34,
  textWithLanguage: 0x35,
  nameWithLanguage: 0x36,
  endCollection: 0x37,
  memberAttrName: 0x4a,
} as const

/** Tags of values that are strings of characters. */
export const stringTags = {
  text: 0x41,
  name: 0x42,
  keyword: 0x44,
  uri: 0x45,
  uriScheme: 0x46,
  charset: 0x47,
  naturalLanguage: 0x48,
  mimeMediaType: 0x49,
} as const

export interface IppResolution {
  readonly x: number
  readonly y: number
  /** 3: dots per inch, 4: dots per centimetre. */
  readonly units: number
}

export interface IppRange {
  readonly lower: number
  readonly upper: number
}

/** Attributes by name, in their order; never without a value. */
export type IppAttributes = ReadonlyMap<string, readonly IppValue[]>

/** One value. `octets` also holds dates, and values of syntaxes that are not known here. */
export type IppValue =
  | { readonly kind: 'integer' | 'enum'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** Without the language that may come with it. */
  | { readonly kind: keyof typeof stringTags; readonly value: string }
  | { readonly kind: 'resolution'; readonly value: IppResolution }
  | { readonly kind: 'rangeOfInteger'; readonly value: IppRange }
  | { readonly kind: 'collection'; readonly value: IppAttributes }
  | { readonly kind: 'octets'; readonly tag: number; readonly value: Uint8Array }
  /** `unsupported`, `unknown`, `no-value` and their like. */
  | { readonly kind: 'none'; readonly tag: number }

export interface IppGroup {
  readonly tag: number
  readonly attributes: IppAttributes
}

export interface IppMessage {
  readonly version: { readonly major: number; readonly minor: number }
  /** The operation of a request, the status of an answer. */
  readonly code: number
  readonly requestId: number
  readonly groups: readonly IppGroup[]
}

/** Operations (RFC 8011, 5.4.15). */
export const operations = {
  printJob: 0x0002,
  validateJob: 0x0004,
  createJob: 0x0005,
  sendDocument: 0x0006,
  cancelJob: 0x0008,
  getJobAttributes: 0x0009,
  getJobs: 0x000a,
  getPrinterAttributes: 0x000b,
} as const

/** Status codes that make a difference here (RFC 8011, appendix B.1); everything below `firstError` was done. */
export const statuses = {
  firstError: 0x0100,
  forbidden: 0x0401,
  notAuthenticated: 0x0402,
  notAuthorized: 0x0403,
  notPossible: 0x0404,
  notFound: 0x0406,
  gone: 0x0407,
  formatNotSupported: 0x040a,
  attributesNotSupported: 0x040b,
  operationNotSupported: 0x0501,
  versionNotSupported: 0x0503,
  notAcceptingJobs: 0x0506,
  busy: 0x0507,
} as const

/** The values of an attribute that are strings; empty where it is not there. */
export function stringsIn(attributes: IppAttributes | undefined, name: string): readonly string[] {
  const values = attributes?.get(name) ?? []
  return values.flatMap(one => ('value' in one && typeof one.value === 'string' ? [one.value] : []))
}

/** The numbers of an attribute, whole or enumerated. */
export function numbersIn(attributes: IppAttributes | undefined, name: string): readonly number[] {
  const values = attributes?.get(name) ?? []
  return values.flatMap(one => (one.kind === 'integer' || one.kind === 'enum' ? [one.value] : []))
}

/** Undefined where it is not there. */
export function booleanIn(attributes: IppAttributes | undefined, name: string): boolean | undefined {
  const found = attributes?.get(name)?.find(one => one.kind === 'boolean')
  return found?.kind === 'boolean' ? found.value : undefined
}

export function resolutionsIn(attributes: IppAttributes | undefined, name: string): readonly IppResolution[] {
  const values = attributes?.get(name) ?? []
  return values.flatMap(one => (one.kind === 'resolution' ? [one.value] : []))
}
