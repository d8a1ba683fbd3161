// What a SANE device says of itself, read from `scanimage --all-options`: its options, and from them what it can do and
// what its sensors see. Backends name the same thing differently (`Gray`, `True Gray`; `ADF`, `Automatic Document
// Feeder(left aligned)`), and list an option as inactive as long as another one stands in its way.

import type { ScanSource } from '../../device/ports.ts'

/** One option of a device. `values` are the words or numbers of a list, `range` is inclusive; both absent for free text. */
export interface SaneOption {
  /** As on the command line: `--mode`, `-x`. */
  readonly flag: string
  /** `hardware` is set by somebody at the device: a sensor or a button. `inactive` may become active with others. */
  readonly access: 'settable' | 'hardware' | 'read-only' | 'inactive'
  readonly values?: readonly string[]
  readonly range?: { readonly min: number; readonly max: number; readonly step: number }
  /** What it is set to now; absent where the device does not tell. */
  readonly current?: string
}

export type SaneOptions = ReadonlyMap<string, SaneOption>

export interface SaneCapabilities {
  readonly sources: readonly ScanSource[]
  readonly duplex: boolean
  /** From the sensor of the feeder, where there is one. */
  readonly paperLoaded?: boolean
}

/** Each absent where the device has no such sensor. */
export interface SaneSensors {
  readonly paperLoaded?: boolean
  readonly coverOpen?: boolean
  readonly doubleFeed?: boolean
  /** The button by which a person asks for a scan is held down. */
  readonly button?: boolean
}

/** Words of the source list by what they feed, each in the backend's order. `ADF Back` reads the other side: never one-sided scanning. */
export interface SaneSources {
  readonly flatbed?: string
  readonly feeder?: string
  readonly duplexFeeder?: string
}

const optionLine = /^ {4}(-[a-z]|--[a-z0-9][\w-]*)(?:\[=\((.*)\)\])?(?: +(\S.*))?$/i
/** Longer than any device's longest list. */
const maxLineLength = 4096
const words: ReadonlySet<string> = new Set(['inactive', 'read-only', 'hardware', 'advanced'])

/** The options of a device, by flag, from the standard output of `scanimage --all-options`. */
export function parseOptions(output: string): SaneOptions {
  const options = new Map<string, SaneOption>()
  for (const line of output.split('\n')) {
    if (line.length > maxLineLength) continue
    const { text, notes } = splitNotes(line)
    const [, flag, optional, constraint] = optionLine.exec(text) ?? []
    if (flag === undefined) continue
    const access =
      (['inactive', 'read-only', 'hardware'] as const).find(word => notes.includes(word)) ?? ('settable' as const)
    const current = notes.find(note => !words.has(note))
    const limits = parseConstraint(optional ?? constraint ?? '')
    options.set(flag, { flag, access, ...limits, ...(current === undefined ? {} : { current }) })
  }
  return options
}

/** The option if it can be set now. */
export function settable(options: SaneOptions, flag: string): SaneOption | undefined {
  const option = options.get(flag)
  return option?.access === 'settable' ? option : undefined
}

/** Which ways of feeding the options offer. */
export function capabilitiesOf(options: SaneOptions): SaneCapabilities {
  const { flatbed, feeder, duplexFeeder } = sourcesOf(options)
  const { paperLoaded } = sensorsOf(options)
  const fed = feeder !== undefined || duplexFeeder !== undefined
  return {
    sources: [...(fed ? ['adf' as const] : []), ...(flatbed === undefined ? [] : ['flatbed' as const])],
    duplex: duplexFeeder !== undefined || (fed && twoSidedSwitch(options, true).length > 0),
    ...(paperLoaded === undefined || !fed ? {} : { paperLoaded }),
  }
}

/** The empty word stands for a way of feeding that needs no choosing: the only one. */
export function sourcesOf(options: SaneOptions): SaneSources {
  const option = options.get('--source')
  if (option === undefined || option.access === 'inactive' || option.values === undefined) {
    return isSheetFed(options) ? { feeder: '' } : { flatbed: '' }
  }
  const { values } = option
  const flatbed = values.find(value => /flat ?bed|platen|document table|^normal$|^fb$/i.test(value))
  const feeders = values.filter(value => /adf|feed|^duplex$/i.test(value))
  const feeder = feeders.find(value => !/duplex|back|rear/i.test(value))
  const duplexFeeder = feeders.find(value => /duplex/i.test(value))
  return {
    ...(flatbed === undefined ? {} : { flatbed }),
    ...(feeder === undefined ? {} : { feeder }),
    ...(duplexFeeder === undefined ? {} : { duplexFeeder }),
  }
}

