// What pages ask to be signed: single documents of each format, co- and countersignatures, batches signed here and batches that
// the page's own server prepares. pdfsig, openssl and xmlsec1 judge.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallPdf } from './50.signature.kit.ts'
import { base64 } from './93.batch.kit.ts'
import { origin, type PageStand, signRequest, startPageStand, staying } from './97.page-desk.kit.ts'
import { askAbout, inFolder } from './pdf-fixtures.ts'
import { judged, mixedBatch } from './requests.kit.ts'
import { createTriphaseService, type TriphaseService } from './sim/triphase.ts'

let stand: PageStand
let service: TriphaseService
beforeAll(async () => {
  service = await createTriphaseService()
  stand = await startPageStand({ serviceHost: service.host })
})
afterAll(async () => {
  await stand.stop()
  await service.stop()
})

async function signed(over: Parameters<typeof signRequest>[0]): Promise<Uint8Array> {
  const asked = stand.requests.pages.sign(signRequest(over), staying())
  await stand.agree()
  const { certificate, signature } = await asked
  expect(Buffer.from(certificate)).toEqual(Buffer.from(stand.site.certificates[0] ?? []))
  return signature
}

async function judgedXades(bytes: Uint8Array, ...places: readonly string[]): Promise<void> {
  const ids = ['--id-attr:Id', 'Object', '--id-attr:Id', 'SignedProperties', '--id-attr:Id', 'SignatureValue']
  for (const place of places) {
    const node = ['--node-xpath', `(//*[local-name()='Signature'])[${place}]`]
    await askAbout(bytes, 'xmlsec1', '--verify', '--insecure', ...ids, ...node, 'FILE')
  }
}

const implicit = new Map([['mode', 'implicit']])
const xml = Buffer.from('<acta><punt>1</punt></acta>')

