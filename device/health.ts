// The state of the kiosk for a monitor that watches many of them: whether it can serve, and if not, why. Counts, times, codes
// and names of the configuration only: nothing of any copy, of any person or of any card. Whether it can serve is whether
// somebody at the screen can make a copy now; what only waits for a network or an operator behind the scenes is a warning.

import type { Config } from './config/config.ts'
import { hostOf } from './config/destinations.ts'
import { asFault, type ErrorCode, errorTable } from './errors.ts'
import type { PausedHost } from './host-pauses.ts'
import { tlsState } from './http/tls-files.ts'
import type { Pauses } from './pauses.ts'
import type { Clock, ClockTrust, Scanner, ScannerInfo, Signer } from './ports.ts'
import { liveStages, type Queue } from './queue.ts'
import type { Store } from './store/store.ts'
import { version } from './version.ts'

/** The JSON of `GET /health` and of `compulsa health --json`. Times are ISO 8601; fields may be added, none is taken away. */
export interface Health {
  /** `failing`: nobody can make a copy now, and `/health` answers 503. */
  readonly status: 'ok' | 'warning' | 'failing'
  readonly reasons: readonly HealthReason[]
  readonly kiosk: string
  readonly version: string
  readonly at: string
  readonly startedAt: string
  readonly uptimeSeconds: number
  readonly clock: ClockTrust
  readonly scanners: readonly Pick<ScannerInfo, 'id' | 'state' | 'code'>[]
  /** `none`: no card is configured; `busy`: it did not answer in time, as while it signs. */
  readonly card: { readonly state: 'none' | 'absent' | 'present' | 'busy' | 'fault'; readonly code: ErrorCode | null }
  /** Copies by stage. */
  readonly documents: Readonly<Record<string, number>>
  /** Of the finished ones those that nothing but an operator brings on. */
  readonly stopped: number
  /** The oldest finished copy that is not everywhere yet. */
  readonly oldestWaiting: { readonly stage: string; readonly at: string; readonly ageSeconds: number } | null
  readonly pausedHosts: readonly PausedHost[]
  readonly destinations: readonly {
    readonly id: string
    readonly host: string
    /** When a copy was last delivered there; null: never. */
    readonly lastDelivered: string | null
  }[]
  readonly disk: { readonly freeBytes: number; readonly reserveHeld: boolean }
}

export interface HealthReason {
  readonly check: 'scanner' | 'disk' | 'storage' | 'card' | 'clock' | 'queue' | 'host' | 'tls'
  readonly severity: 'warning' | 'failing'
  readonly code: ErrorCode | null
  /** In words, without names of anybody. */
  readonly detail: string
}

export interface HealthParts {
  readonly config: Config
  readonly store: Pick<Store, 'audit' | 'space'>
  readonly queue: Pick<Queue, 'list'>
  readonly scanner: Pick<Scanner, 'list'>
  readonly signer: Pick<Signer, 'tokens'>
  readonly pauses: Pick<Pauses, 'list'>
  readonly clock: Clock
  readonly startedAt: string
}

/** A card that signs answers later; a monitor shall not wait for it. */
const cardDeadlineMs = 2_000
/** Monitors and operators that ask at once get one answer. */
const freshMs = 1_000
/** Below this a full feeder of coloured sheets may not fit. */
const lowDiskBytes = 512 * 1024 * 1024
const longWaitMs = 24 * 3_600_000
const outbound: readonly string[] = ['unsealed', 'extending', 'delivering']

type Facts = Omit<Health, 'status' | 'reasons'>

/** Looks at everything; an answer is younger than a second. Never rejects for what is wrong with the kiosk. */
export function createHealth(parts: HealthParts): () => Promise<Health> {
  const { clock } = parts
  const deliveredTo = createLastDelivered(parts.store)
  let last: { readonly at: number; readonly health: Promise<Health> } | undefined
  return () => {
    const now = clock.now()
    if (last === undefined || Math.abs(now - last.at) > freshMs) last = { at: now, health: look(parts, deliveredTo) }
    return last.health
  }
}

async function look(parts: HealthParts, deliveredTo: () => ReadonlyMap<string, number>): Promise<Health> {
  const { config, clock, startedAt } = parts
  const found: HealthReason[] = []
  const [scanners, card, pausedHosts] = await Promise.all([
    parts.scanner.list().catch((thrown: unknown) => failing(found, 'scanner', thrown, [])),
    cardState(parts),
    parts.pauses.list().catch((thrown: unknown) => failing(found, 'host', thrown, [])),
  ])
  const now = clock.now()
  const stored = attempt(
    () => storedFacts(parts, deliveredTo(), now),
    thrown => failing(found, 'storage', thrown, noFacts),
  )
  const facts: Facts = {
    kiosk: config.kiosk.id,
    version,
    at: new Date(now).toISOString(),
    startedAt,
    uptimeSeconds: Math.max(0, Math.round((now - Date.parse(startedAt)) / 1000)),
    clock: clock.trust?.() ?? { source: 'unknown' },
    scanners: scanners.map(({ id, state, code }) => ({ id, state, ...(code !== undefined && { code }) })),
    card,
    pausedHosts,
    ...stored,
  }
  const reasons = [...found, ...reasonsOf(facts), ...tlsReasons(config, now)]
  const worst = reasons.some(one => one.severity === 'failing') ? 'failing' : reasons.length > 0 ? 'warning' : 'ok'
  return { status: worst, reasons, ...facts }
}

