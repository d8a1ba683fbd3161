// The maintenance screen's side of the appliance: checks a scanner with the test target while no copy is in hand, and tells
// which hosts are left alone, to be asked at once. It shows
// nothing of anybody's copy and keeps nothing of a scan but what was measured; a copy that is opened ends it at once. What
// cannot be undone, accepting a scan for others to be compared with, is the command line's alone.

import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import {
  assess,
  type Calibration,
  calibrationOf,
  checkStates,
  keepCalibration,
  type LastCheck,
  scanTarget,
} from '../calibration.ts'
import type { Config } from '../config/config.ts'
import { asFault, type ErrorCode, Fault } from '../errors.ts'
import type { PausedHost } from '../host-pauses.ts'
import { type ItemName, worstOf } from '../image/target-judge.ts'
import type { CardDesk } from '../orders/desk.ts'
import type { Pauses } from '../pauses.ts'
import type { Clock, Log, Scanner, ScannerInfo, ScanSource, TargetImaging } from '../ports.ts'
import type { Store } from '../store/store.ts'
import { createTasks } from '../tasks.ts'
import { AskNow } from './operator.ts'
import type { CheckResult, CheckTopic, MaintenanceView, PauseView } from './view-maintenance.ts'
import type { Visit } from './visit.ts'

export interface MaintenanceParts {
  readonly config: Config
  readonly visit: Pick<Visit, 'view' | 'subscribe'>
  readonly scanner: Scanner
  readonly targets: TargetImaging
  readonly store: Pick<Store, 'calibrations'>
  readonly pauses: Pauses
  /** Absent where no card service is configured. */
  readonly cards: Pick<CardDesk, 'state'> | undefined
  readonly clock: Clock
  readonly log: Log
}

export interface Maintenance {
  /** null while the screen is not open. */
  view(): MaintenanceView | null
  /** Called when the view may have changed; returns the way to stop. */
  subscribe(listener: () => void): () => void
  /** Opens the screen, or goes back to its list. Throws STAGE_CONFLICT while a copy is in hand or a scan runs. */
  open(): Promise<void>
  /** Starts a check and returns. Throws STAGE_CONFLICT unless the screen is open and idle, NOT_FOUND for no such scanner. */
  check(deviceId: string): void
  /** Has a host that is left alone asked at once. Throws STAGE_CONFLICT unless the screen is open, NOT_FOUND for no such host. */
  ask(host: string): Promise<void>
  /** Ends the check that runs, if any, and closes the screen. */
  close(): Promise<void>
  stop(): Promise<void>
}

type State = Omit<MaintenanceView, 'scanners' | 'pauses' | 'unsureOrders'>

/** A service that was asked again is seen to be back so soon. */
const lookAgainMs = 5_000

const idle: State = Object.freeze({ work: 'none', result: null, fault: null })

export function createMaintenance(parts: MaintenanceParts): Maintenance {
  const { config, visit, scanner, store, pauses, cards, clock, log } = parts
  const tasks = createTasks({ clock, log })
  const listeners = new Set<() => void>()
  let state: State | null = null
  let scanners: readonly ScannerInfo[] = []
  let checks: readonly LastCheck[] = []
  let paused: readonly PausedHost[] = []

  function change(next: State | null): void {
    state = next
    for (const listener of listeners) listener()
  }

  /** What delivers and what is called back tell by themselves; services are looked at, while there is something to be seen. */
  async function lookAtPauses(): Promise<void> {
    if (state === null) return
    const before = seenOf(paused)
    paused = await pauses.list()
    if (state !== null && seenOf(paused) !== before) change(state)
    lookAgain()
  }

  function lookAgain(): void {
    if (paused.length > 0) tasks.at('pauses', clock.now() + lookAgainMs, () => tasks.run('pauses', lookAtPauses))
  }

  async function perform(info: ScannerInfo, signal: AbortSignal): Promise<void> {
    try {
      const asked = askedOf(config, info)
      const scanned = () => (signal.aborted ? undefined : change({ ...idle, work: 'measuring' }))
      const measurement = await scanTarget(parts, asked, signal, scanned)
      const facts = { deviceId: info.id, model: info.name, source: asked.source, askedPpi: asked.resolution }
      signal.throwIfAborted()
      const history = store.calibrations.list({ deviceId: info.id }).map(calibrationOf)
      const kept = keepCalibration(store, assess({ ...facts, measurement, history, acceptBaseline: false }))
      checks = store.calibrations.last()
      change({ ...idle, result: resultOf(kept) })
    } catch (thrown) {
      if (signal.aborted) return
      const fault = asFault(thrown)
      log.warn('the check of a scanner ended', { scanner: info.id, code: fault.code, detail: fault.detail })
      change({ ...idle, fault: fault.code })
    }
  }

  async function close(): Promise<void> {
    if (state === null) return
    change(null)
    await tasks.end('check')
  }

  const unsubscribe = visit.subscribe(() => {
    if (state !== null && visit.view().copy !== null) void close()
  })
  const deaf = pauses.subscribe(() => {
    if (state !== null) tasks.run('pauses', lookAtPauses)
  })

  return Object.freeze({
    view: () =>
      state === null
        ? null
        : {
            ...state,
            scanners: scannerViews(config, scanners, checks, clock.now()),
            pauses: paused.map(pauseView),
            unsureOrders: unsureOrders(cards),
          },
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async open() {
      if (visit.view().copy !== null) throw new Fault('STAGE_CONFLICT', 'a copy is in hand')
      if (state !== null && state.work !== 'none') throw new Fault('STAGE_CONFLICT', 'a check is under way')
      scanners = await scanner.list()
      checks = store.calibrations.last()
      paused = await pauses.list()
      if (visit.view().copy === null) change(idle)
      lookAgain()
    },
    check(deviceId: string) {
      if (state === null || state.work !== 'none') throw new Fault('STAGE_CONFLICT', 'no check can begin now')
      const info = scanners.find(one => one.id === deviceId)
      if (info === undefined) throw new Fault('NOT_FOUND', `no scanner ${deviceId}`)
      change({ ...idle, work: 'scanning' })
      tasks.run('check', signal => perform(info, signal))
    },
    async ask(host: string) {
      if (state === null) throw new Fault('STAGE_CONFLICT', 'the screen is closed')
      await pauses.askNow(host)
      await lookAtPauses()
    },
    close,
    async stop() {
      unsubscribe()
      deaf()
      await tasks.stop()
    },
  })
}

