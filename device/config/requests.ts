// The part of the configuration about what others ask to be signed: the limits of a batch and where its documents may come
// from, the interface for other programs, and the sites whose pages may sign as with AutoFirma. The last two are off by
// default.

import Type from 'typebox'
import { attributeType } from '../trust/name-filter.ts'
import { ServedExtension } from './extension.ts'
import { Pins } from './pins.ts'
import { csvPattern, largestMegabytes, legend, paper, Texts } from './procedure.ts'
import { Id } from './scanners.ts'
import { Ine10 } from './seal.ts'

const strict = { additionalProperties: false } as const
const File = Type.String({ minLength: 1 })
const Host = Type.String({ pattern: '^[A-Za-z0-9._:[\\]-]{1,260}$' })
const Hosts = Type.Array(Host, { default: [], maxItems: 100 })
const Origin = Type.String({ pattern: '^https://[a-z0-9.-]+(:\\d{1,5})?$' })

export const Batches = Type.Object(
  {
    /** References to local files are followed below these folders only. */
    folders: Type.Array(Type.String({ minLength: 1 }), { default: [], maxItems: 20 }),
    /** Hosts, `name` or `name:port`, that references may point to by http or https. */
    hosts: Hosts,
    /** Those of `hosts` whose addresses need not be public. */
    allowPrivate: Hosts,
    /** The keys that hosts of references and of three-phase services, `name` or `name:port`, may have; they need TLS then. */
    pins: Type.Record(Host, Pins, { default: {} }),
    /** PEM of the only authorities trusted for such a host; for the others the runtime's own list. */
    caFiles: Type.Record(Host, File, { default: {} }),
    maxDocuments: Type.Integer({ minimum: 1, maximum: 100_000, default: 10_000 }),
    /** Of the whole batch as JSON text. */
    maxMegabytes: Type.Integer({ minimum: 1, maximum: 100_000, default: 1024 }),
    /** Of one document. */
    maxDocumentMegabytes: Type.Integer({ minimum: 1, maximum: 256, default: 64 }),
    allowSha1: Type.Boolean({ default: false }),
    /** Of one client, so that nobody fills the disk. */
    maxWaiting: Type.Integer({ minimum: 1, maximum: 1000, default: 20 }),
    /** How long a batch waits for somebody to take it up before it is erased. */
    waitingHours: Type.Integer({ minimum: 1, maximum: 8760, default: 168 }),
    /** How long the result of a batch waits to be fetched before it is erased. */
    retentionHours: Type.Integer({ minimum: 1, maximum: 720, default: 12 }),
  },
  { ...strict, default: {} },
)

/** What a session's request does not say. */
const Sessions = Type.Object(
  {
    /** How long a session waits for the person with the pick-up code. */
    waitingHours: Type.Integer({ minimum: 1, maximum: 720, default: 24 }),
    /** How long a finished copy waits to be fetched; a request may ask for less. */
    retentionHours: Type.Integer({ minimum: 1, maximum: 720, default: 12 }),
    /** Of one client. */
    maxWaiting: Type.Integer({ minimum: 1, maximum: 1000, default: 50 }),
    csvPattern,
    legend,
    largestMegabytes,
    /** Where the body registers the officials who sign with their card. */
    register: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    /** Of the automated action that seals; absent: no session can ask for a seal (Ley 40/2015, art. 41). */
    resolution: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    paper,
    /** Where each copy goes beside the client. */
    destinations: Type.Array(Id, { default: [] }),
  },
  strict,
)

/** By what the authority says of its holder, so that the next certificate changes nothing here; all that is given has to fit. */
const CertificateName = Type.Object(
  {
    /** A dNSName of its subjectAltName, as it stands there. */
    dns: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
    /** A uniformResourceIdentifier of its subjectAltName. */
    uri: Type.Optional(Type.String({ minLength: 1, maxLength: 2000 })),
    /** Attributes of its subject, such as `CN`. */
    subject: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 100 }), Type.String({ minLength: 1, maxLength: 200 }), {
        minProperties: 1,
      }),
    ),
  },
  { ...strict, minProperties: 1 },
)

const Tls = Type.Object(
  {
    certificateFile: File,
    keyFile: File,
    /** PEM of the authorities whose certificates clients may show, up to the root; absent: none is asked for. */
    clientCaFile: Type.Optional(File),
    /** PEM of what they have revoked, a list of every authority in a chain; out of date, it keeps all certificates out. */
    clientCrlFile: Type.Optional(File),
  },
  strict,
)

