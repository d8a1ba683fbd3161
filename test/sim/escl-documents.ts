// The XML documents of the eSCL simulator: its capabilities, its status, and a strict reader of job tickets that
// answers as a scanner would (400 for a ticket that is not well made, 409 for one that asks too much).

import { readXml, textOf, type XmlElement } from '../../drivers/scanner/xml.ts'

export const scanNamespace = 'http://schemas.hp.com/imaging/escl/2011/05/03'
export const pwgNamespace = 'http://www.pwg.org/schemas/2010/12/sm'
export const resolutions = [100, 150, 200, 300, 400, 600] as const
const colourModes = ['Grayscale8', 'RGB24'] as const
/** 1/300 inch: A4 wide by legal long, as office feeders have it. */
const maxWidth = 2550
const maxHeight = 4200
const version = '2.63'

/** A job ticket that the simulator accepts; sizes in 1/300 inch. */
export interface Ticket {
  readonly source: 'Feeder' | 'Platen'
  readonly duplex: boolean
  readonly colourMode: (typeof colourModes)[number]
  readonly resolution: number
  readonly width: number
  readonly height: number
  readonly compressionFactor?: number
}

export type TicketReading = { readonly ticket: Ticket } | { readonly status: 400 | 409; readonly reason: string }

/** A job as the status shows it. */
export interface JobEntry {
  readonly path: string
  readonly state: 'Pending' | 'Processing' | 'Completed' | 'Canceled' | 'Aborted'
  readonly imagesCompleted: number
  readonly ageSeconds: number
}

/** Who a simulated scanner is and how it describes itself. */
export interface DeviceDescription {
  readonly makeAndModel?: string
  readonly uuid?: string
  readonly serial?: string
  /** CompressionFactorSupport. */
  readonly compression?: readonly [min: number, max: number]
  /** Whether it says that it can tell paper in its feeder; the default. */
  readonly detectsPaper?: boolean
  readonly feederCapacity?: number
}

export const simulatedModel = 'Compulsa Simulated Feeder 50'

export function capabilitiesXml(device: DeviceDescription = {}): string {
  const { makeAndModel = simulatedModel, serial = 'SIM0001', feederCapacity = 50 } = device
  const { uuid = '5c4a4c57-0000-4000-8000-000000000001', compression, detectsPaper = true } = device
  const input = (
    name: string,
  ) => `<scan:${name}><scan:MinWidth>16</scan:MinWidth><scan:MaxWidth>${maxWidth}</scan:MaxWidth>
<scan:MinHeight>16</scan:MinHeight><scan:MaxHeight>${maxHeight}</scan:MaxHeight>
<scan:MaxScanRegions>1</scan:MaxScanRegions><scan:SettingProfiles><scan:SettingProfile>
<scan:ColorModes>${colourModes.map(mode => `<scan:ColorMode>${mode}</scan:ColorMode>`).join('')}</scan:ColorModes>
<scan:DocumentFormats><pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat>
<scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt></scan:DocumentFormats>
<scan:SupportedResolutions><scan:DiscreteResolutions>${resolutions.map(discreteResolution).join('')}</scan:DiscreteResolutions>
</scan:SupportedResolutions></scan:SettingProfile></scan:SettingProfiles>
<scan:SupportedIntents><scan:Intent>Document</scan:Intent><scan:Intent>Photo</scan:Intent></scan:SupportedIntents>
<scan:MaxOpticalXResolution>600</scan:MaxOpticalXResolution><scan:MaxOpticalYResolution>600</scan:MaxOpticalYResolution>
</scan:${name}>`
  return documentXml(
    'ScannerCapabilities',
    `<pwg:Version>${version}</pwg:Version><pwg:MakeAndModel>${makeAndModel}</pwg:MakeAndModel>
<pwg:SerialNumber>${serial}</pwg:SerialNumber><scan:UUID>${uuid}</scan:UUID>
<scan:Platen>${input('PlatenInputCaps')}</scan:Platen>
<scan:Adf>${input('AdfSimplexInputCaps')}${input('AdfDuplexInputCaps')}<scan:FeederCapacity>${feederCapacity}</scan:FeederCapacity>
<scan:AdfOptions>${detectsPaper ? '<scan:AdfOption>DetectPaperLoaded</scan:AdfOption>' : ''}<scan:AdfOption>Duplex</scan:AdfOption></scan:AdfOptions>
</scan:Adf>${compression === undefined ? '' : compressionXml(...compression)}`,
  )
}

function compressionXml(min: number, max: number): string {
  const range = `<scan:Min>${min}</scan:Min><scan:Max>${max}</scan:Max><scan:Normal>${max}</scan:Normal><scan:Step>1</scan:Step>`
  return `<scan:CompressionFactorSupport>${range}</scan:CompressionFactorSupport>`
}

export function statusXml(state: string, adfState: string, jobs: readonly JobEntry[]): string {
  const rows = jobs.map(
    ({ path, state: jobState, imagesCompleted, ageSeconds }) => `<scan:JobInfo><pwg:JobUri>${path}</pwg:JobUri>
<pwg:JobUuid>${path.slice(path.lastIndexOf('/') + 1)}</pwg:JobUuid><scan:Age>${ageSeconds}</scan:Age>
<pwg:ImagesCompleted>${imagesCompleted}</pwg:ImagesCompleted><pwg:JobState>${jobState}</pwg:JobState></scan:JobInfo>`,
  )
  return documentXml(
    'ScannerStatus',
    `<pwg:Version>${version}</pwg:Version><pwg:State>${state}</pwg:State><scan:AdfState>${adfState}</scan:AdfState>
<scan:Jobs>${rows.join('')}</scan:Jobs>`,
  )
}

