// The part of the configuration that names where copies go: one shape for each kind of target, told apart by `driver`.

import Type, { type Static } from 'typebox'
import { Pins } from './pins.ts'
import { Id } from './scanners.ts'
import { Ine10 } from './seal.ts'

const strict = { additionalProperties: false } as const
/** Deliveries to one destination at the same time, where nothing else is said. */
export const mostDeliveries = 8
const Parallel = Type.Optional(Type.Integer({ minimum: 1, maximum: 16 }))
const File = Type.String({ minLength: 1 })
const HttpsUrl = Type.String({ pattern: '^https://', maxLength: 2000 })
/** Between slashes nothing that a server, a shell or a browser could read as more than a name. */
const segments = '[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*'

/** A back office that keeps the contract at the head of drivers/delivery/https.ts. */
const HttpsDestination = Type.Object(
  {
    id: Id,
    parallel: Parallel,
    driver: Type.Literal('https'),
    url: HttpsUrl,
    caFile: Type.Optional(File),
    pins: Type.Optional(Pins),
    /** One line, mode 0600. */
    tokenFile: Type.Optional(File),
  },
  strict,
)

/** A bucket of Amazon S3 or of anything that speaks its protocol. */
const S3Destination = Type.Object(
  {
    id: Id,
    parallel: Parallel,
    driver: Type.Literal('s3'),
    /** The service, without bucket: https://s3.eu-south-2.amazonaws.com. */
    url: HttpsUrl,
    region: Type.String({ pattern: '^[a-z0-9-]{1,40}$' }),
    bucket: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$' }),
    /** Before each object's name, without slash at its ends. */
    folder: Type.Optional(Type.String({ pattern: `^${segments}$`, maxLength: 200 })),
    /** Where the bucket stands in a URL; `host` for services that no longer take it in the path. */
    addressing: Type.Optional(Type.Enum(['path', 'host'])),
    accessKeyId: Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$' }),
    /** One line, mode 0600. */
    secretKeyFile: File,
    caFile: Type.Optional(File),
    pins: Type.Optional(Pins),
  },
  strict,
)

/** A folder on a machine that is reached by SSH. */
const SftpDestination = Type.Object(
  {
    id: Id,
    parallel: Parallel,
    driver: Type.Literal('sftp'),
    host: Type.String({ pattern: '^[A-Za-z0-9]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$' }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
    user: Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9._@-]{0,99}$' }),
    /** Relative to where the user arrives, or absolute. */
    folder: Type.String({ pattern: `^/?${segments}$`, maxLength: 200 }),
    /** The only host keys that are accepted, one a line as in the server's own ssh_host_*_key.pub. */
    hostKeyFile: File,
    /** A private key without passphrase, mode 0600. */
    keyFile: Type.Optional(File),
    /** One line, mode 0600. */
    passwordFile: Type.Optional(File),
  },
  strict,
)

/** A collection of a WebDAV server (RFC 4918, class 1). */
const WebdavDestination = Type.Object(
  {
    id: Id,
    parallel: Parallel,
    driver: Type.Literal('webdav'),
    /** The collection that gets the copies. */
    url: HttpsUrl,
    user: Type.Optional(Type.String({ pattern: '^[^:\\x00-\\x1f\\x7f]{1,200}$' })),
    /** One line, mode 0600. */
    passwordFile: Type.Optional(File),
    caFile: Type.Optional(File),
    pins: Type.Optional(Pins),
  },
  strict,
)

/** A CÒPIA service (drivers/delivery/copia-wire.ts). */
const CopiaDestination = Type.Object(
  {
    id: Id,
    parallel: Parallel,
    driver: Type.Literal('copia'),
    /** Where its interface begins. */
    url: HttpsUrl,
    /** INE10 of the body in whose name copies are handed in. */
    ens: Ine10,
    /** Who makes the copies, as the service knows them. */
    user: Type.String({ pattern: '^[^\\x00-\\x1f\\x7f]{1,200}$' }),
    /** The domain that is registered there. */
    domain: Type.String({ pattern: '^[A-Za-z0-9.:/-]{1,260}$' }),
    /** One line, the key of the domain, mode 0600. */
    keyFile: File,
    caFile: Type.Optional(File),
    pins: Type.Optional(Pins),
  },
  strict,
)

export const Destination = Type.Union([
  HttpsDestination,
  S3Destination,
  SftpDestination,
  WebdavDestination,
  CopiaDestination,
])

type Destination = Readonly<Static<typeof Destination>>

/** What no schema can say, each fault with the path of the offending value. */
export function destinationFaults(destinations: readonly Destination[]): string[] {
  return destinations.flatMap((destination, i) => faultsOf(destination).map(fault => `destinations.${i}${fault}`))
}

function faultsOf(destination: Destination): string[] {
  if (destination.driver === 'sftp') {
    const { keyFile, passwordFile } = destination
    return (keyFile === undefined) === (passwordFile === undefined)
      ? [' needs keyFile or passwordFile, one of them']
      : []
  }
  const faults = plainUrlFaults(destination.url, destination.driver === 'https')
  if (
    destination.driver === 'webdav' &&
    (destination.user === undefined) !== (destination.passwordFile === undefined)
  ) {
    faults.push(' needs user and passwordFile together')
  }
  return faults
}

/** A password in a URL ends in logs, and what follows a `?` or `#` belongs to no folder. */
function plainUrlFaults(text: string, queryAllowed: boolean): string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) return ['.url is no URL']
  if (url.username !== '' || url.password !== '') return ['.url has a password; give it in a file instead']
  if (url.hash !== '') return ['.url has a fragment']
  return url.search === '' || queryAllowed ? [] : ['.url has a query']
}

/** The machine behind a destination, `name:port`: what is away for one copy is away for all. */
export function hostOf(destination: Destination): string {
  if (destination.driver === 'sftp') return `${destination.host}:${destination.port ?? 22}`
  const { hostname, port } = new URL(destination.url)
  return `${hostname}:${port === '' ? 443 : port}`
}