describe('a document of a page', () => {
  it.each([
    ['PAdES', 'PAdES', () => smallPdf()],
    ['CAdES', 'CAdES', async () => Buffer.from('text')],
    ['XAdES Enveloped', 'XAdES', async () => xml],
    ['XAdES Enveloping', 'XAdES', async () => xml],
    ['auto', 'PAdES', () => smallPdf()],
    ['auto', 'XAdES', async () => xml],
    ['auto', 'CAdES', async () => Buffer.from('text')],
  ] as const)('is signed as %s (%s)', async (format, judge, data) => {
    const params = judge === 'CAdES' ? implicit : new Map<string, string>()
    await judged(judge, await signed({ format, data: await data(), extraParams: params }))
  })

  it('is shown before the PIN: the site, the operation, the format and the size', async () => {
    const asked = stand.requests.pages.sign(signRequest({ format: 'XAdES', data: xml }), staying())
    expect(await stand.until('asking')).toMatchObject({
      asker: { kind: 'page', name: 'sede.example.cat' },
      operation: 'sign',
      documents: [{ format: 'XAdES', operation: 'sign', bytes: xml.length, state: 'waiting' }],
      total: 1,
      preparedElsewhere: false,
    })
    await stand.agree()
    await asked
    expect(await stand.until('finished')).toMatchObject({ done: 1, failed: 0, fault: null })
  })

  it.each([
    ['CAdES', 'CAdES'],
    ['XAdES Enveloping', 'XAdES'],
    ['PAdES', 'PAdES'],
  ] as const)('is cosigned: %s', async (format, judge) => {
    const data = judge === 'PAdES' ? await smallPdf() : xml
    const params = judge === 'CAdES' ? implicit : new Map<string, string>()
    const first = await signed({ format, data, extraParams: params })
    const second = await signed({ operation: 'cosign', format, data: first, extraParams: params })
    if (judge === 'PAdES') {
      const report = await askAbout(second, 'pdfsig', '-nocert', 'FILE')
      expect(report.match(/Signature is Valid/g)).toHaveLength(2)
    } else if (judge === 'CAdES') {
      await judged(judge, second)
      const told = await askAbout(second, 'openssl', 'cms', '-cmsout', '-print', '-inform', 'DER', '-in', 'FILE')
      expect(told.match(/d\.signerIdentifier|issuerAndSerialNumber/g)).toHaveLength(2)
    } else {
      expect(String(second).match(/<ds:Signature /g)).toHaveLength(2)
      await judgedXades(second, '1', '2')
    }
  })

  it('is cosigned where only the signature is there and not its content', async () => {
    const content = Buffer.from('a content that the page does not send again')
    const first = await signed({ data: content })
    const second = await signed({ operation: 'cosign', data: first })
    await inFolder(async folder => {
      const file = join(folder, 'content')
      await writeFile(file, content)
      const words = ['-verify', '-inform', 'DER', '-noverify', '-binary', '-content', file, '-in', 'FILE']
      expect(await askAbout(second, 'openssl', 'cms', ...words)).toContain(String(content))
    })
    const other = signRequest({ operation: 'cosign', data: first, algorithm: 'SHA512withRSA' })
    const asked = stand.requests.pages.sign(other, staying())
    const refused = expect(asked).rejects.toMatchObject({ code: 'CONTENT_ABSENT' })
    await stand.agree()
    await refused
  })

  it.each([
    ['CAdES', Buffer.from('text')],
    ['XAdES', xml],
  ] as const)('is countersigned: %s', async (format, data) => {
    const first = await signed({ format, data, extraParams: implicit })
    const second = await signed({ operation: 'countersign', format, data: first, extraParams: new Map() })
    expect(second.length).toBeGreaterThan(first.length + 500)
    if (format === 'CAdES') {
      await judged(format, second)
      const told = await askAbout(second, 'openssl', 'cms', '-cmsout', '-print', '-inform', 'DER', '-in', 'FILE')
      expect(told.match(/countersignature/gi)).toHaveLength(1)
    } else await judgedXades(second, '1', '2')
    expect(await stand.until('finished')).toMatchObject({ operation: 'countersign', done: 1 })
  })

  it('that cannot be signed is told to the page and the person, and to the trail', async () => {
    const asked = stand.requests.pages.sign(signRequest({ format: 'PAdES' }), staying())
    const refused = expect(asked).rejects.toMatchObject({ code: 'PDF_UNREADABLE' })
    await stand.agree()
    await refused
    expect(await stand.until('finished')).toMatchObject({ failed: 1, documents: [{ fault: 'PDF_UNREADABLE' }] })
    expect(stand.audited('pageServed').at(-1)).toMatchObject({ signed: 0, failed: 1 })
  })

  it.each([
    [{ format: 'FacturaX' }, 'SIGNATURE_FORMAT_REFUSED'],
    [{ algorithm: 'SHA1withRSA' }, 'ALGORITHM_REFUSED'],
    [{ algorithm: 'MD5withRSA' }, 'ALGORITHM_REFUSED'],
  ])('is refused before anybody is asked: %j', async (over, code) => {
    const before = stand.requests.signing.view()?.id
    await expect(stand.requests.pages.sign(signRequest(over), staying())).rejects.toMatchObject({ code })
    expect(stand.requests.signing.view()?.id).toBe(before)
  })

  it('leaves its entry in the trail, with what had no effect', async () => {
    await signed({ extraParams: new Map([['unheardOf', '1']]) })
    expect(stand.audited('pageServed').at(-1)).toEqual({
      site: 'sede.example.cat',
      operation: 'sign',
      documents: 1,
      signed: 1,
      failed: 0,
      certificateSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      ignored: 'unheardOf',
    })
  })
})