/** Reads a ticket as strictly as the strictest scanner: names, namespaces, order and values. */
export function readTicket(document: string, { compression }: DeviceDescription = {}): TicketReading {
  let root: XmlElement
  try {
    root = readXml(document)
  } catch (thrown) {
    return { status: 400, reason: String(thrown) }
  }
  const malformed = shapeFault(root)
  if (malformed !== undefined) return { status: 400, reason: malformed }
  const number = (...path: readonly string[]) => Number(textOf(root, ...path))
  const region = ['ScanRegions', 'ScanRegion'] as const
  const source = textOf(root, 'InputSource')
  const duplex = textOf(root, 'Duplex') ?? 'false'
  const [width, height, x, y] = ['Width', 'Height', 'XOffset', 'YOffset'].map(name => number(...region, name)) as [
    number,
    number,
    number,
    number,
  ]
  const resolution = number('XResolution')
  const colourMode = colourModes.find(mode => mode === textOf(root, 'ColorMode'))
  if (source !== 'Feeder' && source !== 'Platen') return { status: 400, reason: `InputSource ${source}` }
  if (duplex !== 'true' && duplex !== 'false') return { status: 400, reason: `Duplex ${duplex}` }
  if (![width, height, x, y, resolution].every(Number.isSafeInteger)) return { status: 400, reason: 'not a number' }
  if (source === 'Platen' && textOf(root, 'Duplex') !== undefined)
    return { status: 409, reason: 'Duplex on the platen' }
  if (colourMode === undefined) return { status: 409, reason: `ColorMode ${textOf(root, 'ColorMode')}` }
  if (number('YResolution') !== resolution || !resolutions.some(offered => offered === resolution)) {
    return { status: 409, reason: `resolution ${resolution}` }
  }
  if (x < 0 || y < 0 || width < 16 || height < 16 || x + width > maxWidth || y + height > maxHeight) {
    return { status: 409, reason: `region ${width} x ${height} at ${x}, ${y}` }
  }
  const factor = textOf(root, 'CompressionFactor')
  if (factor !== undefined && !(compression !== undefined && +factor >= compression[0] && +factor <= compression[1])) {
    return { status: 409, reason: `CompressionFactor ${factor}` }
  }
  const format = textOf(root, 'DocumentFormatExt') ?? textOf(root, 'DocumentFormat')
  if (format !== 'image/jpeg') return { status: 409, reason: `format ${format}` }
  const compressionFactor = factor === undefined ? {} : { compressionFactor: Number(factor) }
  return { ticket: { source, duplex: duplex === 'true', colourMode, resolution, width, height, ...compressionFactor } }
}

type Rule = readonly [name: string, namespace: string, presence: 'required' | 'optional']

const ticketRules: readonly Rule[] = [
  ['Version', pwgNamespace, 'required'],
  ['Intent', scanNamespace, 'optional'],
  ['ScanRegions', pwgNamespace, 'required'],
  ['InputSource', pwgNamespace, 'required'],
  ['CompressionFactor', scanNamespace, 'optional'],
  ['ColorMode', scanNamespace, 'required'],
  ['DocumentFormat', pwgNamespace, 'required'],
  ['DocumentFormatExt', scanNamespace, 'optional'],
  ['XResolution', scanNamespace, 'required'],
  ['YResolution', scanNamespace, 'required'],
  ['Duplex', scanNamespace, 'optional'],
  ['Brightness', scanNamespace, 'optional'],
  ['Contrast', scanNamespace, 'optional'],
]

const regionRules: readonly Rule[] = ['ContentRegionUnits', 'XOffset', 'YOffset', 'Width', 'Height'].map(
  name => [name, pwgNamespace, 'required'] as const,
)

function shapeFault(root: XmlElement): string | undefined {
  if (root.name !== 'ScanSettings' || root.namespace !== scanNamespace) return `the root is ${root.name}`
  const regions = root.children.find(({ name }) => name === 'ScanRegions')
  const region = regions?.children[0]
  const fault = orderFault(root, ticketRules)
  if (fault !== undefined) return fault
  if (regions?.children.length !== 1 || region?.name !== 'ScanRegion') return 'not exactly one ScanRegion'
  if (textOf(region, 'ContentRegionUnits') !== 'escl:ThreeHundredthsOfInches') return 'ContentRegionUnits'
  return orderFault(region, regionRules)
}

/** Each element at most once, in the order of the rules, in its namespace, and every required one there. */
function orderFault(element: XmlElement, rules: readonly Rule[]): string | undefined {
  let next = 0
  for (const child of element.children) {
    const at = rules.findIndex(([name, namespace]) => name === child.name && namespace === child.namespace)
    if (at < 0) return `${child.name} is unknown or in the wrong namespace`
    if (at < next) return `${child.name} is out of order`
    const skipped = rules.slice(next, at).find(([, , presence]) => presence === 'required')
    if (skipped !== undefined) return `${skipped[0]} is missing`
    next = at + 1
  }
  const missing = rules.slice(next).find(([, , presence]) => presence === 'required')
  return missing === undefined ? undefined : `${missing[0]} is missing`
}

function discreteResolution(resolution: number): string {
  return `<scan:DiscreteResolution><scan:XResolution>${resolution}</scan:XResolution><scan:YResolution>${resolution}</scan:YResolution></scan:DiscreteResolution>`
}

function documentXml(name: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<scan:${name} xmlns:scan="${scanNamespace}" xmlns:pwg="${pwgNamespace}">${content}</scan:${name}>
`
}
