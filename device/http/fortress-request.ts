// A request to extend signatures as a client of Viafirma Fortress makes it, taken apart: every field of the published page,
// and in the same words what of it this kiosk does not do.

import { Buffer } from 'node:buffer'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { Fault } from '../errors.ts'

const strict = { additionalProperties: false } as const
const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const Base64 = Type.String({ pattern: '^[A-Za-z0-9+/\\r\\n]+={0,2}[\\r\\n]*$' })

const Document = Type.Object(
  { name: Text(255), bytesB64: Type.Optional(Base64), url: Type.Optional(Text(2048)) },
  strict,
)

const Tsa = Type.Object(
  {
    type: Type.Enum(['URL', 'USER', 'CERTIFICATE', 'CERTIFICATE_TLS']),
    url: Type.Optional(Text(2048)),
    user: Type.Optional(Type.String()),
    password: Type.Optional(Type.String()),
    certificateCode: Type.Optional(Type.String()),
  },
  strict,
)

const Configuration = Type.Object(
  {
    document: Document,
    original: Type.Optional(Document),
    signatureType: Type.Enum([
      'CADES_T',
      'CADES_LT',
      'CADES_LTA',
      'PADES_T',
      'PADES_LT',
      'PADES_LTA',
      'XADES_T',
      'XADES_LT',
      'XADES_LTA',
    ]),
    packaging: Type.Enum(['ENVELOPED', 'ENVELOPING', 'DETACHED']),
    tsa: Tsa,
    policy: Type.Optional(Type.Unknown()),
    /** Of these the page says no more than that they are, and nothing of them is about what is added. */
    signatureAlgorithm: Type.Optional(Type.Enum(['RSA_SHA1', 'RSA_SHA224', 'RSA_SHA256', 'RSA_SHA384', 'RSA_SHA512'])),
    padesConfiguration: Type.Optional(Type.Unknown()),
    xadesConfiguration: Type.Optional(Type.Unknown()),
  },
  strict,
)

const Request = Type.Object(
  {
    /** Accepted: there are no users here whose turn it could be. */
    userCode: Type.Optional(Type.String({ maxLength: 255 })),
    extendSignatureConfigurations: Type.Array(Configuration),
  },
  strict,
)

/** Bytes, or where they are. */
export type ServedDocument = { readonly bytes: Uint8Array } | { readonly url: string }

export interface ServedOrder {
  readonly format: 'PAdES' | 'CAdES' | 'XAdES'
  readonly level: 'T' | 'LT' | 'LTA'
  readonly document: ServedDocument
  readonly original: ServedDocument | undefined
}

/** The authority that this kiosk uses; it uses no other. */
export interface OwnAuthority {
  readonly url: string
  readonly kind: string
}

const formats = { CADES: 'CAdES', PADES: 'PAdES', XADES: 'XAdES' } as const

/** Throws REQUEST_INVALID naming the field. */
export function readOrder(body: Uint8Array, authority: OwnAuthority): ServedOrder {
  const value = parsed(body)
  if (!Value.Check(Request, value)) throw invalid(describe(value))
  const [one, ...more] = value.extendSignatureConfigurations
  if (one === undefined || more.length > 0) {
    throw invalid('extendSignatureConfigurations: one document for each request, for the answer has room for one')
  }
  const { signatureType, packaging, original } = one
  if ((packaging === 'DETACHED') !== (original !== undefined)) {
    throw invalid('original: goes with packaging DETACHED, and only with it')
  }
  if (one.policy !== undefined) throw invalid('policy: is part of what was signed, which an extension does not change')
  refuseOtherAuthority(one.tsa, authority)
  const [format = 'PADES', level = 'T'] = signatureType.split('_')
  return {
    format: formats[format as keyof typeof formats],
    level: level as ServedOrder['level'],
    document: documentIn('document', one.document),
    original: original === undefined ? undefined : documentIn('original', original),
  }
}

/** The kiosk shows its own credentials to its own authority: those that come along are not used. */
function refuseOtherAuthority({ type, url }: Static<typeof Tsa>, authority: OwnAuthority): void {
  if (type !== authority.kind || url !== authority.url) {
    throw invalid('tsa: this kiosk stamps by its own authority only; name that one, its type and its url')
  }
}

function documentIn(place: string, { bytesB64, url }: Static<typeof Document>): ServedDocument {
  if ((bytesB64 === undefined) === (url === undefined)) throw invalid(`${place}: one of bytesB64 and url`)
  if (url !== undefined) return { url }
  const digits = (bytesB64 ?? '').replace(/[\r\n]+/g, '')
  if (digits.length % 4 !== 0) throw invalid(`${place}.bytesB64: no Base64`)
  return { bytes: Buffer.from(digits, 'base64') }
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch (thrown) {
    throw new Fault('REQUEST_INVALID', 'the body is not JSON', { cause: thrown })
  }
}

/** The first field that is wrong; never what stands in it. */
function describe(value: unknown): string {
  const errors = Value.Errors(Request, value)
  const first = errors.find(({ keyword }) => keyword !== 'additionalProperties') ?? errors[0]
  const place = (first?.instancePath ?? '').slice(1).replaceAll('/', '.')
  const why = first?.keyword === 'boolean' ? 'is not known' : (first?.message ?? 'is not as the interface has it')
  return `${place === '' ? 'the body' : place}: ${why}`
}

function invalid(detail: string): Fault {
  return new Fault('REQUEST_INVALID', detail)
}
