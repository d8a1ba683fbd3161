// The arguments that ask a SANE device for a scan, in the order in which options depend on each other. An option that is
// not offered is never passed. A certified copy shows the sheet as it is, and every sheet: whatever a backend would
// straighten, crop, clean or leave out by itself is switched off, and sheets fed together are to stop the feeder.

import type { ScanFaultCode, ScanSettings } from '../../device/ports.ts'
import { longestMillimetres, paperMillimetres, paperSlackMillimetres } from './paper.ts'
import { type SaneOption, type SaneOptions, settable, sourcesOf, twoSidedSwitch } from './sane-options.ts'

export type SanePlanning =
  | { readonly args: readonly string[] }
  | { readonly refused: { readonly code: ScanFaultCode; readonly detail: string } }

/** What is set wherever it is offered, on the feeder and on the glass. */
const asTheSheetIs: readonly (readonly [flag: string, value: string])[] = [
  ['--swdeskew', 'no'],
  ['--swderotate', 'no'],
  ['--swcrop', 'no'],
  ['--swdespeck', 'no'],
  ['--swdespeck', '0'],
  ['--swskip', '0'],
  ['--hwdeskewcrop', 'no'],
  ['--hwcrop', 'no'],
  ['--adf-skew', 'no'],
  ['--adf-crp', 'no'],
  ['--AutoDeskew', 'no'],
  ['--AutoDocumentSize', 'no'],
  ['--SkipBlankPage', 'no'],
  ['--blank-threshold', '0'],
  ['--ald', 'no'],
  // Decoded by the backend and encoded by us: a loss for nothing.
  ['--compression', 'None'],
  ['--transfer-format', 'RAW'],
  // Sides would alternate within one image.
  ['--lowmemory', 'no'],
  // Would wait for somebody to press a button.
  ['--wait-for-button', 'no'],
  ['--button-controlled', 'no'],
]

/** By thickness only: sheets of different length in one stack are no fault. */
const stopAtDoubleFeed: readonly (readonly [flag: string, value: string])[] = [
  ['--df-thickness', 'yes'],
  ['--double-feed', 'yes'],
  ['--MultifeedDetection', 'yes'],
  ['--dfeed', 'yes'],
  ['--df-recovery', 'Off'],
  ['--feeder-mode', 'continuous'],
]

/**
 * Source, mode and whatever else other options wait for. With these set a device tells its true limits; they come first
 * in a scan as well. `chosen` flags are the operator's, and left to the operator.
 */
export function prepareArgs(options: SaneOptions, settings: ScanSettings, chosen: ReadonlySet<string>): SanePlanning {
  const source = sourceArgs(options, settings)
  if (source === undefined) {
    const what = settings.source === 'flatbed' ? 'flatbed' : settings.duplex ? 'two-sided feeder' : 'feeder'
    return refused(`the scanner has no ${what}`)
  }
  const doubleFeed = settings.source === 'adf' ? set(options, '--df-action', 'Stop', chosen) : []
  return { args: [...source, ...colourArgs(options, settings.colour), ...doubleFeed] }
}

/** The rest of a scan's options, from the `options` that stand when it is prepared; what is not offered is refused. */
export function planArgs(options: SaneOptions, settings: ScanSettings, chosen: ReadonlySet<string>): SanePlanning {
  const resolution = settable(options, '--resolution')
  if (resolution !== undefined && !accepts(resolution, settings.resolution)) {
    return refused(`no resolution of ${settings.resolution} ppi`)
  }
  const area = areaArgs(options, settings.paper)
  if ('most' in area) return refused(`${settings.paper} is larger than the scanner takes: ${area.most}`)
  const care = [...asTheSheetIs, ...(settings.source === 'adf' ? stopAtDoubleFeed : [])]
  return {
    args: [
      ...(resolution === undefined ? [] : [`--resolution=${settings.resolution}`]),
      ...care.flatMap(([flag, value]) => set(options, flag, value, chosen)),
      ...area.args,
    ],
  }
}

/** One option, where it is offered with that value and stands otherwise. */
function set(options: SaneOptions, flag: string, value: string, chosen: ReadonlySet<string>): readonly string[] {
  const option = settable(options, flag)
  if (option === undefined || chosen.has(flag)) return []
  const offered = option.values?.includes(value) ?? (option.range !== undefined && accepts(option, Number(value)))
  return offered && option.current !== value ? [`${flag}=${value}`] : []
}

