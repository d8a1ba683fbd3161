// eSCL (Mopria 2.x) without I/O: capabilities and status are decoded, a scan is planned against what the device offers,
// and the job ticket is written. Devices disagree in details, so a missing element has a default and an unknown value
// is kept as `other`; only a document that is not XML throws (SCANNER_FAILED).

import type { ScanFaultCode, ScanSettings, ScanSource } from '../../device/ports.ts'
import { paperMillimetres, paperSlackMillimetres } from './paper.ts'
import { childOf, descendantsOf, escapeXml, readXml, textOf, type XmlElement } from './xml.ts'

export const scanNamespace = 'http://schemas.hp.com/imaging/escl/2011/05/03'
export const pwgNamespace = 'http://www.pwg.org/schemas/2010/12/sm'
const unitsPerInch = 300

/** What one way of feeding (platen, feeder one-sided, feeder two-sided) offers; sizes in 1/300 inch. */
export interface EsclInput {
  readonly maxWidth: number
  readonly maxHeight: number
  readonly colourModes: readonly string[]
  readonly documentFormats: readonly string[]
  /** True where the formats come as DocumentFormatExt, which eSCL 2.1 and later want back. */
  readonly formatExt: boolean
  readonly intents: readonly string[]
  readonly resolutionOffered: (pixelsPerInch: number) => boolean
}

/** ScannerCapabilities, as far as a scan depends on it. */
export interface EsclCapabilities {
  readonly version: string
  readonly makeAndModel: string
  readonly platen?: EsclInput
  readonly simplex?: EsclInput
  readonly duplex?: EsclInput
}

export type EsclState = 'idle' | 'processing' | 'testing' | 'stopped' | 'down' | 'other'
export type AdfState = 'loaded' | 'empty' | 'processing' | 'jam' | 'cover-open' | 'double-feed' | 'failed' | 'other'
export type JobState = 'pending' | 'processing' | 'completed' | 'canceled' | 'aborted' | 'other'

/** One JobInfo; `path` is the JobUri without its host. */
export interface EsclJob {
  readonly path: string
  readonly state: JobState
  readonly imagesCompleted?: number
}

/** ScannerStatus; `adf` is absent where the device does not tell. */
export interface EsclStatus {
  readonly state: EsclState
  readonly adf?: AdfState
  readonly jobs: readonly EsclJob[]
}

/** What is asked for in a job, after the device's own limits were applied; sizes in 1/300 inch. */
export interface EsclPlan {
  readonly version: string
  readonly intent: string | undefined
  readonly source: ScanSource
  readonly duplex: boolean
  readonly width: number
  readonly height: number
  readonly colourMode: string
  readonly documentFormat: string
  readonly formatExt: boolean
  readonly resolution: number
}

export type EsclPlanning =
  | { readonly plan: EsclPlan }
  | { readonly refused: { readonly code: ScanFaultCode; readonly detail: string } }

/** Decodes ScannerCapabilities. Throws SCANNER_FAILED when it is not XML. */
export function decodeCapabilities(document: string | Uint8Array): EsclCapabilities {
  const root = readXml(document)
  const adf = childOf(root, 'Adf')
  const platen = decodeInput(childOf(childOf(root, 'Platen'), 'PlatenInputCaps'))
  const simplex = decodeInput(childOf(adf, 'AdfSimplexInputCaps'))
  const duplex = decodeInput(childOf(adf, 'AdfDuplexInputCaps'))
  return Object.freeze({
    version: textOf(root, 'Version') ?? '2.0',
    makeAndModel: textOf(root, 'MakeAndModel') ?? '',
    ...(platen === undefined ? {} : { platen }),
    ...(simplex === undefined ? {} : { simplex }),
    ...(duplex === undefined ? {} : { duplex }),
  })
}

/** Decodes ScannerStatus. Throws SCANNER_FAILED when it is not XML. */
export function decodeStatus(document: string | Uint8Array): EsclStatus {
  const root = readXml(document)
  const adf = textOf(root, 'AdfState')
  const jobs = descendantsOf(childOf(root, 'Jobs'), 'JobInfo').map(job => {
    const imagesCompleted = Number.parseInt(textOf(job, 'ImagesCompleted') ?? '', 10)
    return {
      path: pathOf(textOf(job, 'JobUri') ?? ''),
      state: jobStateOf(textOf(job, 'JobState') ?? ''),
      ...(Number.isSafeInteger(imagesCompleted) ? { imagesCompleted } : {}),
    }
  })
  const state = stateOf(textOf(root, 'State') ?? '')
  return Object.freeze({ state, jobs, ...(adf === undefined ? {} : { adf: adfStateOf(adf) }) })
}

