// The three-phase services of a page's own server: what is posted is what AutoFirma's client posts, to hosts that are
// allowed and by TLS, and whatever else they answer is one failure that tells the status.

import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createHttpTriphase, type HttpTriphaseOptions } from '../drivers/triphase/http.ts'
import { faultOf, listen, listenSecurely } from './94.hosts.kit.ts'

/** An address of this machine that AutoFirma does not take for one. */
const near = '127.0.0.2'
const batch = Buffer.from('{"singlesigns":[]}??>>')
const certificates = [randomBytes(800), randomBytes(801)]
const tridata = Buffer.from('{"signinfo":[]}')

function triphase(more: Partial<HttpTriphaseOptions> = {}) {
  return createHttpTriphase({ allowPrivate: [near], ...more })
}

const requestTo = (url: string, more: object = {}) => ({ url, allowedHosts: [near], batch, certificates, ...more })

/** As a servlet reads a form (WHATWG URL, 5.1). */
function fieldsOf(body: Buffer): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(body.toString('latin1')))
}

describe('what is posted', () => {
  it('is the batch and the chain, then the session too, in URL-safe Base64 with its padding', async () => {
    const host = await listen((_asked, answer) => answer.end('{"td":{}}'), near)
    const { post } = triphase()
    const url = `http://${near}:${host.port}/afirma/presign`
    expect(await post(requestTo(url))).toBe('{"td":{}}')
    await post(requestTo(url, { tridata }))
    const [presign, postsign] = host.asked
    expect(presign).toMatchObject({ method: 'POST', path: '/afirma/presign' })
    expect(presign?.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(presign?.body.length),
    })
    const form = fieldsOf(presign?.body ?? Buffer.alloc(0))
    expect(Object.keys(form)).toEqual(['json', 'certs'])
    expect(form['json']).toMatch(/^[\w-]+={0,2}$/)
    expect(form['json']?.length).toBe(Math.ceil(batch.length / 3) * 4)
    expect(Buffer.from(form['json'] ?? '', 'base64url')).toEqual(batch)
    expect(form['certs']?.split(';').map(one => Buffer.from(one, 'base64url'))).toEqual(certificates)
    expect(presign?.body.toString()).not.toContain('%')
    const second = fieldsOf(postsign?.body ?? Buffer.alloc(0))
    expect(Object.keys(second)).toEqual(['json', 'certs', 'tridata'])
    expect(Buffer.from(second['tridata'] ?? '', 'base64url')).toEqual(tridata)
  })

  it.each([0, 1, 2, 3, 196_607, 196_608, 196_609, 1_000_000])('%i bytes arrive as they are', async size => {
    const host = await listen((_asked, answer) => answer.end('{}'), near)
    const large = randomBytes(size)
    await triphase().post(requestTo(`http://${near}:${host.port}/`, { batch: large }))
    const { json = '' } = fieldsOf(host.asked[0]?.body ?? Buffer.alloc(0))
    expect(large.equals(Buffer.from(json, 'base64url'))).toBe(true)
  })

  it('may have no chain', async () => {
    const host = await listen((_asked, answer) => answer.end('{}'), near)
    await triphase().post(requestTo(`http://${near}:${host.port}/`, { certificates: [] }))
    expect(fieldsOf(host.asked[0]?.body ?? Buffer.alloc(0))['certs']).toBe('')
  })

  it('goes by TLS to who proves to be the host', async () => {
    const host = await listenSecurely((_asked, answer) => answer.end('{"è":1}'), near)
    const url = `https://${near}:${host.port}/presign`
    expect(await triphase({ caFiles: { [near]: host.caFile } }).post(requestTo(url))).toBe('{"è":1}')
    expect(await faultOf(triphase().post(requestTo(url)))).toMatch(/^BATCH_SERVICE_FAILED /)
    expect(host.asked).toHaveLength(1)
  })
})

