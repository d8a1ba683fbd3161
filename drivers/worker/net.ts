// The net worker: the only part that reaches beyond this machine: the configured destinations by TLS, the time-stamping
// authority, what certificates point to, what others ask to be signed, and the card service. It sees what it is told to send, while it sends
// it; no devices, no keys, no queue.

import { createOpenapiCardShop, type OpenapiCardShopOptions } from '../cardshop/openapi.ts'
import { createHttpsDelivery } from '../delivery/https.ts'
import { createHttpReferences, type HttpReferencesOptions } from '../reference/http.ts'
import { createHttpRevocation, type HttpRevocationOptions } from '../revocation/http.ts'
import { createRfc3161Timestamper, type Rfc3161Options } from '../timestamper/rfc3161.ts'
import { createHttpTriphase } from '../triphase/http.ts'
import { cardHandlers } from './card-handlers.ts'
import { revocationHandlers, timestamperHandlers } from './evidence-handlers.ts'
import { deliveryHandlers } from './handlers.ts'
import { hostWorker } from './host.ts'
import { referenceHandlers, triphaseHandlers } from './request-handlers.ts'

export interface NetConfiguration {
  readonly destinations: Parameters<typeof createHttpsDelivery>[0]['destinations']
  readonly timestamping?: Rfc3161Options
  readonly revocation: HttpRevocationOptions
  readonly references: HttpReferencesOptions
  readonly cards?: OpenapiCardShopOptions
}

await hostWorker<NetConfiguration>(({ destinations, timestamping, revocation, references, cards }) => {
  const timestamper = timestamping === undefined ? undefined : createRfc3161Timestamper(timestamping)
  return new Map([
    ...deliveryHandlers(createHttpsDelivery({ destinations })),
    ...timestamperHandlers(timestamper),
    ...revocationHandlers(createHttpRevocation(revocation)),
    ...referenceHandlers(createHttpReferences(references)),
    ...cardHandlers(cards === undefined ? undefined : createOpenapiCardShop(cards)),
    ...triphaseHandlers(createHttpTriphase({ allowPrivate: references.allowPrivate })),
  ])
})