/**
 * The job's path on the scanner's own host, for a Location that may be absolute, relative or name the wrong host
 * (a scanner behind ipp-usb does not know where it is reached). Undefined when it names no path at all.
 */
export function jobPathOf(location: string, rootPath: string): string | undefined {
  const path = pathOf(location)
  const absolute = path === '' || path.startsWith('/') ? path : `${rootPath}/${path}`
  return /^\/[\w~!$&'()*+,;=:@%./-]+$/.test(absolute) ? absolute.replace(/\/+$/, '') : undefined
}

/** Chooses what to ask the device for; what it cannot do is SCAN_SETTING_REFUSED. */
export function planScan(capabilities: EsclCapabilities, settings: ScanSettings): EsclPlanning {
  const adf = settings.source === 'adf'
  const input = adf ? (settings.duplex ? capabilities.duplex : capabilities.simplex) : capabilities.platen
  if (input === undefined) {
    return refused(`the scanner has no ${adf ? (settings.duplex ? 'two-sided feeder' : 'feeder') : 'flatbed'}`)
  }
  if (!input.resolutionOffered(settings.resolution)) return refused(`no resolution of ${settings.resolution} ppi`)
  const colourMode = colourModeFor(settings.colour, input.colourModes)
  if (colourMode === undefined) return refused('the scanner offers neither colour nor grey')
  if (!input.documentFormats.includes('image/jpeg')) return refused('the scanner offers no JPEG')
  const [width, height] = paperMillimetres[settings.paper].map(toUnits) as [number, number]
  const slack = toUnits(paperSlackMillimetres)
  if (width > input.maxWidth + slack || height > input.maxHeight + slack) {
    return refused(`${settings.paper} is larger than the scanner takes`)
  }
  const plan = {
    version: capabilities.version,
    intent: input.intents.includes('Document') ? 'Document' : undefined,
    source: settings.source,
    duplex: adf && settings.duplex,
    width: Math.min(width, input.maxWidth),
    height: Math.min(height, input.maxHeight),
    colourMode,
    documentFormat: 'image/jpeg',
    formatExt: input.formatExt,
    resolution: settings.resolution,
  }
  return { plan }
}

/** The job ticket; the order of its elements is the one that devices are known to accept. */
export function encodeScanSettings(plan: EsclPlan): string {
  const element = (name: string, value: string | number) => `<${name}>${escapeXml(String(value))}</${name}>`
  const region = [
    element('pwg:ContentRegionUnits', 'escl:ThreeHundredthsOfInches'),
    element('pwg:XOffset', 0),
    element('pwg:YOffset', 0),
    element('pwg:Width', plan.width),
    element('pwg:Height', plan.height),
  ]
  const rows = [
    element('pwg:Version', plan.version),
    plan.intent === undefined ? '' : element('scan:Intent', plan.intent),
    `<pwg:ScanRegions><pwg:ScanRegion>${region.join('')}</pwg:ScanRegion></pwg:ScanRegions>`,
    element('pwg:InputSource', plan.source === 'adf' ? 'Feeder' : 'Platen'),
    element('scan:ColorMode', plan.colourMode),
    element('pwg:DocumentFormat', plan.documentFormat),
    plan.formatExt ? element('scan:DocumentFormatExt', plan.documentFormat) : '',
    element('scan:XResolution', plan.resolution),
    element('scan:YResolution', plan.resolution),
    plan.source === 'adf' ? element('scan:Duplex', String(plan.duplex)) : '',
  ]
  const namespaces = `xmlns:pwg="${pwgNamespace}" xmlns:scan="${scanNamespace}"`
  const ticket = `<scan:ScanSettings ${namespaces}>${rows.join('')}</scan:ScanSettings>`
  return `<?xml version="1.0" encoding="UTF-8"?>\n${ticket}\n`
}

/** What in a status keeps the feeder from going on, as the fault that a person is told; undefined when nothing does. */
export function feederFault(adf: AdfState | undefined): ScanFaultCode | undefined {
  switch (adf) {
    case 'jam':
      return 'SCANNER_JAM'
    case 'cover-open':
      return 'SCANNER_COVER_OPEN'
    case 'double-feed':
      return 'SCANNER_DOUBLE_FEED'
    case 'failed':
      return 'SCANNER_FAILED'
    default:
      return undefined
  }
}

function decodeInput(caps: XmlElement | undefined): EsclInput | undefined {
  if (caps === undefined) return undefined
  const texts = (name: string) => [...new Set(descendantsOf(caps, name).map(({ text }) => text))]
  const extended = texts('DocumentFormatExt')
  return Object.freeze({
    maxWidth: numberOf(caps, 'MaxWidth') ?? Number.POSITIVE_INFINITY,
    maxHeight: numberOf(caps, 'MaxHeight') ?? Number.POSITIVE_INFINITY,
    colourModes: texts('ColorMode'),
    documentFormats: [...new Set([...extended, ...texts('DocumentFormat')])],
    formatExt: extended.includes('image/jpeg'),
    intents: childOf(caps, 'SupportedIntents')?.children.map(({ text }) => text) ?? [],
    resolutionOffered: decodeResolutions(caps),
  })
}

function decodeResolutions(caps: XmlElement): (pixelsPerInch: number) => boolean {
  const axis = (element: XmlElement, name: string) => Number.parseInt(textOf(element, name) ?? '', 10)
  const discrete = new Set(
    descendantsOf(caps, 'DiscreteResolution')
      .filter(element => axis(element, 'XResolution') === axis(element, 'YResolution'))
      .map(element => axis(element, 'XResolution')),
  )
  const ranges = descendantsOf(caps, 'ResolutionRange').flatMap(({ children }) => children)
  const inRange = (pixelsPerInch: number) => (range: XmlElement) => {
    const [min, max, step] = [numberOf(range, 'Min'), numberOf(range, 'Max'), numberOf(range, 'Step') ?? 1]
    if (min === undefined || max === undefined) return false
    return pixelsPerInch >= min && pixelsPerInch <= max && (pixelsPerInch - min) % Math.max(step, 1) === 0
  }
  return pixelsPerInch => discrete.has(pixelsPerInch) || (ranges.length > 0 && ranges.every(inRange(pixelsPerInch)))
}

/** `bw` is asked for as grey: no device sends one-bit images as JPEG, and the pages step decides on the threshold. */
function colourModeFor(colour: ScanSettings['colour'], offered: readonly string[]): string | undefined {
  const wanted = colour === 'color' || colour === 'auto' ? ['RGB24', 'Grayscale8'] : ['Grayscale8', 'RGB24']
  return wanted.find(mode => offered.includes(mode))
}

function stateOf(text: string): EsclState {
  if (/^busy/i.test(text)) return 'processing'
  return memberOf(['idle', 'processing', 'testing', 'stopped', 'down'] as const, text)
}

function jobStateOf(text: string): JobState {
  return memberOf(['pending', 'processing', 'completed', 'canceled', 'aborted'] as const, text)
}

function memberOf<T extends string>(members: readonly T[], text: string): T | 'other' {
  return members.find(member => member === text.toLowerCase()) ?? 'other'
}

/** Also knows the spelling `ScannedAdf…` and the names of open covers that single makers use. */
function adfStateOf(text: string): AdfState {
  switch (text.replace(/^Scann(er|ed)Adf/i, '').toLowerCase()) {
    case 'loaded':
      return 'loaded'
    case 'empty':
      return 'empty'
    case 'processing':
      return 'processing'
    case 'jam':
    case 'mispick':
    case 'duplexpagetooshort':
    case 'duplexpagetoolong':
      return 'jam'
    case 'hatchopen':
    case 'dooropen':
    case 'coveropen':
      return 'cover-open'
    case 'multipickdetected':
      return 'double-feed'
    case 'inputtrayfailed':
    case 'inputtrayoverloaded':
      return 'failed'
    default:
      return 'other'
  }
}

function pathOf(uri: string): string {
  return uri
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '')
    .replace(/^\/+/, '/')
    .replace(/(.)\/+$/, '$1')
}

function numberOf(element: XmlElement, name: string): number | undefined {
  const value = Number.parseInt(textOf(element, name) ?? '', 10)
  return Number.isSafeInteger(value) ? value : undefined
}

function toUnits(millimetres: number): number {
  return Math.round((millimetres * unitsPerInch) / 25.4)
}

function refused(detail: string): EsclPlanning {
  return { refused: { code: 'SCAN_SETTING_REFUSED', detail } }
}
