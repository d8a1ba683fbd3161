// A CÒPIA service: an HTTPS server on 127.0.0.1 that takes finished copies in sessions, as copia-wire.ts says, and holds each
// request against copia.contract.ts. A copy is there when its session is finished and its bytes are those that were announced.
// It can be told to fail in named ways; presets change what is answered, never what is checked.

import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { finished, pipeline } from 'node:stream/promises'
import { isDeepStrictEqual } from 'node:util'
import { checkCaller, checkPart, Ko, type Registered, type SessionClaim, sessionClaim } from './copia.contract.ts'
import { createTestCa } from './tls.ts'

export const copiaFaults = [
  /** Its clock is two hours ahead of everybody's. */
  'clockSkew',
  /** 503 to everything. */
  'down',
  /** Failures come with status 200. */
  'koInside',
  /** A session is over as soon as its copy has arrived; the next request gets another. */
  'expires',
  /** Somebody at the service gives the session up when it is to be finished. */
  'cancelled',
  /** What is finished came to a failure. */
  'failed',
  /** Works on a session for two looks. */
  'working',
  /** Works on a session for ever. */
  'stuck',
  /** Keeps another last byte than was sent. */
  'damaging',
  /** The receipt names other bytes. */
  'wrongReceipt',
  /** Finished copies are erased at once. */
  'gone',
  'withoutCsv',
  /** Takes no copy above 1 kB. */
  'small',
  /** The page of a portal for every answer. */
  'portal',
] as const
export type CopiaFault = (typeof copiaFaults)[number]

interface Session {
  readonly id: string
  readonly claim: SessionClaim
  state: 'OBERTA' | 'EN_PROCES' | 'FINALITZADA' | 'CADUCADA' | 'ANULLADA' | 'ERROR'
  looks: number
  readonly parts: Map<string, string>
  document?: { readonly id: string; readonly csv?: string; readonly data: string }
}

export interface CopiaExchange {
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: IncomingHttpHeaders
    readonly body: Buffer
  }
  readonly answer: { readonly status: number; readonly type: string | undefined; readonly body: string }
}

export interface Copia {
  readonly port: number
  readonly url: string
  readonly caPem: string
  readonly registered: Registered
  /** Finished copies: the request they came with, their SHA-256, and what came beside them. */
  received(): readonly {
    readonly claim: SessionClaim
    readonly sha256: string
    readonly parts: ReadonlyMap<string, Buffer>
  }[]
  /** Requests and answers, but for the bytes of copies. */
  exchanges(): readonly CopiaExchange[]
  set(fault: CopiaFault | 'none'): void
  stop(): Promise<void>
}

