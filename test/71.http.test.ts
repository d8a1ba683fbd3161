// Loopback is not a boundary: what another page, another name for this host or a clumsy caller sends is refused, and
// every answer carries the headers that keep the screen's page to itself.

import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { procedure } from './walk.kit.ts'

let kiosk: Kiosk
beforeAll(async () => {
  kiosk = await startKiosk({ sheets: [], config: { procedures: [procedure('none')] } })
})
afterAll(() => kiosk.stop())

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** With exactly these headers, which fetch would not allow. */
function send({
  method = 'POST',
  path = '/screen/copy/stay',
  headers = {},
  body = '',
}: Sent): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
  const { hostname, port } = new URL(kiosk.appliance.url)
  return new Promise((resolve, reject) => {
    const call = request(
      { hostname, port, method, path, headers: { 'content-length': Buffer.byteLength(body), ...headers } },
      async answer => {
        let text = ''
        for await (const chunk of answer) text += String(chunk)
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
      },
    )
    call.on('error', reject)
    call.end(body)
  })
}

const own = () => ({
  host: new URL(kiosk.appliance.url).host,
  origin: new URL(kiosk.appliance.url).origin,
  'x-compulsa-screen': '1',
})

describe('a request that changes something', () => {
  it('is taken from the own page', async () => {
    expect((await send({ headers: own() })).status).toBe(204)
  })

  it.each([
    ['another host name (DNS rebinding)', { host: 'kiosk.example.org' }],
    ['another origin', { origin: 'https://portal.example.org' }],
    ['the null origin of a sandboxed frame', { origin: 'null' }],
    ['another site, by Fetch Metadata', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this host', { 'sec-fetch-site': 'same-site' }],
    ['no screen header (a form)', { 'x-compulsa-screen': '0' }],
  ])('is refused from %s', async (_name, headers) => {
    const answer = await send({ headers: { ...own(), ...headers } })
    expect(answer.status).toBe(403)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'REQUEST_FORBIDDEN' })
  })

  it('is refused without any origin', async () => {
    const { origin: _origin, ...headers } = own()
    expect((await send({ headers })).status).toBe(403)
  })
})

describe('reading', () => {
  it('is refused under another host name and from another site', async () => {
    expect((await send({ method: 'GET', path: '/', headers: { host: 'evil.example' } })).status).toBe(403)
    expect(
      (await send({ method: 'GET', path: '/screen/events', headers: { ...own(), 'sec-fetch-site': 'cross-site' } }))
        .status,
    ).toBe(403)
  })

  it('is open to who follows a link of another site to this screen, and not to what that site fetches or frames', async () => {
    const from = (mode: string, dest: string) => ({
      ...{ host: own().host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest },
    })
    expect((await send({ method: 'GET', path: '/', headers: from('navigate', 'document') })).status).toBe(200)
    for (const [mode, dest] of [
      ['navigate', 'iframe'],
      ['no-cors', 'image'],
      ['cors', 'empty'],
    ] as const)
      expect((await send({ method: 'GET', path: '/', headers: from(mode, dest) })).status).toBe(403)
    const posted = { ...own(), ...from('navigate', 'document') }
    expect((await send({ headers: posted })).status).toBe(403)
  })

  it('gives the page with the headers that keep it to itself', async () => {
    const page = await send({ method: 'GET', path: '/', headers: { host: own().host } })
    expect(page.status).toBe(200)
    expect(page.headers).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'; script-src 'self'"),
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
    })
  })

  it('gives nothing outside the built screen', async () => {
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/..%2f..%2f..%2fpackage.json',
      '/nothing',
    ]) {
      const answer = await send({ method: 'GET', path, headers: { host: own().host } })
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.text).not.toContain('"compulsa"')
    }
  })

  it('gives no page of a copy that is not in hand', async () => {
    const answer = await send({ method: 'GET', path: '/screen/copy/pages/AAAA/preview', headers: own() })
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'STAGE_CONFLICT' })
  })
})

describe('a body that is not what the call takes', () => {
  const json = () => ({ ...own(), 'content-type': 'application/json' })
  it.each([
    ['/screen/copy', '{"procedureId":1,"language":"ca"}'],
    ['/screen/copy', '{"procedureId":"copy-none","language":"ca","more":1}'],
    ['/screen/copy', '{"procedureId":'],
    ['/screen/copy/approve', '{"sourceNature":"forged"}'],
    ['/screen/copy/order', '{"pageIds":"a"}'],
    ['/screen/copy/pages/x/turn', '{"by":45}'],
  ])('%s %s is refused with 400', async (path, body) => {
    const answer = await send({ path, body, headers: json() })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'REQUEST_INVALID' })
  })

  it('a PIN of a thousand octets is refused unread, and repeated nowhere', async () => {
    const body = Buffer.alloc(1000, '7')
    const answer = await send({
      path: '/screen/copy/sign/t/01',
      body,
      headers: { ...own(), 'content-type': 'application/octet-stream' },
    })
    expect(answer.status).toBe(413)
    expect(answer.text).not.toContain('7777')
    expect(kiosk.logged.join()).not.toContain('7777')
  })

  it('an unknown procedure is told by its name', async () => {
    const answer = await send({
      path: '/screen/copy',
      body: '{"procedureId":"none-such","language":"ca"}',
      headers: json(),
    })
    expect(JSON.parse(answer.text)).toEqual({ code: 'NOT_FOUND', detail: 'no procedure none-such' })
  })
})

describe('silence', () => {
  it('ends the visit and erases the unfinished copy', async () => {
    await kiosk.screen.post('/screen/copy', { procedureId: 'copy-none', language: 'ca' })
    await kiosk.screen.until(view => view.copy !== null, 'the copy')
    kiosk.clock.leap(140_000)
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(kiosk.screen.view().copy).not.toBeNull()
    await kiosk.screen.post('/screen/copy/stay')
    kiosk.clock.leap(140_000)
    expect(kiosk.screen.view().copy).not.toBeNull()
    kiosk.clock.leap(15_000)
    await kiosk.screen.until(view => view.copy === null, 'nobody in hand')
  })
})
