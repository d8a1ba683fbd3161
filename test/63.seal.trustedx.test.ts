// TrustedX's REST interface by the real driver against the simulator: every form that an answer may have, every named way
// of failing and what it is told as, tokens, and the exchanges as they are kept.

import { verify, X509Certificate } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSealServices } from '../drivers/seal/services.ts'
import { type Folder, temporaryFolder } from './50.signature.kit.ts'
import { digests, faultOf, golden, recorded, type Seals, sealIdentities } from './63.seal.kit.ts'
import { pem } from './sim/pki.ts'
import type { SealServer, SealServerFault } from './sim/seal-server.ts'
import {
  sealIdentity,
  startTrustedx,
  type TrustedxFault,
  type TrustedxOptions,
  trustedxClient,
  trustedxTokenPath,
} from './sim/trustedx.ts'

let folder: Folder
let seals: Seals
const running: SealServer<TrustedxFault>[] = []

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

async function scene(options: Partial<TrustedxOptions> = {}, change: object = {}, row: object = {}) {
  const server = await startTrustedx({ identity: seals.own, other: seals.other, ...options })
  running.push(server)
  const secret = await folder.write('secret', `${trustedxClient.secret}\n`)
  await chmod(secret, 0o600)
  const service = {
    id: 'aoc',
    driver: 'trustedx',
    url: server.url,
    tokenUrl: `${server.url}${trustedxTokenPath}`,
    clientId: trustedxClient.clientId,
    clientSecretFile: secret,
    scope: trustedxClient.scope,
    caFile: await folder.write('ca.pem', server.caPem),
    deadlineMs: 2_000,
    ...change,
  } as const
  const table = [{ service: 'aoc', identity: sealIdentity, ...row }]
  const port = createSealServices({ services: [service], table })
  const sign = (count = 1, identity = sealIdentity) =>
    port.sign({
      service: 'aoc',
      identity,
      algorithm: 'SHA256withRSA',
      certificate: seals.own.certificate,
      digests: digests.slice(0, count),
    })
  return { server, port, sign, certificate: () => port.certificate({ service: 'aoc', identity: sealIdentity }) }
}

/** By Node's own verification over the messages whose digests were signed. */
function holds(values: readonly Uint8Array[]): boolean {
  const { publicKey } = new X509Certificate(seals.own.certificate)
  return values.every((value, i) => verify('sha256', Buffer.from(['one', 'two', 'three'][i] ?? ''), publicKey, value))
}

describe('a signature', () => {
  it.each([undefined, 'base64-answer'] as const)('is taken as octets and as Base64: %s', async fault => {
    const { server, sign } = await scene()
    await server.fault(fault)
    const values = await sign()
    expect(values).toHaveLength(1)
    expect(holds(values)).toBe(true)
  })

  it('is made for several digests at once, in their order', async () => {
    const { server, sign } = await scene()
    const values = await sign(3)
    expect(values).toHaveLength(3)
    expect(holds(values)).toBe(true)
    expect(server.exchanges().map(({ request }) => request.path.split('/').at(-1))).toEqual(['token', 'batch'])
  })

  it('is made with ECDSA too', async () => {
    const ec = await sealIdentities('P-256')
    const { port } = await scene({ identity: ec.own, other: ec.other })
    const request = { service: 'aoc', identity: sealIdentity, algorithm: 'SHA256withECDSA' } as const
    const [value] = await port.sign({ ...request, certificate: ec.own.certificate, digests: digests.slice(0, 1) })
    const { publicKey } = new X509Certificate(ec.own.certificate)
    expect(verify('sha256', Buffer.from('one'), publicKey, value ?? Buffer.alloc(0))).toBe(true)
  })
})

