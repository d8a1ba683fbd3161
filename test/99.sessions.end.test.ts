// How sessions end: by time, by their client, by an operator; and what a restart at any point makes of them.

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { delivered, operatorHold } from './11.document.kit.ts'
import { faultOf } from './25.store.setup.ts'
import { fetched, hours, ready, stateOf, untilState } from './99.sessions.calls.ts'
import { asked, made, path, type SessionStand, sessionStand } from './99.sessions.kit.ts'

describe('time', () => {
  it('10 ends the waiting, tells the client, and forgets a week later', async () => {
    const stand = await sessionStand({ sessions: { waitingHours: 2 } })
    const session = await stand.ask()
    stand.clock.leap(hours(2) + 1000)
    await untilState(stand, session.sessionID, 'expired')
    expect(faultOf(() => stand.take(session))).toBe('PICKUP_CODE_WRONG')
    expect(await fetched(stand, `${session.sessionID}/document`)).toMatchObject({ status: 410 })
    await expect
      .poll(() => stand.called.map(({ body }) => JSON.parse(body)))
      .toMatchObject([{ sessionID: session.sessionID, state: 'expired', document: null }])
    stand.clock.leap(hours(8 * 24))
    await expect.poll(async () => (await fetched(stand, session.sessionID)).status).toBe(404)
    expect(stand.store.sessions.list()).toEqual([])
    const late = await stand.ask()
    await stand.sessions.stop()
    stand.clock.leap(hours(2) + 1000)
    expect(faultOf(() => stand.take(late))).toBe('PICKUP_CODE_WRONG')
  })

  it('11 ends the keeping of a copy, and nothing before does; a request may ask for less', async () => {
    const stand = await sessionStand()
    const long = await ready(stand)
    const short = await ready(stand, { result: { ...asked.result, retentionHours: 1 } })
    const left = (told: Readonly<Record<string, unknown>>) => Date.parse(String(told['expiresAt'])) - stand.clock.now()
    expect(left(await stateOf(stand, short.sessionID)) / hours(1)).toBeCloseTo(1, 1)
    expect(left(await stateOf(stand, long.sessionID)) / hours(1)).toBeCloseTo(12, 1)
    stand.clock.leap(hours(1) + 1000)
    await untilState(stand, short.sessionID, 'expired')
    expect(await (await fetched(stand, `${long.sessionID}/document`)).text()).toBe(made)
    await expect.poll(async () => (await stateOf(stand, long.sessionID))['fetchedAt']).not.toBeNull()
    stand.clock.leap(hours(11) + 1000)
    await untilState(stand, long.sessionID, 'expired')
    // Only who has not fetched it hears that it is gone.
    const told = stand.called.map(({ body }) => JSON.parse(body) as { sessionID: string; state: string })
    expect(told.filter(({ state }) => state === 'expired').map(({ sessionID }) => sessionID)).toEqual([short.sessionID])
  })

  it('does not run while the copy still has to be received elsewhere, and then begins', async () => {
    const stand = await archiving()
    const { sessionID, documentId } = await ready(stand)
    expect(await stateOf(stand, sessionID)).toMatchObject({ state: 'ready', expiresAt: null })
    stand.clock.leap(hours(100))
    expect(await stateOf(stand, sessionID)).toMatchObject({ state: 'ready', expiresAt: null })
    expect(await (await fetched(stand, `${sessionID}/document`)).text()).toBe(made)
    stand.queue.commit(documentId, delivered('archive'))
    await expect.poll(async () => (await stateOf(stand, sessionID))['expiresAt']).not.toBeNull()
    const { expiresAt } = await stateOf(stand, sessionID)
    expect((Date.parse(String(expiresAt)) - stand.clock.now()) / hours(1)).toBeCloseTo(12, 1)
    stand.clock.leap(hours(12) + 1000)
    await untilState(stand, sessionID, 'expired')
  })

  it('does not run either for a session of an earlier version, which had an end already', async () => {
    let stand = await archiving()
    const { sessionID } = await ready(stand)
    await stand.sessions.stop()
    const stored = stand.store.sessions.load(sessionID)
    if (stored === undefined || stored.erased) throw new Error('no session')
    const endsAt = new Date(stand.clock.now() + hours(1)).toISOString()
    const body = { ...(stored.body as object), endsAt }
    const { stage, version } = stored
    const earlier = { id: sessionID, stage, version: version + 1, wakeAt: Date.parse(endsAt), body }
    stand.store.sessions.commit(earlier, { event: 'sessionKept', details: { session: sessionID } })
    stand.clock.leap(hours(2))
    stand = await stand.restart()
    expect(await stateOf(stand, sessionID)).toMatchObject({ state: 'ready', expiresAt: null })
  })

  it('12 stands still while a copy is being made, also when it is held', async () => {
    const stand = await sessionStand()
    const session = await stand.ask()
    const copy = stand.take(session)
    await stand.make(copy.id, 'approved')
    stand.queue.commit(copy.id, operatorHold)
    stand.clock.leap(hours(100))
    await expect
      .poll(async () => (await stateOf(stand, session.sessionID))['problem'])
      .toMatchObject({
        code: 'HELD_BY_OPERATOR',
        mendedBy: 'operator',
      })
    expect(await stateOf(stand, session.sessionID)).toMatchObject({ state: 'in-hand', expiresAt: null })
  })
})

