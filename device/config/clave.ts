// The part of the configuration about Cl@ve Firma: the FIRe service of the administration, how it knows the kiosk, and where
// people see its pages.

import Type, { type Static } from 'typebox'
import { Pins } from './pins.ts'

const strict = { additionalProperties: false } as const
const File = Type.String({ minLength: 1 })
const HttpsUrl = Type.String({ pattern: '^https://', maxLength: 2000 })
const Origin = Type.String({ pattern: '^https://[a-z0-9.-]+(:\\d{1,5})?$' })

export const Clave = Type.Object(
  {
    /** FIRe's own address, to which `/fireService` is added. */
    url: HttpsUrl,
    /** As FIRe knows this application. */
    applicationId: Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' }),
    /** FIRe's name for Cl@ve Firma. */
    provider: Type.String({ pattern: '^[a-z0-9_-]{1,40}$', default: 'clavefirma' }),
    /** Told to Cl@ve as the name of the procedure, where that was agreed upon; its SIA code is FIRe's own configuration. */
    procedureName: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    /** PEM or PKCS#12: what the kiosk shows of itself by TLS. */
    certificateFile: Type.Optional(File),
    /** PEM, mode 0600; absent where the certificate's file holds the key. */
    keyFile: Type.Optional(File),
    /** Opens the key or the PKCS#12 file: one line, mode 0600. */
    passwordFile: Type.Optional(File),
    /** For a gateway in front of FIRe that wants a bearer token: one line, mode 0600. */
    tokenFile: Type.Optional(File),
    /** PEM of the only authorities trusted for TLS. */
    caFile: Type.Optional(File),
    pins: Type.Optional(Pins),
    /** Where the person sees the pages: on their own phone, by a QR code, or on this screen, in a frame. */
    page: Type.Enum(['phone', 'kiosk'], { default: 'phone' }),
    /** A page of the body's that says to go on at the kiosk; with `page` phone. */
    returnUrl: Type.Optional(HttpsUrl),
    /** Sites beside FIRe's own whose pages the frame may show; with `page` kiosk. */
    frameOrigins: Type.Array(Origin, { default: [], maxItems: 10, uniqueItems: true }),
    /** How many documents FIRe takes in one batch (`batch.maxDocuments` there); a larger one takes several visits. */
    maxDocuments: Type.Integer({ minimum: 1, maximum: 1000, default: 10 }),
    /** How long FIRe keeps a signature that nobody has made. */
    minutes: Type.Integer({ minimum: 1, maximum: 60, default: 10 }),
  },
  strict,
)

export type ClaveConfig = Readonly<Static<typeof Clave>>

interface Surroundings {
  readonly clave?: Readonly<Omit<ClaveConfig, 'frameOrigins'>> & { readonly frameOrigins: readonly string[] }
  readonly procedures: readonly { readonly signature: { readonly mode: string } }[]
}

/** What of the service and the procedures does not go together, each with its path. */
export function claveFaults({ clave, procedures }: Surroundings): string[] {
  const missing = procedures.flatMap(({ signature }, i) =>
    signature.mode === 'clave' && clave === undefined
      ? [`procedures.${i}.signature.mode is clave, and there is no clave`]
      : [],
  )
  if (clave === undefined) return missing
  const { username, password } = URL.canParse(clave.url) ? new URL(clave.url) : { username: '', password: '' }
  return [
    ...missing,
    ...(username === '' && password === '' ? [] : ['clave.url has a password; give it in a file']),
    ...(clave.certificateFile === undefined && clave.tokenFile === undefined
      ? ['clave.certificateFile is needed, or tokenFile']
      : []),
    ...(clave.page === 'phone' && clave.returnUrl === undefined
      ? ['clave.returnUrl is needed where page is phone']
      : []),
    ...(clave.page === 'phone' && clave.frameOrigins.length > 0 ? ['clave.frameOrigins goes with page kiosk'] : []),
  ]
}

/** The sites that the frame on the screen may show; none where people use their phones. */
export function frameOrigins(clave: Surroundings['clave']): readonly string[] {
  return clave?.page === 'kiosk' ? [new URL(clave.url).origin, ...clave.frameOrigins] : []
}
