// A back office that leaves batches at the kiosk to be signed, has copies made there, and fetches what has become of them, by
// the interface for other programs alone.

import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { whiteDocument } from '../pdf-fixtures.ts'
import { startCallbackReceiver } from './callback-receiver.ts'
import { freePort } from './free-port.ts'

/** INE10 of the body of the shipped configuration. */
const sampleBody = '9821920002'

export interface Program {
  /** For the kiosk's configuration, and who it is there. */
  readonly api: object
  readonly client: string
  /** Leaves a batch of so many PDFs; resolves to its id. */
  send(documents: number): Promise<string>
  /** Asks for a copy without a signature; resolves to its id. */
  ask(): Promise<string>
  /** One line about each batch that was sent, and about each copy that was asked for. */
  states(): Promise<readonly string[]>
  /** A command line that asks for a copy. */
  readonly curl: string
  stop(): Promise<void>
}

const client = 'back-office'

/** `where` is the folder of the token and the results that were fetched; the interface answers at `port`, 0: any free one. */
export async function createProgram(where: string, wantedPort = 0): Promise<Program> {
  const folder = resolve(where)
  const token = randomBytes(24).toString('base64url')
  await mkdir(join(folder, 'results'), { recursive: true })
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 })
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const callbackSecretFile = join(folder, 'callback.secret')
  await writeFile(callbackSecretFile, `${secret}\n`, { mode: 0o600 })
  const callbacks = await startCallbackReceiver({ secret })
  const port = wantedPort === 0 ? await freePort() : wantedPort
  const api = `http://127.0.0.1:${port}/api/v1`
  const base = `${api}/batches`
  const copies = `${api}/sessions`
  const headers = { authorization: `Bearer ${token}` }
  const sent: string[] = []
  const asked: string[] = []
  const stateOf = async (id: string) => {
    const { stage, end, total, signed } = await json(await fetch(`${base}/${id}`, { headers }))
    if (stage === 'done') {
      const result = await fetch(`${base}/${id}/result`, { headers })
      await writeFile(join(folder, 'results', `${id}.json`), Buffer.from(await result.arrayBuffer()))
    }
    return `${id}: ${stage}${end === null ? '' : `, ${end}`}, ${signed} of ${total} signed`
  }
  const copyOf = async (id: string) => {
    const { state, pickupCode } = await json(await fetch(`${copies}/${id}`, { headers }))
    if (state === 'ready') {
      const copy = await fetch(`${copies}/${id}/document`, { headers })
      await writeFile(join(folder, 'results', `${id}.pdf`), Buffer.from(await copy.arrayBuffer()))
    }
    const told = callbacks.taken().filter(({ body }) => body['sessionID'] === id).length
    return `${id}: ${state}${pickupCode === null ? '' : `, pick-up code ${pickupCode}`}, called back ${told} times`
  }
  const own = { hosts: [callbacks.host], allowPrivate: [callbacks.host], callbackSecretFile, seals: [sampleBody] }
  const request = JSON.stringify({
    ...{ ens: sampleBody, user: 'Back office (sample)', digitisation: { resolution: 200 } },
    ...{ document: { title: 'Sample request', type: 'TD14' }, signature: { mode: 'none' } },
    result: { callbackUrl: callbacks.url },
  })
  const ask = async () => {
    const type = { 'content-type': 'application/json' }
    const answer = await fetch(copies, { method: 'POST', headers: { ...headers, ...type }, body: request })
    const { sessionID } = await json(answer)
    asked.push(String(sessionID))
    return String(sessionID)
  }
  return Object.freeze({
    client,
    api: {
      port,
      clients: [{ id: client, name: 'Back office (sample)', tokenFile, ...own }],
      sessions: { resolution: 'Decret 12/2026' },
    },
    ask,
    curl: `curl -s ${copies} -H "Authorization: Bearer $(cat ${tokenFile})" -H 'Content-Type: application/json' -d '${request}'`,
    stop: () => callbacks.stop(),
    async send(documents: number) {
      const body = JSON.stringify(await batchOf(documents))
      const answer = await fetch(base, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
      })
      const { id } = await json(answer)
      sent.push(String(id))
      return String(id)
    },
    states: () => Promise.all([...sent.map(stateOf), ...asked.map(copyOf)]),
  })
}

async function json(answer: Response): Promise<Readonly<Record<string, unknown>>> {
  if (!answer.ok) throw new Error(`the kiosk answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown>
}

async function batchOf(documents: number) {
  const pdf = (await whiteDocument(1)).toString('base64')
  return {
    algorithm: 'SHA256',
    format: 'PAdES',
    suboperation: 'sign',
    stoponerror: false,
    singlesigns: Array.from({ length: documents }, (_, number) => ({
      id: `Resolution ${2026_000 + number + 1}.pdf`,
      datareference: pdf,
    })),
  }
}
