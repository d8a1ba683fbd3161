// What the simulated printer says of itself: all that IPP/1.1 wants of a printer (RFC 8011, 5.4), and what IPP Everywhere adds
// about the documents it takes.

import {
  groupTags,
  type IppGroup,
  type IppMessage,
  type IppValue,
  operations,
} from '../../drivers/printer/ipp-message.ts'

export const keyword = (value: string): IppValue => ({ kind: 'keyword', value })
export const integer = (value: number): IppValue => ({ kind: 'integer', value })
export const enumerated = (value: number): IppValue => ({ kind: 'enum', value })
export const uri = (value: string): IppValue => ({ kind: 'uri', value })
export const name = (value: string): IppValue => ({ kind: 'name', value })
export const text = (value: string): IppValue => ({ kind: 'text', value })

export interface PrinterDescription {
  readonly uri: string
  readonly makeAndModel: string
  readonly uuid: string
  readonly formats: readonly string[]
  /** Whether jobs are created before their documents come. */
  readonly createsJobs: boolean
  readonly accepting: boolean
  /** 3 idle, 4 processing, 5 stopped. */
  readonly state: number
  readonly reasons: readonly string[]
  readonly queued: number
  readonly upSeconds: number
}

export function describedBy(one: PrinterDescription): ReadonlyMap<string, readonly IppValue[]> {
  const known = Object.values(operations).filter(
    code => one.createsJobs || (code !== operations.createJob && code !== operations.sendDocument),
  )
  const resolution = (ppi: number): IppValue => ({ kind: 'resolution', value: { x: ppi, y: ppi, units: 3 } })
  return new Map<string, readonly IppValue[]>([
    ['charset-configured', [{ kind: 'charset', value: 'utf-8' }]],
    ['charset-supported', [{ kind: 'charset', value: 'utf-8' }]],
    ['compression-supported', [keyword('none')]],
    ['document-format-default', [mime(one.formats[0] ?? '')]],
    ['document-format-supported', one.formats.map(mime)],
    ['generated-natural-language-supported', [{ kind: 'naturalLanguage', value: 'en' }]],
    ['ipp-versions-supported', [keyword('1.1'), keyword('2.0')]],
    [
      'media-col-default',
      [{ kind: 'collection', value: new Map([['media-size-name', [keyword('iso_a4_210x297mm')]]]) }],
    ],
    ['media-default', [keyword('iso_a4_210x297mm')]],
    ['media-supported', [keyword('iso_a4_210x297mm'), keyword('na_letter_8.5x11in')]],
    ['natural-language-configured', [{ kind: 'naturalLanguage', value: 'en' }]],
    ['operations-supported', known.map(enumerated)],
    ['pdl-override-supported', [keyword('attempted')]],
    ['print-scaling-supported', [keyword('auto'), keyword('auto-fit')]],
    ['printer-info', [text('Simulated printer')]],
    ['printer-is-accepting-jobs', [{ kind: 'boolean', value: one.accepting }]],
    ['printer-location', [text('')]],
    ['printer-make-and-model', [text(one.makeAndModel)]],
    ['printer-more-info', [uri(one.uri.replace('ipp:', 'http:'))]],
    ['printer-name', [name('simulated')]],
    ['printer-state', [enumerated(one.state)]],
    ['printer-state-reasons', (one.reasons.length === 0 ? ['none'] : one.reasons).map(keyword)],
    ['printer-up-time', [integer(one.upSeconds)]],
    ['printer-uri-supported', [uri(one.uri)]],
    ['printer-uuid', [uri(`urn:uuid:${one.uuid}`)]],
    ['pwg-raster-document-resolution-supported', [resolution(300), resolution(600)]],
    ['pwg-raster-document-type-supported', [keyword('sgray_8')]],
    ['queued-job-count', [integer(one.queued)]],
    ['uri-authentication-supported', [keyword('none')]],
    ['uri-security-supported', [keyword('none')]],
  ])
}

export function mime(value: string): IppValue {
  return { kind: 'mimeMediaType', value }
}

/** An answer with its operation attributes and what follows them. */
export function answerTo(request: IppMessage, status: number, groups: readonly IppGroup[] = []): IppMessage {
  const attributes = new Map<string, readonly IppValue[]>([
    ['attributes-charset', [{ kind: 'charset', value: 'utf-8' }]],
    ['attributes-natural-language', [{ kind: 'naturalLanguage', value: 'en' }]],
  ])
  return {
    version: { major: request.version.major > 2 ? 2 : request.version.major, minor: request.version.minor },
    code: status,
    requestId: request.requestId,
    groups: [{ tag: groupTags.operation, attributes }, ...groups],
  }
}
