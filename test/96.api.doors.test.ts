// Who may use the interface for programs, and how its door is closed: a token of each client's own in a file that only its owner
// can read, TLS wherever it is not loopback, and memory that does not grow with what is sent.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { written } from './93.batch.kit.ts'
import { apiStand, tokens } from './96.api.kit.ts'
import { power } from './power.kit.ts'
import { programAt } from './requests.kit.ts'
import { freePort } from './sim/free-port.ts'
import { startSite } from './sim/site.ts'
import { createTestCa } from './sim/tls.ts'

const path = '/api/v1/batches'

describe('a token', () => {
  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer the-token-of-nobody-at-all',
    'Basic the-token-of-the-ledger',
    'Bearer the-token-of-the-ledger x',
    'the-token-of-the-ledger',
    'Bearer anything else',
  ])('is wanted, each time: %s', async authorization => {
    const stand = await apiStand()
    for (const [method, place] of [
      ['POST', path],
      ['GET', `${path}/x`],
      ['DELETE', `${path}/x`],
      ['GET', '/nowhere'],
    ] as const) {
      const headers = authorization === undefined ? {} : { authorization }
      const answer = await fetch(new URL(place, stand.url), { method, headers })
      expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'CLIENT_UNKNOWN' }])
    }
  })

  it('opens what its own client has left, and nothing of another’s', async () => {
    const stand = await apiStand()
    const id = await stand.program().leave(written())
    await stand.sign(id, [0, 1])
    const other = stand.program('other')
    const places = ['', '/result', '/signatures/doc-0'].map(rest => ['GET', `${path}/${id}${rest}`] as const)
    for (const [method, place] of [...places, ['DELETE', `${path}/${id}`] as const])
      expect(await other.call(method, place)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
    expect(await stand.program().state(id)).toMatchObject({ stage: 'done' })
  })

  it('is in no line of the log', async () => {
    const stand = await apiStand()
    await stand.program().call('GET', `${path}/x`)
    await programAt(stand.url, 'a-wrong-token-nobody-has').call('GET', `${path}/x`)
    expect(stand.logged.join('\n')).not.toMatch(/the-token-of|a-wrong-token/)
  })

  it.each([0o640, 0o604, 0o622])('in a file of mode %o is refused at the start', async mode => {
    await expect(apiStand({ mode })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it.each([
    ['of two clients', { ledger: tokens.ledger, other: tokens.ledger }],
    ['that is short', { ledger: 'x'.repeat(19) }],
    ['with a space in it', { ledger: 'a token of twenty characters and more' }],
    ['that is not there', { ledger: '' }],
  ])('%s is refused at the start', async (_what, given) => {
    await expect(apiStand({ tokens: given })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('without its file is refused at the start', async () => {
    const config = { clients: [{ id: 'ledger', tokenFile: '/nowhere/token' }] }
    await expect(apiStand({ config })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})

describe('TLS', () => {
  it('is wanted wherever the address is not loopback', () => {
    const least = {
      body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
      procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
    }
    const api = { port: 0, clients: [{ id: 'a', tokenFile: 'a' }] }
    for (const host of ['0.0.0.0', '192.0.2.1', '::', '2001:db8::1'])
      expect(() => parseConfig({ ...least, api: { ...api, host } })).toThrow('api.tls')
    for (const host of ['127.0.0.1', '127.0.0.9', '::1'])
      expect(parseConfig({ ...least, api: { ...api, host } }).api?.host).toBe(host)
  })

  it('has to ask for certificates where a client shows one, and knows what names there are', () => {
    const least = {
      body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
      procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
    }
    const asking = { certificateFile: 'c', keyFile: 'k', clientCaFile: 'ca' }
    const faultsOf =
      (clients: readonly object[], tls: object = asking) =>
      () =>
        parseConfig({ ...least, api: { port: 0, tls, clients } })
    const certificate = { dns: 'ledger.example' }
    expect(
      faultsOf([
        { id: 'a', certificate },
        { id: 'b', tokenFile: 'b' },
      ]),
    ).not.toThrow()
    expect(
      faultsOf([{ id: 'a', certificate: { subject: { CN: 'a', '2.5.4.97': 'b', serialNumber: 'c' } } }]),
    ).not.toThrow()
    const { clientCaFile: _, ...silent } = asking
    expect(faultsOf([{ id: 'a', certificate }], silent)).toThrow('api.tls.clientCaFile is needed where api.clients.0')
    expect(faultsOf([{ id: 'a', tokenFile: 'a' }], { ...silent, clientCrlFile: 'crl' })).toThrow(
      'clientCrlFile goes with',
    )
    expect(faultsOf([{ id: 'a' }])).toThrow('api.clients.0 needs tokenFile or certificate')
    expect(
      faultsOf([
        { id: 'a', certificate },
        { id: 'b', certificate },
      ]),
    ).toThrow('is the one of api.clients.0 too')
    expect(faultsOf([{ id: 'a', certificate: {} }])).toThrow('api.clients.0.certificate')
    expect(faultsOf([{ id: 'a', certificate: { subject: {} } }])).toThrow('api.clients.0.certificate.subject')
    expect(faultsOf([{ id: 'a', certificate: { subject: { cnn: 'x' } } }])).toThrow('names cnn, which is no attribute')
  })

  it('is spoken where it is configured, and nothing else is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'compulsa-api-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const ca = await createTestCa()
    const { key, cert } = await ca.issue(['127.0.0.1'])
    const tls = { certificateFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
    await writeFile(tls.certificateFile, cert)
    await writeFile(tls.keyFile, key)
    const stand = await apiStand({ config: { tls } })
    expect(stand.url).toMatch(/^https:/)
    const headers = { authorization: `Bearer ${tokens.ledger}` }
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(new URL(`${path}/x`, stand.url), { ca: ca.caPem, headers }, answer => {
        answer.resume()
        resolve(answer.statusCode)
      })
      sent.on('error', reject)
      sent.end()
    })
    expect(status).toBe(404)
    await expect(fetch(new URL(path, stand.url).href.replace('https:', 'http:'), { headers })).rejects.toThrow()
  })
})

describe('a batch of 180 MB', () => {
  it('takes no more memory than one of 60, give or take what is to be collected', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'compulsa-api-'))
    const apiPort = await freePort()
    const site = await startSite({ folder, sheets: [], clients: ['ledger'], apiPort })
    const kiosk = await power(site)
    onTestFinished(async () => {
      await kiosk.cut()
      await site.stop()
      await rm(folder, { recursive: true })
    })
    const program = programAt(`http://127.0.0.1:${apiPort}/`, site.token('ledger'))
    const peak = async () =>
      Number(/^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${kiosk.pid}/status`, 'utf8'))?.[1]) / 1024
    const datareference = Buffer.alloc(750_000, 'sixty million octets ').toString('base64')
    const send = async (count: number) => {
      const singlesigns = Array.from({ length: count }, (_, n) => ({ id: `large-${n}`, datareference }))
      expect(await program.state(await program.leave(written({ singlesigns })))).toMatchObject({ total: count })
    }
    await send(60)
    const before = await peak()
    await send(180)
    expect((await peak()) - before).toBeLessThan(60)
  }, 60_000)
})
