// Routine checks of the scanners (NTI Digitalización asks for them): one scan of the test target becomes one record with
// its date. What a check is, how one is made with a scanner, which earlier one it is compared with, and when the next
// is due.

import { createHash } from 'node:crypto'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import type { ApplianceEntry } from './audit/events.ts'
import type { Config } from './config/config.ts'
import { Fault } from './errors.ts'
import { judgeTarget } from './image/target-judge.ts'
import { type TargetMeasurement, targetMeasurement } from './image/target-measurement.ts'
import { measuredReference, nominalReference, type ReferenceValues } from './image/target-reference.ts'
import type { Scanner, ScannerInfo, ScanSource, TargetImaging } from './ports.ts'
import type { Store } from './store/store.ts'

const closed = { additionalProperties: false }
const verdict = Type.Enum(['ok', 'watch', 'fail'])
const number = Type.Number({ minimum: -1e6, maximum: 1e6 })

/** What is stored of one check. */
export const calibrationRecord = Type.Object(
  {
    deviceId: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' }),
    /** The scanner's name at that time; null for an image from elsewhere. */
    model: Type.Union([Type.String({ maxLength: 200 }), Type.Null()]),
    source: Type.Enum(['adf', 'flatbed', 'file']),
    askedPpi: Type.Number({ minimum: 1, maximum: 10_000 }),
    /** `nominal`: colours by the drawing, which an office printer only comes near. */
    reference: Type.Enum(['nominal', 'measured']),
    /** Whether a scan accepted before was compared with, and whether this one is to be compared with from now on. */
    comparedWithBaseline: Type.Boolean(),
    baseline: Type.Boolean(),
    verdict,
    items: Type.Array(
      Type.Object(
        {
          item: Type.String({ pattern: '^[a-zA-Z]{1,40}$' }),
          verdict,
          value: Type.Union([number, Type.Null()]),
          unit: Type.String({ maxLength: 10 }),
          okUpTo: number,
          watchUpTo: Type.Union([number, Type.Null()]),
        },
        closed,
      ),
      { maxItems: 64 },
    ),
    measurement: targetMeasurement,
  },
  closed,
)

export type CalibrationRecord = Static<typeof calibrationRecord>

/** A record with its date, as it is read back. */
export interface Calibration extends CalibrationRecord {
  /** ISO 8601. */
  readonly at: string
}

function checkRecord(value: unknown): CalibrationRecord {
  if (Value.Check(calibrationRecord, value)) return value
  const [first] = Value.Errors(calibrationRecord, value)
  throw new Fault('REQUEST_INVALID', `${first?.instancePath ?? ''} ${first?.message ?? 'no calibration'}`.trim())
}

/** What the store gave back; throws DATABASE_DAMAGED for a body that is no record. */
export function calibrationOf({ at, body }: { readonly at: number; readonly body: unknown }): Calibration {
  if (!Value.Check(calibrationRecord, body)) throw new Fault('DATABASE_DAMAGED', 'a stored calibration is not one')
  return { ...body, at: new Date(at).toISOString() }
}

function auditOf(record: CalibrationRecord): ApplianceEntry {
  const { deviceId: device, verdict, baseline, askedPpi } = record
  const sha256 = createHash('sha256').update(JSON.stringify(record)).digest('hex')
  const details = { device, verdict, resolution: Math.round(askedPpi), baseline, sha256 }
  return { event: 'scannerChecked', details }
}

/** Durable when it returns. Throws REQUEST_INVALID for what is no record, and the faults of the store. */
export function keepCalibration(store: Pick<Store, 'calibrations'>, given: unknown): Calibration {
  const record = checkRecord(given)
  const { deviceId, verdict } = record
  return calibrationOf(store.calibrations.append({ deviceId, verdict, body: record }, auditOf(record)))
}

export interface ScanAsked {
  readonly deviceId: string
  readonly source: ScanSource
  readonly resolution: number
}

/**
 * Feeds the sheet and measures it. Throws the fault that the scan ended with, FEEDER_EMPTY, TARGET_NOT_FOUND, TARGET_UNKNOWN.
 * `scanned` is told when the image is there and only the measuring is left.
 */
