// The part of the configuration about raising signatures elsewhere: the remote service that is asked, who does it where that
// service does not, and the same service given to other programs.

import Type, { type Static } from 'typebox'
import { Pins } from './pins.ts'

const strict = { additionalProperties: false } as const
const File = Type.String({ minLength: 1 })
const Line = (maxLength: number) => Type.String({ pattern: '^[^\\x00-\\x1f\\x7f]+$', maxLength })

/** The authority that the service shall use, in the four kinds of its own interface. */
const ServiceTsa = Type.Object(
  {
    type: Type.Enum(['URL', 'USER', 'CERTIFICATE', 'CERTIFICATE_TLS'], { default: 'URL' }),
    url: Type.String({ pattern: '^https?://', maxLength: 2000 }),
    /** Of kind USER. */
    user: Type.Optional(Line(200)),
    /** One line, mode 0600: of kinds USER and CERTIFICATE_TLS. It is sent to the service. */
    passwordFile: Type.Optional(File),
    /** What the service calls a certificate that it keeps: of both kinds CERTIFICATE. */
    certificateCode: Type.Optional(Line(200)),
  },
  strict,
)

/** A signature policy as the service's interface tells it. */
const ServicePolicy = Type.Object(
  {
    id: Line(500),
    description: Type.Optional(Line(1000)),
    digestAlgorithm: Type.Enum(['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'RIPEMD160', 'MD2', 'MD5']),
    digestValueB64: Type.String({ pattern: '^[A-Za-z0-9+/]+={0,2}$', maxLength: 200 }),
    contentHintsDescription: Type.Optional(Line(1000)),
    contentHintsType: Type.Optional(Line(500)),
  },
  strict,
)

const Service = Type.Object(
  {
    driver: Type.Literal('fortress'),
    /** Where `/oauth2/v1/token` and `/api/v1/signature/extend` are. */
    url: Type.String({ pattern: '^https://', maxLength: 2000 }),
    clientId: Line(200),
    /** One line, mode 0600. */
    clientSecretFile: File,
    /** The service wants one though nobody is redirected. */
    redirectUri: Type.String({ pattern: '^https?://', maxLength: 2000 }),
    /** PEM of the only authorities trusted for TLS. */
    caFile: Type.Optional(File),
    pins: Type.Optional(Pins),
    /** Who extends, where the service shall not choose. */
    userCode: Type.Optional(Line(200)),
    signatureAlgorithm: Type.Optional(Type.Enum(['RSA_SHA1', 'RSA_SHA224', 'RSA_SHA256', 'RSA_SHA384', 'RSA_SHA512'])),
    tsa: ServiceTsa,
    policy: Type.Optional(ServicePolicy),
    /** Of one document with its original; larger ones are not sent. */
    maxMegabytes: Type.Integer({ minimum: 1, maximum: 64, default: 32 }),
    /** From the call to the last byte, with its token. */
    deadlineSeconds: Type.Integer({ minimum: 5, maximum: 600, default: 120 }),
  },
  strict,
)

export const Extension = Type.Object(
  {
    service: Service,
    /** Who raises a copy that the service does not. */
    fallback: Type.Enum(['local', 'none'], { default: 'none' }),
  },
  strict,
)

/** The interface of the service, given to the clients of `api`. */
export const ServedExtension = Type.Object(
  {
    /** Of one document with its original. */
    maxMegabytes: Type.Integer({ minimum: 1, maximum: 64, default: 32 }),
  },
  strict,
)

type Extension = Static<typeof Extension>
type ServiceTsa = Static<typeof ServiceTsa>

const needed: Readonly<Record<ServiceTsa['type'], readonly (keyof ServiceTsa)[]>> = {
  URL: [],
  USER: ['user', 'passwordFile'],
  CERTIFICATE: ['certificateCode'],
  CERTIFICATE_TLS: ['certificateCode', 'passwordFile'],
}

interface Extending {
  readonly extension?: Readonly<Extension>
  readonly timestamping?: object
  readonly trust: readonly string[]
  readonly api?: { readonly extension?: object }
}

/** What of extending elsewhere, and of extending for others, is missing or does not go together. */
export function extensionFaults({ extension, timestamping, trust, api }: Extending): string[] {
  const served = api?.extension === undefined ? [] : servedFaults(timestamping, trust)
  if (extension === undefined) return served
  const { service, fallback } = extension
  const faults = [...served, ...addressFaults(service)]
  const { tsa } = service
  const wanted = needed[tsa.type]
  for (const key of wanted) {
    if (tsa[key] === undefined) faults.push(`extension.service.tsa.${key} is needed for type ${tsa.type}`)
  }
  for (const key of ['user', 'passwordFile', 'certificateCode'] as const) {
    if (tsa[key] !== undefined && !wanted.includes(key)) {
      faults.push(`extension.service.tsa.${key} is not for type ${tsa.type}`)
    }
  }
  // Without anchors nobody could tell what comes back.
  if (trust.length === 0) faults.push('extension.service needs trust')
  if (fallback === 'local' && timestamping === undefined) {
    faults.push('extension.fallback is local, which needs timestamping')
  }
  return faults
}

function servedFaults(timestamping: object | undefined, trust: readonly string[]): string[] {
  return [
    ...(timestamping === undefined ? ['api.extension needs timestamping'] : []),
    ...(trust.length === 0 ? ['api.extension needs trust'] : []),
  ]
}

function addressFaults({ url, redirectUri, tsa }: Readonly<Extension['service']>): string[] {
  const addresses = { url, redirectUri, 'tsa.url': tsa.url }
  return Object.entries(addresses).flatMap(([key, text]) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined
    if (parsed === undefined) return [`extension.service.${key} is no URL`]
    if (parsed.username !== '' || parsed.password !== '') return [`extension.service.${key} has a password`]
    const isBase = key === 'url'
    return isBase && (parsed.search !== '' || parsed.hash !== '') ? [`extension.service.${key} has a query`] : []
  })
}
