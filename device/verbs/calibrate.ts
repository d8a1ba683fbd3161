// `compulsa calibrate`: prints the test target, scans it, and keeps what it says of a scanner with the date.

import { assess, type Calibration, type CalibrationRecord, scanTarget, sourceOf } from '../calibration.ts'
import type { LoadedConfig } from '../config/file.ts'
import { Fault } from '../errors.ts'
import type { TargetMeasurement } from '../image/target-measurement.ts'
import { type ReferenceValues, readReference } from '../image/target-reference.ts'
import { targetSheet } from '../pdf/target-sheet.ts'
import { configOf, readInput, withWorkbench, writeOutput } from './appliance.ts'
import { calibrationHistory, keepInBook } from './calibration-book.ts'
import { calibrationLines, historyLine } from './calibration-lines.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

const defaultPpi = 300

export const calibrateVerb: Verb = {
  name: 'calibrate',
  summary:
    'Checks a scanner with the test target: scans the sheet, or reads an image of it, and keeps resolution, geometry, greys and colours with the date. Colours of an office printer are no absolute reference: accept one good scan, and later ones tell the drift.',
  words: { name: '[list]', min: 0, max: 1 },
  options: {
    ...configOptions,
    sheet: { type: 'string', help: 'write the sheet as a PDF to print on A4 at 100 %' },
    device: { type: 'string', help: 'scanner, as `compulsa devices` names it; with --image: whose scan it is' },
    source: { type: 'string', help: 'adf or flatbed (default: the feeder where there is one)' },
    dpi: { type: 'string', help: 'pixels per inch (default 300, or what the image says)' },
    image: {
      type: 'string',
      help: 'read this scan of the sheet (JPEG, PNG, TIFF, PNM) instead of scanning; kept with --device',
    },
    reference: {
      type: 'string',
      help: 'JSON file of values measured on the printed sheet, instead of the nominal ones',
    },
    'accept-baseline': { type: 'boolean', help: 'later scans are compared with this one' },
    list: { type: 'boolean', help: 'the checks so far, newest first' },
  },
  run,
}

async function run(call: Call): Promise<Answer> {
  const loaded = configOf(call)
  const [word] = call.words
  if (word !== undefined && word !== 'list') throw new Fault('USAGE', `calibrate knows "list", not "${word}"`)
  const sheet = call.text('sheet')
  if (sheet !== undefined) return await printSheet(loaded, sheet)
  if (word === 'list' || call.flag('list')) return listed(loaded, call.text('device'))
  return await check(loaded, call)
}

async function printSheet({ config }: LoadedConfig, path: string): Promise<Answer> {
  const { languages } = config.kiosk
  await writeOutput(path, targetSheet(languages))
  return { json: { out: path, languages }, lines: [`${path}: print it on A4 at 100 %, without fitting it to the page`] }
}

function listed(loaded: LoadedConfig, deviceId: string | undefined): Answer {
  const history = calibrationHistory(loaded).filter(one => deviceId === undefined || one.deviceId === deviceId)
  return { json: history, lines: history.length === 0 ? ['no scanner was checked yet'] : history.map(historyLine) }
}

async function check(loaded: LoadedConfig, call: Call): Promise<Answer> {
  const acceptBaseline = call.flag('accept-baseline')
  if (acceptBaseline && call.text('device') === undefined) throw new Fault('USAGE', '--accept-baseline needs --device')
  const values = await referenceOf(call.text('reference'))
  const history = calibrationHistory(loaded)
  const taken = call.text('image') === undefined ? await scanned(loaded, call) : await readImage(loaded, call)
  const { deviceId, ...facts } = taken
  const reference = values === undefined ? {} : { reference: values }
  const record = assess({ ...facts, deviceId: deviceId ?? 'image', history, acceptBaseline, ...reference })
  if (acceptBaseline && record.verdict === 'fail') return answerOf({ ...record, baseline: false }, false)
  if (deviceId !== undefined) await keepInBook(loaded, record)
  return answerOf(record, deviceId !== undefined)
}

interface Taken {
  readonly measurement: TargetMeasurement
  /** undefined: of no known scanner; nothing is kept then. */
  readonly deviceId: string | undefined
  readonly model: string | null
  readonly source: CalibrationRecord['source']
  readonly askedPpi: number
}

async function scanned({ config }: LoadedConfig, call: Call): Promise<Taken> {
  const deviceId = call.text('device')
  if (deviceId === undefined) throw new Fault('USAGE', 'calibrate needs --device, --image, --sheet or list')
  const resolution = call.number('dpi', { min: 1, max: 1200 }) ?? defaultPpi
  const asked = call.choice('source', ['adf', 'flatbed'] as const)
  return await withWorkbench(config, async ({ rooms }) => {
    const scanner = rooms.scanner()
    const found = (await scanner.list(call.signal)).find(one => one.id === deviceId)
    const source = sourceOf(found, asked)
    call.progress(`scanning the sheet from the ${source} at ${resolution} ppi`)
    const parts = { scanner, targets: rooms.targets() }
    const measurement = await scanTarget(parts, { deviceId, source, resolution }, call.signal)
    return { measurement, deviceId, model: found?.name ?? null, source, askedPpi: resolution }
  })
}

async function readImage({ config }: LoadedConfig, call: Call): Promise<Taken> {
  const bytes = await readInput(call.text('image') ?? '')
  const given = call.number('dpi', { min: 1, max: 10_000 })
  return await withWorkbench(config, async ({ rooms }) => {
    const { measurement, headerPpi } = await rooms.targets().measure(once(bytes), call.signal)
    const askedPpi = given ?? headerPpi
    if (askedPpi === null) throw new Fault('USAGE', 'the image does not say its pixels per inch; give --dpi')
    return { measurement, deviceId: call.text('device'), model: null, source: 'file', askedPpi }
  })
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function referenceOf(path: string | undefined): Promise<ReferenceValues | undefined> {
  if (path === undefined) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse((await readInput(path)).toString('utf8'))
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown
    throw new Fault('FILE_UNREADABLE', `${path} is no JSON`, { cause: thrown })
  }
  const values = readReference(parsed)
  if (typeof values === 'string') throw new Fault('REQUEST_INVALID', `${path}: ${values}`)
  return values
}

function answerOf(record: CalibrationRecord | Calibration, kept: boolean): Answer {
  const answer = { json: { ...record, kept }, lines: calibrationLines(record, kept) }
  if (record.verdict !== 'fail') return answer
  return { ...answer, failed: { code: 'CALIBRATION', mend: 'The scanner is outside its limits; clean or adjust it.' } }
}