describe('what is not asked', () => {
  it.each<[string, Partial<HttpTriphaseOptions>, object]>([
    [`http://${near}:PORT/presign`, {}, { allowedHosts: [] }],
    [`http://${near}:PORT/presign`, {}, { allowedHosts: [`${near}:1`, 'example.org'] }],
    [`http://${near}:PORT/presign`, { allowPrivate: [] }, {}],
    [`https://${near}:PORT/presign`, { allowPrivate: [] }, {}],
    ['http://8.8.8.8:PORT/presign', { deadlineMs: 500 }, { allowedHosts: ['8.8.8.8'] }],
    [`http://${near}:PORT/presign?a`, {}, {}],
    [`http://${near}:PORT/pre=sign`, {}, {}],
    [`http://${near}:PORT/presign#a=b`, {}, {}],
    [`http://user:hush@${near}:PORT/presign`, {}, {}],
    ['http://127.0.0.1:PORT/presign', { allowPrivate: ['127.0.0.1'] }, { allowedHosts: ['127.0.0.1'] }],
    ['http://localhost:PORT/presign', { allowPrivate: ['localhost'] }, { allowedHosts: ['localhost'] }],
    ['http://0x7f.1:PORT/presign', { allowPrivate: ['127.0.0.1'] }, { allowedHosts: ['127.0.0.1'] }],
    ['https://[::1]:PORT/presign', {}, { allowedHosts: ['[::1]'] }],
    ['https://[::ffff:127.0.0.2]:PORT/presign', {}, { allowedHosts: ['[::ffff:7f00:2]', '[::ffff:127.0.0.2]'] }],
    ['ftp://127.0.0.2:PORT/presign', {}, {}],
    ['presign', {}, {}],
  ])('%s with %j, %j is REFERENCE_REFUSED', async (url, options, more) => {
    const host = await listen((_asked, answer) => answer.end('{}'), '0.0.0.0')
    const told = await faultOf(triphase(options).post(requestTo(url.replace('PORT', String(host.port)), more)))
    expect(told).toMatch(/^REFERENCE_REFUSED /)
    expect(told).not.toContain('hush')
    expect(host.asked).toEqual([])
  })
})

describe('a service that fails', () => {
  it.each<[string, string, Parameters<typeof listen>[0]]>([
    ['refuses the request', 'answered 400', (_asked, answer) => answer.writeHead(400).end('json hush')],
    ['breaks', 'answered 500', (_asked, answer) => answer.writeHead(500).end('stack trace hush')],
    ['has nothing to say', 'answered 204', (_asked, answer) => answer.writeHead(204).end()],
    ['redirects', 'answered 302', (_asked, answer) => answer.writeHead(302, { location: '/hush' }).end()],
    ['is too slow', 'within', () => undefined],
    ['says too much', 'over', (_asked, answer) => answer.end(Buffer.alloc(1_001, 0x20))],
    ['hangs up', '', (_asked, answer) => answer.destroy()],
  ])('one that %s is BATCH_SERVICE_FAILED: %s', async (_what, reason, answer) => {
    const host = await listen(answer, near)
    const url = `http://${near}:${host.port}/presign`
    const told = await faultOf(triphase({ deadlineMs: 500, maxAnswerBytes: 1_000 }).post(requestTo(url)))
    expect(told).toMatch(new RegExp(`^BATCH_SERVICE_FAILED ${url}: .*${reason}`))
    expect(told).not.toContain('hush')
    expect(host.asked).toHaveLength(1)
  })

  it('one that is not there is BATCH_SERVICE_FAILED', async () => {
    expect(await faultOf(triphase().post(requestTo(`http://${near}:1/presign`)))).toMatch(/^BATCH_SERVICE_FAILED /)
  })

  it('an answer that is no UTF-8 is read nevertheless', async () => {
    const host = await listen((_asked, answer) => answer.end(Buffer.from('{"d":"av\xeds"}', 'latin1')), near)
    expect(await triphase().post(requestTo(`http://${near}:${host.port}/`))).toBe('{"d":"av�s"}')
  })

  it('an abort ends the wait with its reason', async () => {
    const host = await listen(() => undefined, near)
    const leaving = new AbortController()
    const reason = new Error('left')
    setTimeout(() => leaving.abort(reason), 50)
    await expect(triphase().post(requestTo(`http://${near}:${host.port}/`), leaving.signal)).rejects.toBe(reason)
  })
})
