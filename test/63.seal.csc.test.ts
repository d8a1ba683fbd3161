// The Cloud Signature Consortium's API by the real driver against the simulator, in both versions: authorisation with and
// without PIN, batches, every named way of failing and what it is told as, and the exchanges as they are kept.

import { verify, X509Certificate } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { signatureIdentifier, suggestedAlgorithm, verifySignatureValue } from '../device/cms/algorithm.ts'
import type { SignatureAlgorithm } from '../device/ports.ts'
import { createSealServices } from '../drivers/seal/services.ts'
import { type Folder, temporaryFolder } from './50.signature.kit.ts'
import { digests, faultOf, golden, recorded, type Seals, sealIdentities } from './63.seal.kit.ts'
import { type CscFault, type CscOptions, cscClient, cscCredential, cscTokenPath, startCsc } from './sim/csc.ts'
import type { SealServer, SealServerFault } from './sim/seal-server.ts'

let folder: Folder
let seals: Seals
const running: SealServer<CscFault>[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  seals = await sealIdentities()
})
afterAll(() => folder.remove())
afterEach(async () => {
  for (const server of running.splice(0)) {
    await server.stop()
    expect(server.breaches()).toEqual([])
  }
})

async function scene(options: Partial<CscOptions> = {}, change: object = {}) {
  const { version = '2' } = options
  const server = await startCsc({ identity: seals.own, other: seals.other, version, ...options })
  running.push(server)
  const secret = await folder.write('secret', `${cscClient.secret}\n`)
  await chmod(secret, 0o600)
  const service = {
    id: 'cloud',
    driver: 'csc',
    version,
    url: server.url,
    tokenUrl: `${server.url}${cscTokenPath}`,
    clientId: cscClient.clientId,
    clientSecretFile: secret,
    caFile: await folder.write('ca.pem', server.caPem),
    deadlineMs: 2_000,
    ...change,
  } as const
  const port = createSealServices({ services: [service], table: [] })
  const sign = (count = 1, identity = cscCredential, algorithm: SignatureAlgorithm = 'SHA256withRSA') =>
    port.sign({
      service: 'cloud',
      identity,
      algorithm,
      certificate: seals.own.certificate,
      digests: digests.slice(0, count),
    })
  return { server, port, sign, certificate: () => port.certificate({ service: 'cloud', identity: cscCredential }) }
}

async function pinFile(pin: string): Promise<{ readonly pinFile: string }> {
  const path = await folder.write('pin', `${pin}\n`)
  await chmod(path, 0o600)
  return { pinFile: path }
}

function holds(values: readonly Uint8Array[]): boolean {
  const { publicKey } = new X509Certificate(seals.own.certificate)
  return values.every((value, i) => verify('sha256', Buffer.from(['one', 'two', 'three'][i] ?? ''), publicKey, value))
}

const callsOf = (server: SealServer<CscFault>) =>
  server.exchanges().map(({ request }) => request.path.split('/').at(-1))

