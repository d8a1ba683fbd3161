// Viafirma Fortress' published contract for extending signatures, as the simulator holds requests against it: every field,
// what is needed with what, and nothing that the page does not name.

import { Buffer } from 'node:buffer'

/** What is wrong with a request, in words that name the field. */
export class ContractProblem extends Error {}

export interface AskedExtension {
  readonly format: 'PAdES' | 'CAdES' | 'XAdES'
  readonly level: 'T' | 'LT' | 'LTA'
  readonly packaging: 'ENVELOPED' | 'ENVELOPING' | 'DETACHED'
  readonly document: AskedDocument
  readonly original: AskedDocument | undefined
  readonly tsa: Readonly<Record<string, string>>
  readonly policy: Readonly<Record<string, string>> | undefined
}

export type AskedDocument = { readonly name: string } & ({ readonly bytes: Buffer } | { readonly url: string })

const formats = { CADES: 'CAdES', PADES: 'PAdES', XADES: 'XAdES' } as const
const algorithms = ['RSA_SHA1', 'RSA_SHA224', 'RSA_SHA256', 'RSA_SHA384', 'RSA_SHA512']
const digests = ['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'RIPEMD160', 'MD2', 'MD5']
const tsaFields: Readonly<Record<string, readonly string[]>> = {
  URL: [],
  USER: ['user', 'password'],
  CERTIFICATE: ['certificateCode'],
  CERTIFICATE_TLS: ['certificateCode', 'password'],
}

/** Every document asked for. Throws ContractProblem. */
export function readExtendRequest(text: string): readonly AskedExtension[] {
  const body = objectOf('the body', parsed(text), ['userCode', 'extendSignatureConfigurations'])
  if ('userCode' in body) textOf('userCode', body['userCode'])
  const list = body['extendSignatureConfigurations']
  if (!Array.isArray(list) || list.length === 0) throw problem('extendSignatureConfigurations is no list')
  return list.map(readConfiguration)
}

function readConfiguration(value: unknown): AskedExtension {
  const known = ['document', 'original', 'signatureType', 'signatureAlgorithm', 'packaging', 'tsa', 'policy']
  const one = objectOf('a configuration', value, known)
  const [, format = '', level = ''] = /^(CADES|PADES|XADES)_(T|LT|LTA)$/.exec(String(one['signatureType'])) ?? []
  if (level === '') throw problem('signatureType')
  const packaging = oneOf('packaging', one['packaging'], ['ENVELOPED', 'ENVELOPING', 'DETACHED'])
  if ('signatureAlgorithm' in one) oneOf('signatureAlgorithm', one['signatureAlgorithm'], algorithms)
  if ((packaging === 'DETACHED') !== 'original' in one) throw problem('original goes with DETACHED, and only with it')
  return {
    format: formats[format as keyof typeof formats],
    level: level as AskedExtension['level'],
    packaging: packaging as AskedExtension['packaging'],
    document: readDocument('document', one['document']),
    original: 'original' in one ? readDocument('original', one['original']) : undefined,
    tsa: readTsa(one['tsa']),
    policy: 'policy' in one ? readPolicy(one['policy']) : undefined,
  }
}

function readDocument(place: string, value: unknown): AskedDocument {
  const document = objectOf(place, value, ['name', 'bytesB64', 'url'])
  const name = textOf(`${place}.name`, document['name'])
  if ('bytesB64' in document === 'url' in document) throw problem(`${place} has one of bytesB64 and url`)
  if ('url' in document) return { name, url: textOf(`${place}.url`, document['url']) }
  return { name, bytes: base64Of(`${place}.bytesB64`, document['bytesB64']) }
}

function readTsa(value: unknown): Readonly<Record<string, string>> {
  const tsa = objectOf('tsa', value, ['type', 'url', 'user', 'password', 'certificateCode'])
  const type = oneOf('tsa.type', tsa['type'], Object.keys(tsaFields))
  const wanted = ['type', 'url', ...(tsaFields[type] ?? [])]
  if (Object.keys(tsa).sort().join() !== wanted.toSorted().join())
    throw problem(`tsa of type ${type} has ${wanted.join(', ')}`)
  return Object.fromEntries(wanted.map(key => [key, textOf(`tsa.${key}`, tsa[key])]))
}

function readPolicy(value: unknown): Readonly<Record<string, string>> {
  const optional = ['description', 'contentHintsDescription', 'contentHintsType']
  const policy = objectOf('policy', value, ['id', 'digestAlgorithm', 'digestValueB64', ...optional])
  textOf('policy.id', policy['id'])
  oneOf('policy.digestAlgorithm', policy['digestAlgorithm'], digests)
  base64Of('policy.digestValueB64', policy['digestValueB64'])
  return Object.fromEntries(Object.entries(policy).map(([key, one]) => [key, textOf(`policy.${key}`, one)]))
}

const tokenFields = {
  grant_type: 'client_credentials',
  scope: 'client',
  redirect_uri: '',
  client_id: '',
  client_secret: '',
}

/** Who asks for a token. Throws ContractProblem. */
export function readTokenRequest(form: URLSearchParams): { readonly id: string; readonly secret: string } {
  for (const [name, value] of Object.entries(tokenFields)) {
    const [given, ...more] = form.getAll(name)
    if (given === undefined || given === '' || more.length > 0) throw problem(`${name} stands once`)
    if (value !== '' && given !== value) throw problem(`${name} is ${value}`)
  }
  const strange = [...form.keys()].filter(name => !(name in tokenFields))
  if (strange.length > 0) throw problem(`${strange.join(', ')} is not known`)
  return { id: form.get('client_id') ?? '', secret: form.get('client_secret') ?? '' }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw problem('the body is not JSON')
  }
}

function objectOf(place: string, value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw problem(`${place} is no object`)
  const strange = Object.keys(value).filter(key => !known.includes(key))
  if (strange.length > 0) throw problem(`${place} has ${strange.join(', ')}`)
  return value as Readonly<Record<string, unknown>>
}

function textOf(place: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw problem(`${place} is no text`)
  return value
}

function oneOf(place: string, value: unknown, allowed: readonly string[]): string {
  const text = textOf(place, value)
  if (!allowed.includes(text)) throw problem(`${place} is ${text}`)
  return text
}

function base64Of(place: string, value: unknown): Buffer {
  const text = textOf(place, value)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) throw problem(`${place} is no Base64`)
  return Buffer.from(text, 'base64')
}

function problem(text: string): ContractProblem {
  return new ContractProblem(text)
}
