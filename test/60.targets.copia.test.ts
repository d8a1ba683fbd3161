// A CÒPIA service in each of its named ways to fail, what goes beside a copy, and the exchange as it is kept in
// test/recordings/copia, which is to be changed together with drivers/delivery/copia-wire.ts.

import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryRequest } from '../device/ports.ts'
import { authentication } from '../drivers/delivery/copia-wire.ts'
import { createDelivery, enterDestination } from '../drivers/delivery/destinations.ts'
import { chunked, copy, never, sha256, verdict } from './60.deliver.setup.ts'
import { newFiles } from './60.targets.kit.ts'
import { golden } from './63.seal.kit.ts'
import { type Copia, type CopiaExchange, type CopiaFault, startCopia } from './sim/copia.ts'

let server: Copia
let files: Awaited<ReturnType<typeof newFiles<'ca' | 'key'>>>
beforeAll(async () => {
  server = await startCopia()
  files = await newFiles({ ca: server.caPem, key: server.registered.key })
})
afterEach(() => server.set('none'))
afterAll(async () => {
  await server.stop()
  await files.remove()
})

const pdf = Buffer.from(`%PDF-1.7\n${'a small copy\n'.repeat(200)}%%EOF\n`)
const eni = Buffer.from('<?xml version="1.0" encoding="UTF-8"?>\n<enidoc:documento/>\n')
const evidence = Buffer.from('{"payload":"e30","protected":"e30","signature":"AA"}\n')
let keys = 0

/** A copy of its own, or the same again by its key. */
function request(change: Partial<DeliveryRequest> = {}): DeliveryRequest {
  keys += 1
  const own = { bytes: pdf.length, sha256: sha256(pdf), body: chunked(pdf), idempotencyKey: `copia-${keys}` }
  return copy({ ...own, ...change })
}

function deliver(one: DeliveryRequest, change: object = {}) {
  const { domain } = server.registered
  const own = {
    id: 'archive',
    driver: 'copia',
    url: server.url,
    ens: '9821920002',
    user: 'núria.vidal',
    domain,
  } as const
  const destination = { ...own, keyFile: files.key, caFile: files.ca, lookMs: 5, ...change }
  return createDelivery({ destinations: [destination] }).deliver(one, never)
}

describe('a service that fails', () => {
  it.each<[CopiaFault, string]>([
    ['clockSkew', 'later CREDENTIALS_REFUSED 900000'],
    ['down', 'later DESTINATION_BUSY'],
    ['expires', 'later DESTINATION_BUSY'],
    ['cancelled', 'later DESTINATION_BUSY'],
    ['failed', 'refused DESTINATION_REFUSED'],
    ['stuck', 'later DESTINATION_BUSY'],
    ['damaging', 'later RECEIPT_INVALID'],
    ['wrongReceipt', 'later RECEIPT_INVALID'],
    ['gone', 'refused DESTINATION_REFUSED'],
    ['small', 'refused DESTINATION_REFUSED'],
    ['portal', 'later RECEIPT_INVALID'],
  ])('by %s is told as %s', async (fault, expected) => {
    server.set(fault)
    const outcome = await deliver(request())
    expect(verdict(outcome)).toBe(expected)
    expect(JSON.stringify(outcome)).not.toMatch(/SC |la clau/)
  })

  it.each<CopiaFault>(['expires', 'cancelled'])(
    'by %s is asked for a new session, and has the copy once',
    async fault => {
      const one = request()
      server.set(fault)
      await deliver(one)
      server.set('none')
      expect(verdict(await deliver({ ...one, body: chunked(pdf) }))).toBe('delivered')
      const { claim } = server.received().at(-1) ?? {}
      expect(claim?.clau).toBe(one.idempotencyKey)
      expect(server.received().filter(({ claim: { clau } }) => clau === one.idempotencyKey)).toHaveLength(1)
    },
  )

  it('by a session that takes its time is waited for', async () => {
    server.set('working')
    expect(verdict(await deliver(request()))).toBe('delivered')
  })

  it('with status 200 is told by its code, and by one of no meaning here as no receipt', async () => {
    const one = request()
    await deliver(one)
    server.set('koInside')
    const other = { ...one, body: chunked(pdf), metadata: { a: 'b' } }
    expect(verdict(await deliver(other))).toBe('refused DESTINATION_REFUSED')
    expect(verdict(await deliver(request(), { url: `${server.url}/else` }))).toBe('later RECEIPT_INVALID')
  })

  it('is told a body that it does not know by a pause of the kiosk, not of the copy', async () => {
    expect(verdict(await deliver(request(), { ens: '0801930008' }))).toBe('later CREDENTIALS_REFUSED 900000')
  })
})