/** Starts listening. Long because it is the whole service. */
export async function startCopia({ port = 0 }: { readonly port?: number } = {}): Promise<Copia> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-copia-'))
  const ca = await createTestCa()
  const registered = { domain: 'https://quiosc.example', key: 'la clau del domini', ens: ['9821920002'] }
  const sessions = new Map<string, Session>()
  const byKey = new Map<string, Session>()
  const received: { claim: SessionClaim; sha256: string; parts: Map<string, Buffer> }[] = []
  const exchanges: CopiaExchange[] = []
  const work = new Set<Promise<void>>()
  const faults: unknown[] = []
  let fault: CopiaFault | 'none' = 'none'

  function told(session: Session): object {
    const { id: sessionID, state: estat, claim, document } = session
    if (estat !== 'FINALITZADA' || document === undefined) return { status: 'OK', sessionID, estat }
    const { mida, sha256 } = claim.document
    const named = fault === 'wrongReceipt' ? '0'.repeat(64) : sha256
    return { status: 'OK', sessionID, estat, document: { ...document, sha256: named, mida } }
  }

  function open(body: Buffer): readonly [number, object] {
    const claim = sessionClaim(body, registered)
    const known = byKey.get(claim.clau)
    if (known !== undefined && !isDeepStrictEqual(known.claim, claim)) throw new Ko(409, 'CLAU_REPETIDA')
    if (known !== undefined && !['CADUCADA', 'ANULLADA'].includes(known.state)) return [200, told(known)]
    const session: Session = { id: `S${sessions.size + 1}`, claim, state: 'OBERTA', looks: 0, parts: new Map() }
    sessions.set(session.id, session)
    byKey.set(claim.clau, session)
    return [201, told(session)]
  }

  async function take(session: Session, part: string, request: IncomingMessage): Promise<object> {
    checkPart(part, request.headers, fault === 'small' ? 1_000 : Number.POSITIVE_INFINITY)
    if (session.state !== 'OBERTA') throw new Ko(409, session.state === 'CADUCADA' ? 'SESSIO_CADUCADA' : 'EN_PROCES')
    const file = join(folder, randomUUID())
    await pipeline(request, createWriteStream(file))
    if (part === 'pdf' && (await digestOf(file)) !== session.claim.document.sha256)
      throw new Ko(422, 'DADES_INCORRECTES')
    session.parts.set(part, file)
    if (fault === 'expires') session.state = 'CADUCADA'
    return { status: 'OK' }
  }

  async function finish(session: Session): Promise<object> {
    if (session.state === 'CADUCADA') throw new Ko(410, 'SESSIO_CADUCADA')
    if (session.state !== 'OBERTA') return told(session)
    const pdf = session.parts.get('pdf')
    if (pdf === undefined) throw new Ko(409, 'DADES_INCORRECTES', 'no copy came')
    if (fault === 'cancelled') session.state = 'ANULLADA'
    else if (fault === 'failed') session.state = 'ERROR'
    else session.state = fault === 'working' || fault === 'stuck' ? 'EN_PROCES' : 'FINALITZADA'
    if (session.state === 'FINALITZADA') await keep(session)
    return told(session)
  }

  async function keep(session: Session): Promise<void> {
    const csv = fault === 'withoutCsv' ? {} : { csv: `98219200022026${session.id}K7QF2M9X` }
    session.state = 'FINALITZADA'
    // Before anything is awaited: two that finish one session make one copy.
    session.document = { id: `D-${session.id}`, ...csv, data: new Date().toISOString() }
    const entry = { claim: session.claim, sha256: session.claim.document.sha256, parts: new Map<string, Buffer>() }
    received.push(entry)
    for (const [part, file] of session.parts) if (part !== 'pdf') entry.parts.set(part, await readFile(file))
  }

  async function look(session: Session): Promise<object> {
    session.looks += 1
    if (session.state === 'EN_PROCES' && fault !== 'stuck' && session.looks >= 2) await keep(session)
    return told(session)
  }

  async function kept(documentId: string, response: ServerResponse): Promise<void> {
    const session = [...sessions.values()].find(one => one.document?.id === documentId)
    const file = session?.parts.get('pdf')
    if (session === undefined || file === undefined) throw new Ko(404, 'NO_TROBAT')
    if (fault === 'gone') throw new Ko(410, 'NO_TROBAT')
    response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': session.claim.document.mida })
    if (fault !== 'damaging') return pipeline(createReadStream(file), response)
    response.end(Buffer.concat([(await readFile(file)).subarray(0, -1), Buffer.from('!')]))
  }

  async function answerTo(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<readonly [number, object] | undefined> {
    const { method = '', url = '', headers } = request
    checkCaller(headers, registered, Date.now() + (fault === 'clockSkew' ? 2 * 3_600_000 : 0))
    if (fault === 'down') throw new Ko(503, 'ATURAT')
    const [root, id = '', what, part = ''] = url.slice(1).split('/')
    if (root === 'documents' && method === 'GET' && what === 'pdf') {
      await kept(id, response)
      return undefined
    }
    if (root !== 'sessions') throw new Ko(404, 'NO_TROBAT')
    if (method === 'POST' && id === '') return open(bodies.get(request) ?? Buffer.alloc(0))
    const session = sessions.get(id)
    if (session === undefined) throw new Ko(404, 'NO_TROBAT')
    if (method === 'PUT' && what === 'documents') return [200, await take(session, part, request)]
    if (method === 'POST' && what === 'finalitzar') return [200, await finish(session)]
    if (method === 'GET' && what === undefined) return [200, await look(session)]
    throw new Ko(405, 'NO_TROBAT')
  }

  const bodies = new WeakMap<IncomingMessage, Buffer>()

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    if (method === 'POST') bodies.set(request, await buffer(request))
    const body = bodies.get(request) ?? Buffer.alloc(0)
    const note = (status: number, type: string | undefined, text: string) =>
      exchanges.push({ request: { method, path: url, headers, body }, answer: { status, type, body: text } })
    const send = async (status: number, type: string, text: string) => {
      // Closing on unread bytes would reset the connection and lose the answer.
      if (!request.readableEnded) await finished(request.resume())
      note(status, type, text)
      response.writeHead(status, { 'content-type': type }).end(text)
    }
    try {
      if (fault === 'portal') return await send(200, 'text/html', '<!doctype html><title>Log in</title>')
      const answer = await answerTo(request, response)
      if (answer === undefined) note(200, 'application/pdf', '')
      else await send(answer[0], 'application/json', JSON.stringify(answer[1]))
    } catch (thrown) {
      if (!(thrown instanceof Ko)) throw thrown
      const { status, codi, message: missatge } = thrown
      await send(
        fault === 'koInside' ? 200 : status,
        'application/json',
        JSON.stringify({ status: 'KO', codi, missatge }),
      )
    }
  }

  const server = createServer(await ca.issue(['127.0.0.1', 'localhost']), (request, response) => {
    const served = serve(request, response)
      .catch((thrown: unknown) => {
        if (!(thrown instanceof Error && 'code' in thrown)) faults.push(thrown)
        response.destroy()
      })
      .finally(() => work.delete(served))
    work.add(served)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const at = (server.address() as AddressInfo).port

  return Object.freeze({
    port: at,
    url: `https://127.0.0.1:${at}`,
    caPem: ca.caPem,
    registered,
    received: () => received,
    exchanges: () => exchanges,
    set(next: CopiaFault | 'none') {
      fault = next
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await Promise.all(work)
      await rm(folder, { recursive: true, force: true })
      if (faults.length > 0) throw new AggregateError(faults, 'the CÒPIA simulator failed')
    },
  })
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex')
}