export const Api = Type.Object(
  {
    /** An address of this machine; any but loopback needs `tls`. */
    host: Type.String({ pattern: '^[0-9A-Fa-f.:]{2,45}$', default: '127.0.0.1' }),
    port: Type.Integer({ minimum: 0, maximum: 65535 }),
    tls: Type.Optional(Tls),
    clients: Type.Array(
      Type.Object(
        {
          id: Id,
          /** As the person at the screen reads it; absent: the id. */
          name: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
          /** With `certificate` beside it either is enough. */
          tokenFile: Type.Optional(File),
          /** What it shows by TLS. */
          certificate: Type.Optional(CertificateName),
          /** INE10 of the bodies whose seals may sign its batches and the copies it has made, with nobody at the screen. */
          seals: Type.Array(Ine10, { default: [], maxItems: 1000, uniqueItems: true }),
          /** Hosts, `name` or `name:port`, that the addresses in its sessions may name: callbacks, and where people go on. */
          hosts: Hosts,
          /** Those of `hosts` whose addresses need not be public; a callback there may do without TLS. */
          allowPrivate: Hosts,
          /** Of those of `hosts` whose keys are known beforehand. */
          pins: Type.Record(Host, Pins, { default: {} }),
          /** What callbacks to it are signed with, `whsec_` and Base64, mode 0600; absent: it gets none. */
          callbackSecretFile: Type.Optional(File),
          /** PEM of the only authorities trusted for callbacks. */
          callbackCaFile: Type.Optional(File),
        },
        strict,
      ),
      { minItems: 1, maxItems: 100 },
    ),
    /** Raises signatures for the clients; off where it is absent. */
    extension: Type.Optional(ServedExtension),
    /** Lets the clients have copies made here; off where it is absent. */
    sessions: Type.Optional(Sessions),
  },
  strict,
)

/** A client as a person reads it. */
export function clientName(
  api: { readonly clients: readonly { readonly id: string; readonly name?: string }[] } | undefined,
  id: string,
): string {
  return api?.clients.find(one => one.id === id)?.name ?? id
}

export const Autofirma = Type.Object(
  {
    /** Sites whose pages may ask. */
    origins: Type.Array(Origin, { minItems: 1, maxItems: 100, uniqueItems: true }),
    /** Pages that the screen offers; their sites count as `origins` too. */
    portals: Type.Array(Type.Object({ title: Texts, url: Type.String({ pattern: '^https://' }) }, strict), {
      default: [],
      maxItems: 20,
    }),
    /** Hosts of three-phase services, beside the asking site's own. */
    serviceHosts: Hosts,
    /** Largest message of a page. */
    maxMegabytes: Type.Integer({ minimum: 1, maximum: 256, default: 64 }),
    /** Where pages may save and load files after the person has agreed, such as a mounted stick; absent: nowhere. */
    folder: Type.Optional(Type.String({ minLength: 1 })),
  },
  strict,
)

const loopback = /^(127\.\d+\.\d+\.\d+|::1)$/

interface Client {
  readonly id: string
  readonly tokenFile?: string
  readonly certificate?: { readonly subject?: Readonly<Record<string, string>> }
  readonly hosts: readonly string[]
  readonly allowPrivate: readonly string[]
}

/** What of the parts above does not go together. */
export function requestFaults(config: {
  readonly batches: { readonly hosts: readonly string[]; readonly allowPrivate: readonly string[] }
  readonly api?: {
    readonly host: string
    readonly tls?: { readonly clientCaFile?: string; readonly clientCrlFile?: string }
    readonly clients: readonly Client[]
    readonly sessions?: { readonly destinations: readonly string[] }
  }
  readonly destinations: readonly { readonly id: string }[]
}): string[] {
  const { batches, api, destinations } = config
  const faults = batches.allowPrivate
    .filter(host => !batches.hosts.includes(host))
    .map(host => `batches.allowPrivate names ${host}, which is not in batches.hosts`)
  if (api === undefined) return faults
  const ids = api.clients.map(client => client.id)
  const twice = ids.filter((id, index) => ids.indexOf(id) < index).map(id => `api.clients has the id ${id} twice`)
  const unknown = (api.sessions?.destinations ?? [])
    .filter(id => destinations.every(one => one.id !== id))
    .map(id => `api.sessions.destinations names ${id}, which is not a destination`)
  const open = loopback.test(api.host) || api.tls !== undefined
  const tls = [
    ...(open ? [] : [`api.tls is needed where api.host is ${api.host}`]),
    ...(api.tls?.clientCrlFile === undefined || api.tls.clientCaFile !== undefined
      ? []
      : ['api.tls.clientCrlFile goes with clientCaFile']),
  ]
  return [...faults, ...twice, ...api.clients.flatMap((one, i) => clientFaults(i, one, api)), ...unknown, ...tls]
}

function clientFaults(
  i: number,
  { tokenFile, certificate, hosts, allowPrivate }: Client,
  { tls, clients }: { readonly tls?: { readonly clientCaFile?: string }; readonly clients: readonly Client[] },
): string[] {
  const path = `api.clients.${i}`
  const hidden = allowPrivate
    .filter(host => !hosts.includes(host))
    .map(host => `${path}.allowPrivate names ${host}, which is not in its hosts`)
  if (certificate === undefined) {
    return tokenFile === undefined ? [...hidden, `${path} needs tokenFile or certificate`] : hidden
  }
  const name = JSON.stringify(certificate)
  const first = clients.findIndex(one => JSON.stringify(one.certificate) === name)
  return [
    ...hidden,
    ...(first < i ? [`${path}.certificate is the one of api.clients.${first} too`] : []),
    ...(tls?.clientCaFile === undefined ? [`api.tls.clientCaFile is needed where ${path} has a certificate`] : []),
    ...Object.keys(certificate.subject ?? {})
      .filter(keyword => attributeType(keyword) === undefined)
      .map(keyword => `${path}.certificate.subject names ${keyword}, which is no attribute of a name`),
  ]
}
