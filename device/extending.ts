// What the appliance raises signatures with, put together from its configuration: for its own copies, here or by a remote
// service, and for other programs.

import type { Config } from './config/config.ts'
import { createExtensionService, type ExtensionParts } from './extension.ts'
import type { ServedExtension } from './http/api.ts'
import type { Timestamper } from './ports.ts'
import type { Rooms, Surroundings } from './rooms.ts'
import { createServedExtension } from './served-extension.ts'
import type { Store } from './store/store.ts'
import { createEvidenceCache } from './trust/evidence-cache.ts'

/** What levels above B take; a copy that wants a time-stamp where no authority is configured any more is held. */
export function extensionParts(
  { timestamping, extension }: Config,
  rooms: Rooms,
  around: Pick<ExtensionParts, 'anchors' | 'newId' | 'folder' | 'clock'>,
) {
  const timestamper: Timestamper = { stamp: async (query, signal) => rooms.timestamper().stamp(query, signal) }
  const { policy } = timestamping ?? {}
  const service = (config: NonNullable<Config['extension']>) =>
    createExtensionService({
      ...around,
      config,
      extender: rooms.extender(),
      documents: rooms.documents(),
      strict: true,
    })
  return {
    timestamper,
    revocation: rooms.revocation(),
    cache: createEvidenceCache(),
    ...(policy !== undefined && { timestampPolicy: policy }),
    ...(extension !== undefined && { service: service(extension) }),
  }
}

/** Raising signatures for programs; undefined where the configuration does not open it. */
export function servedExtension(
  { api, timestamping }: Config,
  rooms: Rooms,
  {
    store,
    random,
    ...around
  }: Surroundings & Pick<ExtensionParts, 'anchors' | 'newId' | 'folder'> & { readonly store: Store },
): ServedExtension | undefined {
  if (api?.extension === undefined || timestamping === undefined) return undefined
  const maxBytes = api.extension.maxMegabytes * 2 ** 20
  const { policy, ...authority } = timestamping
  const extender = createServedExtension({
    ...around,
    maxBytes,
    documents: rooms.documents(),
    references: rooms.references(),
    timestamper: rooms.timestamper(),
    revocation: rooms.revocation(),
    ...(policy !== undefined && { timestampPolicy: policy }),
    audit: entry => void store.audit.append(entry),
  })
  return { extender, authority, maxBytes, random }
}
