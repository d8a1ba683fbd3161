// What the stories about requests share: a program that leaves batches over HTTP, a person who takes them up at the screen and
// signs, and the judges of what was made.

import { expect } from 'vitest'
import type { RequestStage, RequestView, View } from '../device/http/view.ts'
import { smallPdf } from './50.signature.kit.ts'
import { base64 } from './93.batch.kit.ts'
import type { Answer, Kiosk, Screen } from './kiosk.kit.ts'
import { askAbout } from './pdf-fixtures.ts'
import type { Site } from './sim/site.ts'

export interface ItemTold {
  readonly id: string
  readonly result: string
  readonly description?: string
  readonly signature?: string
}

export interface Program {
  /** Any call of the interface; `body` is a value or a text as it is. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Leaves a batch and gives its id. */
  leave(batch: unknown): Promise<string>
  state(id: string): Promise<Readonly<Record<string, unknown>>>
  /** The signs of the result. */
  result(id: string, how?: string): Promise<readonly ItemTold[]>
  signature(id: string, item: string): Promise<Buffer>
}

export function programAt(url: string, token: string): Program {
  const authorization = `Bearer ${token}`
  const fetched = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, url), { ...init, headers: { authorization, ...init.headers } })
  const call: Program['call'] = async (method, path, body, headers = {}) => {
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
    const type = text === null ? {} : { 'content-type': 'application/json' }
    const response = await fetched(path, { method, body: text, headers: { ...type, ...headers } })
    const answer = await response.text()
    return { status: response.status, body: answer === '' ? null : JSON.parse(answer) }
  }
  const asked = async (method: string, path: string, body?: unknown) => {
    const answer = await call(method, path, body)
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body as Readonly<Record<string, unknown>>
  }
  return {
    call,
    leave: async batch => String((await asked('POST', '/api/v1/batches', batch))['id']),
    state: id => asked('GET', `/api/v1/batches/${id}`),
    result: async (id, how = '') =>
      (await asked('GET', `/api/v1/batches/${id}/result${how}`))['signs'] as readonly ItemTold[],
    async signature(id, item) {
      const response = await fetched(`/api/v1/batches/${id}/signatures/${item}`)
      if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
      return Buffer.from(await response.arrayBuffer())
    },
  }
}

/** Where the kiosk said last that programs are served. */
export function apiUrl({ logged }: Pick<Kiosk, 'logged'>): string {
  const told = logged.map(line => JSON.parse(line)).findLast(({ event }) => event === 'programs are served')
  if (told === undefined) throw new Error('programs are not served')
  return told.url
}

export function program(kiosk: Kiosk, client = 'ledger'): Program {
  return programAt(apiUrl(kiosk), kiosk.site.token(client))
}

export function requestIn(view: View): RequestView {
  if (view.request === undefined) throw new Error('no request is in hand')
  return view.request
}

export const atStage =
  (...stages: readonly RequestStage[]) =>
  ({ request }: View): boolean =>
    request !== undefined && stages.includes(request.stage)

export async function until(screen: Screen, ...stages: readonly RequestStage[]): Promise<RequestView> {
  return requestIn(await screen.until(atStage(...stages), `a request that is ${stages.join(' or ')}`))
}

export async function done(screen: Screen, path: string): Promise<void> {
  const answer = await screen.post(path)
  if (answer.status !== 204) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
}

/** Takes up the batch that waits, and reads it. */
export async function takeUp(screen: Screen, id?: string): Promise<RequestView> {
  const view = await screen.until(
    ({ waiting = [] }) => waiting.some(one => id === undefined || one.id === id),
    'a batch that waits',
  )
  await done(screen, `/screen/waiting/${id ?? view.waiting?.[0]?.id}/take`)
  return until(screen, 'asking')
}

export async function accept(screen: Screen): Promise<void> {
  await done(screen, '/screen/request/accept')
}

/** The answer to the PIN for the first certificate that the card shows. */
export async function enterPin(screen: Screen, pin: string): Promise<unknown> {
  const shown = await screen.until(({ request }) => request?.card?.state === 'present', 'the card')
  const { card } = requestIn(shown)
  const [certificate] = card?.state === 'present' ? card.certificates : []
  if (certificate === undefined) throw new Error('the card holds no certificate')
  const path = `/screen/request/sign/${encodeURIComponent(certificate.tokenId)}/${certificate.keyId}`
  return (await screen.post(path, Buffer.from(pin))).body
}

/** From the waiting batch to what came of it. */
export async function signAll(screen: Screen, { pin }: Pick<Site, 'pin'>, id?: string): Promise<RequestView> {
  await takeUp(screen, id)
  await accept(screen)
  expect(await enterPin(screen, pin)).toEqual({ outcome: 'signed' })
  return until(screen, 'finished')
}

const xmlsec = ['--verify', '--insecure', '--id-attr:Id', 'Object', '--id-attr:Id', 'SignedProperties']

/** Fails unless pdfsig, openssl or xmlsec1 finds one valid signature. */
export async function judged(format: 'PAdES' | 'CAdES' | 'XAdES', bytes: Uint8Array): Promise<void> {
  if (format === 'PAdES') {
    const report = await askAbout(bytes, 'pdfsig', '-nocert', 'FILE')
    expect(report.match(/Signature is Valid/g)).toHaveLength(1)
  } else if (format === 'CAdES') {
    await askAbout(bytes, 'openssl', 'cms', '-verify', '-inform', 'DER', '-noverify', '-binary', '-in', 'FILE')
  } else await askAbout(bytes, 'xmlsec1', ...xmlsec, 'FILE')
}

/** A PDF, an XML, octets with parameters that mean nothing, and something that is no PDF. */
export async function mixedBatch(over: object = {}): Promise<object> {
  return {
    algorithm: 'SHA256withRSA',
    format: 'CAdES',
    singlesigns: [
      { id: 'acta', datareference: base64(await smallPdf()), format: 'PAdES' },
      { id: 'factura', datareference: base64('<factura n="1"/>'), format: 'XAdES Enveloped' },
      { id: 'dades', datareference: base64('dades'), extraparams: base64('mode=implicit\nunheardOf=1') },
      { id: 'no-pdf', datareference: base64('nothing of the kind'), format: 'PAdES' },
    ],
    ...over,
  }
}

/** Attached CAdES signatures over short texts. */
export function textBatch(count: number, over: object = {}): object {
  const singlesigns = Array.from({ length: count }, (_, number) => ({
    id: `doc-${number}`,
    datareference: base64(`document number ${number}`),
  }))
  return { algorithm: 'SHA256withRSA', format: 'CAdES', extraparams: base64('mode=implicit'), singlesigns, ...over }
}
