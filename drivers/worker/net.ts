// The net worker: the only part that reaches beyond this machine: the configured destinations by TLS, seal services, Cl@ve
// Firma, the time-stamping authority, the extension service, what certificates point to, the card service, what others ask to be
// signed, and the callbacks of sessions. It sees what it is told to send, while it sends it; no devices, no keys, no queue.

import type { ClaveFirma, ClaveTestPages } from '../../device/ports.ts'
import { type Breakers, createBreakers } from '../breakers.ts'
import { type CallbackClient, createWebhooks } from '../callback/webhook.ts'
import { createOpenapiCardShop, type OpenapiCardShopOptions } from '../cardshop/openapi.ts'
import type { FireOptions } from '../clave/fire.ts'
import { createDelivery, type DestinationOptions, enterDestination } from '../delivery/destinations.ts'
import { createFortressExtender, type FortressOptions } from '../extender/fortress.ts'
import { keysOf } from '../peers/tls.ts'
import { createHttpReferences, type HttpReferencesOptions } from '../reference/http.ts'
import { createHttpRevocation, type HttpRevocationOptions } from '../revocation/http.ts'
import type { createSealServices, SealConfig } from '../seal/services.ts'
import { createRfc3161Timestamper, type Rfc3161Options } from '../timestamper/rfc3161.ts'
import { createHttpTriphase } from '../triphase/http.ts'
import { callbackHandlers } from './callback-handlers.ts'
import { cardHandlers } from './card-handlers.ts'
import { claveHandlers } from './clave-handlers.ts'
import { revocationHandlers, timestamperHandlers } from './evidence-handlers.ts'
import { extenderHandlers } from './extender-handlers.ts'
import { deliveryHandlers } from './handlers.ts'
import { hostWorker } from './host.ts'
import { peerHandlers } from './peer-handlers.ts'
import { referenceHandlers, triphaseHandlers } from './request-handlers.ts'
import { sealHandlers } from './seal-handlers.ts'

export interface NetConfiguration {
  readonly destinations: readonly DestinationOptions[]
  readonly seal: SealConfig
  readonly clave?: FireOptions
  readonly timestamping?: Rfc3161Options
  readonly extension?: FortressOptions
  readonly revocation: HttpRevocationOptions
  readonly references: HttpReferencesOptions
  readonly cards?: OpenapiCardShopOptions
  /** Who may be told of its sessions, and where. */
  readonly callbackClients: readonly CallbackClient[]
}

await hostWorker<NetConfiguration>((configuration, atEnd) => {
  const { destinations, seal, clave, timestamping, extension, revocation, references, cards, callbackClients } =
    configuration
  const breakers = createBreakers()
  let seals: Promise<ReturnType<typeof createSealServices>> | undefined
  atEnd(async () => (await seals)?.leave())
  const timestamper = timestamping === undefined ? undefined : createRfc3161Timestamper(timestamping, breakers)
  const extender = extension === undefined ? undefined : createFortressExtender(extension, breakers)
  return new Map([
    ...deliveryHandlers(createDelivery({ destinations })),
    ...sealHandlers(() => {
      // Most kiosks have no seal, and all of them wait for this worker.
      seals ??= import('../seal/services.ts').then(module => module.createSealServices(seal, breakers))
      return seals
    }),
    ...claveHandlers(clave === undefined ? undefined : claveOf(clave, breakers)),
    ...timestamperHandlers(timestamper),
    ...extenderHandlers(extender),
    ...revocationHandlers(createHttpRevocation(revocation, breakers)),
    ...referenceHandlers(createHttpReferences(references, breakers)),
    ...peerHandlers({
      keys: keysOf,
      enter: (id, signal) => enterDestination({ destinations }, id, signal ?? new AbortController().signal),
      resting: async () => breakers.resting(),
      wake: async host => breakers.wake(host),
    }),
    ...cardHandlers(cards === undefined ? undefined : createOpenapiCardShop(cards, breakers)),
    ...callbackHandlers(createWebhooks({ clients: callbackClients })),
    ...triphaseHandlers(createHttpTriphase(references, breakers)),
  ])
})

/** Loaded with the first call, as seals are. */
function claveOf(options: FireOptions, breakers: Breakers): () => Promise<ClaveFirma & ClaveTestPages> {
  let made: Promise<ClaveFirma & ClaveTestPages> | undefined
  return () => {
    made ??= Promise.all([import('../clave/fire.ts'), import('../clave/test-pages.ts')]).then(([fire, pages]) => ({
      ...fire.createFire(options, breakers),
      ...pages.createTestPages(options),
    }))
    return made
  }
}
