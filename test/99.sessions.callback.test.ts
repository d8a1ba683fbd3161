// Callbacks on the wire: what a client receives and how it holds it against the secret, what is tried again and what is not,
// and every address that is not asked.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CallbackOutcome } from '../device/ports.ts'
import { type CallbackClient, createWebhooks } from '../drivers/callback/webhook.ts'
import { type Asked, listen, listenSecurely } from './94.hosts.kit.ts'
import { asked, path, sessionStand } from './99.sessions.kit.ts'

const secret = Buffer.alloc(32, 7)
const body = '{"sessionID":"S","state":"ready"}'
const at = Date.parse('2026-11-27T08:00:00Z')

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'compulsa-callback-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

function clientAt(hosts: readonly string[], more: Partial<CallbackClient> = {}, line?: string, mode = 0o600) {
  const callbackSecretFile = join(folder(), 'secret')
  writeFileSync(callbackSecretFile, `${line ?? `whsec_${secret.toString('base64')}`}\n`, { mode })
  return { id: 'ledger', hosts, allowPrivate: hosts, callbackSecretFile, ...more }
}

const call = (client: CallbackClient, url: string): Promise<CallbackOutcome> =>
  createWebhooks({ clients: [client] }).call({ client: 'ledger', url, id: 'N1', at, body })

/** As an integrator would, by openssl alone. */
function isGenuine({ headers, body: received }: Asked): boolean {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${received.toString('utf8')}`
  const key = `hexkey:${secret.toString('hex')}`
  const words = ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', key, '-binary']
  const value = execFileSync('openssl', words, { input: signed }).toString('base64')
  return headers['webhook-signature'] === `v1,${value}`
}

describe('a callback', () => {
  it('1 arrives as it is, and openssl finds it genuine', async () => {
    const host = await listen((_asked, answer) => answer.writeHead(204).end())
    expect(await call(clientAt([`127.0.0.1:${host.port}`]), `http://127.0.0.1:${host.port}/hook?x=1`)).toEqual({
      outcome: 'delivered',
    })
    const [got] = host.asked
    expect(got).toMatchObject({
      method: 'POST',
      path: '/hook?x=1',
      headers: { 'content-type': 'application/json', 'webhook-id': 'N1', 'webhook-timestamp': String(at / 1000) },
    })
    expect(String(got?.body)).toBe(body)
    expect(got !== undefined && isGenuine(got)).toBe(true)
    expect(got !== undefined && isGenuine({ ...got, body: Buffer.from(body.replace('ready', 'ReadY')) })).toBe(false)
  })

  it('2 goes by TLS to whom the authority of the client vouches for, and to nobody else', async () => {
    const host = await listenSecurely((_asked, answer) => answer.end('{}'))
    const name = `127.0.0.1:${host.port}`
    const { caFile: callbackCaFile } = host
    expect(await call(clientAt([name], { callbackCaFile }), `https://${name}/`)).toEqual({ outcome: 'delivered' })
    expect(await call(clientAt([name]), `https://${name}/`)).toMatchObject({ code: 'DESTINATION_UNTRUSTED' })
    const pins = { [name]: [`sha256/${Buffer.alloc(32).toString('base64')}`] }
    expect(await call(clientAt([name], { callbackCaFile, pins }), `https://${name}/`)).toMatchObject({
      ...{ outcome: 'later', code: 'TLS_PIN_MISMATCH' },
    })
    expect(host.asked).toHaveLength(1)
  })

  const answers: readonly (readonly [number, Record<string, string>, object])[] = [
    [200, {}, { outcome: 'delivered' }],
    [202, {}, { outcome: 'delivered' }],
    [400, {}, { outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail: 'answered 400' }],
    [401, {}, { outcome: 'later', code: 'CREDENTIALS_REFUSED', retryAfterMs: 900_000 }],
    [404, {}, { outcome: 'later', code: 'DESTINATION_UNREACHABLE' }],
    [410, {}, { outcome: 'refused', code: 'DESTINATION_REFUSED', detail: 'answered 410' }],
    [429, { 'retry-after': '7' }, { outcome: 'later', code: 'DESTINATION_BUSY', retryAfterMs: 7000 }],
    [500, {}, { outcome: 'later', code: 'DESTINATION_UNREACHABLE' }],
    [503, { 'retry-after': '9999999' }, { outcome: 'later', code: 'DESTINATION_BUSY', retryAfterMs: 86_400_000 }],
  ]
  it.each(answers)('3 answered %i with %j', async (status, headers, outcome) => {
    const host = await listen((_asked, answer) => answer.writeHead(status, headers).end('x'))
    const told = await call(clientAt(['127.0.0.1']), `http://127.0.0.1:${host.port}/`)
    expect(told).toMatchObject(outcome)
  })

  const secrets: readonly (readonly [string, string | undefined, number, RegExp])[] = [
    ['is no whsec_', 'hunter2', 0o600, /does not hold whsec_/],
    ['is short', `whsec_${Buffer.alloc(12).toString('base64')}`, 0o600, /24 to 64/],
    ['can be read by others', undefined, 0o644, /mode 0600/],
  ]
  it.each(secrets)('4 waits where the secret %s, and tells nothing of it', async (_what, line, mode, why) => {
    const host = await listen((_asked, answer) => answer.end())
    const told = await call(clientAt(['127.0.0.1'], {}, line, mode), `http://127.0.0.1:${host.port}/`)
    expect(told).toMatchObject({ outcome: 'later', code: 'CREDENTIALS_REFUSED', detail: expect.stringMatching(why) })
    expect(JSON.stringify(told)).not.toContain('hunter2')
    expect(host.asked).toEqual([])
  })
})

