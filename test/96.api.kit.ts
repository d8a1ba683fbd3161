// The interface for programs over a real store, without a kiosk behind it: what is signed, a test says.

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { newIdFrom } from '../device/host.ts'
import { type ServedExtension, startApi } from '../device/http/api.ts'
import type { BatchEnd } from '../device/requests/batch-ledger.ts'
import { type Batches, createBatches } from '../device/requests/batches.ts'
import type { Store } from '../device/store/store.ts'
import { newPlace, openAt, seeded, streamOf } from './25.store.setup.ts'
import { logInto } from './95.afirma.desk.ts'
import { type Program, programAt } from './requests.kit.ts'
import { createLeapingClock, type LeapingClock } from './sim/clock.ts'

export interface ApiStand {
  readonly url: string
  readonly store: Store
  readonly clock: LeapingClock
  readonly batches: Batches
  /** The blobs of the store. */
  readonly blobs: string
  readonly logged: readonly string[]
  program(client?: string): Program
  /** As a person at the screen would: signs the items of these numbers, fails the others, and ends the batch. */
  sign(id: string, signed: readonly number[], failed?: readonly number[], end?: BatchEnd): Promise<void>
}

export interface ApiStandOptions {
  readonly config?: object
  readonly batches?: object
  /** What is configured of each client beside its token. */
  readonly client?: object
  /** Other parts of the configuration. */
  readonly more?: object
  /** First line of the token file of each client. */
  readonly tokens?: Readonly<Record<string, string>>
  readonly mode?: number
  readonly extension?: ServedExtension
}

export const tokens = { ledger: 'the-token-of-the-ledger', other: 'the-token-of-the-other' } as const

/** Gone after the test. */
export async function apiStand(options: ApiStandOptions = {}): Promise<ApiStand> {
  const place = newPlace()
  const store = openAt(place)
  const logged: string[] = []
  const named = Object.entries(options.tokens ?? tokens).map(([id, token]) => {
    const tokenFile = join(place.root, `${id}.token`)
    writeFileSync(tokenFile, `${token}\nanything else\n`)
    chmodSync(tokenFile, options.mode ?? 0o600)
    return { id, tokenFile, ...options.client }
  })
  const api = { port: 0, clients: named, ...options.config }
  const config = parseConfig({ ...least, api, batches: options.batches ?? {}, ...options.more })
  const log = logInto(logged)
  const random = seeded('api')
  const clock = createLeapingClock()
  const batches = createBatches({ config, store, clock, log, newId: () => newIdFrom(random) })
  onTestFinished(() => batches.stop())
  if (config.api === undefined) throw new Error('no api')
  const maxBodyBytes = config.batches.maxMegabytes * 2 ** 20
  const { extension } = options
  const around = { audit: store.audit, clock, log }
  const started = await startApi({ ...around, config: config.api, maxBodyBytes, batches, extension })
  onTestFinished(() => started.close())
  return {
    url: started.url,
    store,
    clock,
    batches,
    blobs: join(place.folder, 'blobs'),
    logged,
    program: (client = 'ledger') => programAt(started.url, (options.tokens ?? tokens)[client as 'ledger'] ?? client),
    async sign(id, signed, failed = [], end = 'finished') {
      const open = await batches.take(id)
      open.takenUp('0'.repeat(64))
      for (const number of signed) {
        await open.ledger.intend(number, { signingTime: 1, signatureId: 'x' })
        const bytes = streamOf(Buffer.from(`signature ${number}`))
        await open.ledger.signed(number, { format: 'CAdES', bytes, ignored: [] })
      }
      for (const number of failed) await open.ledger.failed(number, 'PDF_UNREADABLE', 'no PDF')
      open.end(end)
    },
  }
}

const least = {
  body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
  procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
}