describe('the end', () => {
  it('13 by DELETE erases key and files of the copy, and what was asked for; a second one does nothing', async () => {
    const stand = await sessionStand()
    const { sessionID, documentId } = await ready(stand)
    expect((await stand.program().call('DELETE', `${path}/${sessionID}`)).status).toBe(204)
    expect(await stateOf(stand, sessionID)).toMatchObject({ state: 'withdrawn' })
    expect(await fetched(stand, `${sessionID}/document`)).toMatchObject({ status: 410 })
    await expect.poll(() => stand.queue.find(documentId)).toBeUndefined()
    expect(JSON.stringify(stand.store.sessions.load(sessionID))).not.toContain('Certificat')
    expect((await stand.program().call('DELETE', `${path}/${sessionID}`)).status).toBe(204)
    const waiting = await stand.ask()
    expect((await stand.program().call('DELETE', `${path}/${waiting.sessionID}`)).status).toBe(204)
    expect(faultOf(() => stand.take(waiting))).toBe('PICKUP_CODE_WRONG')
    expect(stand.called.map(({ body }) => JSON.parse(body).state)).toEqual(['ready'])
  })

  it('gives a code of the client’s own back, which one session has at a time', async () => {
    const stand = await sessionStand()
    const coded = { ...asked, signature: { mode: 'none', csv: 'ABCD-1234-EFGH-5678-JKMN-PQRS-TVWX-YZ' } }
    const ask = async (key: string, client: 'ledger' | 'other' = 'ledger') =>
      (await stand.program(client).call('POST', path, coded, { 'idempotency-key': key })).status
    const first = await stand.ask({ signature: coded.signature })
    expect(await ask('one')).toBe(400)
    expect(await ask('two', 'other')).toBe(400)
    expect((await stand.program().call('DELETE', `${path}/${first.sessionID}`)).status).toBe(204)
    expect([await ask('one'), await ask('one'), await ask('three')]).toEqual([201, 200, 400])
  })

  it('of a copy that goes elsewhere too is no reason to keep it from there', async () => {
    const stand = await archiving()
    const { sessionID, documentId } = await ready(stand)
    expect(await (await fetched(stand, `${sessionID}/document`)).text()).toBe(made)
    expect((await stand.program().call('DELETE', `${path}/${sessionID}`)).status).toBe(204)
    expect(await fetched(stand, `${sessionID}/document`)).toMatchObject({ status: 410 })
    expect(stand.queue.get(documentId).stage.name).toBe('delivering')
    // And none to keep it when it has arrived.
    stand.queue.commit(documentId, delivered('archive'))
    await expect.poll(() => stand.queue.find(documentId)).toBeUndefined()
  })

  it('by an operator is told to the client', async () => {
    const stand = await sessionStand()
    const { sessionID } = await stand.ask()
    await stand.sessions.withdrawAny(sessionID)
    await expect
      .poll(() => stand.called.map(({ body }) => JSON.parse(body)))
      .toMatchObject([{ sessionID, state: 'withdrawn', document: null }])
  })

  it('14 by DELETE while it is sealed gives the copy up', async () => {
    const stand = await sealing()
    const { sessionID, documentId } = await sealed(stand)
    expect((await stand.program().call('DELETE', `${path}/${sessionID}`)).status).toBe(204)
    expect(stand.queue.get(documentId).stage).toEqual({ name: 'discarded', reason: 'withdrawn' })
  })

  it('15 by an operator who gives the copy up is a failure, with what held it', async () => {
    const stand = await sealing()
    const { sessionID, documentId } = await sealed(stand)
    const hold = { ...operatorHold, code: 'SEAL_REFUSED', detail: 'no such seal' } as const
    stand.queue.commit(documentId, hold)
    await expect.poll(async () => (await stateOf(stand, sessionID))['problem']).toMatchObject({ code: 'SEAL_REFUSED' })
    stand.queue.commit(documentId, { type: 'discarded', reason: 'operator' })
    await untilState(stand, sessionID, 'failed')
    const why = { code: 'COPY_GIVEN_UP', detail: expect.stringContaining('SEAL_REFUSED: no such seal') }
    expect(await stateOf(stand, sessionID)).toMatchObject({ why })
    await expect.poll(() => stand.called.map(({ body }) => JSON.parse(body))).toMatchObject([{ state: 'failed', why }])
  })
})