/** As the first procedure scans, since that is what the check is for; the other source where the scanner lacks that one. */
function askedOf({ procedures }: Config, { id, sources }: ScannerInfo) {
  const { resolution, source } = procedures[0]?.digitisation ?? { resolution: 300, source: 'adf' }
  const [other] = sources
  const used: ScanSource = sources.includes(source) ? source : (other ?? source)
  return { deviceId: id, source: used, resolution }
}

function scannerViews(config: Config, scanners: readonly ScannerInfo[], checks: readonly LastCheck[], now: number) {
  const states = checkStates(config, checks, now)
  return scanners.map(({ id, name, state, code }) => {
    const last = states.find(one => one.deviceId === id)
    const fault: ErrorCode | null = code ?? (state === 'absent' ? 'SCANNER_ABSENT' : null)
    const verdict = verdicts.find(one => one === last?.verdict) ?? null
    const reason = state === 'ready' ? null : (fault ?? 'SCANNER_BUSY')
    return { id, name, fault: reason, at: last?.at ?? null, verdict, due: last?.due ?? true }
  })
}

function unsureOrders(cards: MaintenanceParts['cards']): number {
  const { unknown, undecided } = cards?.state() ?? { unknown: 0, undecided: 0 }
  return unknown + undecided
}

/** As it is on the screen: how long a service is left alone for is told in seconds. */
function seenOf(paused: readonly PausedHost[]): string {
  return JSON.stringify(paused.map(one => ({ ...pauseView(one), since: '', until: one.until.slice(0, 19) })))
}

function pauseView({ service, host, since, until, code }: PausedHost): PauseView {
  return { service, host, since, until, code }
}

const verdicts = ['ok', 'watch', 'fail'] as const
const topicOf: Readonly<Record<ItemName, CheckTopic>> = {
  resolutionFloor: 'resolution',
  scaleX: 'resolution',
  scaleY: 'resolution',
  sharpnessX: 'resolution',
  sharpnessY: 'resolution',
  aspect: 'geometry',
  orthogonality: 'geometry',
  skew: 'geometry',
  distortion: 'geometry',
  toneOrder: 'gray',
  gamma: 'gray',
  gray: 'gray',
  noise: 'gray',
  uniformity: 'gray',
  clipping: 'gray',
  colour: 'colour',
  whiteBalance: 'colour',
  registration: 'colour',
  streaks: 'streaks',
  driftScale: 'drift',
  driftSharpness: 'drift',
  driftGray: 'drift',
  driftColour: 'drift',
}
const topics: readonly CheckTopic[] = ['resolution', 'geometry', 'gray', 'colour', 'streaks', 'drift']

function resultOf({ deviceId, at, verdict, items, measurement: { geometry } }: Calibration): CheckResult {
  return {
    deviceId,
    at,
    verdict,
    ppi: [Math.round(geometry.ppiX), Math.round(geometry.ppiY)],
    topics: topics.flatMap(topic => {
      const own = items.filter(({ item }) => topicOf[item as ItemName] === topic)
      return own.length === 0 ? [] : [{ topic, verdict: worstOf(own.map(one => one.verdict)) }]
    }),
  }
}

const Check = Type.Object({ deviceId: Type.String({ maxLength: 200 }) }, { additionalProperties: false })

export function maintenanceRoutes(app: FastifyInstance, maintenance: Maintenance): void {
  app.post('/screen/maintenance/open', async (_request, reply) => {
    await maintenance.open()
    return reply.status(204).send()
  })
  app.post<{ Body: Static<typeof Check> }>(
    '/screen/maintenance/check',
    { schema: { body: Check } },
    async (request, reply) => {
      maintenance.check(request.body.deviceId)
      return reply.status(204).send()
    },
  )
  app.post<{ Body: Static<typeof AskNow> }>(
    '/screen/maintenance/ask',
    { schema: { body: AskNow } },
    async (request, reply) => {
      await maintenance.ask(request.body.host)
      return reply.status(204).send()
    },
  )
  app.post('/screen/maintenance/close', async (_request, reply) => {
    await maintenance.close()
    return reply.status(204).send()
  })
}
