// The net worker: the only part that reaches beyond this machine: the configured destinations by TLS, the time-stamping
// authority, and what certificates point to. It sees what it is told to send, while it sends it; no devices, no keys, no
// queue.

import { createHttpsDelivery } from '../delivery/https.ts'
import { createHttpRevocation, type HttpRevocationOptions } from '../revocation/http.ts'
import { createRfc3161Timestamper, type Rfc3161Options } from '../timestamper/rfc3161.ts'
import { revocationHandlers, timestamperHandlers } from './evidence-handlers.ts'
import { deliveryHandlers } from './handlers.ts'
import { hostWorker } from './host.ts'

export interface NetConfiguration {
  readonly destinations: Parameters<typeof createHttpsDelivery>[0]['destinations']
  readonly timestamping?: Rfc3161Options
  readonly revocation: HttpRevocationOptions
}

await hostWorker<NetConfiguration>(({ destinations, timestamping, revocation }) => {
  const timestamper = timestamping === undefined ? undefined : createRfc3161Timestamper(timestamping)
  return new Map([
    ...deliveryHandlers(createHttpsDelivery({ destinations })),
    ...timestamperHandlers(timestamper),
    ...revocationHandlers(createHttpRevocation(revocation)),
  ])
})