/** A kiosk whose copies go to an archive too, which a test speaks for. */
const archiving = () => {
  const destinations = [{ id: 'archive', driver: 'https', url: 'https://archive.invalid/' }]
  return sessionStand({ sessions: { destinations: ['archive'] }, config: { destinations } })
}

/** A kiosk with a seal that is never asked. */
const sealing = () =>
  sessionStand({
    clients: { seals: ['9821920002'] },
    config: {
      seal: {
        services: [
          {
            ...{ id: 'aoc', driver: 'trustedx', url: 'https://seal.invalid', tokenUrl: 'https://seal.invalid/token' },
            ...{ clientId: 'kiosk', clientSecretFile: 'secret' },
          },
        ],
        table: [{ ens: '9821920002', service: 'aoc', identity: 'seal' }],
      },
    },
  })

async function sealed(stand: SessionStand) {
  const session = await stand.ask({ signature: { mode: 'seal' } })
  const copy = stand.take(session)
  await stand.make(copy.id)
  await untilState(stand, session.sessionID, 'making')
  return { ...session, documentId: copy.id }
}

describe('a restart', () => {
  it('16 finds a session where its copy is, wherever the power was cut between the two', async () => {
    let stand = await sessionStand()
    const session = await stand.ask()
    await stand.sessions.stop()
    const copy = stand.take(session)
    stand = await stand.restart()
    await untilState(stand, session.sessionID, 'in-hand')
    await stand.sessions.stop()
    await stand.make(copy.id)
    stand = await stand.restart()
    await untilState(stand, session.sessionID, 'ready')
    await expect.poll(() => stand.called).toHaveLength(1)
    await stand.sessions.stop()
    await stand.queue.erase(copy.id)
    stand = await stand.restart()
    await untilState(stand, session.sessionID, 'expired')
  })

  it('17 remembers codes, and which of a person’s copies is gone', async () => {
    let stand = await sessionStand()
    const session = await stand.ask()
    const copy = stand.take(session)
    await untilState(stand, session.sessionID, 'in-hand')
    await stand.sessions.stop()
    stand.queue.commit(copy.id, { type: 'discarded', reason: 'person' })
    await stand.queue.erase(copy.id)
    stand = await stand.restart()
    await untilState(stand, session.sessionID, 'waiting')
    stand.take({ sessionID: session.sessionID })
    await untilState(stand, session.sessionID, 'in-hand')
  })
})

it('18 lies sealed: neither title, user nor code can be read in the data folder', async () => {
  const stand = await sessionStand()
  const { pickupCode } = await stand.ask()
  const folder = stand.folder
  const files = readdirSync(folder).filter(name => name.startsWith('compulsa.sqlite'))
  expect(files.length).toBeGreaterThan(0)
  const found = execFileSync('sh', ['-c', `cat ${files.map(name => join(folder, name)).join(' ')} | strings -n 6`])
  for (const secret of ['Anna Roca', 'Certificat', pickupCode, 'ledger.example'])
    expect(String(found)).not.toContain(secret)
  expect(stand.logged.join()).not.toContain(pickupCode)
})
