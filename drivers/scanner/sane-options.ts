// What a SANE device can do, read from `scanimage --all-options`, and the arguments that ask it for a scan. Backends
// name the same thing differently (`Gray`, `Grayscale`; `ADF`, `Automatic Document Feeder`), so nothing is assumed:
// an option that is not listed, or is inactive, is never passed.

import type { ScanFaultCode, ScanSettings, ScanSource } from '../../device/ports.ts'
import { paperMillimetres, paperSlackMillimetres } from './paper.ts'

/** One option of a device. `values` are the words or numbers of a list, `range` is inclusive; both absent for free text. */
export interface SaneOption {
  /** As on the command line: `--mode`, `-x`. */
  readonly flag: string
  readonly values?: readonly string[]
  readonly range?: { readonly min: number; readonly max: number; readonly step: number }
  /** What it is set to now; absent where the device does not tell. */
  readonly current?: string
}

export type SaneOptions = ReadonlyMap<string, SaneOption>

export interface SaneCapabilities {
  readonly sources: readonly ScanSource[]
  readonly duplex: boolean
  /** From the `page-loaded` sensor, where there is one. */
  readonly paperLoaded?: boolean
}

export type SanePlanning =
  | { readonly args: readonly string[] }
  | { readonly refused: { readonly code: ScanFaultCode; readonly detail: string } }

const optionLine = /^ {4}(-[a-z]|--[a-z0-9][\w-]*)(?:\[=\((.*?)\)\])?(?: (?!\[)(.*?))?((?: \[[^\]]*\])*)$/i

/** The active options of a device, by flag, from the standard output of `scanimage --all-options`. */
export function parseOptions(output: string): SaneOptions {
  const options = new Map<string, SaneOption>()
  for (const line of output.split('\n')) {
    const [, flag, optional, constraint, brackets = ''] = optionLine.exec(line) ?? []
    if (flag === undefined) continue
    const notes = [...brackets.matchAll(/\[([^\]]*)\]/g)].map(([, note = '']) => note)
    if (notes.includes('inactive') || notes.includes('read-only')) continue
    const [current] = notes.filter(note => note !== 'advanced' && note !== 'hardware')
    const limits = parseConstraint(optional ?? constraint ?? '')
    options.set(flag, { flag, ...limits, ...(current === undefined ? {} : { current }) })
  }
  return options
}

/** Which ways of feeding the options offer; a device without a source option is a flatbed. */
export function capabilitiesOf(options: SaneOptions): SaneCapabilities {
  const sources = options.get('--source')?.values
  const loaded = options.get('--page-loaded')?.current
  const offered = (['adf', 'flatbed'] as const).filter(
    source => sourceArgs(options, source, false) !== undefined || sourceArgs(options, source, true) !== undefined,
  )
  return {
    sources: sources === undefined ? ['flatbed'] : offered,
    duplex: sourceArgs(options, 'adf', true) !== undefined,
    ...(loaded === 'yes' || loaded === 'no' ? { paperLoaded: loaded === 'yes' } : {}),
  }
}

/** The device options for a scan, in the order in which they depend on each other; what is not offered is refused. */
export function planArgs(options: SaneOptions, settings: ScanSettings): SanePlanning {
  const source = sourceArgs(options, settings.source, settings.source === 'adf' && settings.duplex)
  if (source === undefined) {
    const what = settings.source === 'flatbed' ? 'flatbed' : settings.duplex ? 'two-sided feeder' : 'feeder'
    return refused(`the scanner has no ${what}`)
  }
  const resolution = options.get('--resolution')
  if (resolution !== undefined && !accepts(resolution, settings.resolution)) {
    return refused(`no resolution of ${settings.resolution} ppi`)
  }
  const area = areaArgs(options, settings.paper)
  if (area === undefined) return refused(`${settings.paper} is larger than the scanner takes`)
  const dots = resolution === undefined ? [] : [`--resolution=${settings.resolution}`]
  return { args: [...source, ...colourArgs(options, settings.colour), ...dots, ...area] }
}

function sourceArgs(options: SaneOptions, source: ScanSource, duplex: boolean): readonly string[] | undefined {
  const values = options.get('--source')?.values
  if (values === undefined) return source === 'flatbed' ? [] : undefined
  if (source === 'flatbed')
    return valueArgs(
      '--source',
      values.find(value => /flatbed|platen|^normal$/i.test(value)),
    )
  const feeders = values.filter(value => /adf|feed/i.test(value))
  const simplex = feeders.filter(value => !/duplex/i.test(value))
  // `ADF Back` reads the other side of the sheet: never what one-sided scanning means.
  const front = simplex.find(value => !/back|rear/i.test(value))
  if (!duplex)
    return front === undefined ? undefined : [...(valueArgs('--source', front) ?? []), ...sides(options, false)]
  const both = feeders.find(value => /duplex/i.test(value))
  if (both !== undefined) return valueArgs('--source', both)
  const twoSided = sides(options, true)
  return front === undefined || twoSided.length === 0 ? undefined : [`--source=${front}`, ...twoSided]
}

