// The transactions of the simulated FIRe: what each operation does to them, as the public FIRe code does. Whatever ends in an
// error ends the transaction, results are given once, and after ten minutes nothing of it is left.

import { randomBytes } from 'node:crypto'
import { type FireCall, FireRefusal } from './fire.contract.ts'
import { Breach, json, type SimAnswer } from './seal-server.ts'

export interface FireDocument {
  readonly digest: Buffer
  readonly title: string
  readonly format: string
  readonly properties: ReadonlyMap<string, string>
  signature?: Uint8Array
  /** FIRe's own word (BatchResult). */
  state: string
}

export interface FireSession {
  readonly id: string
  readonly remoteId: string
  readonly subject: string
  readonly subjectRef: string
  readonly application: string
  readonly format: string
  readonly algorithm: string
  readonly properties: ReadonlyMap<string, string>
  readonly config: ReadonlyMap<string, string>
  readonly documents: Map<string, FireDocument>
  readonly batch: boolean
  readonly endsAt: number
  /** The person has come to the page with the provider chosen. */
  chosen: boolean
  authorised: boolean
  recovered: boolean
  wrongTries: number
  error?: number
}

export interface FireSessions {
  bySubjectRef(id: string, subjectRef: string): FireSession | undefined
  byRemoteId(remoteId: string): FireSession | undefined
  /** The answer to a call. Throws FireRefusal, Breach. */
  perform(call: FireCall, sign: (session: FireSession) => Promise<void>): Promise<SimAnswer>
  /** Entries of the transactions that are alive. */
  pages(): readonly string[]
}

export interface FireSessionsOptions {
  readonly now: () => number
  readonly lifeSeconds: number
  readonly maxDocuments: number
  /** Where the service's pages are, by its own address. */
  readonly base: () => string
}

