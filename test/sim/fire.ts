// FIRe with its Cl@ve Firma test provider: the service that applications ask, by the published interface, and the pages that
// people are sent to. It holds every request against the contract and fails in named ways.

import { callIn, FireRefusal, statusOf } from './fire.contract.ts'
import { authPage, authPath, page, redirect, servletPath } from './fire.pages.ts'
import { createFireSessions, type FireSession } from './fire.sessions.ts'
import { fireSignature } from './fire.signature.ts'
import { type FireUser, type FireUserState, fireCertificates, fireUsers } from './fire.users.ts'
import type { TestPki } from './pki.ts'
import { json, type SealServer, type SimAnswer, type SimRequest, startSealServer } from './seal-server.ts'

export type FireFault =
  /** Every operation ends with this error of FIRe's. */
  | `error-${number}`
  /** The signature is of somebody else. */
  | 'another-person'
  | 'another-digest'
  /** A version that puts the signing time into every CMS. */
  | 'old-version'
  /** 200 with bytes that are no CMS. */
  | 'no-signature'
  /** The person is to be sent somewhere without TLS. */
  | 'plain-page'
  /** Signatures are made, and cannot be fetched for a moment. */
  | 'result-away'
  /** One document of a batch fails. */
  | 'first-of-batch-fails'
  | 'pending'

export interface FireOptions {
  readonly pki: TestPki
  readonly applicationId: string
  /** DER of the certificate that the application is registered with; absent: none is asked for. */
  readonly clientCertificate?: Uint8Array
  /** Milliseconds since 1970; default: the machine's. */
  readonly now?: () => number
  readonly port?: number
  readonly users?: readonly FireUser[]
}

export interface FireSimulator extends SealServer<FireFault> {
  /** Transactions that are alive. */
  transactions(): number
  /** Where the people of those are to go. */
  pages(): readonly string[]
}

const lifeSeconds = 600
const maxDocuments = 10
/** What the page of the provider ends with for people who cannot sign. */
const errorOf: Readonly<Record<Exclude<FireUserState, 'OK'>, number>> = { NOCERT: 39, BLOCKED: 38, WEAK_REGISTRY: 24 }
/** Where people are told to go back to the kiosk; it belongs to the body, and lies here because it needs TLS. */
export const fireReturnPath = '/fire-signature/public/returned'
const entryPath = '/fire-signature/public/entry'

type Fails = (fault: FireFault) => boolean

