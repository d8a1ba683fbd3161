// Reading a batch: what AutoFirma takes is taken, what is wrong is refused with the JSON path of the fault.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Batch, documentName } from '../device/batch/batch.ts'
import { documentsIn, readBatch } from '../device/batch/read-batch.ts'
import { base64, limits, streamOf, written } from './93.batch.kit.ts'

const read = (value: unknown, over = {}) => readBatch(streamOf(JSON.stringify(value)), { ...limits, ...over })
const refused = (code: string, detail: string | RegExp) =>
  expect.objectContaining({ code, detail: expect.stringMatching(detail) })
const item = (over: Readonly<Record<string, unknown>>) =>
  written({ singlesigns: [{ id: 'a', datareference: base64('text'), ...over }] })

/** The sample of the batch's own documentation, escaped as it stands there. */
function seedSample(): string {
  const seed = readFileSync(new URL('./recordings/autofirma/lote.json', import.meta.url), 'utf8')
  return seed
}

describe('a batch', () => {
  it('of the documentation is read: inherited format, parameters of its own, references to Windows paths', async () => {
    const batch = await readBatch(streamOf(seedSample()), limits)
    expect(batch).toMatchObject({ algorithm: 'SHA256', stopOnError: false, concurrentTimeoutMs: 30_000 })
    expect(batch.items.map(({ format, operation, source }) => ({ format, operation, source }))).toEqual([
      { format: 'XAdES', operation: 'sign', source: { kind: 'file', path: 'C:/pruebas/test_fichero1.pdf' } },
      { format: 'PAdES', operation: 'sign', source: { kind: 'file', path: 'C:/pruebas/test_fichero2.pdf' } },
    ])
    expect(batch.items.map(one => one.extraParams.get('SignatureId'))).toEqual(batch.items.map(one => one.id))
    expect(batch.items.map(documentName)).toEqual(['test_fichero1.pdf', 'test_fichero2.pdf'])
  })

  it('gives its header to every item, whatever the order of the fields', async () => {
    const { singlesigns, ...header } = written({ suboperation: 'COSIGN', extraparams: base64('mode=implicit\nx=1') })
    const batch = await read({ singlesigns, ...header })
    expect(batch.items.map(one => [one.format, one.operation, [...one.extraParams]])).toEqual(
      Array(2).fill([
        'CAdES',
        'cosign',
        [
          ['mode', 'implicit'],
          ['x', '1'],
        ],
      ]),
    )
  })

  it('lets an item override it, its extra parameters in place of all of the header’s', async () => {
    const header = { format: 'PAdES', extraparams: base64('a=1') }
    const own = { format: 'xades enveloping', suboperation: 'countersign', extraparams: base64('b=2') }
    const batch = await read({ ...item(own), ...header })
    expect(batch.items[0]).toMatchObject({ format: 'XAdES', packaging: 'enveloping', operation: 'countersign' })
    expect([...(batch.items[0]?.extraParams ?? [])]).toEqual([['b', '2']])
  })

  it.each([
    ['SHA256', 'SHA256'],
    ['sha384withrsa', 'SHA384'],
    ['SHA512withECDSA', 'SHA512'],
    ['SHA-256', 'SHA256'],
  ])('takes the algorithm %s', async (algorithm, found) => {
    expect((await read(written({ algorithm }))).algorithm).toBe(found)
  })

  it.each([
    [true, true],
    ['true', true],
    ['True', true],
    ['false', false],
    [undefined, false],
    [null, false],
  ])('takes %j for stoponerror', async (stoponerror, found) => {
    expect((await read(written({ stoponerror }))).stopOnError).toBe(found)
  })

  it('holds parameters that many items have once', async () => {
    const singlesigns = ['a', 'b'].map(id => ({ id, datareference: base64('x'), extraparams: base64('mode=implicit') }))
    const { items } = await read(written({ singlesigns }))
    expect(items[1]?.extraParams).toBe(items[0]?.extraParams)
  })

  it('gives an item no parameters where its own are empty', async () => {
    const batch = await read({ ...item({ extraparams: '' }), extraparams: base64('mode=implicit') })
    expect(batch.items[0]?.extraParams.size).toBe(0)
  })

  it('goes without concurrenttimeout, suboperation and extraparams', async () => {
    const batch = await read(written())
    expect(batch.concurrentTimeoutMs).toBeNull()
    expect(batch.items[0]).toMatchObject({ operation: 'sign' })
  })

  it('passes over fields that it does not know', async () => {
    expect((await read({ ...written({ other: { deep: [1, 2] } }), more: 1 })).items).toHaveLength(2)
  })
})

