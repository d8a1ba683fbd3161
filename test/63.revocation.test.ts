// Fetching what certificates point to: responders, lists and issuers of the simulated PKI, which openssl judges; every way
// in which a server fails; and URLs that lead where no certificate has any business to lead.

import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { Fault } from '../device/errors.ts'
import { createHttpRevocation, type HttpRevocationOptions } from '../drivers/revocation/http.ts'
import { createShared } from '../drivers/revocation/shared.ts'
import { judge, now, temporaryFolder } from './50.signature.kit.ts'
import { pem } from './sim/pki.ts'
import { createTrustServices, type TrustFault, type TrustServices } from './sim/trust-services.ts'

const started: { stop(): Promise<void> }[] = []
const at = ['-attime', String(now / 1000)]

afterEach(async () => {
  await Promise.all(started.splice(0).map(one => one.stop()))
})

async function services(): Promise<TrustServices> {
  const running = await createTrustServices({ now: () => now, tsaKey: 'P-256' })
  started.push(running)
  return running
}

const loopback: HttpRevocationOptions = { allowPrivate: ['127.0.0.1'] }

async function codeOf(work: Promise<Uint8Array>): Promise<string> {
  try {
    return `${(await work).byteLength} bytes`
  } catch (thrown) {
    if (thrown instanceof Fault) return `${thrown.code} ${thrown.detail}`
    throw thrown
  }
}

describe('what certificates point to', () => {
  it('OCSP answers are those that openssl accepts for its own queries, good and revoked', async () => {
    const { pki, base, revoke } = await services()
    const [good, bad] = [await pki.signer({ key: 'P-256' }), await pki.signer({ key: 'P-256' })]
    revoke(bad.certificate, { since: now - 3_600_000, reason: 1 })
    const folder = await temporaryFolder()
    onTestFinished(() => folder.remove())
    const issuer = await folder.write('issuer.pem', pem('CERTIFICATE', pki.intermediate))
    const root = await folder.write('root.pem', pem('CERTIFICATE', pki.root))
    const { ocsp } = createHttpRevocation(loopback)
    const said: string[] = []
    for (const { certificate } of [good, bad]) {
      const leaf = await folder.write('leaf.pem', pem('CERTIFICATE', certificate))
      const query = `${folder.path}/query.der`
      const about = ['-no_nonce', '-issuer', issuer, '-cert', leaf]
      await judge('openssl', ['ocsp', ...about, '-reqout', query])
      const answer = await ocsp(`${base}intermediate.ocsp`, await readFile(query))
      const respin = await folder.write('answer.der', answer)
      const trust = ['-CAfile', root, '-verify_other', issuer, ...at, '-validity_period', '999999999']
      const { output } = await judge('openssl', ['ocsp', ...about, '-respin', respin, ...trust])
      expect(output).toContain('Response verify OK')
      said.push(/leaf\.pem: (\w+)/.exec(output)?.[1] ?? output)
    }
    expect(said).toEqual(['good', 'revoked'])
  })

  it('lists and issuers come as the authority made them', async () => {
    const { pki, base, requests } = await services()
    const { fetch } = createHttpRevocation(loopback)
    const folder = await temporaryFolder()
    onTestFinished(() => folder.remove())
    const list = await folder.write('list.crl', await fetch(`${base}intermediate.crl`, 'crl'))
    const issuer = await folder.write('issuer.pem', pem('CERTIFICATE', pki.intermediate))
    const verified = await judge('openssl', ['crl', '-inform', 'DER', '-in', list, '-noout', '-CAfile', issuer])
    expect(verified.output).toContain('verify OK')
    expect(await fetch(`${base}intermediate.cer`, 'issuer')).toEqual(Buffer.from(pki.intermediate))
    expect(requests().map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /intermediate.crl',
      'GET /intermediate.cer',
    ])
  })
})

describe('a server that fails', () => {
  it.each<[TrustFault, string]>([
    ['http-401', 'answered 401'],
    ['http-404', 'answered 404'],
    ['http-500', 'answered 500'],
    ['redirect-loop', 'more than 3 redirects'],
    ['redirect-to-metadata', 'not a public address'],
    ['html', 'HTML'],
    ['http-empty', 'empty'],
    ['huge', 'over'],
    ['hangs', 'within'],
    ['stalls', 'within'],
    ['truncated', 'ECONNRESET'],
    ['reset', 'ECONNRESET'],
  ])('%s is REVOCATION_UNAVAILABLE with the URL and: %s', async (fault, reason) => {
    const { base, fault: fail } = await services()
    fail('crl', fault)
    fail('ocsp', fault)
    const { fetch, ocsp } = createHttpRevocation({ ...loopback, deadlineMs: 400 })
    const crl = `${base}intermediate.crl`
    expect(await codeOf(fetch(crl, 'crl'))).toMatch(new RegExp(`^REVOCATION_UNAVAILABLE ${crl}: .*${reason}`))
    const responder = `${base}intermediate.ocsp`
    expect(await codeOf(ocsp(responder, Buffer.from('0')))).toMatch(
      new RegExp(`^REVOCATION_UNAVAILABLE ${responder}: .*${reason}`),
    )
  })

  it('a redirect is followed, a POST as a POST', async () => {
    const { base, fault, requests } = await services()
    fault('crl', 'redirect')
    fault('ocsp', 'redirect')
    const { fetch, ocsp } = createHttpRevocation(loopback)
    expect(await codeOf(fetch(`${base}root.crl`, 'crl'))).toMatch(/^\d+ bytes$/)
    await codeOf(ocsp(`${base}root.ocsp`, Buffer.from('0')))
    expect(requests().map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /root.crl',
      'GET /root.crl?moved',
      'POST /root.ocsp',
      'POST /root.ocsp?moved',
    ])
  })

  it('303 is a redirect for a list, not for a query', async () => {
    const server = createServer(({ url }, answer) =>
      url === '/' ? answer.writeHead(303, { location: '/there' }).end() : answer.end('there'),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const { fetch, ocsp } = createHttpRevocation(loopback)
    expect(await codeOf(fetch(url, 'crl'))).toBe('5 bytes')
    expect(await codeOf(ocsp(url, Buffer.from('0')))).toContain('answered 303')
  })

  it('a list over the limit is not read, one within it is', async () => {
    const { base } = await services()
    const tight = createHttpRevocation({ ...loopback, maxCrlBytes: 100 })
    expect(await codeOf(tight.fetch(`${base}root.crl`, 'crl'))).toContain('over 100 bytes')
    expect(await codeOf(tight.fetch(`${base}root.cer`, 'issuer'))).toMatch(/^\d+ bytes$/)
  })
})

