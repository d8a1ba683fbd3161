// ScannerCapabilities (Mopria eSCL 2.x) without I/O: what each way of feeding offers, in whichever of its shapes a device
// says it. A missing element has a default and an unknown value is kept; only a document that is none throws.

import { Fault } from '../../device/errors.ts'
import { oneLine } from '../local-devices.ts'
import { childOf, descendantsOf, numberOf, readXml, textOf, type XmlElement } from './xml.ts'

/** What every eSCL scanner has to offer (Mopria eSCL 2.x), for those that leave it out. */
const implied = { colourModes: ['Grayscale8', 'RGB24'], documentFormats: ['image/jpeg'], resolution: 300 } as const

/** No optics reach further; pixels per inch. */
const largestResolution = 20_000

/** Resolutions on offer, pixels per inch on both axes alike; `colourModes` absent: in all of the profile's. */
export interface EsclResolutions {
  readonly colourModes?: readonly string[]
  readonly discrete: readonly number[]
  readonly range?: { readonly min: number; readonly max: number; readonly step: number }
}

/** One SettingProfile: what goes together. */
export interface EsclProfile {
  readonly colourModes: readonly string[]
  readonly documentFormats: readonly string[]
  /** Formats that come as DocumentFormatExt, which eSCL 2.1 and later want back. */
  readonly extendedFormats: readonly string[]
  readonly resolutions: readonly EsclResolutions[]
}

/** What one way of feeding (platen, feeder one-sided, feeder two-sided) offers; sizes in 1/300 inch. */
export interface EsclInput {
  readonly minWidth: number
  readonly maxWidth: number
  readonly minHeight: number
  readonly maxHeight: number
  readonly intents: readonly string[]
  readonly profiles: readonly EsclProfile[]
}

/** ScannerCapabilities, as far as a scan depends on it. */
export interface EsclCapabilities {
  readonly version: string
  readonly makeAndModel: string
  readonly manufacturer: string
  readonly uuid?: string
  readonly serialNumber?: string
  readonly platen?: EsclInput
  readonly simplex?: EsclInput
  readonly duplex?: EsclInput
  /** Whether the feeder has a sensor for paper; absent where nothing is said. */
  readonly detectsPaper?: boolean
  /** Lower numbers compress less. */
  readonly compression?: { readonly min: number; readonly max: number }
}

/** Decodes ScannerCapabilities. Throws SCANNER_FAILED when it is something else. */
export function decodeCapabilities(document: string | Uint8Array): EsclCapabilities {
  const root = readDocument(document, 'ScannerCapabilities')
  const line = (name: string) => {
    const text = textOf(root, name)
    return text === undefined ? undefined : oneLine(text)
  }
  const profiles = namedProfiles(root)
  const input = (caps: XmlElement | undefined) => (caps === undefined ? undefined : decodeInput(caps, profiles))
  const platen = input(childOf(childOf(root, 'Platen'), 'PlatenInputCaps'))
  const compression = decodeCompression(childOf(root, 'CompressionFactorSupport'))
  return Object.freeze({
    version: line('Version') ?? '2.0',
    makeAndModel: line('MakeAndModel') ?? '',
    manufacturer: line('Manufacturer') ?? '',
    ...present('uuid', line('UUID')),
    ...present('serialNumber', line('SerialNumber')),
    ...present('platen', platen),
    ...decodeFeeder(childOf(root, 'Adf'), input),
    ...present('compression', compression),
  })
}

/** The root of a document whose root has that name. Throws SCANNER_FAILED for any other and for what is no XML. */
export function readDocument(document: string | Uint8Array, name: string): XmlElement {
  const root = readXml(document)
  if (root.name === name) return root
  throw new Fault('SCANNER_FAILED', `the scanner sent a document "${root.name.slice(0, 40)}" instead of its ${name}`)
}

/** A feeder that only says that it can do both sides offers on both what it offers on one, and the other way round. */
function decodeFeeder(
  adf: XmlElement | undefined,
  input: (caps: XmlElement | undefined) => EsclInput | undefined,
): Pick<EsclCapabilities, 'simplex' | 'duplex' | 'detectsPaper'> {
  const [one, both] = ['AdfSimplexInputCaps', 'AdfDuplexInputCaps'].map(name => input(childOf(adf, name)))
  const said = descendantsOf(childOf(adf, 'AdfOptions'), 'AdfOption').map(({ text }) => text.toLowerCase())
  return {
    ...present('simplex', one ?? both),
    ...present('duplex', both ?? (said.includes('duplex') ? one : undefined)),
    ...(said.length === 0 ? {} : { detectsPaper: said.includes('detectpaperloaded') }),
  }
}

