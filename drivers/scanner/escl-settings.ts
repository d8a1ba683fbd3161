// ScanSettings (Mopria eSCL 2.x) without I/O: a scan is planned against what the device offers, exactly as asked or not at
// all, and the job ticket is written in the order that devices are known to accept.

import type { ScanFaultCode, ScanSettings, ScanSource } from '../../device/ports.ts'
import type { EsclCapabilities, EsclInput, EsclProfile, EsclResolutions } from './escl-capabilities.ts'
import { longestMillimetres, paperMillimetres, paperSlackMillimetres } from './paper.ts'
import { escapeXml } from './xml.ts'

export const scanNamespace = 'http://schemas.hp.com/imaging/escl/2011/05/03'
export const pwgNamespace = 'http://www.pwg.org/schemas/2010/12/sm'
const unitsPerInch = 300
const format = 'image/jpeg'

/** What is asked for in a job, after the device's own limits were applied; sizes in 1/300 inch. */
export interface EsclPlan {
  readonly version: string
  readonly intent: string | undefined
  readonly source: ScanSource
  readonly duplex: boolean
  readonly width: number
  readonly height: number
  /** Absent where the device has no such setting. */
  readonly compressionFactor: number | undefined
  readonly colourMode: string
  readonly documentFormat: string
  readonly formatExt: boolean
  readonly resolution: number
}

export type EsclPlanning =
  | { readonly plan: EsclPlan }
  | { readonly refused: { readonly code: ScanFaultCode; readonly detail: string } }

export interface PlanLimits {
  /** What the device can really do, where it announces more; pixels per inch. */
  readonly maxResolution?: number
}

/**
 * Chooses what to ask the device for. What it cannot do is SCAN_SETTING_REFUSED, with what it offers; nothing is ever
 * scanned at another resolution than the one asked for.
 */
export function planScan(
  capabilities: EsclCapabilities,
  settings: ScanSettings,
  { maxResolution = Number.POSITIVE_INFINITY }: PlanLimits = {},
): EsclPlanning {
  const { source, duplex } = settings
  // Version 1 has other tickets, which nobody has described.
  if (/^[01]\./.test(capabilities.version)) return refused(`the scanner speaks eSCL ${capabilities.version}, not 2.0`)
  const input = inputFor(capabilities, settings)
  if (input === undefined) {
    return refused(`the scanner has no ${source === 'adf' ? (duplex ? 'two-sided feeder' : 'feeder') : 'flatbed'}`)
  }
  const usable = input.profiles.filter(({ documentFormats }) => documentFormats.includes(format))
  if (usable.length === 0) return refused(`the scanner offers no JPEG, but ${listed(formatsOf(input))}`)
  const colourMode = colourModeFor(settings.colour, usable)
  if (colourMode === undefined)
    return refused(`the scanner offers neither colour nor grey, but ${listed(modesOf(input))}`)
  const profiles = usable.filter(({ colourModes }) => colourModes.includes(colourMode))
  const fitting = profiles.find(profile => offers(profile, colourMode, settings.resolution))
  if (fitting === undefined || settings.resolution > maxResolution) {
    const offered = listed(resolutionsOf(profiles, colourMode, maxResolution))
    return refused(`no resolution of ${settings.resolution} ppi; in ${colourMode} the scanner offers ${offered}`)
  }
  const size = sizeFor(input, settings.paper)
  if (size === undefined) return refused(`${settings.paper} is larger than the scanner takes (${extentOf(input)})`)
  const plan = {
    version: capabilities.version,
    intent: input.intents.includes('Document') ? 'Document' : undefined,
    source,
    duplex: source === 'adf' && duplex,
    ...size,
    compressionFactor: capabilities.compression?.min,
    colourMode,
    documentFormat: format,
    formatExt: fitting.extendedFormats.includes(format),
    resolution: settings.resolution,
  }
  return { plan }
}

