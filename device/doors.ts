// The ways in for programs and for pages, where the configuration opens them.

import type { Config } from './config/config.ts'
import type { ServedExtension } from './http/api.ts'
import type { CardDesk } from './orders/desk.ts'
import type { Requests } from './requests/requests.ts'
import type { Sessions } from './requests/session-desk.ts'
import type { Surroundings } from './rooms.ts'
import type { Store } from './store/store.ts'

/** `api` is where programs are served; null where they are not. Throws PORT_TAKEN, and what the files of the clients throw. */
export async function openDoors(
  config: Config,
  folder: string,
  { batches, pages, showRefused, extension, cards, sessions, audit }: Served,
  { clock, random, log }: Surroundings,
): Promise<{ readonly api: string | null; readonly open: readonly Door[] }> {
  const { api, autofirma, batches: limits, kiosk } = config
  const open: Door[] = []
  let url: string | null = null
  if (api !== undefined) {
    const { startApi } = await import('./http/api.ts')
    const started = await startApi({
      config: api,
      maxBodyBytes: limits.maxMegabytes * 2 ** 20,
      batches,
      ...{ audit, clock, log },
      extension,
      sessions,
      cards: cards && config.cards && { desk: cards, config: config.cards },
    })
    log.info('programs are served', { url: started.url })
    url = started.url
    open.push(started)
  }
  if (autofirma !== undefined) {
    const { startAfirma } = await import('./http/afirma-service.ts')
    const parts = { config: autofirma, kioskId: kiosk.id, folder, desk: pages, onRefused: showRefused }
    open.push(await startAfirma({ ...parts, clock, random, log }))
  }
  return { api: url, open }
}

interface Served extends Requests {
  readonly audit: Store['audit']
  readonly extension: ServedExtension | undefined
  readonly cards: CardDesk | undefined
  readonly sessions: Sessions | undefined
}

interface Door {
  close(): Promise<void>
}