describe('an address that leads elsewhere', () => {
  it('5 is not asked: hosts of nobody, and those whose addresses are not public', async () => {
    const host = await listen((_asked, answer) => answer.end())
    const { port } = host
    const refused: readonly (readonly [CallbackClient, string])[] = [
      [clientAt(['ledger.example']), `http://127.0.0.1:${port}/`],
      [clientAt(['127.0.0.1:1']), `http://127.0.0.1:${port}/`],
      [clientAt(['ledger.example'], { allowPrivate: ['127.0.0.1'] }), `https://127.0.0.1:${port}/`],
      // Named, but not as one of a private network.
      [clientAt(['127.0.0.1'], { allowPrivate: [] }), `https://127.0.0.1:${port}/`],
      [clientAt(['localhost'], { allowPrivate: [] }), `https://localhost:${port}/`],
      [clientAt(['[::ffff:7f00:1]'], { allowPrivate: [] }), `https://[::ffff:127.0.0.1]:${port}/`],
      [clientAt(['2130706433', '127.0.0.1'], { allowPrivate: [] }), `https://2130706433:${port}/`],
      // Out of TLS only in a private network.
      [clientAt(['127.0.0.1'], { allowPrivate: [] }), `http://127.0.0.1:${port}/`],
      [clientAt(['127.0.0.1']), `http://user:pass@127.0.0.1:${port}/`],
      [clientAt(['127.0.0.1']), 'file:///etc/passwd'],
    ]
    const plain = await call(clientAt(['127.0.0.1'], { allowPrivate: [] }), `http://127.0.0.1:${port}/`)
    expect(plain).toMatchObject({ detail: expect.stringContaining('not among the hosts') })
    for (const [client, url] of refused) {
      const told = await call(client, url)
      expect([url, told]).toMatchObject([url, { outcome: 'later', code: 'ADDRESS_REFUSED' }])
      expect(JSON.stringify(told)).not.toContain('pass@')
    }
    expect(host.asked).toEqual([])
  })

  it('6 by a redirect is followed to the client’s own hosts and to no other', async () => {
    const end = await listen((_asked, answer) => answer.end())
    const door = await listen((_asked, answer) =>
      answer.writeHead(307, { location: `http://127.0.0.1:${end.port}/moved` }).end(),
    )
    const own = [`127.0.0.1:${door.port}`, `127.0.0.1:${end.port}`]
    expect(await call(clientAt(own), `http://127.0.0.1:${door.port}/`)).toEqual({ outcome: 'delivered' })
    expect(end.asked).toMatchObject([{ method: 'POST', path: '/moved' }])
    const elsewhere = clientAt(own.slice(0, 1), { allowPrivate: own })
    expect(await call(elsewhere, `http://127.0.0.1:${door.port}/`)).toMatchObject({ code: 'ADDRESS_REFUSED' })
    expect(end.asked).toHaveLength(1)
  })

  it('7 by a redirect is never followed out of TLS', async () => {
    const end = await listen((_asked, answer) => answer.end())
    const door = await listenSecurely((_asked, answer) =>
      answer.writeHead(308, { location: `http://127.0.0.1:${end.port}/` }).end(),
    )
    const { caFile: callbackCaFile } = door
    const told = await call(clientAt(['127.0.0.1'], { callbackCaFile }), `https://127.0.0.1:${door.port}/`)
    expect(told).toMatchObject({ code: 'ADDRESS_REFUSED' })
    expect([door.asked.length, end.asked.length]).toEqual([1, 0])
  })
})

