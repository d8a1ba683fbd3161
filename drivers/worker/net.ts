// The net worker: the only part that reaches beyond this machine, to the configured destinations by TLS. It sees what it
// is told to send, while it sends it; no devices, no keys, no queue.

import { createHttpsDelivery } from '../delivery/https.ts'
import { deliveryHandlers } from './handlers.ts'
import { hostWorker } from './host.ts'

await hostWorker<Parameters<typeof createHttpsDelivery>[0]>(configuration =>
  deliveryHandlers(createHttpsDelivery(configuration)),
)
