// The keys that a server of the configuration may have, where it is pinned beyond its chain (RFC 7469, 2.4).

import Type from 'typebox'

/** The SHA-256 of a SubjectPublicKeyInfo, the server's own or an issuer's; a second one is for the next key. */
export const Pins = Type.Unsafe<readonly string[]>(
  Type.Array(Type.String({ pattern: '^sha256/[A-Za-z0-9+/]{43}=$' }), { minItems: 1, maxItems: 20, uniqueItems: true }),
)

/** A server of the configuration that TLS is spoken with. */
export interface PinnablePeer {
  /** As the configuration calls it: `destination archive`. */
  readonly name: string
  readonly url: string
  readonly caFile?: string | undefined
  readonly pins?: readonly string[] | undefined
}

type Trusting = Omit<PinnablePeer, 'name'>

interface Client {
  readonly id: string
  readonly pins: Readonly<Record<string, readonly string[]>>
  readonly callbackCaFile?: string | undefined
}

/** By `name` or `name:port`. */
interface HostTrust {
  readonly pins: Readonly<Record<string, readonly string[]>>
  readonly caFiles: Readonly<Record<string, string>>
}

interface Peering {
  readonly destinations: readonly ({ readonly id: string } & (
    | { readonly driver: 'sftp' }
    | (Trusting & { readonly driver: 's3'; readonly bucket: string; readonly addressing?: string })
    | (Trusting & { readonly driver: string })
  ))[]
  readonly seal?: { readonly services: readonly (Trusting & { readonly id: string; readonly tokenUrl?: string })[] }
  readonly timestamping?: Trusting
  readonly extension?: { readonly service: Trusting }
  readonly clave?: Trusting
  readonly cards?: Trusting
  readonly batches: HostTrust
  readonly revocation: HostTrust
  readonly api?: { readonly clients: readonly Client[] }
}

/** Each server once; those of time-stamps and batches that are asked without TLS are none. */
export function pinnablePeers(config: Peering): readonly PinnablePeer[] {
  const { destinations, seal, clave, timestamping, extension, cards, batches, revocation, api } = config
  const peer = (name: string, { url, caFile, pins }: Trusting): PinnablePeer => ({ name, url, caFile, pins })
  const all = [
    ...destinations.flatMap(one => {
      if (!('url' in one)) return []
      const url = 'bucket' in one && one.addressing === 'host' ? one.url.replace('://', `://${one.bucket}.`) : one.url
      return [peer(`destination ${one.id}`, { ...one, url })]
    }),
    ...(seal?.services ?? []).flatMap(one => [
      peer(`seal service ${one.id}`, one),
      ...(one.tokenUrl === undefined || originOf(one.tokenUrl) === originOf(one.url)
        ? []
        : [peer(`tokens of seal service ${one.id}`, { ...one, url: one.tokenUrl })]),
    ]),
    ...(timestamping === undefined ? [] : [peer('time-stamping', timestamping)]),
    ...(extension === undefined ? [] : [peer('extension service', extension.service)]),
    ...(clave === undefined ? [] : [peer('Cl@ve Firma', clave)]),
    ...(cards === undefined ? [] : [peer('card service', cards)]),
    ...pinnedHosts('batches', batches),
    ...pinnedHosts('revocation', revocation),
    ...(api?.clients ?? []).flatMap(client =>
      Object.entries(client.pins).map(([host, pins]) =>
        peer(`callbacks of ${client.id} to ${host}`, { url: `https://${host}/`, caFile: client.callbackCaFile, pins }),
      ),
    ),
  ]
  return all.filter(({ url }) => url.startsWith('https://'))
}

function pinnedHosts(what: string, { pins, caFiles }: HostTrust): readonly PinnablePeer[] {
  return Object.entries(pins).map(([host, own]) => ({
    name: `${what} host ${host}`,
    url: `https://${host}/`,
    caFile: caFiles[host],
    pins: own,
  }))
}

const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : url)
