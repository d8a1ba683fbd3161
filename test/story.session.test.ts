// An integrator has copies made at the kiosk: without a signature, with the card, with Cl@ve, under the seal. The person comes with the
// code, sees who asks and what for; the integrator is called back, at the third attempt, and fetches one valid document.

import { execFile, execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedJson } from '../device/evidence/signed.ts'
import { judged } from './85.evidence.kit.ts'
import { type Opened, path } from './99.sessions.kit.ts'
import { atPhone, clavePerson } from './clave.kit.ts'
import { program as commandLine } from './cli.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { apiUrl, program } from './requests.kit.ts'
import { type CallbackReceiver, startCallbackReceiver } from './sim/callback-receiver.ts'
import { approve, feed, sign, slips } from './walk.kit.ts'

let kiosk: Kiosk
let receiver: CallbackReceiver
let secret = ''
let leaped = 0

beforeAll(async () => {
  secret = `whsec_${Buffer.alloc(32, 'callback').toString('base64')}`
  receiver = await startCallbackReceiver({ secret, now: () => Date.now() + leaped })
  kiosk = await startKiosk({
    sheets: await slips(1),
    seal: true,
    clave: {},
    clients: ['ledger', 'other'],
    clientSeals: { ledger: ['9821920002'] },
    sessions: { hosts: [receiver.host] },
  })
})
afterAll(async () => {
  await kiosk.stop()
  await receiver.stop()
})

const request = (mode: 'none' | 'local' | 'clave' | 'seal', more: object = {}) => ({
  ens: '9821920002',
  user: 'Anna Roca',
  digitisation: { resolution: 200 },
  document: { title: `Sol·licitud ${mode}`, type: 'TD14', sourceNature: 'original' },
  signature: { mode, ...more },
  result: { callbackUrl: receiver.url },
})

async function ask(body: object): Promise<Opened> {
  const answer = await program(kiosk).call('POST', path, body)
  if (answer.status !== 201) throw new Error(JSON.stringify(answer))
  return answer.body as Opened
}

const stateOf = async ({ sessionID }: Opened) =>
  (await program(kiosk).call('GET', `${path}/${sessionID}`)).body as Readonly<Record<string, unknown>>

const untilReady = (session: Opened) =>
  expect.poll(async () => (await stateOf(session))['state'], { timeout: 20_000 }).toBe('ready')

