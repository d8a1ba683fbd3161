// What an operator who asks for the state of the appliance is told.

import { checkStates } from './calibration.ts'
import type { Config } from './config/config.ts'
import type { ApplianceStatus } from './http/operator.ts'
import type { CardDesk } from './orders/desk.ts'
import type { Pauses } from './pauses.ts'
import type { Printer, Scanner } from './ports.ts'
import { liveStages, type Queue } from './queue.ts'
import { type SessionStage, sessionStages } from './session/session.ts'
import type { Store } from './store/store.ts'
import { version } from './version.ts'

function countsOf(sessions: Store['sessions']): Readonly<Record<SessionStage, number>> {
  const all = sessions.list()
  const count = (stage: SessionStage) => all.filter(one => one.stage === stage).length
  return Object.fromEntries(sessionStages.map(stage => [stage, count(stage)])) as Record<SessionStage, number>
}

interface StatusParts {
  readonly config: Config
  readonly store: Store
  readonly scanner: Scanner
  /** Absent where none is configured. */
  readonly printer: Pick<Printer, 'info'> | undefined
  readonly queue: Queue
  readonly pauses: Pick<Pauses, 'list'>
  readonly cards: CardDesk | undefined
  readonly startedAt: string
  readonly url: string
  readonly api: string | null
  readonly now: number
}

/** The state of the appliance in a few numbers, without a word about anybody. */
export async function statusOf({
  config,
  store,
  scanner,
  printer,
  queue,
  pauses,
  cards,
  startedAt,
  url,
  api,
  now,
}: StatusParts): Promise<ApplianceStatus> {
  const summaries = queue.list({ stages: [...liveStages] })
  const outbound = ['unsealed', 'extending', 'delivering']
  const waiting = summaries.filter(one => outbound.includes(one.stage)).map(one => one.createdAt)
  return {
    version,
    kiosk: config.kiosk.id,
    screen: url,
    startedAt,
    scanners: await scanner.list(),
    printer: (await printer?.info()) ?? null,
    calibrations: checkStates(config, store.calibrations.last(), now),
    documents: Object.fromEntries(
      liveStages.map(stage => [stage, summaries.filter(one => one.stage === stage).length]),
    ),
    batches: {
      waiting: store.batches.list({ stages: ['waiting'] }).length,
      done: store.batches.list({ stages: ['done'] }).length,
    },
    sessions: countsOf(store.sessions),
    api,
    cards: cards?.state() ?? null,
    oldestWaiting: waiting.length === 0 ? null : new Date(Math.min(...waiting)).toISOString(),
    pausedHosts: await pauses.list(),
    freeBytes: store.space().freeBytes,
    audit: store.audit.head(),
  }
}
