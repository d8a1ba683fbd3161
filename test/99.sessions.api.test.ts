// Sessions over HTTP, with the real queue and store behind them: asked for, taken, made, fetched, each client's own, once for
// each idempotency key.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SignedJson } from '../device/evidence/signed.ts'
import { faultOf } from './25.store.setup.ts'
import { judged } from './85.evidence.kit.ts'
import { fetched, hours, ready, stateOf, untilState } from './99.sessions.calls.ts'
import { asked, made, path, type SessionStand, sessionStand, tokens } from './99.sessions.kit.ts'

describe('a session', () => {
  it('1 is granted with its code, its address and its end, and can be looked at', async () => {
    const stand = await sessionStand()
    const sent = await fetch(`${stand.url}api/v1/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.ledger}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...asked, ens: '9821920002' }),
    })
    const answer = (await sent.json()) as Record<string, string>
    const { sessionID = '', pickupCode } = answer
    expect([sent.status, sent.headers.get('location')]).toEqual([201, `${path}/${sessionID}`])
    expect(answer).toEqual({
      sessionID: expect.stringMatching(/^[0-9A-Z]{26}$/),
      url: `http://127.0.0.1:8080/#session=${sessionID}`,
      pickupCode: expect.stringMatching(/^\d{3}-\d{3}-\d{3}$/),
      expiresAt: new Date(Date.parse(answer['expiresAt'] ?? '')).toISOString(),
    })
    const left = Date.parse(answer['expiresAt'] ?? '') - stand.clock.now()
    expect(Math.abs(left - hours(24))).toBeLessThan(10_000)
    expect(await stateOf(stand, sessionID)).toMatchObject({
      state: 'waiting',
      pickupCode,
      document: null,
      callbacks: [],
    })
  })

  it('2 is made at the kiosk and fetched: copy, ENI document and evidence', async () => {
    const stand = await sessionStand()
    const session = await stand.ask()
    const id = session.sessionID
    const copy = stand.take({ pickupCode: session.pickupCode.replaceAll('-', ' ') })
    expect(copy).toMatchObject({ language: 'ca', order: { title: asked.document.title, session: { id } } })
    await untilState(stand, id, 'in-hand')
    for (const part of ['document', 'metadata', 'evidence'])
      expect((await fetched(stand, `${id}/${part}`)).status).toBe(409)
    expect(await stand.program().call('DELETE', `${path}/${id}`)).toMatchObject({ status: 409 })
    await stand.make(copy.id)
    await untilState(stand, id, 'ready')
    const told = await stateOf(stand, id)
    expect(told).toMatchObject({
      pickupCode: null,
      url: null,
      document: { bytes: made.length, pages: 1, reference: 'AAAA-BBBB', csv: null, signature: { level: 'B' } },
      fetchedAt: null,
    })
    const head = { method: 'HEAD', headers: { authorization: `Bearer ${tokens.ledger}` } }
    expect((await fetch(`${stand.url}api/v1/sessions/${id}/document`, head)).headers.get('content-length')).toBe(
      String(made.length),
    )
    expect((await stateOf(stand, id))['fetchedAt']).toBeNull()
    const answer = await fetched(stand, `${id}/document`)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(made.length),
      'content-disposition': 'attachment; filename="AAAA-BBBB.pdf"',
      'cache-control': 'no-store',
    })
    expect(answer.headers.get('content-digest')).toBe(
      `sha-256=:${Buffer.from((told['document'] as { sha256: string }).sha256, 'hex').toString('base64')}:`,
    )
    expect(await answer.text()).toBe(made)
    await expect.poll(async () => (await stateOf(stand, id))['fetchedAt']).not.toBeNull()
    await judgedParts(stand, id)
  })

  it('3 is each client’s own: to another it is not there', async () => {
    const stand = await sessionStand()
    const { sessionID: id } = await ready(stand)
    for (const rest of ['', '/document', '/metadata', '/evidence'])
      expect((await fetched(stand, `${id}${rest}`, 'other')).status).toBe(404)
    expect(await stand.program('other').call('DELETE', `${path}/${id}`)).toMatchObject({ status: 404 })
    expect((await fetch(`${stand.url}api/v1/sessions/${id}/document`)).status).toBe(401)
    await untilState(stand, id, 'ready')
  })

  it('4 waits again when the person leaves, for the same code, until its time is over', async () => {
    const stand = await sessionStand()
    const session = await stand.ask()
    const id = session.sessionID
    for (const reason of ['person', 'idle'] as const) {
      const copy = stand.take(session)
      await untilState(stand, id, 'in-hand')
      stand.queue.commit(copy.id, { type: 'discarded', reason })
      await untilState(stand, id, 'waiting')
      await stand.queue.erase(copy.id)
    }
    stand.take(session)
    await untilState(stand, id, 'in-hand')
    stand.clock.leap(hours(30))
    await untilState(stand, id, 'in-hand')
    const [held] = stand.queue.list({ stages: ['gathering'] })
    stand.queue.commit(held?.id ?? '', { type: 'discarded', reason: 'idle' })
    await untilState(stand, id, 'expired')
  })
})

