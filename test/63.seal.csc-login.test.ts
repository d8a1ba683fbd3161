// auth/login of the Cloud Signature Consortium's API: a token by user and password from services that say that they take them,
// renewed without showing the password again, taken back at the end, and no password tried twice.

import { chmod } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { systemClock, systemRandom } from '../device/host.ts'
import { openRooms } from '../device/rooms.ts'
import { createCscLogin } from '../drivers/seal/csc-login.ts'
import { createSealServices } from '../drivers/seal/services.ts'
import { memoryLog } from './20.worker.setup.ts'
import { type Folder, temporaryFolder } from './50.signature.kit.ts'
import { digests, faultOf, golden, recorded, type Seals, sealIdentities } from './63.seal.kit.ts'
import { type CscOptions, type CscServer, cscCredential, startCsc } from './sim/csc.ts'

const login = { user: 'ajuntament', password: 'contraseña: 123' } as const

let folder: Folder
let seals: Seals
const running: CscServer[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  seals = await sealIdentities('P-256')
})
afterAll(() => folder.remove())
afterEach(async () => {
  for (const server of running.splice(0)) {
    await server.stop()
    expect(server.breaches()).toEqual([])
  }
})

async function passwordFile(password: string = login.password, mode = 0o600): Promise<string> {
  const path = await folder.write('password', `${password}\n`)
  await chmod(path, mode)
  return path
}

async function scene(options: Partial<CscOptions> = {}) {
  const { version = '1' } = options
  const server = await startCsc({ identity: seals.own, other: seals.other, version, login, ...options })
  running.push(server)
  const service = {
    ...({ id: 'cloud', driver: 'csc', version, url: server.url, user: login.user, deadlineMs: 2_000 } as const),
    ...{ passwordFile: await passwordFile(), caFile: await folder.write('ca.pem', server.caPem) },
  }
  const port = createSealServices({ services: [service], table: [] })
  return { server, service, port, list: () => port.identities('cloud') }
}

