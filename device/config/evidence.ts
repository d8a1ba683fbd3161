// The part of the configuration that levels T and above need: the time-stamping authority, and whom the net worker may ask
// about certificates.

import Type, { type Static } from 'typebox'
import { Pins } from './pins.ts'

const strict = { additionalProperties: false } as const
const File = Type.String({ minLength: 1 })
const Host = Type.String({ pattern: '^[A-Za-z0-9._:[\\]-]{1,260}$' })

/** The four kinds of access to an authority are told apart at the head of drivers/timestamper/credential.ts. */
export const Timestamping = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', maxLength: 2000 }),
    kind: Type.Enum(['URL', 'USER', 'CERTIFICATE', 'CERTIFICATE_TLS'], { default: 'URL' }),
    user: Type.Optional(Type.String({ pattern: '^[^:\\x00-\\x1f\\x7f]{1,200}$' })),
    /** One line, mode 0600: of the user, or of the certificate's key. */
    passwordFile: Type.Optional(File),
    /** PEM, or PKCS#12 with its key. */
    certificateFile: Type.Optional(File),
    /** PEM, mode 0600. */
    keyFile: Type.Optional(File),
    /** PEM of the only authorities trusted for TLS. */
    caFile: Type.Optional(File),
    pins: Type.Optional(Pins),
    /** Policy asked for, dotted; absent leaves it to the authority. */
    policy: Type.Optional(Type.String({ pattern: '^[0-2](\\.(0|[1-9]\\d{0,30})){1,30}$' })),
  },
  strict,
)

export const Revocation = Type.Object(
  {
    /** Hosts, `name` or `name:port`, that certificates may point to although their addresses are not public. */
    allowPrivate: Type.Array(Host, { default: [], maxItems: 100 }),
    /** The keys that such a host, `name` or `name:port`, may have where a certificate points to it by https. */
    pins: Type.Record(Host, Pins, { default: {} }),
    /** PEM of the only authorities trusted for such a host; for the others the runtime's own list. */
    caFiles: Type.Record(Host, File, { default: {} }),
    /** Largest revocation list that is fetched. */
    maxCrlMegabytes: Type.Integer({ minimum: 1, maximum: 100, default: 64 }),
  },
  { ...strict, default: {} },
)

type Timestamping = Static<typeof Timestamping>

const needed: Readonly<Record<Timestamping['kind'], readonly (keyof Timestamping)[]>> = {
  URL: [],
  USER: ['user', 'passwordFile'],
  CERTIFICATE: ['certificateFile'],
  CERTIFICATE_TLS: ['certificateFile', 'passwordFile'],
}

/** What of an authority's kind is missing or does not go together. */
export function timestampingFaults(timestamping: Readonly<Timestamping> | undefined): string[] {
  if (timestamping === undefined) return []
  const { kind, url } = timestamping
  const faults = needed[kind]
    .filter(key => timestamping[key] === undefined)
    .map(key => `timestamping.${key} is needed for kind ${kind}`)
  const { username, password, protocol } = URL.canParse(url)
    ? new URL(url)
    : { username: '', password: '', protocol: '' }
  if (protocol === '') faults.push('timestamping.url is no URL')
  if (username !== '' || password !== '') faults.push('timestamping.url has a password; give passwordFile instead')
  if (timestamping.pins !== undefined && protocol === 'http:') faults.push('timestamping.pins need an https:// url')
  if (kind.startsWith('CERTIFICATE') && protocol === 'http:') {
    faults.push(`timestamping.url must be https:// for kind ${kind}`)
  }
  return faults
}

interface EvidenceSources {
  readonly timestamping?: Readonly<Timestamping>
  /** A service that stamps in its own name. */
  readonly extension?: object
  readonly trust: readonly string[]
}

/** What of a level above B is missing; `path` is that of the signature. */
export function levelFaults(
  path: string,
  { mode, level }: { readonly mode: string; readonly level: string },
  { timestamping, extension, trust }: EvidenceSources,
): string[] {
  const stamped = timestamping !== undefined || extension !== undefined
  if (level === 'B') return []
  if (mode === 'none') return [`${path}.level is ${level}, but ${path}.mode is none`]
  return [
    ...(stamped ? [] : [`${path}.level is ${level}, which needs timestamping`]),
    ...(trust.length === 0 ? [`${path}.level is ${level}, which needs trust`] : []),
  ]
}
