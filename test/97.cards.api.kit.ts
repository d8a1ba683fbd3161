// The interface for other programs over a card desk and the simulated service, with three clients, two of which may order.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Api, type ApiParts, startApi } from '../device/http/api.ts'
import { type CardSite, type CardSiteOptions, cardSite, papers, person } from './97.cards.kit.ts'

export const tokens = {
  office: 'the-token-of-the-office',
  other: 'the-token-of-the-other',
  reader: 'the-token-of-the-reader',
}
type Client = keyof typeof tokens

export interface ApiStand extends CardSite {
  readonly url: string
  call(client: Client, method: string, path: string, body?: unknown, key?: string): Promise<Answer>
}
interface Answer {
  readonly status: number
  readonly text: string
  readonly location: string | null
  // biome-ignore lint/suspicious/noExplicitAny: whatever the interface answers
  readonly body: any
}

/** Gone after the test. */
export async function apiStand(options: CardSiteOptions = {}): Promise<ApiStand> {
  const site = await cardSite({ inMemory: true, ...options })
  const clients = await Promise.all(
    Object.entries(tokens).map(async ([id, token]) => {
      const tokenFile = join(site.folder, `${id}.token`)
      await writeFile(tokenFile, token, { mode: 0o600 })
      return { id, tokenFile, ...{ seals: [], hosts: [], allowPrivate: [], pins: {} } }
    }),
  )
  const config = { host: '127.0.0.1', port: 0, clients }
  const log = { info: () => undefined, warn: () => undefined, error: note }
  function note(event: string, fields?: object) {
    void (site.logged as string[]).push(JSON.stringify({ event, ...fields }))
  }
  const desk = new Proxy({} as CardSite['desk'], { get: (_gone, name) => Reflect.get(site.desk, name) })
  const cards = { desk, config: { clients: ['office', 'other'] } }
  // Batches are another test's.
  const batches = {} as ApiParts['batches']
  const around = { audit: site.store.audit, clock: site.clock, log }
  const api: Api = await startApi({ ...around, config, maxBodyBytes: 1 << 20, batches, cards })
  onTestFinished(() => api.close())
  const call: ApiStand['call'] = async (client, method, path, body, key) => {
    const response = await fetch(`${api.url}api/v1/cards/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${tokens[client]}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = response.headers.get('content-type')?.startsWith('application/json') === true
    const location = response.headers.get('location')
    return { status: response.status, text, location, body: json ? JSON.parse(text) : null }
  }
  return Object.create(site, { call: { value: call }, url: { value: api.url } })
}

export const card = { product: 'SMARTCARDCNS', body: { anagrafica: person } }
export const wirePapers = Object.fromEntries(
  Object.entries(papers).map(([name, { fileName, bytes }]) => [name, { fileName, base64: bytes.toString('base64') }]),
)