describe.each(['1', '2'] as const)('version %s', version => {
  it('signs with an authorisation for the very digests, and lists what there is', async () => {
    const { server, port, sign, certificate } = await scene({ version })
    expect(await port.identities('cloud')).toEqual([cscCredential])
    const { certificate: der, chain } = await certificate()
    expect(Buffer.from(der).equals(seals.own.certificate)).toBe(true)
    expect(chain).toHaveLength(1)
    expect(holds(await sign())).toBe(true)
    expect(callsOf(server)).toEqual(['token', 'list', 'info', 'info', 'authorize', 'signHash'])
  })

  it('signs many with one authorisation, as many as the credential takes at once', async () => {
    const { server, sign } = await scene({ version, multisign: 2 })
    const values = await sign(3)
    expect(values).toHaveLength(3)
    expect(holds(values)).toBe(true)
    expect(callsOf(server)).toEqual(['token', 'info', 'authorize', 'signHash', 'authorize', 'signHash'])
  })

  it('brings the PIN of a file, and a wrong one once only', async () => {
    const { sign } = await scene({ version, pin: '2468' }, await pinFile('2468'))
    expect(holds(await sign())).toBe(true)
    const { server, sign: again } = await scene({ version, pin: '2468' }, await pinFile('1357'))
    expect(await faultOf(again())).toBe('SEAL_CREDENTIALS_REFUSED: the seal service refused the PIN')
    const asked = callsOf(server).filter(one => one === 'authorize').length
    const told = await faultOf(again())
    expect(told).toBe('SEAL_CREDENTIALS_REFUSED: the PIN was turned down before and is not tried again')
    expect(callsOf(server).filter(one => one === 'authorize')).toHaveLength(asked)
    await pinFile('2468')
    expect(holds(await again())).toBe(true)
  })

  it('refuses a credential that asks a person for something each time', async () => {
    const { sign } = await scene({ version, otp: true })
    expect(await faultOf(sign())).toBe('SEAL_UNFIT: the credential asks a person each time; a seal must not')
  })

  it('asks for a new authorisation where the first has ended, once', async () => {
    const { server, sign } = await scene({ version })
    await server.fault('sad-expired', 1)
    expect(holds(await sign())).toBe(true)
    await server.fault('sad-expired')
    expect(await faultOf(sign())).toBe('SEAL_REFUSED: the signatures: answered 400 (invalid_request)')
  })

  it('asks for what a certificate says where a service tells none without', async () => {
    const { server, certificate } = await scene({ version })
    await server.fault('no-certificate-alone')
    expect(Buffer.from((await certificate()).certificate).equals(seals.own.certificate)).toBe(true)
  })

  it.each<[CscFault | SealServerFault, string]>([
    ['another-key', 'SIGNATURE_INVALID'],
    ['other-digest', 'SIGNATURE_INVALID'],
    ['cut-signature', 'SIGNATURE_INVALID'],
    ['out-of-order', 'SIGNATURE_INVALID'],
    ['credential-disabled', 'SEAL_REFUSED'],
    ['http-500', 'SEAL_UNREACHABLE'],
    ['html', 'SEAL_UNREACHABLE'],
    ['slow', 'SEAL_UNREACHABLE'],
    ['offline', 'SEAL_UNREACHABLE'],
    ['drop-after-signing', 'SEAL_UNREACHABLE'],
    ['half-answer', 'SEAL_UNREACHABLE'],
    ['wrong-tls-name', 'SEAL_UNTRUSTED'],
  ])('tells %s as %s', async (fault, told) => {
    const { server, sign } = await scene({ version })
    await server.fault(fault)
    expect(await faultOf(sign(2))).toContain(told)
    await server.fault(undefined)
    expect(holds(await sign(2))).toBe(true)
  })

  it('renews a token that is taken back', async () => {
    const { server, sign } = await scene({ version })
    await sign()
    await server.fault('token-taken-back', 1)
    expect(holds(await sign())).toBe(true)
    expect(callsOf(server).filter(one => one === 'token')).toHaveLength(2)
  })

  it('a credential that is not there is absent', async () => {
    const { port } = await scene({ version })
    expect(await faultOf(port.certificate({ service: 'cloud', identity: 'nobody' }))).toContain('SEAL_ABSENT')
  })

  it('the exchanges are the ones that are kept in test/recordings', async () => {
    const { server, port, sign, certificate } = await scene({ version, pin: '2468' }, await pinFile('2468'))
    await port.identities('cloud')
    await certificate()
    await sign(2)
    const now = recorded(server.exchanges())
    expect(now).toEqual(await golden(`csc/seal-v${version}.json`, now))
  })
})

describe.each(['1', '2'] as const)('a key for RSASSA-PSS alone, version %s', version => {
  const pss = 'SHA256withRSAandMGF1'

  it('is told with its certificate, and signs with the parameters that its signatures will name', async () => {
    const { server, sign, certificate } = await scene({ version, pss: true })
    const told = await certificate()
    expect(told.onlyPss).toBe(true)
    expect(suggestedAlgorithm(told.certificate, told.onlyPss)).toBe(pss)
    const [value] = await sign(1, cscCredential, pss)
    const { publicKey } = new X509Certificate(seals.own.certificate)
    expect(verifySignatureValue(pss, publicKey, Buffer.from('one'), value ?? new Uint8Array())).toBe(true)
    const asked = JSON.parse(server.exchanges().at(-1)?.request.body.toString('utf8') ?? '{}')
    const identifier = Buffer.from(signatureIdentifier(pss))
    expect(identifier.includes(Buffer.from(asked.signAlgoParams, 'base64'))).toBe(true)
  })

  it('is asked for nothing else, and another key makes none', async () => {
    const { sign } = await scene({ version, pss: true })
    expect(await faultOf(sign())).toBe('SEAL_REFUSED: the credential does not make SHA256withRSA')
    const { sign: plain } = await scene({ version })
    expect(await faultOf(plain(1, cscCredential, pss))).toBe(`SEAL_REFUSED: the credential does not make ${pss}`)
  })

  it.each<CscFault>(['another-key', 'other-digest', 'cut-signature'])('is not believed with %s', async fault => {
    const { server, sign } = await scene({ version, pss: true })
    await server.fault(fault)
    expect(await faultOf(sign(1, cscCredential, pss))).toContain('SIGNATURE_INVALID')
  })
})

describe('version 2: a service that signs later', () => {
  it('is asked until what it made is there', async () => {
    const { server, sign } = await scene({ asynchronous: true }, { operationMode: 'A' })
    await server.fault('signatures-later', 1)
    expect(holds(await sign(3))).toBe(true)
    const calls = ['token', 'info', 'authorize', 'signHash', 'signPolling', 'signPolling']
    expect(callsOf(server)).toEqual(calls)
  })

  it('is believed no more than one that answers at once', async () => {
    const { server, sign } = await scene({ asynchronous: true }, { operationMode: 'A' })
    await server.fault('other-digest')
    expect(await faultOf(sign())).toContain('SIGNATURE_INVALID')
  })
})

it('version 2: an authorisation that is not ready is asked for again', async () => {
  const { server, sign } = await scene()
  await server.fault('authorisation-later', 1)
  expect(holds(await sign())).toBe(true)
  expect(callsOf(server)).toContain('authorizeCheck')
})