export async function startFire(options: FireOptions): Promise<FireSimulator> {
  const { pki, applicationId, now = Date.now, users = fireUsers } = options
  const certificateOf = fireCertificates(pki)
  let base = ''
  const sessions = createFireSessions({ now, lifeSeconds, maxDocuments, base: () => base })
  const server = await startSealServer<FireFault>({
    asksForCertificate: true,
    ...(options.port !== undefined && { port: options.port }),
    async answer(request, fails) {
      if (request.path.startsWith('/fire-signature/public/') || request.path.startsWith('/clavefirma-test-services/')) {
        return atPage(request)
      }
      return served(request, fails)
    },
  })
  base = server.url

  async function served(request: SimRequest, fails: Fails): Promise<SimAnswer> {
    const injected = injectedError(fails)
    try {
      const call = callIn(request)
      checkClient(request, call.form.get('appid'))
      if (injected !== undefined) throw new FireRefusal(injected)
      if (['10', '11'].includes(call.op) && fails('result-away')) return { status: 503, type: 'text/plain', body: '' }
      const answer = await sessions.perform(call, session => sign(session, fails))
      if (fails('plain-page')) return plainly(answer)
      if (call.op === '2' && fails('pending')) return json(200, { result: { state: 1 } })
      if (call.op === '11' && fails('no-signature')) return { ...answer, body: Buffer.from('no signature') }
      return answer
    } catch (thrown) {
      if (thrown instanceof FireRefusal) return json(statusOf(thrown.number), { c: thrown.number, m: 'El error' })
      throw thrown
    }
  }

  function checkClient({ clientCertificate }: SimRequest, appid: string | null): void {
    const wanted = options.clientCertificate
    if (wanted !== undefined && clientCertificate === undefined) throw new FireRefusal(6)
    if (wanted !== undefined && !Buffer.from(wanted).equals(clientCertificate ?? Buffer.alloc(0))) {
      throw new FireRefusal(502)
    }
    if (appid !== applicationId) throw new FireRefusal(501)
  }

  async function sign(session: FireSession, fails: Fails): Promise<void> {
    const identity = await certificateOf(fails('another-person') ? '52020824E' : session.subject)
    const { algorithm, documents } = session
    let failing = session.batch && fails('first-of-batch-fails')
    for (const document of documents.values()) {
      const { format } = document
      const properties = fails('old-version') ? without(document.properties) : document.properties
      const digest = fails('another-digest') ? Buffer.alloc(32, 7) : document.digest
      const made = failing ? undefined : fireSignature({ identity, format, algorithm, properties, digest, now: now() })
      failing = false
      if (made === undefined && !session.batch) throw new FireRefusal(26)
      if (made !== undefined) document.signature = made
      document.state = made === undefined ? 'PRESIGN_ERROR' : ''
    }
  }

  function atPage({ method, path, body }: SimRequest): SimAnswer {
    const { pathname, searchParams: query } = new URL(path, base)
    if (method === 'GET' && pathname === entryPath) return entered(query)
    if (method === 'GET' && pathname === authPath) return shown(sessions.byRemoteId(query.get('transactionid') ?? ''))
    if (method === 'POST' && pathname === servletPath) return typed(new URLSearchParams(body.toString('latin1')))
    if (method === 'GET' && pathname === fireReturnPath) return page('Cl@ve', '<p>Ya puede volver al quiosco.</p>')
    return page('FIRe', '<p>No existe esta página.</p>', 404)
  }

  /** FIRe's entry: one provider, so that nobody chooses, and then whether the person can sign at all. */
  function entered(query: URLSearchParams): SimAnswer {
    const session = sessions.bySubjectRef(query.get('transactionid') ?? '', query.get('subjectref') ?? '')
    if (session === undefined) return over()
    const user = users.find(({ subject }) => subject === session.subject)
    session.chosen = true
    if (user === undefined) return back(session, 21)
    if (user.state !== 'OK') return back(session, errorOf[user.state])
    return redirect(`${base}${authPath}?${new URLSearchParams({ transactionid: session.remoteId })}`)
  }

  function shown(session: FireSession | undefined, wrong = false): SimAnswer {
    if (session === undefined) return over()
    const { remoteId, subject, application, documents } = session
    return authPage({ remoteId, subject, application, titles: [...documents.values()].map(one => one.title), wrong })
  }

  function typed(form: URLSearchParams): SimAnswer {
    const session = sessions.byRemoteId(form.get('transactionid') ?? '')
    const user = users.find(({ subject }) => subject === session?.subject)
    if (session === undefined || user === undefined) return over()
    if (form.get('action') === 'cancel') return back(session, 507)
    if (form.get('password') !== user.password || form.get('sms') !== user.code) {
      session.wrongTries += 1
      return session.wrongTries < 3 ? shown(session, true) : back(session, 26)
    }
    session.authorised = true
    return back(session, undefined)
  }

  return Object.freeze({ ...server, transactions: () => sessions.pages().length, pages: sessions.pages })
}

function back(session: FireSession, error: number | undefined): SimAnswer {
  if (error !== undefined) session.error = error
  const url = session.config.get(error === undefined ? 'redirectOkUrl' : 'redirectErrorUrl')
  return redirect(url ?? session.config.get('redirectOkUrl') ?? '')
}

function over(): SimAnswer {
  return page('FIRe', '<p>La operación ha caducado. Vuelva a empezar.</p>', 403)
}

function injectedError(fails: Fails): number | undefined {
  for (let number = 1; number < 600; number++) if (fails(`error-${number}`)) return number
  return undefined
}

function without(properties: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...properties].filter(([key]) => key !== 'includeSigningTimeAttribute'))
}

function plainly(answer: SimAnswer): SimAnswer {
  return { ...answer, body: String(answer.body).replaceAll('https://', 'http://') }
}