describe('a batch of a page', () => {
  it('is signed here, its signatures in the answer', async () => {
    const batch = Buffer.from(JSON.stringify(await mixedBatch()))
    const asked = stand.requests.pages.batch({ origin, batch, extraParams: new Map() }, staying())
    expect(await stand.until('asking')).toMatchObject({ operation: 'batch', total: 4, preparedElsewhere: false })
    await stand.agree()
    const { signs } = JSON.parse(String((await asked).result)) as { signs: { result: string; signature?: string }[] }
    expect(signs.map(({ result }) => result)).toEqual([
      'DONE_AND_SAVED',
      'DONE_AND_SAVED',
      'DONE_AND_SAVED',
      'ERROR_PRE',
    ])
    for (const [number, format] of (['PAdES', 'XAdES', 'CAdES'] as const).entries())
      await judged(format, Buffer.from(signs[number]?.signature ?? '', 'base64'))
  })

  it('that is none is refused before anybody is asked', async () => {
    const asked = stand.requests.pages.batch({ origin, batch: Buffer.from('{}'), extraParams: new Map() }, staying())
    await expect(asked).rejects.toMatchObject({ code: 'BATCH_INVALID' })
  })
})

describe('a batch that the page’s own server prepares', () => {
  const items = ['a', 'b', 'c'].map(id => ({ id, datareference: base64(`text of ${id}`) }))
  const header = { algorithm: 'SHA256withRSA', format: 'CAdES', suboperation: 'sign' }
  const remote = () => ({
    origin,
    batch: Buffer.from(JSON.stringify({ ...header, singlesigns: items })),
    extraParams: new Map<string, string>(),
    services: { presign: service.presign, postsign: service.postsign },
  })

  it('is signed in three phases, and the person is told that nobody here has seen the documents', async () => {
    const before = stand.site.watched?.signatures().length ?? 0
    const asked = stand.requests.pages.batch(remote(), staying())
    expect(await stand.until('asking')).toMatchObject({
      preparedElsewhere: true,
      total: 3,
      documents: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
    })
    await stand.agree()
    const { result } = await asked
    expect(JSON.parse(String(result)).signs).toEqual(items.map(({ id }) => ({ id, result: 'DONE_AND_SAVED' })))
    expect(service.violations).toEqual([])
    expect([...service.saved.keys()]).toEqual(['a', 'b', 'c'])
    expect(stand.site.watched?.signatures()).toHaveLength(before + 3)
    expect(await stand.until('finished')).toMatchObject({ done: 3, failed: 0 })
    expect(stand.audited('pageServed').at(-1)).toMatchObject({ operation: 'batch', documents: 3, signed: 3, failed: 0 })
  })

  it('tells which of its documents the server could not prepare or complete', async () => {
    for (const fault of ['item-error', 'post-error'] as const) {
      service.fault(fault)
      const asked = stand.requests.pages.batch(remote(), staying())
      await stand.agree()
      const { signs } = JSON.parse(String((await asked).result)) as { signs: { id: string; result: string }[] }
      expect(signs.filter(({ result }) => result !== 'DONE_AND_SAVED')).toHaveLength(1)
      expect(await stand.until('finished')).toMatchObject({ done: 2, failed: 1 })
    }
    service.fault(undefined)
  })

  it('fails as a whole where the server does', async () => {
    service.fault('presign-500')
    const before = stand.site.watched?.signatures().length
    const asked = stand.requests.pages.batch(remote(), staying())
    const refused = expect(asked).rejects.toMatchObject({ code: 'BATCH_SERVICE_FAILED' })
    await stand.agree()
    await refused
    service.fault(undefined)
    expect(await stand.until('finished')).toMatchObject({ fault: 'BATCH_SERVICE_FAILED' })
    expect(stand.site.watched?.signatures()).toHaveLength(before ?? 0)
  })

  it('is not taken to a server that is neither the page’s nor configured', async () => {
    const elsewhere = { presign: 'https://127.0.0.3:1/presign', postsign: 'https://127.0.0.3:1/postsign' }
    const asked = stand.requests.pages.batch({ ...remote(), services: elsewhere }, staying())
    const refused = expect(asked).rejects.toMatchObject({ code: 'REFERENCE_REFUSED' })
    await stand.agree()
    await refused
  })
})
