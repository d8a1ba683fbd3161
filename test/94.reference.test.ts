// Documents behind references: fetched from the hosts that the configuration names and from nowhere else, whatever
// spelling, redirect or size is tried; and what a failed fetch tells, which is never what the URL keeps secret.

import { describe, expect, it } from 'vitest'
import { createHttpReferences, type HttpReferencesOptions } from '../drivers/reference/http.ts'
import { faultOf, listen, listenSecurely } from './94.hosts.kit.ts'

const document = Buffer.alloc(300_000, 0x25)

function references(more: Partial<HttpReferencesOptions> = {}) {
  return createHttpReferences({ hosts: ['127.0.0.1'], allowPrivate: ['127.0.0.1'], maxBytes: 1_000_000, ...more })
}

describe('a configured host', () => {
  it('gives the document, and is told nothing of this machine', async () => {
    const { port, asked } = await listen((_asked, answer) => answer.setHeader('set-cookie', 'a=b').end(document))
    const { fetch } = references()
    const url = `http://127.0.0.1:${port}/dir/a.pdf?token=t`
    expect(document.equals(await fetch(url))).toBe(true)
    await fetch(url)
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(2).fill('GET /dir/a.pdf?token=t'))
    expect(Object.keys(asked[1]?.headers ?? {}).sort()).toEqual(['accept-encoding', 'connection', 'host'])
  })

  it('may be named with its port, and then no other port is meant', async () => {
    const { port } = await listen((_asked, answer) => answer.end('x'))
    const url = `http://127.0.0.1:${port}/`
    for (const host of ['127.0.0.1', `127.0.0.1:${port}`]) {
      expect(await faultOf(references({ hosts: [host], allowPrivate: [host] }).fetch(url))).toBe('done')
    }
    expect(await faultOf(references({ hosts: ['127.0.0.1:1', 'example.org'] }).fetch(url))).toMatch(
      /^REFERENCE_REFUSED .*not among the hosts/,
    )
  })

  it('proves by TLS who it is', async () => {
    const { port, caFile } = await listenSecurely((_asked, answer) => answer.end('secured'))
    const url = `https://127.0.0.1:${port}/`
    expect(String(await references({ caFiles: { '127.0.0.1': caFile } }).fetch(url))).toBe('secured')
    expect(await faultOf(references().fetch(url))).toMatch(/^REFERENCE_UNAVAILABLE /)
    const lost = references({ caFiles: { '127.0.0.1': '/nowhere' } })
    expect(await faultOf(lost.fetch(url))).toMatch(/^REFERENCE_UNAVAILABLE .*the CA file \/nowhere cannot be read/)
  })

  it.each([
    ['127.0.0.1', ['example.org']],
    ['127.0.0.1', []],
    ['localhost.', ['localhost']],
    ['localhost', ['localhost.example']],
  ])('%s is not asked where %j are configured', async (name, hosts) => {
    const { port, asked } = await listen((_asked, answer) => answer.end('reached'))
    const { fetch } = references({ hosts, allowPrivate: hosts })
    expect(await faultOf(fetch(`http://${name}:${port}/`))).toMatch(/^REFERENCE_REFUSED .*not among the hosts/)
    expect(asked).toEqual([])
  })
})

describe('an address that is not public', () => {
  it.each([
    '127.0.0.1',
    'localhost',
    'LocalHost',
    '2130706433',
    '0x7f.1',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '[fe80::1]',
    '[fd00::1]',
    '169.254.169.254',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.100.100.200',
    '127.0.0.1%2f.example.org',
    '１２７.0.0.1',
  ])('is not asked as %s, although the host is configured', async name => {
    const { port, asked } = await listen((_asked, answer) => answer.end('reached'))
    const url = `http://${name}:${port}/`
    const hosts = URL.canParse(url) ? [new URL(url).hostname] : [name]
    const { fetch } = references({ hosts, allowPrivate: [], deadlineMs: 2_000 })
    expect(await faultOf(fetch(url))).toMatch(/^REFERENCE_REFUSED .*(not a public address|no usable URL)/)
    expect(asked).toEqual([])
  })

  it('is not asked after a redirect either', async () => {
    const target = await listen((_asked, answer) => answer.end('reached'), '127.0.0.2')
    const { port } = await listen((_asked, answer) =>
      answer.writeHead(302, { location: `http://127.0.0.2:${target.port}/` }).end(),
    )
    const { fetch } = references({ hosts: ['127.0.0.1', '127.0.0.2'] })
    expect(await faultOf(fetch(`http://127.0.0.1:${port}/`))).toMatch(/^REFERENCE_REFUSED .*not a public address/)
    expect(target.asked).toEqual([])
  })
})