describe('a copy', () => {
  it('arrives with its ENI document and its evidence, and its receipt has the code of the service', async () => {
    const attachments = [
      { kind: 'eni', bytes: eni },
      { kind: 'evidence', bytes: evidence },
    ] as const
    const before = server.exchanges().length
    const outcome = await deliver(request({ attachments, idempotencyKey: 'kept' }))
    expect(outcome).toMatchObject({
      outcome: 'delivered',
      receipt: { reference: expect.stringMatching(/^D-S\d+ CSV 98219200022026S\d+K7QF2M9X$/), sha256: sha256(pdf) },
    })
    const { parts } = server.received().at(-1) ?? expect.unreachable('nothing came')
    expect([parts.get('eni'), parts.get('evidencies')]).toEqual([eni, evidence])
    const exchange = recorded(server.exchanges().slice(before))
    expect(exchange).toEqual(await golden('copia/delivery.json', exchange))
  })

  it('without a code has a receipt all the same', async () => {
    server.set('withoutCsv')
    const outcome = await deliver(request())
    expect(outcome).toMatchObject({ receipt: { reference: expect.stringMatching(/^D-S\d+$/) } })
  })

  it('that is refused is in an exchange of its own', async () => {
    const before = server.exchanges().length
    await deliver(request({ idempotencyKey: 'kept', metadata: { other: 'metadata' } }))
    const exchange = recorded(server.exchanges().slice(before))
    expect(exchange).toEqual(await golden('copia/refusal.json', exchange))
  })
})

describe('who asks', () => {
  const entering = (change: object = {}) => {
    const { url, registered } = server
    const own = { id: 'copia', driver: 'copia', url, ens: '9821920002', user: 'k', domain: registered.domain } as const
    const destination = { ...own, keyFile: files.key, caFile: files.ca, ...change }
    return enterDestination({ destinations: [destination] }, 'copia', never)
  }

  it('is let in, or told why not, without a copy', async () => {
    const before = server.received().length
    expect(await entering()).toBe(true)
    for (const change of [{ domain: 'https://other.example' }, { keyFile: files.ca }]) {
      await expect(entering(change)).rejects.toMatchObject({
        code: expect.stringMatching(/^(CREDENTIALS_REFUSED|DESTINATION_UNTRUSTED)$/),
      })
    }
    server.set('portal')
    await expect(entering()).rejects.toMatchObject({ code: 'RECEIPT_INVALID' })
    server.set('down')
    await expect(entering()).rejects.toMatchObject({ code: 'DESTINATION_BUSY' })
    expect(await enterDestination({ destinations: [] }, 'copia', never)).toBe(false)
    expect(server.received().length).toBe(before)
  })

  it('shows the code of the domain over the date in Madrid, in summer and in winter', () => {
    const winter = authentication('https://a.example', 'key', Date.UTC(2026, 10, 27, 23, 30))
    expect(winter).toMatchObject({ origin: 'https://a.example', date: '28/11/2026 00:30' })
    const code = createHmac('sha256', 'key').update('https://a.example_28/11/2026 00:30').digest('base64')
    expect(winter.authorization).toBe(`SC ${code}`)
    expect(authentication('a', 'key', Date.UTC(2026, 6, 1, 10, 5)).date).toBe('01/07/2026 12:05')
  })
})

/** What the contract fixes, with a word in place of what differs each time. */
function recorded(exchanges: readonly CopiaExchange[]): unknown {
  const told = exchanges.map(({ request: { method, path, headers, body }, answer }) => {
    const names = ['accept', 'authorization', 'content-length', 'content-type', 'date', 'origin']
    const kept = names.flatMap(name => (headers[name] === undefined ? [] : [[name, headers[name]]]))
    return {
      request: {
        method,
        path,
        headers: Object.fromEntries(kept),
        body: body.length === 0 ? null : JSON.parse(String(body)),
      },
      answer: { ...answer, body: answer.body === '' ? null : JSON.parse(answer.body) },
    }
  })
  const text = JSON.stringify(told)
    .replace(/SC [A-Za-z0-9+/=]+/g, 'SC <code>')
    .replace(/\d\d\/\d\d\/\d{4} \d\d:\d\d/g, '<dd/MM/yyyy HH:mm>')
    .replace(/"data":"[^"]+"/g, '"data":"<time>"')
    .replace(/\bS\d+(?=["/K])/g, 'S1')
    .replace(/2026S\d+K/g, '2026S1K')
  return JSON.parse(text)
}