describe('a reference', () => {
  const sourceOf = async (datareference: string) => (await read(item({ datareference }))).items[0]?.source

  it.each([
    ['https://docs.example.org/a.pdf', 'https://docs.example.org/a.pdf'],
    [base64('http://docs.example.org/a.pdf'), 'http://docs.example.org/a.pdf'],
  ])('%s is a URL', async (text, url) => {
    expect(await sourceOf(text)).toEqual({ kind: 'url', url })
  })

  it.each(['/srv/in/a.pdf', 'file:///srv/in/a.pdf', 'C:\\in\\a.pdf', 'd:/a.pdf'])('%s is a file', async path => {
    expect(await sourceOf(base64(path))).toEqual({ kind: 'file', path })
  })

  it.each([
    ['plain text', 'plain text'],
    ['two lines', '/srv/in\nand more'],
    ['a short text', 'a.pdf'],
    ['bytes', Buffer.from('2fff00', 'hex')],
  ])('%s is the document itself', async (_what, document) => {
    expect(await sourceOf(base64(document))).toEqual({ kind: 'data', bytes: Buffer.from(document).length })
  })

  it('may be Base64URL, without padding, in lines', async () => {
    const document = Buffer.from('fbeffbefbeff', 'hex')
    for (const text of [document.toString('base64url'), '--_7\n776_', `${base64(document)}`])
      expect(await sourceOf(text)).toEqual({ kind: 'data', bytes: 6 })
    expect(await sourceOf('--_7\n7w')).toEqual({ kind: 'data', bytes: 4 })
  })
})

describe('is refused with the path of its fault:', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['no list', { algorithm: 'SHA256', format: 'CAdES' }, 'BATCH_INVALID', /^\$\.singlesigns: holds nothing/],
    ['an empty list', written({ singlesigns: [] }), 'BATCH_INVALID', /^\$\.singlesigns: holds nothing/],
    ['a list that is none', written({ singlesigns: { a: {} } }), 'BATCH_INVALID', /^\$\.singlesigns: is no list/],
    ['a list that is a text', written({ singlesigns: 'x' }), 'BATCH_INVALID', /^\$\.singlesigns: is no list/],
    ['an item that is a text', written({ singlesigns: ['x'] }), 'BATCH_INVALID', /^\$\.singlesigns\[0\]: is no object/],
    ['an item that is a list', written({ singlesigns: [[]] }), 'BATCH_INVALID', /^\$\.singlesigns\[0\]: is no object/],
    ['a missing id', item({ id: undefined }), 'BATCH_INVALID', /^\$\.singlesigns\[0\]\.id: is missing/],
    ['an id that is a number', item({ id: 7 }), 'BATCH_INVALID', /^\$\.singlesigns\[0\]\.id: is no text/],
    ['a long id', item({ id: 'x'.repeat(201) }), 'BATCH_INVALID', /^\$\.singlesigns\[0\]\.id: has more than 200/],
    ['no document', item({ datareference: undefined }), 'BATCH_INVALID', /\[0\]\.datareference: is missing/],
    ['broken Base64', item({ datareference: 'ab$d' }), 'BATCH_INVALID', /\[0\]\.datareference: is no Base64/],
    // Node would take them for letters of the alphabet, U+0141 for A.
    ['letters beyond the alphabet', item({ datareference: '\u0141\u0141\u0141\u0141' }), 'BATCH_INVALID', /no Base64/],
    ['cut padding', item({ datareference: 'ab=' }), 'BATCH_INVALID', /\[0\]\.datareference: .*cut off/],
    ['cut Base64', item({ datareference: 'abcde' }), 'BATCH_INVALID', /\[0\]\.datareference: .*cut off/],
    ['no algorithm', written({ algorithm: undefined }), 'BATCH_INVALID', /^\$\.algorithm: is missing/],
    ['an unknown algorithm', written({ algorithm: 'MD5' }), 'BATCH_INVALID', /^\$\.algorithm: is none of/],
    ['SHA-1', written({ algorithm: 'SHA1withRSA' }), 'ALGORITHM_REFUSED', /^\$\.algorithm: /],
    ['an unknown format', written({ format: 'FacturaE' }), 'BATCH_INVALID', /^\$\.format: "FacturaE" is none of/],
    ['an item of unknown format', item({ format: 'ODF' }), 'BATCH_INVALID', /\[0\]\.format: "ODF" is none of/],
    ['a format nowhere', item({}), 'BATCH_INVALID', /\[0\]\.format: is missing, and the header has none/],
    ['an unknown operation', item({ suboperation: 'seal' }), 'BATCH_INVALID', /\[0\]\.suboperation: "seal"/],
    ['a countersigned PDF', item({ format: 'PAdES', suboperation: 'countersign' }), 'BATCH_INVALID', /suboperation/],
    ['a flag that is a number', written({ stoponerror: 1 }), 'BATCH_INVALID', /^\$\.stoponerror/],
    ['a time that is a text', written({ concurrenttimeout: '30' }), 'BATCH_INVALID', /^\$\.concurrenttimeout/],
    ['no time', written({ concurrenttimeout: 0 }), 'BATCH_INVALID', /^\$\.concurrenttimeout/],
    ['parameters that are no Base64', item({ extraparams: '!' }), 'BATCH_INVALID', /\[0\]\.extraparams/],
    ['too many documents', written({}, 101), 'BATCH_TOO_LARGE', /more than 100 documents/],
    [
      'a document that is too large',
      item({ datareference: base64('x'.repeat(1_000_001)) }),
      'BATCH_TOO_LARGE',
      /\[0\].*maxDocumentMegabytes/,
    ],
    ['a text', 'x', 'BATCH_INVALID', /^\$: is no object/],
    ['a list as the whole', [], 'BATCH_INVALID', /^\$: is no object/],
    ['null', null, 'BATCH_INVALID', /^\$: is no object/],
    ['nothing but levels', { x: JSON.parse('['.repeat(9) + ']'.repeat(9)) }, 'BATCH_INVALID', /more than 8 levels/],
  ])('%s', async (what, value, code, detail) => {
    const bare = what === 'a format nowhere' && typeof value === 'object' ? { ...value, format: undefined } : value
    await expect(read(bare)).rejects.toEqual(refused(code, detail))
  })

  it('a whole that is too large', async () => {
    await expect(read(written({}, 50), { maxBytes: 1000 })).rejects.toEqual(
      refused('BATCH_TOO_LARGE', /^\$: more than 1000 .*maxMegabytes/),
    )
  })

  it('an id that stands there twice', async () => {
    const twice = written({ singlesigns: [0, 1].map(() => ({ id: 'a', datareference: base64('x') })) })
    await expect(read(twice)).rejects.toEqual(
      refused('BATCH_INVALID', /^\$\.singlesigns\[1\]\.id: is the one of singlesigns\[0\] too: "a"/),
    )
  })

  it.each(['', '{', '{"algorithm":"SHA256"', '{"singlesigns":[{"id":', '{"a":1}}', 'nonsense'])('%j', async text => {
    await expect(readBatch(streamOf(text), limits)).rejects.toEqual(refused('BATCH_INVALID', /JSON|object|nothing/))
  })

  it('a second list', async () => {
    const text = '{"algorithm":"SHA256","format":"CAdES","singlesigns":[],"singlesigns":[]}'
    await expect(readBatch(streamOf(text), limits)).rejects.toEqual(refused('BATCH_INVALID', /stands there twice/))
  })

  it('50 000 items, without holding them', async () => {
    async function* endless() {
      yield Buffer.from('{"singlesigns":[')
      for (let number = 0; number < 50_000; number++)
        yield Buffer.from(`${number === 0 ? '' : ','}{"id":"${number}","datareference":"eA=="}`)
      throw new Error('read to its end')
    }
    await expect(readBatch(endless(), { ...limits, maxDocuments: 10_000 })).rejects.toEqual(
      refused('BATCH_TOO_LARGE', /more than 10000 documents/),
    )
  })

  it('a document without end, before it has filled the memory', async () => {
    let sent = 0
    async function* endless() {
      yield Buffer.from('{"singlesigns":[{"id":"a","datareference":"')
      for (; sent < 200; sent++) yield Buffer.alloc(1 << 20, 'A')
    }
    const room = { ...limits, maxBytes: 1e12 }
    await expect(readBatch(endless(), room)).rejects.toEqual(refused('BATCH_TOO_LARGE', /singlesigns\[0\]/))
    expect(sent).toBeLessThan(12)
  })
})

