// Whom the HTTP client shows itself to, and where it goes at all: client certificates over both versions of TLS, and
// addresses that foreign URLs must not lead to.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { basicAuthorization, type ClientCertificate, type HttpRequest, request } from '../drivers/http.ts'
import { readAll } from '../drivers/http-body.ts'
import { HttpError } from '../drivers/http-error.ts'
import { temporaryFolder } from './50.signature.kit.ts'
import { createTestCa, type TestCa, type TlsIdentity } from './sim/tls.ts'

let ca: TestCa
let server: TlsIdentity
let client: TlsIdentity
let stranger: TlsIdentity

beforeAll(async () => {
  ca = await createTestCa()
  server = await ca.issue(['127.0.0.1'])
  client = await ca.issue(['kiosk-1'])
  stranger = await (await createTestCa()).issue(['kiosk-1'])
})

/** Answers with the common name of who asks. */
async function demanding(version: 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
  const options = { ...server, ca: ca.caPem, requestCert: true, minVersion: version, maxVersion: version } as const
  const https = createSecureServer(options, (incoming, answer) => {
    answer.end(String((incoming.socket as TLSSocket).getPeerCertificate().subject?.CN))
  })
  https.listen(0, '127.0.0.1')
  await once(https, 'listening')
  onTestFinished(() => {
    https.closeAllConnections()
    https.close()
  })
  return `https://127.0.0.1:${(https.address() as AddressInfo).port}/`
}

async function outcomeOf(options: Omit<HttpRequest, 'method'>): Promise<string> {
  try {
    const { body } = await request({ method: 'GET', ...options })
    return Buffer.from(await readAll(body)).toString()
  } catch (thrown) {
    if (thrown instanceof HttpError) return thrown.kind
    throw thrown
  }
}

async function asPkcs12({ cert, key }: TlsIdentity, passphrase: string): Promise<ClientCertificate> {
  const folder = await temporaryFolder()
  onTestFinished(() => folder.remove())
  const path = await folder.write('pair.pem', cert + key)
  const pfx = execFileSync('openssl', ['pkcs12', '-export', '-in', path, '-passout', `pass:${passphrase}`])
  return { pfx, passphrase }
}

describe('a client certificate', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('as PEM or PKCS#12 tells a peer by %s who asks', async version => {
    const url = await demanding(version)
    expect(await outcomeOf({ url, ca: ca.caPem, clientCertificate: client })).toBe('kiosk-1')
    const clientCertificate = await asPkcs12(client, 'a long secret')
    expect(await outcomeOf({ url, ca: ca.caPem, clientCertificate })).toBe('kiosk-1')
  })

  it('that is missing where it is demanded is a matter of credentials', async () => {
    expect(await outcomeOf({ url: await demanding('TLSv1.3'), ca: ca.caPem })).toBe('credentials')
  })

  it('of somebody unknown is turned down', async () => {
    const url = await demanding('TLSv1.3')
    expect(await outcomeOf({ url, ca: ca.caPem, clientCertificate: stranger })).toMatch(/^(credentials|reset)$/)
  })

  it('does not stand in for trusting the peer', async () => {
    const url = await demanding('TLSv1.3')
    expect(await outcomeOf({ url, clientCertificate: client })).toBe('tls')
  })

  it.each<[string, (identity: TlsIdentity) => ClientCertificate]>([
    ['no PEM', () => ({ cert: 'hello', key: 'world' })],
    ['the key of another', ({ cert }) => ({ cert, key: stranger.key })],
    ['no PKCS#12', () => ({ pfx: Buffer.from('hello'), passphrase: 'hush' })],
  ])('that is %s is told before anything is sent', async (_what, broken) => {
    const asked = request({
      method: 'GET',
      url: 'https://127.0.0.1:1/',
      ca: ca.caPem,
      clientCertificate: broken(client),
    })
    await expect(asked).rejects.toMatchObject({ kind: 'credentials', message: expect.not.stringContaining('hush') })
  })

  it('in a PKCS#12 file whose password is another cannot be used', async () => {
    const clientCertificate = { ...(await asPkcs12(client, 'right')), passphrase: 'wrong' }
    expect(await outcomeOf({ url: 'https://127.0.0.1:1/', clientCertificate })).toBe('credentials')
  })
})

describe('an address that may not be connected to', () => {
  const mayConnect = (address: string) => !/^(127\.|::1$|0\.)/.test(address)

  it.each(['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '017700000001', '127.1', '[::1]', '0'])(
    'is not reached as %s',
    async host => {
      let asked = 0
      const listener = createServer((_incoming, answer) => {
        asked += 1
        answer.end('reached')
      })
      listener.listen(0, '127.0.0.1')
      await once(listener, 'listening')
      onTestFinished(() => {
        listener.close()
      })
      const { port } = listener.address() as AddressInfo
      expect(await outcomeOf({ url: `http://${host}:${port}/`, mayConnect })).toBe('forbidden')
      expect(asked).toBe(0)
    },
  )

  it('does not hinder the ones that may', async () => {
    const listener = createServer((_incoming, answer) => answer.end('reached'))
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    onTestFinished(() => {
      listener.close()
    })
    const { port } = listener.address() as AddressInfo
    const asked: string[] = []
    const all = (address: string) => asked.push(address) > 0
    expect(await outcomeOf({ url: `http://localhost:${port}/`, mayConnect: all })).toBe('reached')
    expect(asked).toContain('127.0.0.1')
  })
})

describe('Basic authentication', () => {
  it('carries the example of RFC 7617, 2.1', () => {
    expect(basicAuthorization('test', '123£')).toBe('Basic dGVzdDoxMjPCow==')
  })

  it.each(['a:b', 'a\nb'])('cannot carry the user %j', user => {
    expect(() => basicAuthorization(user, 'x')).toThrow(RangeError)
  })
})