describe('what is told', () => {
  it('8 is tried again with the same id and body until it is received, over a restart, and seen meanwhile', async () => {
    let stand = await sessionStand()
    stand.answer({ outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail: 'no answer' })
    const { sessionID } = await stand.ask()
    const copy = stand.take({ sessionID })
    await stand.make(copy.id)
    await expect.poll(() => stand.called).toHaveLength(1)
    const [first] = stand.called
    const callbacks = async () =>
      ((await stand.program().call('GET', `${path}/${sessionID}`)).body as { callbacks: object[] }).callbacks
    await expect
      .poll(callbacks)
      .toMatchObject([
        { state: 'waiting', attempts: 1, lastFault: { code: 'DESTINATION_UNREACHABLE', detail: 'no answer' } },
      ])
    stand.clock.leap(20_000)
    await expect.poll(() => stand.called.length).toBeGreaterThan(1)
    stand = await stand.restart()
    stand.clock.leap(3_600_000)
    await expect.poll(callbacks).toMatchObject([{ state: 'delivered', lastFault: null }])
    const [last] = stand.called
    expect(last).toMatchObject({ id: first?.id, url: asked.result.callbackUrl, body: first?.body })
    expect(last?.at).toBeGreaterThan(first?.at ?? 0)
    stand.clock.leap(3_600_000)
    expect(stand.called).toHaveLength(1)
  })

  it('9 costs a host that is away few attempts, however many sessions end at once', async () => {
    const stand = await sessionStand({ sessions: { waitingHours: 1 } })
    stand.answer({ outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail: 'no answer' })
    for (let i = 0; i < 20; i++) await stand.ask()
    stand.clock.leap(3_600_000 + 1000)
    await expect.poll(() => stand.called.length).toBeGreaterThanOrEqual(3)
    const attempted = () => stand.logged.filter(line => line.includes('callback attempted')).length
    await expect.poll(attempted).toBe(stand.called.length)
    // Those that were on the wire when the third failed, and no more.
    expect(stand.called.length).toBeLessThan(8)
    stand.answer({ outcome: 'delivered' })
    for (let i = 0; i < 12; i++) {
      stand.clock.leap(400_000)
      await expect.poll(attempted).toBe(stand.called.length)
    }
    await expect.poll(() => new Set(stand.called.map(one => one.id)).size, { timeout: 5000 }).toBe(20)
  })

  it('10 goes at once where somebody who looks after the kiosk has the host asked again', async () => {
    const stand = await sessionStand({ sessions: { waitingHours: 1 } })
    const { callbacks } = stand.sessions
    let told = 0
    onTestFinished(
      callbacks.subscribe(() => {
        told += 1
      }),
    )
    stand.answer({ outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail: 'no answer' })
    for (let i = 0; i < 4; i++) await stand.ask()
    await stand.ask({}, 'other')
    stand.clock.leap(3_600_000 + 1000)
    await expect
      .poll(callbacks.paused)
      .toMatchObject([
        { service: 'callback', host: 'ledger.example:443', ids: expect.arrayContaining(['ledger']), copies: null },
      ])
    const attempted = () => stand.logged.filter(line => line.includes('callback attempted')).length
    await expect.poll(attempted).toBe(stand.called.length)
    const [pause] = callbacks.paused()
    expect(pause?.code).toBe('DESTINATION_UNREACHABLE')
    expect(Date.parse(pause?.until ?? '')).toBeGreaterThan(Date.parse(pause?.since ?? ''))
    const before = stand.called.length
    expect([callbacks.askNow('other.example:443'), callbacks.askNow('ledger.example:443')]).toEqual([false, true])
    await expect.poll(attempted).toBe(before + 1)
    expect(callbacks.paused()).toHaveLength(1)
    stand.answer({ outcome: 'delivered' })
    callbacks.askNow('ledger.example:443')
    await expect.poll(() => new Set(stand.called.slice(before + 1).map(one => one.id)).size).toBe(5)
    expect(callbacks.paused()).toEqual([])
    expect(told).toBe(stand.called.length)
  })

  it('11 is not sent again where nobody wants it any more', async () => {
    const stand = await sessionStand()
    stand.answer({ outcome: 'refused', code: 'DESTINATION_REFUSED', detail: 'answered 410' })
    const { sessionID } = await stand.ask()
    await stand.make(stand.take({ sessionID }).id)
    await expect.poll(() => stand.called).toHaveLength(1)
    stand.clock.leap(5_000_000)
    await expect
      .poll(async () => (await stand.program().call('GET', `${path}/${sessionID}`)).body as object)
      .toMatchObject({ state: 'ready', callbacks: [{ state: 'refused', attempts: 1 }] })
    expect(stand.called).toHaveLength(1)
  })
})