describe('what goes wrong is told as', () => {
  it.each<[TrustedxFault | SealServerFault, string]>([
    ['hex-digest', 'SIGNATURE_INVALID: the seal service gave no signature over the digest: it signed another digest'],
    [
      'another-key',
      'SIGNATURE_INVALID: the seal service gave no signature over the digest: it was made with another key',
    ],
    [
      'cut-signature',
      'SIGNATURE_INVALID: the seal service gave no signature over the digest: 240 octets, a signature has 256',
    ],
    ['no-token-is-good', 'SEAL_CREDENTIALS_REFUSED: the signature: answered 401'],
    ['http-500', 'SEAL_UNREACHABLE: the token: answered 500'],
    ['html', 'SEAL_UNREACHABLE: the token: the answer is no JSON object'],
    ['slow', 'SEAL_UNREACHABLE'],
    ['offline', 'SEAL_UNREACHABLE'],
    ['drop-after-signing', 'SEAL_UNREACHABLE'],
    ['half-answer', 'SEAL_UNREACHABLE'],
    ['wrong-tls-name', 'SEAL_UNTRUSTED'],
  ])('%s', async (fault, told) => {
    const { server, sign } = await scene()
    await server.fault(fault)
    expect(await faultOf(sign())).toContain(told)
    await server.fault(undefined)
    expect(holds(await sign())).toBe(true)
  })

  it('busy, and for how long it asks to be left alone', async () => {
    const { server, sign } = await scene()
    await server.fault('busy')
    await expect(sign()).rejects.toMatchObject({
      code: 'SEAL_UNREACHABLE',
      detail: 'the token: answered 503',
      retryAfterMs: 120_000,
    })
    await server.fault(undefined)
    expect(await faultOf(sign())).toContain('a moment ago')
  })

  it.each<[TrustedxFault, string]>([
    ['batch-out-of-order', 'SIGNATURE_INVALID'],
    ['batch-short', 'SEAL_REFUSED: the signatures: not as many came as digests were sent'],
  ])('%s', async (fault, told) => {
    const { server, sign } = await scene()
    await server.fault(fault)
    expect(await faultOf(sign(3))).toContain(told)
  })

  it('an identity that is not there', async () => {
    const { port, sign } = await scene()
    expect(await faultOf(sign(1, 'nobody'))).toContain('SEAL_REFUSED: the signature: answered 404 (not_found)')
    expect(await faultOf(port.certificate({ service: 'aoc', identity: 'nobody' }))).toContain('SEAL_ABSENT')
    expect(await faultOf(port.certificate({ service: 'none', identity: 'nobody' }))).toContain('SEAL_ABSENT')
  })

  it('an algorithm that the service does not make', async () => {
    const { port } = await scene()
    const request = { service: 'aoc', identity: sealIdentity, algorithm: 'SHA256withRSAandMGF1' } as const
    const work = port.sign({ ...request, certificate: seals.own.certificate, digests: digests.slice(0, 1) })
    expect(await faultOf(work)).toContain('SEAL_REFUSED')
  })
})

describe('the certificate of a seal', () => {
  it.each(['named', 'bare', 'groups'] as const)('and the list of seals come in the shape %s', async shape => {
    const { port, certificate } = await scene({ shape })
    expect(await port.identities('aoc')).toEqual([sealIdentity])
    expect(Buffer.from((await certificate()).certificate).equals(seals.own.certificate)).toBe(true)
  })

  it.each<[TrustedxFault, string]>([
    ['identity-disabled', 'SEAL_REFUSED: the seal is not enabled'],
    ['no-certificate-yet', 'SEAL_UNREACHABLE: the seal: its certificate is not there yet'],
  ])('is told as %s', async (fault, told) => {
    const { server, certificate } = await scene()
    await server.fault(fault)
    expect(await faultOf(certificate())).toBe(told)
  })

  it('is held against the one of the table, which also brings its issuers', async () => {
    const chain = [seals.own.certificate, ...seals.own.chain].map(one => pem('CERTIFICATE', one)).join('')
    const certificateFile = await folder.write('seal.pem', chain)
    const { server, certificate } = await scene({}, {}, { certificateFile })
    expect((await certificate()).chain).toHaveLength(1)
    await server.fault('certificate-of-another')
    expect(await faultOf(certificate())).toBe(
      'SEAL_REFUSED: the certificate of the seal is not the one of certificateFile',
    )
  })
})

describe('the token', () => {
  const tokensGiven = (server: SealServer<TrustedxFault>) =>
    server.exchanges().filter(({ request }) => request.path === trustedxTokenPath).length

  it('is fetched once for many calls, whoever asks first', async () => {
    const { server, sign } = await scene()
    await Promise.all([sign(), sign(), sign()])
    await sign()
    expect(tokensGiven(server)).toBe(1)
  })

  it('is fetched anew before it ends, and once where it is turned down', async () => {
    const { server, sign } = await scene({ tokenSeconds: 1 })
    await sign()
    await new Promise(resolve => setTimeout(resolve, 950))
    await sign()
    expect(tokensGiven(server)).toBe(2)
    await server.fault('token-taken-back', 1)
    await sign()
    expect(tokensGiven(server)).toBe(3)
  })

  it('is not asked for with a secret that others can read, nor told in any fault', async () => {
    const open = await folder.write('open-secret', trustedxClient.secret)
    const { sign } = await scene({}, { clientSecretFile: open })
    const told = await faultOf(sign())
    expect(told).toContain('SEAL_CREDENTIALS_REFUSED: the client secret file')
    expect(told).not.toContain(trustedxClient.secret)
  })

  it('is refused to another client', async () => {
    const { sign } = await scene({}, { clientId: 'somebody' })
    expect(await faultOf(sign())).toBe('SEAL_CREDENTIALS_REFUSED: the token: answered 401 (invalid_client)')
  })
})

describe('a service that does not answer', () => {
  it('is left alone for a moment after three tries', async () => {
    const { server, sign } = await scene()
    await server.fault('http-500', 3)
    for (let i = 0; i < 3; i++) await faultOf(sign())
    expect(await faultOf(sign())).toBe('SEAL_UNREACHABLE: aoc: it did not answer a moment ago')
    expect(server.exchanges()).toEqual([])
  })
})

it('the exchanges are the ones that are kept in test/recordings', async () => {
  const { server, port, sign, certificate } = await scene()
  await port.identities('aoc')
  await certificate()
  await sign()
  await sign(3)
  const now = recorded(server.exchanges())
  expect(now).toEqual(await golden('trustedx/seal.json', now))
})