const callsOf = (server: CscServer) => server.exchanges().map(({ request }) => request.path.replace(/^\/csc\/v.\//, ''))

/** How each log-in showed who asks. */
const loginsOf = (server: CscServer) =>
  server
    .exchanges()
    .filter(({ request }) => request.path.endsWith('auth/login'))
    .map(({ request }) => (request.headers.authorization === undefined ? 'remembered' : 'password'))

describe.each(['1', '2'] as const)('version %s', version => {
  it('is let in by user and password, once for many calls, and the exchanges are those that are kept', async () => {
    const { server, port, list } = await scene({ version })
    expect(await list()).toEqual([cscCredential])
    await port.certificate({ service: 'cloud', identity: cscCredential })
    await server.fault('token-taken-back', 1)
    await list()
    await port.leave()
    const again = ['credentials/list', 'auth/login', 'credentials/list', 'auth/revoke']
    expect(callsOf(server)).toEqual(['info', 'auth/login', 'credentials/list', 'credentials/info', ...again])
    expect(loginsOf(server)).toEqual(['password', 'remembered'])
    expect(server.tokens()).toEqual([])
    const now = recorded(server.exchanges())
    expect(now).toEqual(await golden(`csc/login-v${version}.json`, now))
  })
})

describe('a service that is asked by user and password', () => {
  it('seals', async () => {
    const { port } = await scene({ identity: (await sealIdentities()).own })
    const { certificate } = await port.certificate({ service: 'cloud', identity: cscCredential })
    const request = { service: 'cloud', identity: cscCredential, algorithm: 'SHA256withRSA', certificate } as const
    expect(await port.sign({ ...request, digests: digests.slice(0, 2) })).toHaveLength(2)
  })

  it('gets the password again where it has forgotten us', async () => {
    const { server, list } = await scene()
    await list()
    // Reached when the refresh token is shown: by then the service knows it no more.
    await server.fault('forgotten', 1)
    server.takeBack()
    await list()
    expect(loginsOf(server)).toEqual(['password', 'remembered', 'password'])
    const forgetful = await scene({ login: { ...login, remembers: false } })
    await forgetful.list()
    await forgetful.server.fault('token-taken-back', 1)
    await forgetful.list()
    expect(loginsOf(forgetful.server)).toEqual(['password', 'password'])
    await forgetful.port.leave()
    expect(forgetful.server.tokens()).toHaveLength(0)
  })

  it('is shown a wrong password once, and the right one as soon as the file holds it', async () => {
    const { server, list } = await scene()
    await passwordFile('a guess')
    const refused = 'SEAL_CREDENTIALS_REFUSED: the token: answered 400 (authentication_error)'
    expect(await faultOf(list())).toBe(refused)
    expect(await faultOf(list())).toBe('SEAL_CREDENTIALS_REFUSED: it refused this password a short while ago')
    expect(loginsOf(server)).toHaveLength(1)
    await passwordFile()
    expect(await list()).toEqual([cscCredential])
  })

  it('is shown none that others can read', async () => {
    const { server, list } = await scene()
    await passwordFile(login.password, 0o640)
    const told = await faultOf(list())
    expect(told).toMatch(/^SEAL_CREDENTIALS_REFUSED: the password file .*mode 0600/)
    expect(told).not.toContain(login.password)
    expect(loginsOf(server)).toEqual([])
  })

  it('is shown none unless it says that it takes one', async () => {
    const { server, service } = await scene()
    const other = await startCsc({ identity: seals.own, other: seals.other, version: '1' })
    running.push(other)
    const caFile = await folder.write('other.pem', other.caPem)
    const port = createSealServices({ services: [{ ...service, url: other.url, caFile }], table: [] })
    expect(await faultOf(port.identities('cloud'))).toContain('SEAL_REFUSED: the service takes no user and password')
    expect(other.exchanges().map(({ request }) => request.headers.authorization)).toEqual([undefined])
    expect(server.exchanges()).toEqual([])
  })

  it('is taken leave of by the worker that ends', async () => {
    const { server, service } = await scene()
    const { deadlineMs: _, ...configured } = service
    const config = parseConfig({
      body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
      procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
      seal: {
        services: [configured],
        table: [{ ens: '9821920002', service: 'cloud', identity: cscCredential }],
      },
    })
    const rooms = openRooms(config, '/nonexistent', { clock: systemClock, random: systemRandom, log: memoryLog() })
    onTestFinished(() => rooms.stop())
    expect(await rooms.seals().identities('cloud')).toEqual([cscCredential])
    expect(server.tokens()).toHaveLength(2)
    await rooms.stop()
    expect(server.tokens()).toEqual([])
  })
})

it('a token is renewed before its end, by one call for all who wait, and one whose life is not told lasts an hour', async () => {
  const time = { now: 0 }
  const calls: string[] = []
  const answers = { info: { authType: ['basic'] }, 'auth/login': { access_token: 'a', refresh_token: 'r' } }
  const call = async (path: string, body: object) => {
    calls.push(`${path} ${JSON.stringify(body)}`)
    return { status: 200, body: Buffer.from(JSON.stringify(answers[path as keyof typeof answers])) }
  }
  const { authorized } = createCscLogin({ user: 'u', passwordFile: await passwordFile(), call, now: () => time.now })
  const use = async () => ({ status: 200, body: new Uint8Array() })
  await Promise.all([authorized(use), authorized(use)])
  expect(calls).toEqual(['info {}', 'auth/login {"rememberMe":true}'])
  time.now = 3_600_000 - 30_001
  await authorized(use)
  expect(calls).toHaveLength(2)
  time.now += 2
  await Promise.all([authorized(use), authorized(use)])
  expect(calls.slice(2)).toEqual(['auth/login {"refresh_token":"r","rememberMe":true}'])
})
