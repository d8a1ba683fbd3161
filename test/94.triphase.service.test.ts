// A three-phase batch from end to end: our client at the simulated service of a page, which holds every request against the
// wire format; what it has saved is judged by openssl and pdfsig, and each of its failures has its outcome.

import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpTriphase } from '../drivers/triphase/http.ts'
import { judge, now, smallPdf, temporaryFolder } from './50.signature.kit.ts'
import { newFiles } from './60.targets.kit.ts'
import { faultOf } from './94.hosts.kit.ts'
import { signAtService } from './94.triphase.kit.ts'
import { createTestPki, type KeyKind, pem, type TestIdentity } from './sim/pki.ts'
import { createTestCa } from './sim/tls.ts'
import { createTriphaseService, type TriphaseFault, type TriphaseServiceOptions } from './sim/triphase.ts'

const pki = await createTestPki({ now })
const identities = new Map<KeyKind, TestIdentity>()
const pdf = await smallPdf()
const content = Buffer.from('Un document qualsevol.')

async function identity(key: KeyKind): Promise<TestIdentity> {
  const known = identities.get(key) ?? (await pki.signer({ key }))
  identities.set(key, known)
  return known
}

async function service(options: TriphaseServiceOptions = {}) {
  const running = await createTriphaseService({ now: () => now, ...options })
  onTestFinished(() => running.stop())
  return running
}

const batchOf = (more: object = {}) => ({
  algorithm: 'SHA256',
  format: 'PAdES',
  suboperation: 'sign',
  singlesigns: [
    { id: 'pdf 1', datareference: Buffer.from(pdf).toString('base64') },
    { id: 'inside', datareference: content.toString('base64'), format: 'CAdES', extraparams: 'bW9kZT1pbXBsaWNpdA==' },
    { id: '"beside"', datareference: content.toString('base64'), format: 'CAdES' },
  ],
  ...more,
})

const client = createHttpTriphase({ allowPrivate: ['127.0.0.2'] })

describe('a batch at the service of a page', () => {
  it.each<[string, KeyKind]>([
    ['SHA256withRSA', 'RSA-2048'],
    ['SHA512', 'RSA-2048'],
    ['SHA384withECDSA', 'P-256'],
  ])('by %s is signed there with a key that is here', async (algorithm, key) => {
    const running = await service()
    const results = await signAtService(client, running, batchOf({ algorithm }), await identity(key))
    expect(results.map(({ id, result }) => `${id}: ${result}`)).toEqual([
      'pdf 1: DONE_AND_SAVED',
      'inside: DONE_AND_SAVED',
      '"beside": DONE_AND_SAVED',
    ])
    expect(running.violations).toEqual([])
    const folder = await temporaryFolder()
    onTestFinished(() => folder.remove())
    const file = (id: string) => folder.write(`${id.replace(/\W/g, '')}.der`, running.saved.get(id) ?? '')
    expect((await judge('pdfsig', ['-nocert', await file('pdf 1')])).output).toContain('Signature is Valid')
    const root = await folder.write('root.pem', pem('CERTIFICATE', pki.root))
    const trust = ['-CAfile', root, '-purpose', 'any', '-attime', String(now / 1000), '-binary', '-inform', 'DER']
    const inside = await judge('openssl', ['cms', '-verify', ...trust, '-in', await file('inside')])
    expect(inside.output).toContain('CMS Verification successful')
    expect(inside.output).toContain(content.toString())
    const original = await folder.write('content', content)
    const beside = ['cms', '-verify', ...trust, '-in', await file('"beside"'), '-content', original]
    expect((await judge('openssl', beside)).output).toContain('CMS Verification successful')
  })

  it('goes by TLS as well', async () => {
    const authority = await createTestCa()
    const running = await service({ tls: await authority.issue(['127.0.0.2']) })
    const files = await newFiles({ ca: authority.caPem })
    onTestFinished(() => files.remove())
    const secure = createHttpTriphase({ allowPrivate: ['127.0.0.2'], caFiles: { '127.0.0.2': files.ca } })
    const results = await signAtService(secure, running, batchOf(), await identity('P-256'))
    expect(results.map(({ result }) => result)).toEqual(Array(3).fill('DONE_AND_SAVED'))
    expect(running.violations).toEqual([])
  })

  it('with an item that the service cannot prepare has the others signed', async () => {
    const running = await service()
    const { singlesigns, ...header } = batchOf()
    const batch = { ...header, singlesigns: [{ ...singlesigns[0], id: 'xml', format: 'XAdES' }, ...singlesigns] }
    const results = await signAtService(client, running, batch as never, await identity('P-256'))
    expect(results.map(({ result }) => result)).toEqual(['ERROR_PRE', ...Array(3).fill('DONE_AND_SAVED')])
    expect(results[0]?.description).toBe('xades is not simulated')
    expect(running.violations).toEqual([])
    expect(running.saved.size).toBe(3)
  })

  it('that stops on error has nothing signed where one item fails', async () => {
    const running = await service()
    running.fault('item-error')
    const results = await signAtService(client, running, batchOf({ stoponerror: true }), await identity('P-256'))
    expect(results.map(({ result }) => result)).toEqual(['ERROR_PRE', 'SKIPPED', 'SKIPPED'])
    expect(running.asked).toEqual(['presign'])
  })

  it('with the signature of another key is told as an error of the second phase', async () => {
    const running = await service()
    const [one, other] = [await identity('P-256'), await pki.signer({ key: 'P-256' })]
    const results = await signAtService(client, running, batchOf(), { ...one, privateKey: other.privateKey })
    expect(results.map(({ result }) => result)).toEqual(Array(3).fill('ERROR_POST'))
    expect(running.saved.size).toBe(0)
  })
})