/** The job ticket; brightness, contrast and the like are left as they are at the device. */
export function encodeScanSettings(plan: EsclPlan): string {
  const element = (name: string, value: string | number | undefined) =>
    value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`
  const region = [
    element('pwg:ContentRegionUnits', 'escl:ThreeHundredthsOfInches'),
    element('pwg:XOffset', 0),
    element('pwg:YOffset', 0),
    element('pwg:Width', plan.width),
    element('pwg:Height', plan.height),
  ]
  const rows = [
    element('pwg:Version', plan.version),
    element('scan:Intent', plan.intent),
    `<pwg:ScanRegions><pwg:ScanRegion>${region.join('')}</pwg:ScanRegion></pwg:ScanRegions>`,
    element('pwg:InputSource', plan.source === 'adf' ? 'Feeder' : 'Platen'),
    element('scan:CompressionFactor', plan.compressionFactor),
    element('scan:ColorMode', plan.colourMode),
    element('pwg:DocumentFormat', plan.documentFormat),
    element('scan:DocumentFormatExt', plan.formatExt ? plan.documentFormat : undefined),
    element('scan:XResolution', plan.resolution),
    element('scan:YResolution', plan.resolution),
    element('scan:Duplex', plan.source === 'adf' ? String(plan.duplex) : undefined),
  ]
  const namespaces = `xmlns:pwg="${pwgNamespace}" xmlns:scan="${scanNamespace}"`
  const ticket = `<scan:ScanSettings ${namespaces}>${rows.join('')}</scan:ScanSettings>`
  return `<?xml version="1.0" encoding="UTF-8"?>\n${ticket}\n`
}

function inputFor({ platen, simplex, duplex }: EsclCapabilities, settings: ScanSettings): EsclInput | undefined {
  if (settings.source === 'flatbed') return platen
  return settings.duplex ? duplex : simplex
}

/** `bw` is asked for as grey: no device sends one-bit images as JPEG, and the pages step decides on the threshold. */
function colourModeFor(colour: ScanSettings['colour'], profiles: readonly EsclProfile[]): string | undefined {
  const wanted = colour === 'color' || colour === 'auto' ? ['RGB24', 'Grayscale8'] : ['Grayscale8', 'RGB24']
  return wanted.find(mode => profiles.some(({ colourModes }) => colourModes.includes(mode)))
}

function offers(profile: EsclProfile, colourMode: string, resolution: number): boolean {
  return resolutionsIn(profile, colourMode).some(({ discrete, range }) => {
    if (range === undefined) return discrete.includes(resolution)
    return resolution >= range.min && resolution <= range.max && (resolution - range.min) % range.step === 0
  })
}

function resolutionsIn({ resolutions }: EsclProfile, colourMode: string): readonly EsclResolutions[] {
  return resolutions.filter(({ colourModes }) => colourModes === undefined || colourModes.includes(colourMode))
}

/** Undefined for a sheet that the device would cut; one smaller than it can see is scanned with what lies around it. */
function sizeFor(input: EsclInput, paper: ScanSettings['paper']): { width: number; height: number } | undefined {
  if (paper === 'auto') return largest(input)
  const [width, height] = paperMillimetres[paper].map(toUnits) as [number, number]
  const slack = toUnits(paperSlackMillimetres)
  if (width > input.maxWidth + slack || height > input.maxHeight + slack) return undefined
  return {
    width: Math.min(Math.max(width, input.minWidth), input.maxWidth),
    height: Math.min(Math.max(height, input.minHeight), input.maxHeight),
  }
}

/** All that the device says it sees; A4 along an axis that it does not tell. */
function largest({ maxWidth, maxHeight }: EsclInput): { width: number; height: number } {
  const [width, height] = paperMillimetres.A4.map(toUnits) as [number, number]
  return {
    width: Number.isFinite(maxWidth) ? maxWidth : width,
    height: Number.isFinite(maxHeight) ? Math.min(maxHeight, toUnits(longestMillimetres)) : height,
  }
}

function resolutionsOf(profiles: readonly EsclProfile[], colourMode: string, maxResolution: number): readonly string[] {
  const offered = profiles.flatMap(profile => resolutionsIn(profile, colourMode))
  const discrete = offered.flatMap(one => one.discrete).filter(resolution => resolution <= maxResolution)
  const ranges = offered.flatMap(({ range }) => {
    if (range === undefined) return []
    const max = Math.min(range.max, maxResolution)
    return [range.step === 1 ? `${range.min} to ${max}` : `${range.min} to ${max} in steps of ${range.step}`]
  })
  return [...new Set(discrete)]
    .sort((a, b) => a - b)
    .map(String)
    .concat([...new Set(ranges)])
}

function formatsOf({ profiles }: EsclInput): readonly string[] {
  return [...new Set(profiles.flatMap(({ documentFormats }) => documentFormats))]
}

function modesOf({ profiles }: EsclInput): readonly string[] {
  return [...new Set(profiles.flatMap(({ colourModes }) => colourModes))]
}

/** Foreign words, so not many and not long ones. */
function listed(words: readonly string[]): string {
  const shown = words.slice(0, 20).map(word => word.slice(0, 40))
  return shown.length === 0 ? 'none' : shown.join(', ')
}

function extentOf({ maxWidth, maxHeight }: EsclInput): string {
  const [width, height] = [maxWidth, maxHeight].map(units => Math.floor((units * 25.4) / unitsPerInch))
  return `at most ${width} × ${height} mm`
}

function toUnits(millimetres: number): number {
  return Math.round((millimetres * unitsPerInch) / 25.4)
}

function refused(detail: string): EsclPlanning {
  return { refused: { code: 'SCAN_SETTING_REFUSED', detail } }
}