describe('a redirect', () => {
  it('is followed three times', async () => {
    const chain = await listen(({ path }, answer) => {
      const left = Number(path.slice(1))
      if (left === 0) answer.end('there')
      else answer.writeHead([301, 302, 303, 307, 308][left] ?? 302, { location: `/${left - 1}` }).end()
    })
    const { fetch } = references()
    expect(String(await fetch(`http://127.0.0.1:${chain.port}/3`))).toBe('there')
    expect(chain.asked).toHaveLength(4)
    expect(await faultOf(fetch(`http://127.0.0.1:${chain.port}/4`))).toMatch(/^REFERENCE_UNAVAILABLE .*3 redirects/)
    expect(chain.asked).toHaveLength(8)
  })

  it.each([
    'http://127.0.0.2/',
    'http://example.org/',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    '//user:pw@127.0.0.1/',
  ])('to %s is REFERENCE_REFUSED', async location => {
    const { port } = await listen((_asked, answer) => answer.writeHead(302, { location }).end())
    expect(await faultOf(references().fetch(`http://127.0.0.1:${port}/`))).toMatch(/^REFERENCE_REFUSED /)
  })

  it('out of TLS is refused, from http to https it is followed', async () => {
    const plain = await listen(({ path }, answer) => {
      if (path === '/up') answer.writeHead(302, { location: `https://127.0.0.1:${secure.port}/` }).end()
      else answer.end('in the clear')
    })
    const secure = await listenSecurely(({ path }, answer) => {
      if (path === '/down') answer.writeHead(302, { location: `http://127.0.0.1:${plain.port}/` }).end()
      else answer.end('secured')
    })
    const { fetch } = references({ caFiles: { [`127.0.0.1:${secure.port}`]: secure.caFile } })
    expect(await faultOf(fetch(`https://127.0.0.1:${secure.port}/down`))).toMatch(/^REFERENCE_REFUSED /)
    expect(String(await fetch(`http://127.0.0.1:${plain.port}/up`))).toBe('secured')
  })

  it('gives a slow host no more time', async () => {
    const chain = await listen(({ path }, answer) => {
      const redirect = () => answer.writeHead(302, { location: `/${Number(path.slice(1)) - 1}` }).end()
      setTimeout(redirect, 200)
    })
    const { fetch } = references({ deadlineMs: 500 })
    expect(await faultOf(fetch(`http://127.0.0.1:${chain.port}/9`))).toMatch(/^REFERENCE_UNAVAILABLE .*within/)
  })

  it('to nowhere is REFERENCE_UNAVAILABLE', async () => {
    const { port } = await listen((_asked, answer) => answer.writeHead(302).end())
    expect(await faultOf(references().fetch(`http://127.0.0.1:${port}/`))).toMatch(/^REFERENCE_UNAVAILABLE .*nowhere/)
  })
})

describe('a document that does not come', () => {
  const tooLarge = Buffer.alloc(1_000_001)

  it.each<[string, string, Parameters<typeof listen>[0]]>([
    ['too large, and says so', 'BATCH_TOO_LARGE', (_asked, answer) => answer.end(tooLarge)],
    [
      'too large, and does not say so',
      'BATCH_TOO_LARGE',
      (_asked, answer) => {
        answer.write(tooLarge.subarray(1))
        answer.end('x')
      },
    ],
    ['not there', 'REFERENCE_UNAVAILABLE .*answered 404', (_asked, answer) => answer.writeHead(404).end('no')],
    ['not for us', 'REFERENCE_UNAVAILABLE .*answered 401', (_asked, answer) => answer.writeHead(401).end('no')],
    ['partial', 'REFERENCE_UNAVAILABLE .*answered 206', (_asked, answer) => answer.writeHead(206).end('half')],
    ['empty', 'REFERENCE_UNAVAILABLE .*empty', (_asked, answer) => answer.end()],
    ['late', 'REFERENCE_UNAVAILABLE .*within', () => undefined],
    [
      'broken off',
      'REFERENCE_UNAVAILABLE ',
      (_asked, answer) => answer.writeHead(200, { 'content-length': 9 }).destroy(),
    ],
    [
      'broken off in the middle',
      'REFERENCE_UNAVAILABLE ',
      (_asked, answer) => {
        answer.writeHead(200, { 'content-length': 9 })
        answer.write('half', () => answer.destroy())
      },
    ],
  ])('%s: %s, and nothing that the URL keeps secret', async (_what, code, answer) => {
    const { port } = await listen(answer)
    const { fetch } = references({ deadlineMs: 500 })
    const told = await faultOf(fetch(`http://127.0.0.1:${port}/a.pdf?token=hush#hush`))
    expect(told).toMatch(new RegExp(`^${code}`))
    expect(told).toContain(`http://127.0.0.1:${port}/a.pdf: `)
    expect(told).not.toContain('hush')
  })

  it('one of exactly the limit does come', async () => {
    const { port } = await listen((_asked, answer) => answer.end(tooLarge.subarray(1)))
    expect((await references().fetch(`http://127.0.0.1:${port}/`)).byteLength).toBe(1_000_000)
  })

  it.each([
    'http://user:hush@127.0.0.1/a.pdf',
    'http://hush@127.0.0.1/a.pdf',
    'ftp://127.0.0.1/a.pdf?hush',
    'file:///hush/../etc/passwd?hush',
    'javascript:hush',
    'not a url, hush',
    `http://127.0.0.1/?hush=${'x'.repeat(3_000)}`,
    `http://example.org/${'x'.repeat(1_000)}`,
  ])('%s is REFERENCE_REFUSED, its secret untold', async url => {
    const told = await faultOf(references().fetch(url))
    expect(told).toMatch(/^REFERENCE_REFUSED /)
    expect(told.replace('javascript:hush', '').replace('file:///hush', '')).not.toContain('hush')
    expect(told.length).toBeLessThan(300)
  })

  it('an abort ends the wait with its reason', async () => {
    const { port } = await listen(() => undefined)
    const reason = new Error('left')
    await expect(references().fetch(`http://127.0.0.1:${port}/`, AbortSignal.abort(reason))).rejects.toBe(reason)
    const leaving = new AbortController()
    setTimeout(() => leaving.abort(reason), 50)
    await expect(references().fetch(`http://127.0.0.1:${port}/`, leaving.signal)).rejects.toBe(reason)
  })
})