async function judgedParts(stand: SessionStand, id: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-session-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const metadata = await fetched(stand, `${id}/metadata`)
  expect(metadata.headers.get('content-type')).toBe('application/xml')
  writeFileSync(join(folder, 'eni.xml'), Buffer.from(await metadata.arrayBuffer()))
  const text = execFileSync('xmllint', [
    '--xpath',
    '//*[local-name()="TipoDocumental"]/text()',
    join(folder, 'eni.xml'),
  ])
  expect(String(text).trim()).toBe('TD14')
  const evidence = await fetched(stand, `${id}/evidence`)
  expect(evidence.headers.get('content-type')).toContain('application/jose+json')
  const { good, payload } = await judged(folder, (await evidence.json()) as SignedJson)
  expect(good).toBe(true)
  expect(payload).toMatchObject({
    session: { id, client: 'ledger', user: 'Anna Roca' },
    document: { title: asked.document.title },
  })
}

describe('an Idempotency-Key', () => {
  const keyed = { 'idempotency-key': 'request-1' }

  it('5 that is repeated with the same request gives the session of before, also after a restart and once it is over', async () => {
    let stand = await sessionStand()
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => stand.program().call('POST', path, asked, keyed)))
    expect([first, ...others].map(one => one?.status).sort()).toEqual([200, 200, 201])
    const turned = Object.fromEntries(Object.entries(asked).reverse())
    const again = await stand.program().call('POST', path, turned, keyed)
    expect(again).toEqual({ status: 200, body: first?.body })
    stand = await stand.restart()
    expect(await stand.program().call('POST', path, asked, keyed)).toEqual({ status: 200, body: first?.body })
    const { sessionID } = again.body as { sessionID: string }
    expect((await stand.program().call('DELETE', `${path}/${sessionID}`)).status).toBe(204)
    expect(await stand.program().call('POST', path, asked, keyed)).toMatchObject({ status: 200, body: { sessionID } })
    expect(stand.store.sessions.list()).toHaveLength(1)
  })

  it('6 with another request is refused, and is each client’s own', async () => {
    const stand = await sessionStand()
    await stand.program().call('POST', path, asked, keyed)
    const other = { ...asked, user: 'Somebody else' }
    expect(await stand.program().call('POST', path, other, keyed)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    })
    expect((await stand.program('other').call('POST', path, other, keyed)).status).toBe(201)
  })
})

describe('what is refused', () => {
  it('7 leaves nothing behind', async () => {
    const stand = await sessionStand()
    const { call } = stand.program()
    const refused: readonly (readonly [unknown, number, string])[] = [
      [{ ...asked, enz: '1' }, 400, 'SESSION_INVALID'],
      ['{"ens":', 400, 'REQUEST_INVALID'],
      [{ ...asked, digitisation: { resolution: 100 } }, 422, 'RESOLUTION_TOO_LOW'],
      [{ ...asked, signature: { mode: 'clave' } }, 422, 'SESSION_NOT_POSSIBLE'],
      [{ ...asked, result: { callbackUrl: 'http://127.0.0.1:80/' } }, 403, 'ADDRESS_REFUSED'],
      [{ ...asked, user: 'x'.repeat(70_000) }, 413, 'MESSAGE_TOO_LARGE'],
    ]
    for (const [body, status, code] of refused)
      expect(await call('POST', path, body)).toMatchObject({ status, body: { code } })
    expect(stand.store.sessions.list({ includeErased: true })).toEqual([])
    const warned = await call('POST', path, { ...asked, document: { ...asked.document, sia: 'ABC' } })
    expect(warned).toMatchObject({ status: 201, body: { warnings: [expect.stringContaining('$.document.sia')] } })
  })

  it('8 is a client that lets too many wait', async () => {
    const stand = await sessionStand({ sessions: { maxWaiting: 2 } })
    await stand.ask()
    const second = await stand.ask()
    expect(await stand.program().call('POST', path, asked)).toMatchObject({ status: 503, body: { code: 'KIOSK_BUSY' } })
    await stand.ask({}, 'other')
    stand.take(second)
    await untilState(stand, second.sessionID, 'in-hand')
    await stand.ask()
  })

  it('9 is a code that nobody has, and after five of them every code for a minute; a mistyped one does not count', async () => {
    const stand = await sessionStand()
    const { pickupCode, sessionID } = await stand.ask()
    const take = (code: string) => faultOf(() => stand.take({ pickupCode: code }))
    const mistyped = pickupCode.replace(/\d$/, digit => String((Number(digit) + 1) % 10))
    for (let i = 0; i < 20; i++) expect(take(mistyped)).toBe('PICKUP_CODE_WRONG')
    const unknown = ['000-000-002', '000-000-010', '000-000-028', '000-000-036', '000-000-044'].map(wellFormed)
    for (const code of unknown) expect(take(code)).toBe('PICKUP_CODE_WRONG')
    expect(take(pickupCode)).toBe('PICKUP_CODE_LOCKED')
    expect(faultOf(() => stand.take({ sessionID: 'NOBODY' }))).toBe('PICKUP_CODE_WRONG')
    stand.clock.leap(61_000)
    stand.take({ pickupCode })
    await untilState(stand, sessionID, 'in-hand')
    expect(take(pickupCode)).toBe('PICKUP_CODE_WRONG')
    expect(stand.store.audit.list().filter(({ event }) => event === 'pickupLocked')).toHaveLength(1)
  })
})

/** The code with the check digit that it should have. */
function wellFormed(code: string): string {
  for (let digit = 0; digit < 10; digit++) {
    const tried = code.replace(/\d$/, String(digit))
    if (isWellFormed(tried)) return tried
  }
  throw new Error('no check digit fits')
}

function isWellFormed(code: string): boolean {
  let carried = 10
  for (const digit of code.replaceAll('-', '').slice(0, -1)) {
    const sum = (carried + Number(digit)) % 10 || 10
    carried = (sum * 2) % 11
  }
  return (carried + Number(code.at(-1))) % 10 === 1
}
