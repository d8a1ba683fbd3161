// The OpenAPI file that is served beside the sessions: valid by the OpenAPI Initiative's own schema, open to whoever builds a
// client, and true: what is asked and answered fits it, what is refused does not.

import { beforeEach, describe, expect, it } from 'vitest'
import { asked, type Opened, path, type SessionStand, sessionStand, tokens } from './99.sessions.kit.ts'
import { type Served, servedFile } from './openapi.kit.ts'

type Json = Readonly<Record<string, unknown>>

let stand: SessionStand
let served: Served
beforeEach(async () => {
  stand = await sessionStand()
  served = await servedFile(`${stand.url}api/v1/openapi.json`)
})
const faultsOf = (name: string, value: unknown) => served.faultsOf(name, value)

const call = async (method: string, rest = '', body?: unknown) =>
  (await stand.program().call(method, `${path}${rest}`, body)).body

describe('the OpenAPI file', () => {
  it('1 is valid, and every schema in it is', () => served.expectValid())

  it('2 names what there is', () => served.expectAllServed(stand.url, tokens.ledger))

  it('3 fits what is asked, with all of it and with the least, and not what is refused', () => {
    const least = { ens: '9821920002', user: 'u', document: { title: 't' }, signature: { mode: 'none' } }
    for (const good of [asked, least]) expect(faultsOf('SessionRequest', good)).toEqual([])
    const bad = [
      {},
      { ...asked, ens: '98' },
      { ...asked, unheardOf: 1 },
      { ...asked, document: {} },
      { ...asked, signature: { mode: 'stamp' } },
      { ...asked, digitisation: { colour: 'blue' } },
    ]
    for (const one of bad) expect(faultsOf('SessionRequest', one)).not.toEqual([])
  })

  it('4 fits what is answered, from the first answer to the last, and what is called back', async () => {
    const states: unknown[] = []
    const opened = (await call('POST', '', asked)) as { sessionID: string }
    expect(faultsOf('OpenedSession', opened)).toEqual([])
    const { sessionID } = opened
    const look = async () => {
      const state = (await call('GET', `/${sessionID}`)) as Json
      expect(faultsOf('SessionAnswer', state)).toEqual([])
      states.push(state['state'])
    }
    await look()
    const copy = stand.take({ sessionID })
    await expect.poll(async () => ((await call('GET', `/${sessionID}`)) as Json)['state']).toBe('in-hand')
    await look()
    stand.answer({ outcome: 'later', code: 'DESTINATION_BUSY', detail: 'answered 503' })
    await stand.make(copy.id)
    await expect.poll(() => stand.called).toHaveLength(1)
    await look()
    await call('DELETE', `/${sessionID}`)
    await look()
    const repeated = await stand.program().call('POST', path, asked, { 'idempotency-key': 'k' })
    await call('DELETE', `/${(repeated.body as Opened).sessionID}`)
    const { status, body: again } = await stand.program().call('POST', path, asked, { 'idempotency-key': 'k' })
    expect([status, faultsOf('OpenedSession', again)]).toEqual([200, []])
    expect(states).toEqual(['waiting', 'in-hand', 'ready', 'withdrawn'])
    for (const { body } of stand.called) expect(faultsOf('CallbackBody', JSON.parse(body))).toEqual([])
    expect(faultsOf('Error', await call('GET', '/NOBODY'))).toEqual([])
  })
})