describe('its documents', () => {
  const all = async (text: string, batch: Batch, from?: number) => {
    const found: [string, string | null][] = []
    for await (const { item: one, data } of documentsIn(streamOf(text), batch, limits, from))
      found.push([one.id, data === null ? null : Buffer.from(data).toString()])
    return found
  }

  it('come one by one, those that are elsewhere as nothing', async () => {
    const { singlesigns } = written({}, 3)
    const elsewhere = { id: 'far', datareference: 'https://docs.example.org/a' }
    const text = JSON.stringify(written({ singlesigns: [...singlesigns, elsewhere] }))
    const batch = await readBatch(streamOf(text), limits)
    expect(await all(text, batch, 1)).toEqual([
      ['doc-1', 'document number 1'],
      ['doc-2', 'document number 2'],
      ['far', null],
    ])
  })

  it('are the same however their Base64 is written', async () => {
    const whole = 'a document of some length??>>'
    const lines = base64(whole).replace(/.{8}/g, '$&\r\n')
    const forms = [base64(whole), Buffer.from(whole).toString('base64url'), lines]
    const singlesigns = forms.map((datareference, n) => ({ id: `doc-${n}`, datareference }))
    const text = JSON.stringify(written({ singlesigns }))
    expect(await all(text, await readBatch(streamOf(text), limits))).toEqual(
      forms.map((_form, n) => [`doc-${n}`, whole]),
    )
  })

  it.each([
    ['by its name', { id: 'b', datareference: base64('document number 0') }],
    ['by its length', { id: 'doc-0', datareference: base64('document number 10') }],
    ['to what is none', { id: 'doc-0', datareference: 7 }],
  ])('of a text that has changed meanwhile are refused: %s', async (_how, changed) => {
    const batch = await read(written())
    const text = JSON.stringify(written({ singlesigns: [changed] }))
    await expect(all(text, batch)).rejects.toEqual(refused('BATCH_INVALID', /\[0\]: has changed/))
  })
})
