// A back office that leaves batches at the kiosk to be signed and fetches what has become of them, by the interface for other
// programs alone.

import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { whiteDocument } from '../pdf-fixtures.ts'

export interface Program {
  /** For the kiosk's configuration, and who it is there. */
  readonly api: object
  readonly client: string
  /** Leaves a batch of so many PDFs; resolves to its id. */
  send(documents: number): Promise<string>
  /** One line about each batch that was sent. */
  states(): Promise<readonly string[]>
}

const client = 'back-office'

/** `folder` holds the token and the results that were fetched. */
export async function createProgram(folder: string): Promise<Program> {
  const token = randomBytes(24).toString('base64url')
  await mkdir(join(folder, 'results'), { recursive: true })
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 })
  const port = await freePort()
  const base = `http://127.0.0.1:${port}/api/v1/batches`
  const headers = { authorization: `Bearer ${token}` }
  const sent: string[] = []
  const stateOf = async (id: string) => {
    const { stage, end, total, signed } = await json(await fetch(`${base}/${id}`, { headers }))
    if (stage === 'done') {
      const result = await fetch(`${base}/${id}/result`, { headers })
      await writeFile(join(folder, 'results', `${id}.json`), Buffer.from(await result.arrayBuffer()))
    }
    return `${id}: ${stage}${end === null ? '' : `, ${end}`}, ${signed} of ${total} signed`
  }
  return Object.freeze({
    client,
    api: { port, clients: [{ id: client, name: 'Back office (sample)', tokenFile }] },
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
    states: () => Promise.all(sent.map(stateOf)),
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

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
