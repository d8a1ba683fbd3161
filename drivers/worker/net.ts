// The net worker: the only part that reaches beyond this machine: the configured destinations by TLS, the time-stamping
// authority, what certificates point to, and what others ask to be signed. It sees what it is told to send, while it sends
// it; no devices, no keys, no queue.

import { createDelivery, type DestinationOptions } from '../delivery/destinations.ts'
import { createHttpReferences, type HttpReferencesOptions } from '../reference/http.ts'
import { createHttpRevocation, type HttpRevocationOptions } from '../revocation/http.ts'
import { createRfc3161Timestamper, type Rfc3161Options } from '../timestamper/rfc3161.ts'
import { createHttpTriphase } from '../triphase/http.ts'
import { revocationHandlers, timestamperHandlers } from './evidence-handlers.ts'
import { deliveryHandlers } from './handlers.ts'
import { hostWorker } from './host.ts'
import { referenceHandlers, triphaseHandlers } from './request-handlers.ts'

export interface NetConfiguration {
  readonly destinations: readonly DestinationOptions[]
  readonly timestamping?: Rfc3161Options
  readonly revocation: HttpRevocationOptions
  readonly references: HttpReferencesOptions
}

await hostWorker<NetConfiguration>(({ destinations, timestamping, revocation, references }) => {
  const timestamper = timestamping === undefined ? undefined : createRfc3161Timestamper(timestamping)
  return new Map([
    ...deliveryHandlers(createDelivery({ destinations })),
    ...timestamperHandlers(timestamper),
    ...revocationHandlers(createHttpRevocation(revocation)),
    ...referenceHandlers(createHttpReferences(references)),
    ...triphaseHandlers(createHttpTriphase({ allowPrivate: references.allowPrivate })),
  ])
})