describe('an address that is not public', () => {
  async function listener() {
    let asked = 0
    const server = createServer((_incoming, answer) => {
      asked += 1
      answer.end('reached')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.close()
    })
    return { port: (server.address() as AddressInfo).port, asked: () => asked }
  }

  it.each([
    '127.0.0.1',
    'localhost',
    'LOCALHOST',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '１２７.0.0.1',
  ])('is not asked as %s, by GET or POST', async host => {
    const { port, asked } = await listener()
    const { fetch, ocsp } = createHttpRevocation()
    expect(await codeOf(fetch(`http://${host}:${port}/`, 'crl'))).toMatch(/^REVOCATION_UNAVAILABLE .*not a public/)
    expect(await codeOf(ocsp(`http://${host}:${port}/`, Buffer.from('0')))).toMatch(/^REVOCATION_UNAVAILABLE/)
    expect(asked()).toBe(0)
  })

  it('is asked where the configuration names it, with this port or with any', async () => {
    const { port } = await listener()
    const url = `http://localhost:${port}/`
    for (const allowPrivate of [['localhost'], ['LocalHost'], [`localhost:${port}`]]) {
      expect(await codeOf(createHttpRevocation({ allowPrivate }).fetch(url, 'crl'))).toBe('7 bytes')
    }
    for (const allowPrivate of [['127.0.0.1'], ['localhost:1'], ['host']]) {
      expect(await codeOf(createHttpRevocation({ allowPrivate }).fetch(url, 'crl'))).toContain('not a public')
    }
  })
})

describe('a URL that is not followed', () => {
  it.each([
    ['ldap://ldap.example/cn=CA?certificateRevocationList', 'ldap: is not followed'],
    ['file:///etc/passwd', 'file: is not followed'],
    ['ftp://ftp.example/ca.crl', 'ftp: is not followed'],
    ['data:,hello', 'data: is not followed'],
    ['not a url', 'no usable URL'],
    ['http://', 'no usable URL'],
    [`http://${'a.'.repeat(127)}example/`, 'no usable URL'],
    [`http://ca.example/${'x'.repeat(3000)}`, 'no usable URL'],
    ['http://user:hush@ca.example/', 'password'],
  ])('%s is told and not asked', async (url, reason) => {
    const told = await codeOf(createHttpRevocation().fetch(url, 'crl'))
    expect(told).toMatch(/^REVOCATION_UNAVAILABLE/)
    expect(told).toContain(reason)
    expect(told).not.toContain('hush')
    expect(told.length).toBeLessThan(300)
  })

  it('is not followed as the target of a redirect either', async () => {
    const server = createServer((_incoming, answer) => answer.writeHead(302, { location: 'file:///etc/passwd' }).end())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    expect(await codeOf(createHttpRevocation(loopback).fetch(url, 'crl'))).toContain('file: is not followed')
  })
})

describe('the same asked for at the same time', () => {
  it('is fetched once, and again when it is asked for later', async () => {
    const { base, requests } = await services()
    const { fetch } = createHttpRevocation(loopback)
    const url = `${base}root.crl`
    const both = await Promise.all([fetch(url, 'crl'), fetch(url, 'crl'), fetch(`${base}root.cer`, 'issuer')])
    expect(both[0]).toBe(both[1])
    expect(requests()).toHaveLength(2)
    await fetch(url, 'crl')
    expect(requests()).toHaveLength(3)
  })

  it('goes on for the others when one leaves, and ends when all have left', async () => {
    const { base, fault } = await services()
    fault('crl', 'hangs')
    const { fetch } = createHttpRevocation({ ...loopback, deadlineMs: 200 })
    const [first, second] = [new AbortController(), new AbortController()]
    const reason = new Error('left')
    const one = fetch(`${base}root.crl`, 'crl', first.signal)
    const other = fetch(`${base}root.crl`, 'crl', second.signal)
    first.abort(reason)
    await expect(one).rejects.toBe(reason)
    expect(await codeOf(other)).toContain('within')
  })

  it('the work is aborted when nobody waits, and not joined any more', async () => {
    const shared = createShared<string>()
    const aborted: string[] = []
    const work = (name: string) => (signal: AbortSignal) =>
      new Promise<string>((resolve, reject) => {
        setTimeout(() => resolve(name), 50)
        signal.addEventListener('abort', () => {
          aborted.push(name)
          reject(signal.reason)
        })
      })
    const controller = new AbortController()
    const gone = shared('key', work('first'), controller.signal)
    controller.abort(new Error('left'))
    await expect(gone).rejects.toThrow('left')
    expect(aborted).toEqual(['first'])
    expect(await shared('key', work('second'), undefined)).toBe('second')
  })
})
