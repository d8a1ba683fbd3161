// Whether an address out of foreign hands names a host that the configuration allows.

/** Whether a URL's host is one of those configured, `name` for all its ports or `name:port`. */
export function amongHosts(hosts: readonly string[]): (url: URL) => boolean {
  const names = new Set(hosts.map(host => host.toLowerCase()))
  return url => names.has(url.hostname) || names.has(hostAndPort(url))
}

/** `name:port` of a URL. */
export function hostAndPort(address: URL | string): string {
  const url = new URL(address)
  return `${url.hostname}:${portOf(url)}`
}

/** Of a URL, also where it is the scheme's own. */
export function portOf({ port, protocol }: URL): string {
  if (port !== '') return port
  return protocol === 'https:' ? '443' : '80'
}
