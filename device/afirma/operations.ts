// What a page asks for in an operation: its parameters read into the kiosk's own words. The person decides about it
// later; here is refused what no AutoFirma would do, what names files of this machine, and what this kiosk never does
// (batches in XML, data left at an intermediate server).

import { parseProperties } from '../ades/java-properties.ts'
import type { OperationKind } from './errors.ts'
import type { PageBatchRequest, PageRequest, PageSignRequest } from './page-desk.ts'
import { bytesOfBase64 } from './parameters.ts'
import { Refusal, type RefusalReason } from './refusal.ts'
import { checkClientVersion } from './version.ts'

type Asked<T extends PageRequest> = Omit<T, 'origin'>

export type Operation =
  | { readonly kind: 'sign'; readonly request: Asked<PageSignRequest>; readonly saveAs?: SaveAs }
  | { readonly kind: 'batch'; readonly request: Asked<PageBatchRequest>; readonly withCertificate: boolean }
  | { readonly kind: 'certificate'; readonly extraParams: ReadonlyMap<string, string> }
  | {
      readonly kind: 'save'
      readonly name: string
      readonly data: Uint8Array
      readonly title?: string
      readonly description?: string
    }
  | {
      readonly kind: 'load'
      readonly title?: string
      readonly extensions: readonly string[]
      readonly several: boolean
    }
  | { readonly kind: 'log' }

/** The signature is saved too, under the page's name for it where it gives one. */
interface SaveAs {
  readonly name?: string
}

type Parameters = ReadonlyMap<string, string>

/** Of titles and descriptions that the screen shows. */
const maxShownLength = 200
const maxFileNameLength = 150
const maxExtensions = 30
const maxUrlLength = 2_000

/** SHA-n alone, or with the kind of key. */
const algorithms = /^SHA(1|256|384|512)(withRSA|withECDSA)?$/i

const readers: Readonly<Record<string, (parameters: Parameters) => Operation>> = {
  sign: parameters => ({ kind: 'sign', request: signRequest('sign', parameters) }),
  cosign: parameters => ({ kind: 'sign', request: signRequest('cosign', parameters) }),
  countersign: parameters => ({ kind: 'sign', request: signRequest('countersign', parameters) }),
  signandsave: signAndSave,
  batch,
  selectcert: parameters => ({ kind: 'certificate', extraParams: extraParams(parameters, 'parameters') }),
  save,
  load,
  getLog: () => ({ kind: 'log' }),
}

const kinds: Readonly<Record<string, OperationKind>> = {
  batch: 'batch',
  selectcert: 'certificate',
  save: 'save',
  load: 'load',
  getLog: 'log',
}

/** By which codes a failure of the operation is told. */
export function kindOf(name: string): OperationKind {
  return (Object.hasOwn(kinds, name) ? kinds[name] : undefined) ?? 'sign'
}

/** Throws a Refusal. */
export function operationOf(name: string, parameters: Parameters): Operation {
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined
  if (read === undefined) throw new Refusal('operation', 'the kiosk does not know the operation')
  if ((parameters.get('op') ?? name) !== name) throw new Refusal('malformed', 'the address names two operations')
  if (parameters.has('fileid') || parameters.has('rtservlet') || parameters.has('stservlet'))
    throw new Refusal('operation', 'the kiosk uses no intermediate server')
  checkClientVersion(parameters.get('mcv'))
  return read(parameters)
}