export async function scanTarget(
  { scanner, targets }: { readonly scanner: Scanner; readonly targets: TargetImaging },
  { deviceId, source, resolution }: ScanAsked,
  signal: AbortSignal,
  scanned: () => void = () => undefined,
): Promise<TargetMeasurement> {
  const settings = { resolution, colour: 'color', paper: 'A4', source, duplex: false, maxImages: 1 } as const
  const pages = scanner.scan(deviceId, settings, signal)
  let measurement: TargetMeasurement | undefined
  try {
    for (;;) {
      const { done, value } = await pages.next()
      if (done === true) {
        if (value.end === 'fault') throw new Fault(value.code, value.detail)
        if (measurement === undefined) throw new Fault('FEEDER_EMPTY', 'the scanner fed no sheet')
        return measurement
      }
      const reading = await targets.measure(told(value.image, scanned), signal)
      measurement ??= reading.measurement
    }
  } finally {
    // Where the sheet was none, the job at the scanner is given up.
    await pages.return({ end: 'empty' })
  }
}

async function* told(image: AsyncIterable<Uint8Array>, ended: () => void): AsyncGenerator<Uint8Array> {
  yield* image
  ended()
}

export interface AssessParts {
  readonly measurement: TargetMeasurement
  readonly deviceId: string
  readonly model: string | null
  readonly source: CalibrationRecord['source']
  readonly askedPpi: number
  readonly reference?: ReferenceValues
  /** Checks of before, newest first. */
  readonly history: readonly Calibration[]
  readonly acceptBaseline: boolean
}

export function assess(parts: AssessParts): CalibrationRecord {
  const { measurement, deviceId, model, source, askedPpi, acceptBaseline } = parts
  const reference =
    parts.reference === undefined ? nominalReference : measuredReference(parts.reference, measurement.turn)
  // Whoever accepts a new baseline has changed the sheet or the scanner, and does not ask for the old one.
  const baseline = acceptBaseline ? undefined : baselineFor(parts)
  const judged = judgeTarget(measurement, {
    askedPpi,
    reference,
    ...(baseline === undefined ? {} : { baseline: baseline.measurement }),
  })
  return {
    deviceId,
    model,
    source,
    askedPpi,
    reference: reference.kind,
    comparedWithBaseline: baseline !== undefined,
    baseline: acceptBaseline,
    verdict: judged.verdict,
    items: judged.items.map(item => ({ ...item })),
    measurement,
  }
}

/** The newest accepted scan by the same scanner, source, resolution, and version of the sheet. */
function baselineFor({ history, deviceId, source, askedPpi, measurement }: AssessParts): Calibration | undefined {
  return history.find(
    one =>
      one.baseline &&
      one.deviceId === deviceId &&
      one.source === source &&
      one.askedPpi === askedPpi &&
      one.measurement.version === measurement.version,
  )
}

const dayMs = 86_400_000

/** Of one scanner, as the store tells it. */
export interface LastCheck {
  readonly deviceId: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly verdict: string
}

export interface CheckState {
  readonly deviceId: string
  /** ISO 8601 of the last check; null: never. */
  readonly at: string | null
  /** `ok`, `watch` or `fail`. */
  readonly verdict: string | null
  /** Never checked, or longer ago than `devices.calibrationDays`. */
  readonly due: boolean
}

/** The last check of each configured scanner, then of any other that was ever checked. */
export function checkStates(config: Config, checks: readonly LastCheck[], now: number): readonly CheckState[] {
  const { scanners, calibrationDays } = config.devices
  const ids = new Set([...scanners.map(({ id }) => id), ...checks.map(({ deviceId }) => deviceId)])
  return [...ids].map(deviceId => {
    const last = checks.find(one => one.deviceId === deviceId)
    if (last === undefined) return { deviceId, at: null, verdict: null, due: true }
    const { at, verdict } = last
    return { deviceId, at: new Date(at).toISOString(), verdict, due: now - at > calibrationDays * dayMs }
  })
}

/** The source to check by: the one asked for, else the feeder where there is one. Throws SCANNER_ABSENT. */
export function sourceOf(scanner: ScannerInfo | undefined, asked?: ScanSource): ScanSource {
  if (asked !== undefined) return asked
  if (scanner === undefined) throw new Fault('SCANNER_ABSENT', 'no such scanner is known')
  return scanner.sources.includes('adf') ? 'adf' : 'flatbed'
}