export function createFireSessions({ now, lifeSeconds, maxDocuments, base }: FireSessionsOptions): FireSessions {
  const all = new Map<string, FireSession>()
  const alive = (session: FireSession | undefined) =>
    session !== undefined && session.endsAt > now() ? session : undefined
  const every = () => [...all.values()].filter(one => alive(one) !== undefined)

  function open({ form, config, properties, op }: FireCall): FireSession {
    const session: FireSession = {
      id: randomBytes(18).toString('hex'),
      remoteId: randomBytes(12).toString('hex'),
      subject: (form.get('subjectid') ?? '').toUpperCase(),
      subjectRef: randomBytes(12).toString('base64url'),
      application: config.get('appName') ?? form.get('appid') ?? '',
      format: form.get('format') ?? '',
      algorithm: form.get('algorithm') ?? '',
      properties,
      config,
      documents: new Map(),
      batch: op === '5',
      endsAt: now() + lifeSeconds * 1000,
      chosen: false,
      authorised: false,
      recovered: false,
      wrongTries: 0,
    }
    all.set(session.id, session)
    return session
  }

  function entryOf({ id, subjectRef }: FireSession, language: string): string {
    const query = new URLSearchParams({ transactionid: id, subjectref: subjectRef, language })
    return `${base()}/fire-signature/public/entry?${query}`
  }

  function started(session: FireSession, language: string | null): SimAnswer {
    return json(200, { transactionid: session.id, redirecturl: entryOf(session, language ?? 'es') })
  }

  function found({ form }: FireCall): FireSession {
    const session = alive(all.get(form.get('transactionid') ?? ''))
    if (session === undefined || session.subject !== form.get('subjectid')) throw new FireRefusal(503)
    return session
  }

  function ended(session: FireSession, number: number): never {
    all.delete(session.id)
    throw new FireRefusal(number)
  }

  /** Signed at the provider, or why not; the transaction is over in that case. */
  async function completed(session: FireSession, sign: (session: FireSession) => Promise<void>): Promise<void> {
    if (!session.chosen) ended(session, session.batch ? 49 : 27)
    if (!session.authorised) ended(session, 508)
    await sign(session)
    session.recovered = true
  }

  function withResult(session: FireSession, number: number): SimAnswer {
    all.delete(session.id)
    return json(500, { result: { ercod: number, ermsg: 'El error de la operacion' } })
  }

  async function perform(call: FireCall, sign: (session: FireSession) => Promise<void>): Promise<SimAnswer> {
    const { op, form } = call
    switch (op) {
      case '1': {
        const session = open(call)
        session.documents.set('', documentIn(session, call))
        return started(session, form.get('language'))
      }
      case '5':
        return json(200, { transactionid: open(call).id })
      case '99':
        return toldError(found(call))
    }
    const session = found(call)
    if (session.batch !== ['6', '7', '8', '9', '10'].includes(op)) throw new Breach(400, '5', 'of another kind')
    if (op === '6') return added(session, call)
    if (op === '7') return session.documents.size === 0 ? ended(session, 44) : started(session, null)
    if (op === '9') return { status: 200, type: 'text/plain', body: session.recovered ? '1.0' : '0.0' }
    if (op === '10') return ofBatch(session, form.get('docid') ?? '')
    if (op === '11') return result(session)
    if (session.error !== undefined) return withResult(session, session.error)
    if (op === '8' && session.recovered) throw new FireRefusal(54)
    // The provider gives its values once.
    if (session.recovered) ended(session, 508)
    await completed(session, sign)
    return op === '8' ? listed(session) : json(200, { result: { prov: 'clavefirma', state: 0 } }, { signed: true })
  }

  function added(session: FireSession, call: FireCall): SimAnswer {
    const { documents } = session
    const id = call.form.get('docid') ?? ''
    if (documents.has(id)) throw new FireRefusal(42)
    if (documents.size >= maxDocuments) throw new FireRefusal(43)
    documents.set(id, documentIn(session, call))
    return json(200, { ok: true })
  }

  /** A document has all of its manner from its own call where that says anything of it (SignBatchConfig), else the batch's. */
  function documentIn(session: FireSession, { form, data, config, properties }: FireCall): FireDocument {
    const own = form.has('cop') || form.has('format') || form.has('properties')
    const { format, properties: common } = session
    const manner = own ? { format: form.get('format') ?? '', properties } : { format, properties: common }
    return { digest: data, title: config.get('docTitle') ?? '', state: 'PENDING', ...manner }
  }

  function listed({ documents }: FireSession): SimAnswer {
    const batch = [...documents].map(([id, { signature, state }]) => ({ id, ok: signature !== undefined, dt: state }))
    return json(200, { prov: 'clavefirma', batch }, { signed: true })
  }

  function ofBatch(session: FireSession, id: string): SimAnswer {
    const document = session.documents.get(id)
    if (document === undefined) throw new FireRefusal(53)
    if (!session.recovered) throw new FireRefusal(49)
    if (document.state === 'RECOVERED') throw new FireRefusal(51)
    if (document.signature === undefined) throw new FireRefusal(50)
    document.state = 'RECOVERED'
    return { status: 200, type: 'application/octet-stream', body: document.signature }
  }

  function result(session: FireSession): SimAnswer {
    const signature = session.documents.get('')?.signature
    all.delete(session.id)
    if (signature === undefined) return { status: 408, type: 'text/html', body: 'Ha caducado la sesion' }
    return { status: 200, type: 'application/octet-stream', body: signature }
  }

  function toldError(session: FireSession): SimAnswer {
    all.delete(session.id)
    const number = session.error ?? (session.chosen ? 505 : 500)
    return json(200, { result: { ercod: number, ermsg: 'El error de la operacion', prov: 'clavefirma' } })
  }

  return {
    perform,
    bySubjectRef: (id, subjectRef) => every().find(one => one.id === id && one.subjectRef === subjectRef),
    byRemoteId: remoteId => every().find(one => one.remoteId === remoteId),
    pages: () => every().map(one => entryOf(one, 'es')),
  }
}