function signRequest(operation: PageSignRequest['operation'], parameters: Parameters): Asked<PageSignRequest> {
  const format = parameters.get('format') ?? ''
  if (format === '') throw new Refusal('formatAbsent', 'the signature has no format')
  if (!/^[A-Za-z0-9 .#/_-]{1,40}$/.test(format)) throw new Refusal('formatUnknown', 'the format is no known one')
  const algorithm = parameters.get('algorithm') ?? ''
  if (algorithm === '') throw new Refusal('algorithmAbsent', 'the signature has no algorithm')
  if (!algorithms.test(algorithm)) throw new Refusal('algorithmUnknown', 'the algorithm is no known one')
  return { operation, format, algorithm, extraParams: extraParams(parameters, 'parameters'), ...content(parameters) }
}

/** Data in the message, an address to fetch them from, or neither: the person chooses a file. */
function content(parameters: Parameters): Pick<PageSignRequest, 'data' | 'dataUrl'> {
  const text = parameters.get('dat') ?? ''
  if (text === '') return {}
  if (/^file:/i.test(text)) throw new Refusal('dataLocal', 'the data are a file of this machine')
  if (!/^https?:/i.test(text)) return { data: dataOf(text) }
  if (text.length > maxUrlLength || !URL.canParse(text))
    throw new Refusal('dataBroken', 'the address of the data is malformed')
  return { dataUrl: text }
}

function dataOf(text: string): Uint8Array {
  const data = bytesOfBase64(text)
  if (data === undefined) throw new Refusal('dataBroken', 'the data are not Base64')
  return data
}

function extraParams(parameters: Parameters, reason: RefusalReason): ReadonlyMap<string, string> {
  const bytes = bytesOfBase64(parameters.get('properties') ?? '')
  if (bytes === undefined) throw new Refusal(reason, 'the properties are not Base64')
  try {
    return parseProperties(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new Refusal(reason, 'the properties cannot be read', { cause })
  }
}

function signAndSave(parameters: Parameters): Operation {
  const suboperation = parameters.get('cop')
  if (suboperation !== 'sign' && suboperation !== 'cosign' && suboperation !== 'countersign')
    throw new Refusal('operation', 'the operation to sign with is no known one')
  const name = parameters.get('filename')
  return {
    kind: 'sign',
    request: signRequest(suboperation, parameters),
    saveAs: name === undefined ? {} : { name: fileName(name) },
  }
}

function batch(parameters: Parameters): Operation {
  if (parameters.get('jsonbatch') !== 'true') throw new Refusal('operation', 'batches in XML are not signed')
  const text = parameters.get('dat') ?? ''
  if (text === '') throw new Refusal('dataAbsent', 'the batch is absent')
  const local = parameters.get('localBatchProcess') === 'true'
  const request = {
    batch: dataOf(text),
    extraParams: extraParams(parameters, 'batchParameters'),
    ...(!local && {
      services: {
        presign: serviceUrl(parameters.get('batchpresignerurl'), 'presign'),
        postsign: serviceUrl(parameters.get('batchpostsignerurl'), 'postsign'),
      },
    }),
  }
  return { kind: 'batch', request, withCertificate: parameters.get('needcert') === 'true' }
}

/** An http or https address without a query of its own, and none of this machine. */
function serviceUrl(text: string | undefined, phase: 'presign' | 'postsign'): string {
  if (text === undefined || text === '') throw new Refusal(`${phase}Absent`, `the ${phase} service is absent`)
  const url = text.length > maxUrlLength ? null : URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || /[?=]/.test(text))
    throw new Refusal(`${phase}Url`, `the address of the ${phase} service is malformed`)
  if (/^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
    throw new Refusal(`${phase}Local`, `the ${phase} service is on this machine`)
  return text
}

function save(parameters: Parameters): Operation {
  const text = parameters.get('dat')
  if (text === undefined) throw new Refusal('saveDataAbsent', 'there is nothing to save')
  if (/^file:/i.test(text)) throw new Refusal('dataLocal', 'the data are a file of this machine')
  const [extension] = extensions(parameters)
  const name = parameters.get('filename') ?? `documento${extension === undefined ? '' : `.${extension}`}`
  const description = shown(parameters.get('desc'))
  return {
    kind: 'save',
    name: fileName(name),
    data: dataOf(text),
    ...titleOf(parameters),
    ...(description !== undefined && { description }),
  }
}

function load(parameters: Parameters): Operation {
  const several = parameters.get('multiload') === 'true'
  return { kind: 'load', extensions: extensions(parameters), several, ...titleOf(parameters) }
}

function titleOf(parameters: Parameters): { readonly title?: string } {
  const title = shown(parameters.get('title'))
  return title === undefined ? {} : { title }
}

function shown(text: string | undefined): string | undefined {
  const plain = text?.replace(/\p{C}+/gu, ' ').trim()
  return plain === undefined || plain === '' ? undefined : plain.slice(0, maxShownLength)
}

/** A name without a folder, as no system takes it for anything else. */
function fileName(name: string): string {
  if (!/^[^\\/:*?"<>|\p{C}]+$/u.test(name) || /^\.|\.$/.test(name) || name.length > maxFileNameLength)
    throw new Refusal('fileName', 'the name of the file is not allowed')
  return name
}

/** Without their dots. */
function extensions(parameters: Parameters): readonly string[] {
  const text = parameters.get('exts') ?? ''
  const found = text.split(',').filter(one => one !== '')
  if (found.length > maxExtensions || found.some(one => !/^[A-Za-z0-9_-]{1,20}(\.[A-Za-z0-9_-]{1,20}){0,2}$/.test(one)))
    throw new Refusal('extensions', 'the extensions are not allowed')
  return found
}