describe('a service that fails', () => {
  async function outcome(fault: TriphaseFault, more: object = {}): Promise<string> {
    const running = await service({ slowMs: 400 })
    running.fault(fault)
    const impatient = createHttpTriphase({ allowPrivate: ['127.0.0.2'], deadlineMs: 200 })
    const results: string[] = []
    const work = async () => {
      const signer = fault === 'slow' ? impatient : client
      const signs = await signAtService(signer, running, batchOf(more), await identity('P-256'))
      results.push(...signs.map(({ result, description }) => [result, description].filter(Boolean).join(' ')))
    }
    const failure = await faultOf(work())
    expect(running.violations).toEqual([])
    return failure === 'done' ? results.join(', ') : failure
  }

  it.each<[TriphaseFault, RegExp]>([
    ['presign-400', /answered 400$/],
    ['presign-500', /answered 500$/],
    ['presign-invalid-json', /no JSON$/],
    ['wrong-ids', /not in the batch$/],
    ['slow', /within/],
    ['postsign-500', /answered 500$/],
    ['postsign-invalid-json', /no JSON$/],
    ['postsign-wrong-ids', /not in the batch$/],
  ])('by %s is BATCH_SERVICE_FAILED', async (fault, reason) => {
    const told = await outcome(fault)
    expect(told).toMatch(/^BATCH_SERVICE_FAILED /)
    expect(told).toMatch(reason)
    expect(told).not.toContain('java')
  })

  it.each<[TriphaseFault, object, string]>([
    ['item-error', {}, 'ERROR_PRE no document, DONE_AND_SAVED, DONE_AND_SAVED'],
    ['all-errors', {}, 'ERROR_PRE no document, ERROR_PRE no document, ERROR_PRE no document'],
    ['newline', {}, 'ERROR_PRE no document:\n\tat "java", DONE_AND_SAVED, DONE_AND_SAVED'],
    ['says-nothing', {}, Array(3).fill('ERROR_PRE the service did not prepare it').join(', ')],
    ['post-error', {}, 'ERROR_POST no space, DONE_AND_SAVED, DONE_AND_SAVED'],
    ['post-error', { stoponerror: true }, 'ERROR_POST no space, SKIPPED, SKIPPED'],
    ['postsign-newline', {}, 'ERROR_POST no space\non the disk, DONE_AND_SAVED, DONE_AND_SAVED'],
  ])('by %s with %j tells: %j', async (fault, more, expected) => {
    expect(await outcome(fault, more)).toBe(expected)
  })
})

describe('the simulated service', () => {
  const padded = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/\+/g, '-').replace(/\//g, '_')
  const form = 'application/x-www-form-urlencoded'
  const text = JSON.stringify({ ...batchOf(), singlesigns: batchOf().singlesigns.slice(1, 2) })
  // One more than whole groups, so that its Base64 has padding.
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 3) * 3 + 1))

  it.each<[string, string, (good: string) => { body: string; type?: string; path?: string }]>([
    ['nothing', '^$', good => ({ body: good })],
    ['a query', 'no service at', good => ({ body: good, path: '?a=b' })],
    ['another type', 'the type of the body', good => ({ body: good, type: 'text/plain' })],
    ['Base64 of the standard alphabet', 'no URL-safe Base64', good => ({ body: good.replace('json=', 'json=+') })],
    ['percent signs', 'no URL-safe Base64', good => ({ body: `${good}%3D` })],
    ['no padding', 'without its padding', good => ({ body: good.replace('==&', '&') })],
    ['another field', 'the fields json,certs,x', good => ({ body: `${good}&x=AAAA` })],
    ['no chain', 'Error', good => ({ body: good.replace(/certs=.*/, 'certs=AAAA') })],
    ['another service', 'no service at', good => ({ body: good, path: 'x' })],
  ])('finds %s: %s', async (_what, found, bend) => {
    const running = await service()
    const { certificate, chain } = await identity('P-256')
    const good = `json=${padded(json)}&certs=${[certificate, ...chain].map(padded).join(';')}`
    const { body, type = form, path = '' } = bend(good)
    await fetch(`${running.presign}${path}`, { method: 'POST', body, headers: { 'content-type': type } })
    expect(running.violations.join()).toMatch(new RegExp(found))
  })

  it.each<[string, string, (sent: { batch: string; signs: Record<string, object>[] }) => unknown]>([
    ['nothing', '^$', () => undefined],
    [
      'another batch',
      'although nothing had failed',
      sent => Object.assign(sent, { batch: sent.batch.replace('}', ' }') }),
    ],
    ['a lost parameter', 'another session', ({ signs: [one] }) => delete one?.['params']?.['TIME' as never]],
    ['a lost PRE', 'another session', ({ signs: [one] }) => delete one?.['params']?.['PRE' as never]],
    ['a lost signature value', 'no signature value', ({ signs: [one] }) => delete one?.['params']?.['PK1' as never]],
    ['a lost signature', 'another session', ({ signs }) => signs.pop()],
  ])('finds %s in the second phase: %s', async (_what, found, bend) => {
    const running = await service()
    const bent: typeof client = {
      post: async (request, signal) => {
        if (request.tridata === undefined) return client.post(request, signal)
        const { format, signinfo } = JSON.parse(Buffer.from(request.tridata).toString())
        const sent = { batch: Buffer.from(request.batch).toString(), signs: signinfo }
        bend(sent)
        const tridata = Buffer.from(JSON.stringify({ format, signinfo: sent.signs }))
        return client.post({ ...request, batch: Buffer.from(sent.batch), tridata }, signal)
      },
    }
    await signAtService(bent, running, batchOf(), await identity('P-256'))
    expect(running.violations.join()).toMatch(new RegExp(found))
  })
})
