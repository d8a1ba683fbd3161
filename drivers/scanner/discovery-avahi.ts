// What eSCL scanners announce by mDNS (DNS-SD `_uscan._tcp` and `_uscans._tcp`).

import { type AnnouncedService, authorityOf, browseAvahi } from '../avahi.ts'
import { oneLine } from '../local-devices.ts'

/** One announcement of a scanner at one address; nothing of it is proven. */
export interface Announcement {
  /** The eSCL root. */
  readonly url: string
  readonly host: string
  readonly address: string
  readonly name: string
  readonly uuid?: string
  readonly sources: readonly ('adf' | 'flatbed')[]
  readonly duplex: boolean
}

/** Everything that is announced; empty where no avahi is. Throws the signal's reason. */
export async function browseScanners(
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<readonly Announcement[]> {
  return (await browseAvahi(['_uscan._tcp', '_uscans._tcp'], environment, signal)).flatMap(scannerOf)
}

/** The scanner that is announced; none where the announcement cannot be one's. */
export function scannerOf(announced: AnnouncedService): readonly Announcement[] {
  const { service, name, host, address, records } = announced
  const root = (records.get('rs') ?? 'eSCL').replace(/^\/+|\/+$/g, '')
  if (!/^[\w.~/-]{1,100}$/.test(root)) return []
  const scheme = service === '_uscans._tcp' ? 'https' : 'http'
  const uuid = records.get('uuid')
  const sources = (records.get('is') ?? '').toLowerCase().split(',')
  return [
    {
      url: `${scheme}://${authorityOf(announced)}/${root}`,
      host,
      address,
      name: oneLine(records.get('ty') ?? name),
      ...(uuid === undefined || uuid === '' ? {} : { uuid: oneLine(uuid) }),
      sources: [
        ...(sources.includes('adf') ? (['adf'] as const) : []),
        ...(sources.includes('platen') ? (['flatbed'] as const) : []),
      ],
      duplex: /^t/i.test(records.get('duplex') ?? ''),
    },
  ]
}
