// Every request to FIRe held against its published interface (ServiceParams, FireClient): one form by POST, which parameters
// each operation has, how they are written, and who may ask at all.

import { parseProperties } from '../../device/ades/java-properties.ts'
import { Breach, type SimRequest } from './seal-server.ts'

/** An error of FIRe's own, by its number; nobody did anything that the contract forbids. */
export class FireRefusal extends Error {
  readonly number: number

  constructor(number: number) {
    super(`FIRe error ${number}`)
    this.number = number
  }
}

/** HTTP status of an error (FIReError); what is not here is a 400 below 500 and a 500 from there on. */
const statuses: Readonly<Record<number, number>> = {
  14: 404,
  ...Object.fromEntries([22, 23, 24, 25, 26, 31, 32, 38, 39, 49, 50, 51, 52, 53, 54].map(number => [number, 500])),
  501: 403,
  502: 401,
  503: 403,
  507: 400,
}

export function statusOf(number: number): number {
  return statuses[number] ?? (number < 500 ? 400 : 500)
}

type Parameter = 'required' | 'optional'

const common: Readonly<Record<string, Parameter>> = { op: 'required', appid: 'required', subjectid: 'required' }
const aboutOne: Readonly<Record<string, Parameter>> = { ...common, transactionid: 'required' }
const manner: Readonly<Record<string, Parameter>> = {
  cop: 'required',
  algorithm: 'required',
  format: 'required',
  properties: 'optional',
  upgrade: 'optional',
  language: 'optional',
}

const parameters: Readonly<Record<string, Readonly<Record<string, Parameter>>>> = {
  '1': { ...common, ...manner, dat: 'required', config: 'required' },
  '2': { ...aboutOne, upgrade: 'optional', config: 'optional' },
  '5': { ...common, ...manner, config: 'required' },
  '6': {
    ...aboutOne,
    docid: 'required',
    dat: 'required',
    config: 'optional',
    cop: 'optional',
    format: 'optional',
    properties: 'optional',
    upgrade: 'optional',
  },
  '7': { ...aboutOne, stoponerror: 'required' },
  '8': aboutOne,
  '9': aboutOne,
  '10': { ...aboutOne, docid: 'required' },
  '11': aboutOne,
  '99': aboutOne,
}

/** What FIRe answers to a parameter that is missing. */
const missing: Readonly<Record<string, number>> = {
  op: 3,
  appid: 2,
  subjectid: 8,
  transactionid: 18,
  algorithm: 9,
  cop: 10,
  format: 11,
  dat: 12,
  config: 15,
  docid: 48,
}

const formats = ['CAdES', 'PAdES', 'XAdES', 'FacturaE', 'CAdES-ASiC-S-tri', 'XAdES-ASiC-S-tri']
const algorithms = ['SHA1withRSA', 'SHA256withRSA', 'SHA384withRSA', 'SHA512withRSA']

export interface FireCall {
  readonly op: string
  readonly form: URLSearchParams
  /** `config` and `properties`, taken apart. */
  readonly config: ReadonlyMap<string, string>
  readonly properties: ReadonlyMap<string, string>
  readonly data: Buffer
}

/** The call in a request. Throws Breach for what the contract forbids. */
export function callIn({ method, path, headers, body }: SimRequest): FireCall {
  if (method !== 'POST') throw breach(3, `${method} puts who somebody is into an address`)
  if (path !== '/fire-signature/fireService') throw new Breach(404, 'not_found', 'no such service')
  if (headers['content-type'] !== 'application/x-www-form-urlencoded') throw breach(1, 'no form')
  const form = new URLSearchParams(body.toString('latin1'))
  const op = form.get('op') ?? ''
  const known = parameters[op]
  if (known === undefined) throw breach(op === '' ? 3 : 5, `the operation ${op}`)
  const keys = [...form.keys()]
  const strange = keys.filter((key, i) => known[key] === undefined || keys.indexOf(key) < i)
  if (strange.length > 0) throw breach(1, `operation ${op}: ${strange.join(', ')}`)
  for (const [key, need] of Object.entries(known)) {
    if (need === 'required' && (form.get(key) ?? '') === '') throw breach(missing[key] ?? 1, `${key} is missing`)
  }
  checkValues(form)
  const properties = propertiesIn(form.get('properties'), 20)
  const config = propertiesIn(form.get('config'), 16)
  if (known['config'] === 'required') checkReturn(config)
  const data = octetsIn(form.get('dat'), 13)
  if (form.has('dat')) checkDigest(op, data, properties)
  return { op, form, config, properties, data }
}

/** Answered with FIRe's own error, and written down as something that a client did wrong. */
function breach(number: number, message: string): Breach {
  return new Breach(statusOf(number), String(number), message)
}

function checkValues(form: URLSearchParams): void {
  const wrong = (key: string, good: readonly string[]) => form.has(key) && !good.includes(form.get(key) ?? '')
  if (wrong('cop', ['sign', 'cosign', 'countersign'])) throw breach(10, 'cop')
  if (wrong('format', formats)) throw breach(11, 'format')
  if (wrong('algorithm', algorithms)) throw breach(9, 'algorithm')
  if (wrong('stoponerror', ['true', 'false'])) throw breach(1, 'stoponerror')
  if (form.has('language') && !/^[a-z]{2}$/.test(form.get('language') ?? '')) throw breach(1, 'language')
}

/** At least one of the two addresses to return to. */
function checkReturn(config: ReadonlyMap<string, string>): void {
  const urls = ['redirectOkUrl', 'redirectErrorUrl'].flatMap(key => config.get(key) ?? [])
  if (urls.length === 0 || !urls.every(url => URL.canParse(url))) throw breach(17, 'nowhere to return to')
}

/** The digest of a document of a batch goes by the properties of the batch. */
function checkDigest(op: string, data: Buffer, properties: ReadonlyMap<string, string>): void {
  const hash = properties.get('precalculatedHashAlgorithm')
  const octets = { 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 }[hash ?? '']
  if (op === '1' && octets !== undefined && data.length !== octets)
    throw breach(13, `${data.length} octets for ${hash}`)
}

function propertiesIn(text: string | null, number: number): ReadonlyMap<string, string> {
  return text === null ? new Map() : parseProperties(octetsIn(text, number).toString('latin1'))
}

/** Base64 for URLs, with its padding or without. */
function octetsIn(text: string | null, number: number): Buffer {
  if (text === null) return Buffer.alloc(0)
  if (!/^[A-Za-z0-9_-]*={0,2}$/.test(text)) throw breach(number, 'not Base64 for URLs')
  return Buffer.from(text, 'base64url')
}