/** Backends that do not make two-sided feeding a source have `--adf-mode` (epson) or a `--duplex` switch. */
function sides(options: SaneOptions, duplex: boolean): readonly string[] {
  const mode = options.get('--adf-mode')?.values?.find(value => /duplex/i.test(value) === duplex)
  if (mode !== undefined) return [`--adf-mode=${mode}`]
  return options.get('--duplex')?.values?.includes('yes') === true ? [`--duplex=${duplex ? 'yes' : 'no'}`] : []
}

/** `bw` without a one-bit mode is scanned in grey and made black and white by the pages step. */
function colourArgs(options: SaneOptions, colour: ScanSettings['colour']): readonly string[] {
  const modes = options.get('--mode')?.values
  const inColour = colour === 'color' || colour === 'auto'
  if (modes === undefined) {
    return options.get('--grayify') === undefined ? [] : [`--grayify=${inColour ? 'no' : 'yes'}`]
  }
  const first = (...patterns: readonly RegExp[]) =>
    patterns.map(pattern => modes.find(mode => pattern.test(mode))).find(mode => mode !== undefined)
  const [oneBit, gray, full] = [/lineart|binary|black.*white|monochrome/i, /gr[ae]y/i, /colou?r/i]
  const mode = inColour ? first(full, gray) : colour === 'gray' ? first(gray, full) : first(oneBit, gray, full)
  const depths = options.get('--depth')?.values ?? []
  const depth = colour === 'bw' && !(mode !== undefined && oneBit.test(mode)) && depths.includes('1') ? '1' : '8'
  const setDepth = depths.includes(depth) && !(mode !== undefined && oneBit.test(mode))
  return [...(valueArgs('--mode', mode) ?? []), ...(setDepth ? [`--depth=${depth}`] : [])]
}

/** The area of the sheet from the device's origin; fujitsu-like backends want the paper's size as well, and first. */
function areaArgs(options: SaneOptions, paper: ScanSettings['paper']): readonly string[] | undefined {
  const [width, height] = paperMillimetres[paper]
  const args: string[] = []
  const sizes = [
    ['--page-width', width],
    ['--page-height', height],
    ['-x', width],
    ['-y', height],
  ] as const
  for (const [flag, wanted] of sizes) {
    const range = options.get(flag)?.range
    if (range === undefined) continue
    if (wanted > range.max + paperSlackMillimetres) return undefined
    const value = String(Math.min(wanted, range.max))
    args.push(...(flag.startsWith('--') ? [`${flag}=${value}`] : [flag, value]))
  }
  const origin = (['-l', '-t'] as const).flatMap(flag => (options.get(flag)?.range === undefined ? [] : [flag, '0']))
  const pageSize = args.filter(arg => arg.startsWith('--'))
  return [...pageSize, ...origin, ...args.filter(arg => !arg.startsWith('--'))]
}

function accepts(option: SaneOption, value: number): boolean {
  const { values, range } = option
  if (values !== undefined) return values.some(offered => Number.parseFloat(offered) === value)
  if (range === undefined) return true
  const steps = range.step === 0 ? 0 : (value - range.min) / range.step
  return value >= range.min && value <= range.max && Math.abs(steps - Math.round(steps)) < 1e-3
}

function parseConstraint(text: string): Pick<SaneOption, 'values' | 'range'> {
  const range = /^(?:auto\|)?(-?[\d.]+?)\.\.(-?[\d.]+)[a-z%]*(?:,\.\.\.)?(?: \(in steps of ([\d.]+)\))?$/i.exec(text)
  if (range !== null) return { range: { min: Number(range[1]), max: Number(range[2]), step: Number(range[3] ?? 0) } }
  if (text === '' || text.startsWith('<')) return {}
  const values = text.split('|').filter(value => value !== '')
  // A list of numbers carries its unit once, behind the last of them.
  const numeric = values.every(value => value === 'auto' || /^-?[\d.]+[a-z%]*$/i.test(value))
  return {
    values: numeric ? values.map(value => (value === 'auto' ? value : String(Number.parseFloat(value)))) : values,
  }
}

function valueArgs(flag: string, value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [`${flag}=${value}`]
}

function refused(detail: string): SanePlanning {
  return { refused: { code: 'SCAN_SETTING_REFUSED', detail } }
}