async function part({ sessionID }: Opened, name: string): Promise<Buffer> {
  const headers = { authorization: `Bearer ${kiosk.site.token('ledger')}` }
  const answer = await fetch(`${apiUrl(kiosk)}api/v1/sessions/${sessionID}/${name}`, { headers })
  if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${await answer.text()}`)
  return Buffer.from(await answer.arrayBuffer())
}

function fileOf(name: string, bytes: Buffer): string {
  const file = join(kiosk.folder, name)
  writeFileSync(file, bytes)
  return file
}

async function take(pickup: object): Promise<void> {
  const { screen, site } = kiosk
  site.scanner.load(await slips(1))
  await screen.until(view => view.scanner.state === 'ready', 'a scanner that is ready')
  expect(await screen.post('/screen/session', pickup)).toMatchObject({ status: 204 })
  await screen.until(view => view.copy !== null, 'the copy')
}

async function leave(): Promise<void> {
  await kiosk.screen.post('/screen/copy/leave')
  await kiosk.screen.until(view => view.copy === null, 'nobody is in hand')
}

const signatures = (file: string) =>
  execFileSync('pdfsig', ['-nocert', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

describe('without a signature', () => {
  it('the person sees who asks and what for, and the integrator gets a copy with its code', async () => {
    expect(kiosk.screen.view().pickup).toBe(true)
    const session = await ask(request('none'))
    await take({ pickupCode: session.pickupCode })
    expect(kiosk.screen.copy().asked).toMatchObject({
      asker: { kind: 'program', name: 'ledger' },
      title: 'Sol·licitud none',
      sourceNatures: ['original'],
      signature: 'none',
    })
    expect((await stateOf(session))['state']).toBe('in-hand')
    await feed(kiosk)
    await approve(kiosk)
    await untilReady(session)
    const { document } = (await stateOf(session)) as { document: Record<string, unknown> }
    expect(document).toMatchObject({ pages: 1, csv: expect.any(String), signature: null })
    const file = fileOf('none.pdf', await part(session, 'document'))
    execFileSync('qpdf', ['--check', file])
    const xml = fileOf('none.xml', await part(session, 'metadata'))
    expect(String(execFileSync('grep', ['-c', 'TF01', xml])).trim()).toBe('1')
    expect(kiosk.site.receiver.received()).toEqual([])
    await leave()
    await expect
      .poll(() => receiver.taken())
      .toMatchObject([{ body: { sessionID: session.sessionID, state: 'ready' } }])
  })
})

describe('with the card', () => {
  it('is signed, and told at the third attempt to an integrator whose machine was away', async () => {
    receiver.fail('error500', 2)
    const before = receiver.taken().length
    const session = await ask(request('local'))
    await take({ sessionID: session.sessionID })
    await feed(kiosk)
    await approve(kiosk)
    expect(await sign(kiosk, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    await untilReady(session)
    for (const attempts of [1, 2]) {
      await expect
        .poll(async () => (await stateOf(session))['callbacks'])
        .toMatchObject([{ state: 'waiting', attempts, lastFault: { code: 'DESTINATION_UNREACHABLE' } }])
      leaped += 60_000
      kiosk.clock.leap(60_000)
    }
    await expect.poll(() => receiver.taken().length).toBe(before + 1)
    const { document } = (await stateOf(session)) as { document: object }
    expect(receiver.taken().at(-1)?.body).toMatchObject({ sessionID: session.sessionID, state: 'ready', document })
    expect(receiver.breaches()).toEqual([])
    const file = fileOf('local.pdf', await part(session, 'document'))
    expect(signatures(file).match(/Signature is Valid/g)).toHaveLength(1)
    const { good, payload } = await judged(
      kiosk.folder,
      JSON.parse(String(await part(session, 'evidence'))) as SignedJson,
    )
    expect([good, payload]).toMatchObject([true, { session: { id: session.sessionID, user: 'Anna Roca' } }])
    await leave()
  })

  it('cannot be split: one request, one document', async () => {
    const session = await ask(request('local'))
    await take({ pickupCode: session.pickupCode })
    await feed(kiosk)
    expect(await kiosk.screen.post('/screen/copy/split')).toMatchObject({ status: 409 })
    await leave()
    await expect.poll(async () => (await stateOf(session))['state']).toBe('waiting')
  })
})

describe('with Cl@ve Firma', () => {
  it('is signed by the person on their phone', async () => {
    const session = await ask(request('clave'))
    const { screen } = kiosk
    await take({ pickupCode: session.pickupCode })
    await feed(kiosk)
    await approve(kiosk)
    await screen.until(view => view.copy?.clave?.state === 'number', 'the number is asked for')
    await screen.post('/screen/copy/clave/begin', { number: clavePerson })
    const { copy } = await screen.until(view => view.copy?.clave?.state === 'page', 'the page')
    await atPhone(kiosk, copy?.clave?.state === 'page' ? copy.clave.page : expect.unreachable('no page'))
    await screen.post('/screen/copy/clave/finish')
    await untilReady(session)
    const file = fileOf('clave.pdf', await part(session, 'document'))
    expect(signatures(file).match(/Signature is Valid/g)).toHaveLength(1)
    expect(signatures(file)).toContain(clavePerson)
    await leave()
  })
})

describe('under the seal', () => {
  it('is sealed while nobody is there, and comes out once, although its callback was repeated', async () => {
    receiver.fail('drop', 1)
    const before = receiver.taken().length
    const attempts = receiver.attempts()
    const session = await ask(request('seal'))
    await kiosk.site.seal?.fault('offline')
    await take({ pickupCode: session.pickupCode })
    await feed(kiosk)
    await approve(kiosk)
    await kiosk.screen.until(view => view.copy?.result != null, 'the receipt')
    await leave()
    await expect.poll(async () => (await stateOf(session))['state']).toBe('making')
    await kiosk.site.seal?.fault(undefined)
    leaped += 60_000
    kiosk.clock.leap(60_000)
    await untilReady(session)
    await expect.poll(async () => (await stateOf(session))['callbacks']).toMatchObject([{ attempts: 1 }])
    leaped += 60_000
    kiosk.clock.leap(60_000)
    await expect.poll(async () => (await stateOf(session))['callbacks']).toMatchObject([{ state: 'delivered' }])
    expect([receiver.attempts() - attempts, receiver.taken().length - before]).toEqual([2, 1])
    const file = fileOf('seal.pdf', await part(session, 'document'))
    expect(signatures(file)).toContain('Signature is Valid')
    expect(signatures(file)).toContain('Segell de l’Ajuntament')
  })
})

describe('an operator', () => {
  const configured = () => ['--config', kiosk.site.configFile, '--data', kiosk.site.dataFolder]
  const run = async (...words: string[]) =>
    (await promisify(execFile)(process.execPath, [commandLine, 'sessions', ...words, ...configured()])).stdout

  it('sees sessions and their callbacks, without codes, titles and names, and withdraws one', async () => {
    const session = await ask(request('none'))
    const shown = JSON.parse(await run('--json')) as readonly Record<string, unknown>[]
    expect(shown.map(({ state }) => state)).toEqual(['waiting', 'ready', 'ready', 'waiting', 'ready', 'ready'])
    const status = await promisify(execFile)(process.execPath, [commandLine, 'status', ...configured()])
    expect(status.stdout).toContain('sessions of programs: 2 waiting, 4 ready')
    const ready = String(shown[1]?.['sessionID'])
    expect(await run('show', ready)).toMatch(/ready {2}asked for by ledger[\s\S]*callback \S+: delivered, 2 attempts/)
    for (const text of ['Sol·licitud', 'Anna', session.pickupCode]) expect(JSON.stringify(shown)).not.toContain(text)
    expect(await run('withdraw', session.sessionID)).toContain('withdrawn')
    expect((await stateOf(session))['state']).toBe('withdrawn')
    await expect
      .poll(() => receiver.taken().at(-1)?.body)
      .toMatchObject({ sessionID: session.sessionID, state: 'withdrawn' })
    expect(kiosk.logged.join('\n')).not.toMatch(/Anna Roca|Sol·licitud/)
  })
})
