// The net worker: the only part that reaches beyond this machine: the configured destinations by TLS, seal services, the
// time-stamping authority, what certificates point to, and what others ask to be signed. It sees what it is told to send,
// while it sends it; no devices, no keys, no queue.

import type { SealService } from '../../device/ports.ts'
import { createHttpsDelivery } from '../delivery/https.ts'
import { createHttpReferences, type HttpReferencesOptions } from '../reference/http.ts'
import { createHttpRevocation, type HttpRevocationOptions } from '../revocation/http.ts'
import type { SealConfig } from '../seal/services.ts'
import { createRfc3161Timestamper, type Rfc3161Options } from '../timestamper/rfc3161.ts'
import { createHttpTriphase } from '../triphase/http.ts'
import { revocationHandlers, timestamperHandlers } from './evidence-handlers.ts'
import { deliveryHandlers } from './handlers.ts'
import { hostWorker } from './host.ts'
import { referenceHandlers, triphaseHandlers } from './request-handlers.ts'
import { sealHandlers } from './seal-handlers.ts'

export interface NetConfiguration {
  readonly destinations: Parameters<typeof createHttpsDelivery>[0]['destinations']
  readonly seal: SealConfig
  readonly timestamping?: Rfc3161Options
  readonly revocation: HttpRevocationOptions
  readonly references: HttpReferencesOptions
}

await hostWorker<NetConfiguration>(({ destinations, seal, timestamping, revocation, references }) => {
  let seals: Promise<SealService> | undefined
  const timestamper = timestamping === undefined ? undefined : createRfc3161Timestamper(timestamping)
  return new Map([
    ...deliveryHandlers(createHttpsDelivery({ destinations })),
    ...sealHandlers(() => {
      // Most kiosks have no seal, and all of them wait for this worker.
      seals ??= import('../seal/services.ts').then(({ createSealServices }) => createSealServices(seal))
      return seals
    }),
    ...timestamperHandlers(timestamper),
    ...revocationHandlers(createHttpRevocation(revocation)),
    ...referenceHandlers(createHttpReferences(references)),
    ...triphaseHandlers(createHttpTriphase({ allowPrivate: references.allowPrivate })),
  ])
})