/** Options by which some backends feed both sides, where others have a source for it. */
export const twoSidedFlags = ['--adf-mode', '--duplex'] as const

/** Backends that do not make two-sided feeding a source have `--adf-mode` (epson) or a `--duplex` switch. */
export function twoSidedSwitch(options: SaneOptions, duplex: boolean): readonly string[] {
  const mode = settable(options, '--adf-mode')?.values?.find(value => /duplex/i.test(value) === duplex)
  if (mode !== undefined) return [`--adf-mode=${mode}`]
  const offered = settable(options, '--duplex')?.values?.includes('yes') === true
  return offered ? [`--duplex=${duplex ? 'yes' : 'no'}`] : []
}

/** Whether two-sided feeding is listed, but can be told only once the feeder is chosen: that choice. */
export function feederToAsk(options: SaneOptions): readonly string[] {
  const { feeder, duplexFeeder } = sourcesOf(options)
  const waiting = twoSidedFlags.some(flag => options.get(flag)?.access === 'inactive')
  const askable = feeder !== undefined && feeder !== '' && settable(options, '--source') !== undefined
  return askable && duplexFeeder === undefined && waiting ? [`--source=${feeder}`] : []
}

/** Sensors are options that only the hardware sets; an option of the same name that can be set is something else. */
export function sensorsOf(options: SaneOptions): SaneSensors {
  const sees = (...flags: readonly string[]): boolean | undefined => {
    const seen = flags.map(flag => options.get(flag)).filter(option => option?.access === 'hardware')
    const states = seen.flatMap(option => (['yes', 'no'].includes(option?.current ?? '') ? [option?.current] : []))
    return states.length === 0 ? undefined : states.includes('yes')
  }
  const sensors = {
    paperLoaded: sees('--page-loaded', '--adf-loaded'),
    coverOpen: sees('--cover-open'),
    doubleFeed: sees('--double-feed', '--omr-df'),
    button: sees('--scan', '--start'),
  }
  return Object.fromEntries(Object.entries(sensors).filter(([, state]) => state !== undefined))
}

/** Without a choice of sources a device is a flatbed, unless it speaks of feeding. */
function isSheetFed(options: SaneOptions): boolean {
  return ['--page-loaded', '--adf-loaded', '--feeder-mode'].some(flag => {
    const option = options.get(flag)
    return option !== undefined && option.access !== 'inactive'
  })
}

/** Takes the bracketed words off the end of a line; brackets within them (`[24bit Color[Fast]]`) belong to the word. */
function splitNotes(line: string): { readonly text: string; readonly notes: readonly string[] } {
  const notes: string[] = []
  let text = line.trimEnd()
  for (;;) {
    const start = text.endsWith(']') ? openingOf(text) : -1
    if (start < 1 || text[start - 1] !== ' ') return { text, notes }
    notes.unshift(text.slice(start + 1, -1))
    text = text.slice(0, start).trimEnd()
  }
}

/** Where the bracket opens that the last character closes; -1 when none does. */
function openingOf(text: string): number {
  let depth = 0
  for (let at = text.length - 1; at >= 0; at -= 1) {
    if (text[at] === ']') depth += 1
    if (text[at] === '[') depth -= 1
    if (depth === 0) return at
  }
  return -1
}

function parseConstraint(text: string): Pick<SaneOption, 'values' | 'range'> {
  const range = /^(?:auto\|)?(-?[\d.]+?)\.\.(-?[\d.]+)[a-z%]*(?:,\.\.\.)?(?: \(in steps of ([\d.]+)\))?$/i.exec(text)
  if (range !== null) return { range: { min: Number(range[1]), max: Number(range[2]), step: Number(range[3] ?? 0) } }
  if (text === '' || text.startsWith('<')) return {}
  const values = text
    .split('|')
    .map(value => value.trim())
    .filter(value => value !== '')
  // A list of numbers carries its unit once, behind the last of them.
  const numeric = values.every(value => value === 'auto' || /^-?[\d.]+[a-z%]*$/i.test(value))
  return {
    values: numeric ? values.map(value => (value === 'auto' ? value : String(Number.parseFloat(value)))) : values,
  }
}