function decodeInput(caps: XmlElement, named: ReadonlyMap<string, XmlElement>): EsclInput {
  const listed = descendantsOf(childOf(caps, 'SettingProfiles'), 'SettingProfile')
  const profiles = listed.map(profile => decodeProfile(referred(profile, named)))
  return Object.freeze({
    minWidth: numberOf(caps, 'MinWidth') ?? 0,
    maxWidth: numberOf(caps, 'MaxWidth') || Number.POSITIVE_INFINITY,
    minHeight: numberOf(caps, 'MinHeight') ?? 0,
    maxHeight: numberOf(caps, 'MaxHeight') || Number.POSITIVE_INFINITY,
    intents: childOf(caps, 'SupportedIntents')?.children.map(({ text }) => text) ?? [],
    // Some devices put what belongs into a profile straight under the input.
    profiles: profiles.length > 0 ? profiles : [decodeProfile(caps)],
  })
}

function decodeProfile(profile: XmlElement): EsclProfile {
  const texts = (parent: XmlElement | undefined, name: string) => [
    ...new Set(descendantsOf(parent, name).map(({ text }) => text)),
  ]
  const modes = (childOf(profile, 'ColorModes') ?? profile).children.filter(({ name }) => name === 'ColorMode')
  const colourModes = [...new Set(modes.map(({ text }) => text))]
  const extendedFormats = texts(profile, 'DocumentFormatExt')
  const documentFormats = [...new Set([...extendedFormats, ...texts(profile, 'DocumentFormat')])]
  const supported = descendantsOf(profile, 'SupportedResolutions')
  const offered = (supported.length > 0 ? supported : [profile]).map(decodeResolutions)
  const resolutions = offered.filter(({ discrete, range }) => discrete.length > 0 || range !== undefined)
  const silent = supported.length === 0 && resolutions.length === 0
  return Object.freeze({
    colourModes: colourModes.length > 0 ? colourModes : implied.colourModes,
    documentFormats: documentFormats.length > 0 ? documentFormats : implied.documentFormats,
    extendedFormats,
    resolutions: silent ? [{ discrete: [implied.resolution] }] : resolutions,
  })
}

/** Where a device gives both a list and a range, the list is what it means. */
function decodeResolutions(supported: XmlElement): EsclResolutions {
  const colourModes = supported.children.filter(({ name }) => name === 'ColorMode').map(({ text }) => text)
  const discrete = descendantsOf(supported, 'DiscreteResolution')
    .filter(pair => numberOf(pair, 'XResolution') === numberOf(pair, 'YResolution'))
    .flatMap(pair => numberOf(pair, 'XResolution') ?? [])
  const range = discrete.length > 0 ? undefined : decodeRange(childOf(supported, 'ResolutionRange'))
  return {
    ...(colourModes.length === 0 ? {} : { colourModes }),
    discrete: [...new Set(discrete)].sort((a, b) => a - b),
    ...present('range', range),
  }
}

/** What lies in the ranges of both axes; steps that differ leave only what both reach. */
function decodeRange(ranges: XmlElement | undefined): EsclResolutions['range'] {
  const axes = (ranges?.children ?? []).flatMap(axis => {
    const [min, max, step] = [numberOf(axis, 'Min'), numberOf(axis, 'Max'), numberOf(axis, 'Step') || 1]
    return min === undefined || max === undefined || min > max ? [] : [{ min, max, step }]
  })
  const [x, y = x] = axes
  if (x === undefined || y === undefined) return undefined
  const step = leastCommonMultiple(x.step, y.step)
  const max = Math.min(x.max, y.max, largestResolution)
  for (let min = Math.max(x.min, y.min); min <= max && min < Math.max(x.min, y.min) + step; min += 1) {
    if ((min - x.min) % x.step === 0 && (min - y.min) % y.step === 0) return { min, max, step }
  }
  return undefined
}

function leastCommonMultiple(a: number, b: number): number {
  let [divisor, rest] = [a, b]
  while (rest > 0) [divisor, rest] = [rest, divisor % rest]
  return (a / divisor) * b
}

function decodeCompression(support: XmlElement | undefined): EsclCapabilities['compression'] {
  const [min, max] = [numberOf(support, 'Min'), numberOf(support, 'Max')]
  return min === undefined || max === undefined || min > max ? undefined : { min, max }
}

/** Profiles that a device gives once and refers to by name from its inputs. */
function namedProfiles(root: XmlElement): ReadonlyMap<string, XmlElement> {
  const named = descendantsOf(root, 'SettingProfile').flatMap(profile => {
    const name = profile.attributes.get('name')
    return name === undefined || profile.children.length === 0 ? [] : [[name, profile] as const]
  })
  return new Map(named)
}

function referred(profile: XmlElement, named: ReadonlyMap<string, XmlElement>): XmlElement {
  return named.get(profile.attributes.get('ref') ?? '') ?? profile
}

function present<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V })
}
