// What this kiosk can do of what a session asks for, and where its addresses may lead. A refusal names the field.

import type { Config } from '../config/config.ts'
import { levelFaults } from '../config/evidence.ts'
import { sealOf } from '../config/seal.ts'
import { Fault } from '../errors.ts'
import { amongHosts } from '../hosts.ts'
import type { SessionRequest } from './request.ts'

type Parts = Pick<Config, 'kiosk' | 'body' | 'devices' | 'seal' | 'clave' | 'timestamping' | 'extension' | 'trust'> & {
  readonly api: ApiWithSessions
}
export type ApiWithSessions = NonNullable<Config['api']> & {
  readonly sessions: NonNullable<NonNullable<Config['api']>['sessions']>
}

/** Nobody is at the screen to say no: only who was given the seal may have it used, as for a batch. */
function checkSeal({ ens, signature }: SessionRequest, client: string, { clients }: ApiWithSessions): void {
  if (signature.mode !== 'seal' || clients.find(({ id }) => id === client)?.seals.includes(ens)) return
  throw new Fault('REQUEST_FORBIDDEN', `$.ens: api.clients does not give this client the seal of ${ens} (seals)`)
}

type Mode = SessionRequest['signature']['mode']

/** Throws SESSION_NOT_POSSIBLE, REQUEST_FORBIDDEN, ADDRESS_REFUSED for what this kiosk cannot do for this client. */
export function checkPossible(request: SessionRequest, client: string, config: Parts): void {
  const faults = [...bodyFaults(request, config), ...modeFaults(request, config), ...limitFaults(request, config)]
  if (faults.length > 0) throw new Fault('SESSION_NOT_POSSIBLE', faults.join('; '))
  checkSeal(request, client, config.api)
  const refused = addressFaults(request, client, config.api)
  if (refused.length > 0) throw new Fault('ADDRESS_REFUSED', refused.join('; '))
}

function bodyFaults({ ens, signature }: SessionRequest, { body, seal }: Parts): readonly string[] {
  if (ens === body.ine10) return []
  if (signature.mode !== 'seal') return [`$.ens: this kiosk is one of the body ${body.ine10}`]
  return sealOf(seal, ens) === undefined ? [`$.ens: this kiosk has no seal for ${ens}`] : []
}

function modeFaults({ ens, signature }: SessionRequest, config: Parts): readonly string[] {
  const { mode } = signature
  const absent = absentFor[mode](config, ens)
  if (absent !== undefined) return [`$.signature.mode: this kiosk cannot sign by ${mode}: ${absent}`]
  return levelFaults('$.signature', signature, config)
}

/** What is missing for a mode. */
const absentFor: Readonly<Record<Mode, (config: Parts, ens: string) => string | undefined>> = {
  none: () => undefined,
  local: ({ devices }) =>
    devices.tokenModules.length + devices.keyStores.length > 0 ? undefined : 'devices.tokenModules names no card',
  seal: ({ seal, api }, ens) => {
    if (sealOf(seal, ens) === undefined) return `seal.table has no seal for ${ens}`
    return api.sessions.resolution === undefined ? 'api.sessions.resolution is missing' : undefined
  },
  clave: ({ clave }) => (clave === undefined ? 'clave is not configured' : undefined),
}

function limitFaults({ document, result }: SessionRequest, { kiosk, api }: Parts): readonly string[] {
  const { language } = document
  const { retentionHours } = result
  const most = api.sessions.retentionHours
  return [
    ...(language === undefined || kiosk.languages.some(one => one === language)
      ? []
      : [`$.document.language: this kiosk speaks ${kiosk.languages.join(', ')}`]),
    ...(retentionHours === undefined || retentionHours <= most
      ? []
      : [`$.result.retentionHours: this kiosk keeps copies for ${most} hours at most`]),
  ]
}

function addressFaults({ result }: SessionRequest, client: string, { clients }: ApiWithSessions): readonly string[] {
  const { callbackUrl, redirectUrl } = result
  const own = clients.find(({ id }) => id === client)
  const mayBeNamed = amongHosts(own?.hosts ?? [])
  const isPrivate = amongHosts(own?.allowPrivate ?? [])
  const faults = (path: string, text: string, plainAllowed: (url: URL) => boolean): readonly string[] => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url === undefined) return [`${path}: no URL`]
    if (url.username !== '' || url.password !== '') return [`${path}: a URL with a password is not used`]
    if (!mayBeNamed(url)) return [`${path}: ${url.host} is not among the hosts of ${client}`]
    if (url.protocol === 'https:' || (url.protocol === 'http:' && plainAllowed(url))) return []
    return [`${path}: only https:// is used`]
  }
  return [
    ...(callbackUrl === undefined ? [] : faults('$.result.callbackUrl', callbackUrl, isPrivate)),
    ...(callbackUrl === undefined || own?.callbackSecretFile !== undefined
      ? []
      : ['$.result.callbackUrl: callbackSecretFile of the client is missing']),
    ...(redirectUrl === undefined ? [] : faults('$.result.redirectUrl', redirectUrl, () => false)),
  ]
}
