// What is announced by mDNS (DNS-SD, RFC 6763), as avahi-browse prints it. Avahi owns the multicast socket of a Debian machine,
// and ipp-usb announces its devices to it on loopback; this process sends nothing.

import { run } from './exec.ts'

/** Its own end comes after about a second, when all caches are read. */
const browseTimeoutMs = 5_000
const maxOutputBytes = 256 * 1024
const maxServices = 200

/** One service at one address; nothing of it is proven. */
export interface AnnouncedService {
  /** `_uscan._tcp`, for example. */
  readonly service: string
  readonly name: string
  readonly host: string
  readonly address: string
  readonly port: string
  /** The TXT record by its keys in lower case. */
  readonly records: ReadonlyMap<string, string>
}

/** Everything of these kinds that is announced; empty where no avahi is. Throws the signal's reason. */
export async function browseAvahi(
  services: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<readonly AnnouncedService[]> {
  const said = async (command: string, ...args: readonly string[]) => {
    const options = { environment, timeoutMs: browseTimeoutMs, maxOutputBytes }
    const { stdout } = await run(command, args, { ...options, ...(signal === undefined ? {} : { signal }) })
    return new TextDecoder().decode(stdout)
  }
  const browsed = services.map(async service =>
    parseBrowse(await said('avahi-browse', '--parsable', '--resolve', '--terminate', '--no-db-lookup', service)),
  )
  const found = (await Promise.all(browsed)).flat().slice(0, maxServices)
  // Avahi gives one address of each host, and prefers the kind that devices serve least.
  const hosts = [...new Set(found.filter(({ address }) => address.includes(':')).map(({ host }) => host))]
  if (hosts.length === 0) return found
  return withIpv4(found, await said('avahi-resolve-host-name', '-4', '--', ...hosts))
}

/** The services, those at IPv6 addresses also, and first, at the IPv4 addresses that avahi-resolve-host-name found. */
export function withIpv4(found: readonly AnnouncedService[], resolved: string): readonly AnnouncedService[] {
  const lines = resolved.split('\n').map(line => line.trim().split(/\s+/))
  const addresses = new Map(lines.map(([host = '', address = '']) => [host, address]))
  return found.flatMap(service => {
    const address = addresses.get(service.host) ?? ''
    return service.address.includes(':') && /^[\d.]{7,15}$/.test(address) ? [{ ...service, address }, service] : service
  })
}

/** The resolved services in the output of `avahi-browse --parsable --resolve`; lines of any other kind are passed over. */
export function parseBrowse(output: string): readonly AnnouncedService[] {
  return output.split('\n').flatMap(line => {
    const [kind, , , name = '', service = '', , host = '', address = '', port = '', ...text] = line.split(';')
    if (kind !== '=' || !/^\d{1,5}$/.test(port) || !/^[0-9a-f.:]+$/i.test(address)) return []
    if (!/^\w[\w.-]{0,250}$/.test(host)) return []
    return [{ service, name: unescaped(name), host, address, port, records: recordsOf(text.join(';')) }]
  })
}

/** `name:port` as in a URL. */
export function authorityOf({ address, port }: AnnouncedService): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}

/** The TXT record (RFC 6763, 6.3): strings in quotes; keys count without regard to case, the first of a kind wins. */
function recordsOf(text: string): ReadonlyMap<string, string> {
  const records = new Map<string, string>()
  for (const [, key = '', value = ''] of text.matchAll(/"([^"=]+)=((?:[^"\\]|\\.)*)"/g)) {
    if (!records.has(key.toLowerCase())) records.set(key.toLowerCase(), unescaped(value))
  }
  return records
}

/** Bytes that are not plain come as a backslash and three decimal digits (RFC 6763, 4.3), or as themselves behind one. */
function unescaped(name: string): string {
  const bytes = name.replace(/\\(\d{3}|.)/g, (_, written: string) =>
    written.length === 3 ? String.fromCharCode(Number(written) & 0xff) : written,
  )
  return /^[\0-\xff]*$/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes
}
