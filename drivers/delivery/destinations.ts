// All destinations behind one Delivery: each request goes to the driver that its destination names.

import { Fault } from '../../device/errors.ts'
import type { Clock, Delivery } from '../../device/ports.ts'
import { type CopiaDestination, createCopiaDelivery, enterCopia } from './copia.ts'
import { createHttpsDelivery, type HttpsDestination } from './https.ts'
import { createS3Delivery, type S3Destination } from './s3.ts'
import { createSftpDelivery, type SftpDestination } from './sftp.ts'
import { createWebdavDelivery, type WebdavDestination } from './webdav.ts'

export type DestinationOptions =
  | ({ readonly driver: 'copia' } & CopiaDestination)
  | ({ readonly driver: 'https' } & HttpsDestination)
  | ({ readonly driver: 's3' } & S3Destination)
  | ({ readonly driver: 'sftp' } & SftpDestination)
  | ({ readonly driver: 'webdav' } & WebdavDestination)

export interface DeliveryOptions {
  readonly destinations: readonly DestinationOptions[]
  readonly clock?: Pick<Clock, 'now'>
}

/** Throws what the drivers throw: CONFIG_INVALID for an unknown destination, REQUEST_INVALID, BLOB_DAMAGED. */
export function createDelivery({ destinations, clock }: DeliveryOptions): Delivery {
  const of = <K extends DestinationOptions['driver']>(driver: K) => ({
    destinations: destinations.filter(
      (one): one is Extract<DestinationOptions, { driver: K }> => one.driver === driver,
    ),
    ...(clock !== undefined && { clock }),
  })
  const drivers: Readonly<Record<DestinationOptions['driver'], Delivery>> = {
    copia: createCopiaDelivery(of('copia')),
    https: createHttpsDelivery(of('https')),
    s3: createS3Delivery(of('s3')),
    sftp: createSftpDelivery(of('sftp')),
    webdav: createWebdavDelivery(of('webdav')),
  }
  const driverOf = new Map(destinations.map(({ id, driver }) => [id, drivers[driver]]))
  const deliver: Delivery['deliver'] = async (request, signal) => {
    const driver = driverOf.get(request.destinationId)
    if (driver !== undefined) return driver.deliver(request, signal)
    await request.body[Symbol.asyncIterator]().return?.()
    throw new Fault('CONFIG_INVALID', `destinations: none has the id ${request.destinationId}`)
  }
  return Object.freeze({ deliver })
}

/** Whether a destination lets the kiosk in; false where it can only be asked with a copy. Throws the Faults of a delivery. */
export async function enterDestination(
  { destinations, clock }: DeliveryOptions,
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  const destination = destinations.find(one => one.id === id)
  if (destination?.driver !== 'copia') return false
  await enterCopia({ destination, signal, now: clock?.now ?? Date.now })
  return true
}