function sourceArgs(options: SaneOptions, settings: ScanSettings): readonly string[] | undefined {
  const { flatbed, feeder, duplexFeeder } = sourcesOf(options)
  const choose = (word: string) =>
    word === '' || settable(options, '--source') === undefined ? [] : [`--source=${word}`]
  if (settings.source === 'flatbed') return flatbed === undefined ? undefined : choose(flatbed)
  if (!settings.duplex) {
    return feeder === undefined ? undefined : [...choose(feeder), ...twoSidedSwitch(options, false)]
  }
  if (duplexFeeder !== undefined) return choose(duplexFeeder)
  const twoSided = twoSidedSwitch(options, true)
  return feeder === undefined || twoSided.length === 0 ? undefined : [...choose(feeder), ...twoSided]
}

/** `bw` without a one-bit mode is scanned in grey and made black and white by the pages step. */
function colourArgs(options: SaneOptions, colour: ScanSettings['colour']): readonly string[] {
  const modes = settable(options, '--mode')?.values
  const inColour = colour === 'color' || colour === 'auto'
  if (modes === undefined) {
    return ['--grayify', '--gray'].flatMap(flag =>
      settable(options, flag) === undefined ? [] : [`${flag}=${inColour ? 'no' : 'yes'}`],
    )
  }
  // Plain words first: `48 bits color` and `Gray[Error Diffusion]` are not what is meant, and halftones never are.
  const first = (...patterns: readonly RegExp[]) =>
    patterns
      .map(pattern => {
        const matching = modes.filter(mode => pattern.test(mode) && !/halftone|diffusion|dither/i.test(mode))
        return matching.find(mode => !/^(?:16|48)/.test(mode)) ?? matching[0]
      })
      .find(mode => mode !== undefined)
  const [oneBit, gray, full] = [/lineart|binary|black.*white|monochrome|^bw$/i, /gr[ae]y/i, /colou?r/i]
  const mode = inColour ? first(full, gray) : colour === 'gray' ? first(gray, full) : first(oneBit, gray, full)
  const depths = settable(options, '--depth')?.values ?? []
  const depth = colour === 'bw' && !(mode !== undefined && oneBit.test(mode)) && depths.includes('1') ? '1' : '8'
  const setDepth = depths.includes(depth) && !(mode !== undefined && oneBit.test(mode))
  return [...(mode === undefined ? [] : [`--mode=${mode}`]), ...(setDepth ? [`--depth=${depth}`] : [])]
}

/**
 * The area of the sheet from the device's origin. Backends that ask for the paper's size as well (fujitsu and its like)
 * want it first, and until they know it their area ends at the paper that was set before: not a limit of the device.
 */
function areaArgs(
  options: SaneOptions,
  paper: ScanSettings['paper'],
): { readonly args: readonly string[] } | { readonly most: string } {
  const rangeOf = (flag: string) => settable(options, flag)?.range
  const most = [rangeOf('--page-width') ?? rangeOf('-x'), rangeOf('--page-height') ?? rangeOf('-y')].map(
    range => range?.max ?? Number.POSITIVE_INFINITY,
  ) as [number, number]
  const [width, height] = paper === 'auto' ? [most[0], Math.min(most[1], longestMillimetres)] : paperMillimetres[paper]
  if ([width, height].some((wanted, i) => wanted > (most[i] ?? 0) + paperSlackMillimetres)) {
    return { most: `${most.map(limit => limit.toFixed(0)).join(' × ')} mm` }
  }
  const [across, along] = [width, height].map((wanted, i) => String(Math.min(wanted, most[i] ?? 0)))
  const offered = (flag: string, value = '') => (rangeOf(flag) === undefined ? [] : [[flag, value] as const])
  return {
    args: [
      ...[...offered('--page-width', across), ...offered('--page-height', along)].map(pair => pair.join('=')),
      ...[...offered('-l', '0'), ...offered('-t', '0'), ...offered('-x', across), ...offered('-y', along)].flat(),
    ],
  }
}

function accepts(option: SaneOption, value: number): boolean {
  const { values, range } = option
  if (values !== undefined) return values.some(offered => Number.parseFloat(offered) === value)
  if (range === undefined) return true
  const steps = range.step === 0 ? 0 : (value - range.min) / range.step
  return value >= range.min && value <= range.max && Math.abs(steps - Math.round(steps)) < 1e-3
}

function refused(detail: string): SanePlanning {
  return { refused: { code: 'SCAN_SETTING_REFUSED', detail } }
}
