// Hosts that others name, each behind a breaker of its own: one that is dead costs a few attempts and stops no other, nobody
// fills the list of them, and whoever looks after the kiosk sees them as any other service.

import { expect, it } from 'vitest'
import type { Fault } from '../device/errors.ts'
import { createBreakers } from '../drivers/breakers.ts'
import { mostHosts } from '../drivers/host-breakers.ts'
import { HttpError } from '../drivers/http-error.ts'
import { createHttpReferences } from '../drivers/reference/http.ts'
import { createHttpRevocation } from '../drivers/revocation/http.ts'
import { createRfc3161Timestamper } from '../drivers/timestamper/rfc3161.ts'
import { createHttpTriphase } from '../drivers/triphase/http.ts'
import { faultOf, listen } from './94.hosts.kit.ts'

const code = 'REVOCATION_UNAVAILABLE'

function stand() {
  const time = { now: 0 }
  const breakers = createBreakers(() => time.now)
  const hosts = breakers.addHosts({ service: 'revocation', id: 'ocsp', code })
  const ask = (host: string, thrown?: Error) =>
    hosts
      .run(new URL(`http://${host}/`), async () => {
        if (thrown !== undefined) throw thrown
        return 'answered'
      })
      .catch((fault: Error) => fault.message)
  const fail = (host: string, kind: HttpError['kind'] = 'refused') => ask(host, new HttpError(kind, 'away'))
  return { time, breakers, ask, fail, names: () => breakers.resting().map(({ host }) => host) }
}

it('one that fails three times is left alone, and no other', async () => {
  const { time, breakers, ask, fail, names } = stand()
  for (let i = 0; i < 3; i += 1) expect(await fail('dead.example')).toBe('away')
  expect(await ask('dead.example')).toBe(`${code}: dead.example:80: it did not answer a moment ago`)
  expect(await ask('dead.example:8080')).toBe('answered')
  expect(await ask('other.example')).toBe('answered')
  const rest = { service: 'revocation', id: 'ocsp', host: 'dead.example:80', sinceMs: 0, leftMs: 5_000, code }
  expect(breakers.resting()).toEqual([rest])
  time.now += 5_000
  expect(await ask('dead.example')).toBe('answered')
  expect(names()).toEqual([])
})

it('is judged by what it does, not by what was asked of it', async () => {
  const { ask, fail, names } = stand()
  for (let i = 0; i < 5; i += 1) {
    await fail('a.example', 'forbidden')
    await fail('b.example', 'too-large')
    await fail('c.example', 'pin')
    await ask('d.example', new TypeError('a mistake here'))
  }
  expect(names()).toEqual(['c.example:80'])
})

it('nobody fills the list with names: the newest few are kept, and what nobody asks any more is forgotten', async () => {
  const { time, ask, fail, names } = stand()
  for (let n = 0; n < 3 * mostHosts; n += 1) {
    await ask(`good${n}.example`)
    for (let i = 0; i < 3; i += 1) await fail(`n${n}.example`)
  }
  expect(names()).toHaveLength(mostHosts)
  expect(names().at(-1)).toBe(`n${3 * mostHosts - 1}.example:80`)
  time.now += 600_001
  expect(names()).toEqual([])
})

it('what is under way at the same time counts together', async () => {
  const { ask, fail, names } = stand()
  await Promise.all([1, 2, 3].map(() => fail('dead.example')))
  expect(names()).toEqual(['dead.example:80'])
  await ask('good.example')
})

it('a responder that is dead takes away neither the list at the same host nor another responder', async () => {
  const good = await listen((_asked, answer) => answer.end('a response'), '127.0.0.2')
  const { port, asked } = await listen(({ path }, answer) =>
    path === '/ocsp' ? answer.writeHead(503, { 'retry-after': '60' }).end() : answer.end('a list'),
  )
  const breakers = createBreakers()
  const { ocsp, fetch } = createHttpRevocation({ allowPrivate: ['127.0.0.1', '127.0.0.2'] }, breakers)
  const dead = `http://127.0.0.1:${port}/ocsp`
  expect(await faultOf(ocsp(dead, Buffer.from('0')))).toBe(`${code} ${dead}: answered 503`)
  expect(await faultOf(ocsp(dead, Buffer.from('0')))).toContain('a moment ago')
  expect(asked).toHaveLength(1)
  expect(String(await fetch(`http://127.0.0.1:${port}/list`, 'crl'))).toBe('a list')
  expect(String(await ocsp(`http://127.0.0.2:${good.port}/`, Buffer.from('0')))).toBe('a response')
  const [rest, ...others] = breakers.resting()
  expect([rest, others]).toMatchObject([{ id: 'ocsp', host: `127.0.0.1:${port}`, code }, []])
  expect(rest?.leftMs).toBeGreaterThan(50_000)
  breakers.wake(`127.0.0.1:${port}`)
  expect(await faultOf(ocsp(dead, Buffer.from('0')))).toContain('answered 503')
})

it('a redirect is judged at the host that it leads to', async () => {
  const dead = await listen((_asked, answer) => answer.destroy(), '127.0.0.2')
  const { port } = await listen(({ path }, answer) =>
    path === '/moved'
      ? answer.writeHead(302, { location: `http://127.0.0.2:${dead.port}/` }).end()
      : answer.end('a document'),
  )
  const hosts = ['127.0.0.1', '127.0.0.2']
  const breakers = createBreakers()
  const { fetch } = createHttpReferences({ hosts, allowPrivate: hosts, maxBytes: 1000 }, breakers)
  for (let i = 0; i < 4; i += 1) await faultOf(fetch(`http://127.0.0.1:${port}/moved`))
  expect(dead.asked).toHaveLength(3)
  expect(breakers.resting()).toMatchObject([
    { service: 'references', id: 'batches', host: `127.0.0.2:${dead.port}`, code: 'REFERENCE_UNAVAILABLE' },
  ])
  expect(String(await fetch(`http://127.0.0.1:${port}/`))).toBe('a document')
})

it('a service of a page that hangs up is left alone, and seen to be', async () => {
  const host = await listen((_asked, answer) => answer.destroy(), '127.0.0.2')
  const breakers = createBreakers()
  const { post } = createHttpTriphase({ allowPrivate: ['127.0.0.2'] }, breakers)
  const request = { allowedHosts: ['127.0.0.2'], batch: Buffer.from('{}'), certificates: [] }
  const told = async () => faultOf(post({ ...request, url: `http://127.0.0.2:${host.port}/presign` }))
  for (let i = 0; i < 3; i += 1) expect(await told()).toContain('ECONNRESET')
  expect(await told()).toContain('a moment ago')
  expect(host.asked).toHaveLength(3)
  expect(breakers.resting()).toMatchObject([{ service: 'three-phase', code: 'BATCH_SERVICE_FAILED' }])
})

it('a time-stamping authority that asks to be left alone is, for as long as it says', async () => {
  const { port, asked } = await listen((_asked, answer) => answer.writeHead(503, { 'retry-after': '90' }).end())
  const { stamp } = createRfc3161Timestamper({ url: `http://127.0.0.1:${port}/`, kind: 'URL' })
  const query = Buffer.from('a query')
  await expect(stamp(query)).rejects.toMatchObject({ code: 'TSA_UNREACHABLE', retryAfterMs: 90_000 })
  const told = await stamp(query).catch((fault: Fault) => fault)
  expect(told).toMatchObject({ code: 'TSA_UNREACHABLE', detail: expect.stringContaining('a moment ago') })
  expect((told as Fault).retryAfterMs).toBeGreaterThan(80_000)
  expect(asked).toHaveLength(1)
})