function failing<T>(reasons: HealthReason[], check: HealthReason['check'], thrown: unknown, instead: T): T {
  const { code, detail } = asFault(thrown)
  // Whether hosts are left alone is known by the net worker, without which copies can be made.
  reasons.push({ check, severity: check === 'host' ? 'warning' : 'failing', code, detail })
  return instead
}

function attempt<T>(work: () => T, otherwise: (thrown: unknown) => T): T {
  try {
    return work()
  } catch (thrown) {
    return otherwise(thrown)
  }
}

type Stored = Pick<Facts, 'documents' | 'stopped' | 'oldestWaiting' | 'destinations' | 'disk'>

const noFacts: Stored = {
  documents: {},
  stopped: 0,
  oldestWaiting: null,
  destinations: [],
  disk: { freeBytes: 0, reserveHeld: false },
}

function storedFacts(
  { config, store, queue }: HealthParts,
  deliveredTo: ReadonlyMap<string, number>,
  now: number,
): Stored {
  const summaries = queue.list({ stages: [...liveStages] })
  const waiting = summaries.filter(one => outbound.includes(one.stage))
  const oldest = waiting.toSorted((one, other) => one.createdAt - other.createdAt)[0]
  const iso = (ms: number) => new Date(ms).toISOString()
  return {
    documents: Object.fromEntries(
      liveStages.map(stage => [stage, summaries.filter(one => one.stage === stage).length]),
    ),
    stopped: waiting.filter(one => one.wakeAt === null).length,
    oldestWaiting:
      oldest === undefined
        ? null
        : {
            stage: oldest.stage,
            at: iso(oldest.createdAt),
            ageSeconds: Math.max(0, Math.round((now - oldest.createdAt) / 1000)),
          },
    destinations: config.destinations.map(destination => {
      const at = deliveredTo.get(destination.id)
      return { id: destination.id, host: hostOf(destination), lastDelivered: at === undefined ? null : iso(at) }
    }),
    disk: store.space(),
  }
}

async function cardState({ config, signer }: HealthParts): Promise<Health['card']> {
  const { tokenModules, keyStores } = config.devices
  if (tokenModules.length + keyStores.length === 0) return { state: 'none', code: null }
  const deadline = AbortSignal.timeout(cardDeadlineMs)
  try {
    const tokens = await signer.tokens(deadline)
    return { state: tokens.length === 0 ? 'absent' : 'present', code: null }
  } catch (thrown) {
    return deadline.aborted ? { state: 'busy', code: null } : { state: 'fault', code: asFault(thrown).code }
  }
}

function reasonsOf({ scanners, card, clock, disk, stopped, oldestWaiting, pausedHosts, documents }: Facts) {
  const reasons: HealthReason[] = []
  const note = (
    check: HealthReason['check'],
    severity: HealthReason['severity'],
    code: ErrorCode | null,
    detail: string,
  ) => reasons.push({ check, severity, code, detail })
  const usable = scanners.filter(({ state }) => state === 'ready' || state === 'busy')
  for (const { id, state, code } of scanners.filter(one => !usable.includes(one))) {
    const severity = usable.length === 0 ? 'failing' : 'warning'
    note(
      'scanner',
      severity,
      code ?? (state === 'absent' ? 'SCANNER_ABSENT' : 'SCANNER_FAILED'),
      `scanner ${id}: ${state}`,
    )
  }
  const counted = Object.keys(documents).length > 0
  if (counted && !disk.reserveHeld) note('disk', 'failing', 'DISK_FULL', 'the space that was kept back is used up')
  else if (counted && disk.freeBytes < lowDiskBytes) {
    note('disk', 'warning', null, `${Math.round(disk.freeBytes / 2 ** 20)} MiB are free`)
  }
  if (card.state === 'fault') note('card', 'warning', card.code, errorTable[card.code ?? 'TOKEN_MODULE_FAILED'].mend)
  if (clock.source === 'unknown') note('clock', 'warning', null, 'no time service is seen to set the clock')
  if (stopped > 0) note('queue', 'warning', null, `${stopped} finished copies are stopped for an operator`)
  if (oldestWaiting !== null && oldestWaiting.ageSeconds * 1000 > longWaitMs) {
    note('queue', 'warning', null, `a copy waits since ${oldestWaiting.at}`)
  }
  for (const { host, code, until } of pausedHosts) note('host', 'warning', code, `${host} is left alone until ${until}`)
  return reasons
}

/** Programs will be turned away, or are: copies are made all the same. */
function tlsReasons({ api }: Config, now: number): readonly HealthReason[] {
  const findings = api?.tls === undefined ? [] : tlsState(api.tls, now)
  return findings
    .filter(({ mend }) => mend !== '')
    .map(({ check, code, detail }) => ({ check: 'tls', severity: 'warning', code, detail: `${check}: ${detail}` }))
}

/** By destination, milliseconds since 1970, from the audit trail: the whole of it once, then what is new. */
function createLastDelivered({ audit }: Pick<Store, 'audit'>): () => ReadonlyMap<string, number> {
  const last = new Map<string, number>()
  let read = 0
  return () => {
    for (;;) {
      const entries = audit.list({ after: read, event: 'delivered' })
      for (const { sequence, at, details } of entries) {
        read = sequence
        const { destination }: { destination: string } = JSON.parse(details)
        last.set(destination, at)
      }
      if (entries.length === 0) return last
    }
  }
}
