// The part of the configuration that names the seals: the services that keep them, and which body's seal is which. A body is
// named by its INE10, as the requests of the copy service name it (`ens`).

import Type, { type Static } from 'typebox'
import { Pins } from './pins.ts'
import { Id } from './scanners.ts'

const strict = { additionalProperties: false } as const
const File = Type.String({ minLength: 1 })
const HttpsUrl = Type.String({ pattern: '^https://', maxLength: 2000 })
const ClientId = Type.String({ pattern: '^[^:\\x00-\\x1f\\x7f]{1,200}$' })

export const Ine10 = Type.String({ pattern: '^\\d{10}$' })

const signScopes = 'urn:safelayer:eidas:sign:identity:profile urn:safelayer:eidas:sign:identity:use:server'

const common = {
  id: Id,
  /** Where the service is, without the path of its interface; of `trustedx-soap`, the gateway itself. */
  url: HttpsUrl,
  /** PEM of the only authorities trusted for TLS. */
  caFile: Type.Optional(File),
  pins: Type.Optional(Pins),
}

const Service = Type.Union([
  Type.Object(
    {
      ...common,
      driver: Type.Literal('trustedx'),
      /** Deployments disagree on its path. */
      tokenUrl: HttpsUrl,
      clientId: ClientId,
      /** One line, mode 0600. */
      clientSecretFile: File,
      scope: Type.String({ minLength: 1, maxLength: 1000, default: signScopes }),
    },
    strict,
  ),
  Type.Object({ ...common, driver: Type.Literal('trustedx-soap'), clientId: ClientId, clientSecretFile: File }, strict),
  Type.Object(
    {
      ...common,
      driver: Type.Literal('csc'),
      version: Type.Enum(['1', '2'], { default: '2' }),
      /** Of version 2: `A` for a service that signs later and is asked for what it made. */
      operationMode: Type.Optional(Type.Enum(['S', 'A'])),
      /** With client and secret: who gives the token. Absent: none is shown. */
      tokenUrl: Type.Optional(HttpsUrl),
      clientId: Type.Optional(ClientId),
      clientSecretFile: Type.Optional(File),
      scope: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
      /** In place of those, of a service that takes user and password (authType `basic`). */
      user: Type.Optional(ClientId),
      /** One line, mode 0600. */
      passwordFile: Type.Optional(File),
      /** Of credentials that want a PIN: one line, mode 0600. */
      pinFile: Type.Optional(File),
    },
    strict,
  ),
])

const Row = Type.Object(
  {
    ens: Ine10,
    service: Id,
    /** The service's own name: a sign identity, a credential, the distinguished name of the certificate. */
    identity: Type.String({ minLength: 1, maxLength: 400 }),
    /** PEM: the certificate that the seal must have, and its issuers, which not every service tells. */
    certificateFile: Type.Optional(File),
  },
  strict,
)

export const Seal = Type.Object(
  {
    services: Type.Array(Service, { minItems: 1, maxItems: 20 }),
    table: Type.Array(Row, { minItems: 1, maxItems: 10_000 }),
  },
  strict,
)

export type SealRow = Readonly<Static<typeof Row>>

/** Services and table. */
export interface SealConfig {
  readonly services: readonly Readonly<Static<typeof Service>>[]
  readonly table: readonly SealRow[]
}

interface Procedure {
  readonly signature: { readonly mode: string; readonly ens?: string }
  readonly attestation: { readonly by: string }
}

interface Surroundings {
  readonly seal?: SealConfig
  readonly body: { readonly ine10: string }
  readonly procedures: readonly Procedure[]
  readonly api?: { readonly clients: readonly { readonly seals?: readonly string[] }[] }
}

/** What of services, table and procedures does not go together, each with its path. */
export function sealFaults({ seal, body, procedures, api }: Surroundings): string[] {
  return [
    ...(seal === undefined ? [] : [...serviceFaults(seal), ...tableFaults(seal)]),
    ...procedures.flatMap((procedure, i) => procedureFaults(`procedures.${i}`, procedure, { seal, body })),
    ...(api?.clients ?? []).flatMap(({ seals = [] }, i) =>
      seals
        .filter(ens => sealOf(seal, ens) === undefined)
        .map(ens => `api.clients.${i}.seals names ${ens}, and seal.table has no seal of it`),
    ),
  ]
}

function serviceFaults({ services }: SealConfig): string[] {
  const ids = services.map(({ id }) => id)
  const twice = ids.filter((id, i) => ids.indexOf(id) < i).map(id => `seal.services has the id ${id} twice`)
  const halves = services.flatMap((one, i) => {
    if (one.driver !== 'csc') return []
    const given = [one.tokenUrl, one.clientId, one.clientSecretFile].filter(part => part !== undefined).length
    const login = [one.user, one.passwordFile].filter(part => part !== undefined).length
    return [
      ...(given === 0 || given === 3
        ? []
        : [`seal.services.${i} needs tokenUrl, clientId and clientSecretFile together`]),
      ...(login === 1 ? [`seal.services.${i} needs user and passwordFile together`] : []),
      ...(login > 0 && given > 0 ? [`seal.services.${i} has both a user and a client; which of them asks?`] : []),
    ]
  })
  const secrets = services.flatMap((one, i) => {
    const { username, password } = URL.canParse(one.url) ? new URL(one.url) : { username: '', password: '' }
    return username === '' && password === '' ? [] : [`seal.services.${i}.url has a password; give it in a file`]
  })
  return [...twice, ...halves, ...secrets]
}

function tableFaults({ services, table }: SealConfig): string[] {
  return table.flatMap((row, i) => {
    const service = services.find(({ id }) => id === row.service)
    const first = table.findIndex(({ ens }) => ens === row.ens)
    return [
      ...(service === undefined ? [`seal.table.${i}.service names ${row.service}, which is not a service`] : []),
      ...(first < i ? [`seal.table has the ens ${row.ens} twice`] : []),
      ...(service?.driver === 'trustedx-soap' && row.certificateFile === undefined
        ? [`seal.table.${i}.certificateFile is needed: trustedx-soap tells no certificates`]
        : []),
    ]
  })
}

/** A seal is an automated action, with nobody who signs (Ley 40/2015, arts. 41 and 42). */
function procedureFaults(
  path: string,
  { signature, attestation }: Procedure,
  { seal, body }: { readonly seal: SealConfig | undefined; readonly body: { readonly ine10: string } },
): string[] {
  if (signature.mode !== 'seal') {
    return signature.ens === undefined ? [] : [`${path}.signature.ens goes with the mode seal`]
  }
  const ens = signature.ens ?? body.ine10
  return [
    ...(seal?.table.some(row => row.ens === ens)
      ? []
      : [`${path}.signature.mode is seal, and seal.table has no ${ens}`]),
    ...(attestation.by === 'automated' ? [] : [`${path}.attestation.by must be automated where a seal signs`]),
  ]
}

/** A seal of the table, and whether its service wants the document whole. */
export interface SealChoice {
  readonly service: string
  readonly identity: string
  readonly takes: 'digest' | 'document'
}

/** The seal of a body; undefined where the table has none. */
export function sealOf(seal: SealConfig | undefined, ens: string): SealChoice | undefined {
  const row = seal?.table.find(one => one.ens === ens)
  const service = seal?.services.find(({ id }) => id === row?.service)
  if (row === undefined || service === undefined) return undefined
  const { identity } = row
  return { service: service.id, identity, takes: service.driver === 'trustedx-soap' ? 'document' : 'digest' }
}
