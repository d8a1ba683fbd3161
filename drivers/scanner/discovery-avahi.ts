// What eSCL scanners announce by mDNS (DNS-SD `_uscan._tcp` and `_uscans._tcp`), as avahi-browse prints it. Avahi owns the
// multicast socket of a Debian machine, and ipp-usb announces its scanners to it on loopback; this process sends nothing.

import { run } from '../exec.ts'
import { oneLine } from './xml.ts'

/** Its own end comes after about a second, when all caches are read. */
const browseTimeoutMs = 5_000
const maxOutputBytes = 256 * 1024
const maxAnnouncements = 200

/** One announcement of a scanner at one address; nothing of it is proven. */
export interface Announcement {
  /** The eSCL root. */
  readonly url: string
  readonly address: string
  readonly name: string
  readonly uuid?: string
  readonly sources: readonly ('adf' | 'flatbed')[]
  readonly duplex: boolean
}

/** Everything that is announced; empty where no avahi is. Throws the signal's reason. */
export async function browseAvahi(
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<readonly Announcement[]> {
  const services = ['_uscan._tcp', '_uscans._tcp'].map(async service => {
    const { stdout } = await run(
      'avahi-browse',
      ['--parsable', '--resolve', '--terminate', '--no-db-lookup', service],
      { environment, timeoutMs: browseTimeoutMs, maxOutputBytes, ...(signal === undefined ? {} : { signal }) },
    )
    return parseBrowse(new TextDecoder().decode(stdout))
  })
  return (await Promise.all(services)).flat().slice(0, maxAnnouncements)
}

/** The resolved services in the output of `avahi-browse --parsable --resolve`; lines of any other kind are passed over. */
export function parseBrowse(output: string): readonly Announcement[] {
  return output.split('\n').flatMap(line => {
    const [kind, , , name = '', service, , , address = '', port = '', ...text] = line.split(';')
    if (kind !== '=' || !/^\d{1,5}$/.test(port) || !/^[0-9a-f.:]+$/i.test(address)) return []
    const records = recordsOf(text.join(';'))
    const root = (records.get('rs') ?? 'eSCL').replace(/^\/+|\/+$/g, '')
    if (!/^[\w.~/-]{1,100}$/.test(root)) return []
    const scheme = service === '_uscans._tcp' ? 'https' : 'http'
    const host = address.includes(':') ? `[${address}]` : address
    const uuid = records.get('uuid')
    const sources = (records.get('is') ?? '').toLowerCase().split(',')
    return [
      {
        url: `${scheme}://${host}:${port}/${root}`,
        address,
        name: oneLine(records.get('ty') ?? unescaped(name)),
        ...(uuid === undefined || uuid === '' ? {} : { uuid: oneLine(uuid) }),
        sources: [
          ...(sources.includes('adf') ? (['adf'] as const) : []),
          ...(sources.includes('platen') ? (['flatbed'] as const) : []),
        ],
        duplex: /^t/i.test(records.get('duplex') ?? ''),
      },
    ]
  })
}

/** The TXT record (RFC 6763, 6.3): strings in quotes; keys count without regard to case, the first of a kind wins. */
function recordsOf(text: string): ReadonlyMap<string, string> {
  const records = new Map<string, string>()
  for (const [, key = '', value = ''] of text.matchAll(/"([^"=]+)=((?:[^"\\]|\\.)*)"/g)) {
    if (!records.has(key.toLowerCase())) records.set(key.toLowerCase(), value)
  }
  return records
}

/** A name's bytes that are not plain come as a backslash and three decimal digits (RFC 6763, 4.3). */
function unescaped(name: string): string {
  const bytes = name.replace(/\\(\d{3}|.)/g, (_, written: string) =>
    written.length === 3 ? String.fromCharCode(Number(written) & 0xff) : written,
  )
  return /^[\0-\xff]*$/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes
}
