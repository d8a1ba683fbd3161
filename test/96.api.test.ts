// Batches over HTTP: left, looked at, fetched and withdrawn by the program that sent them, and refused where they are no batch.

import { readdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { base64, written } from './93.batch.kit.ts'
import { apiStand } from './96.api.kit.ts'

const path = '/api/v1/batches'
/** Leaves what comes piece by piece. */
function posted(url: string, pieces: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Response> {
  const init: RequestInit & { readonly duplex: 'half' } = {
    method: 'POST',
    headers: { authorization: 'Bearer the-token-of-the-ledger', 'content-type': 'application/json' },
    body: Readable.toWeb(Readable.from(pieces)) as ReadableStream,
    duplex: 'half',
    ...(signal !== undefined && { signal }),
  }
  return fetch(`${url}api/v1/batches`, init)
}

const idIn = (body: unknown) => (body as { readonly id: string }).id

describe('a batch that is left', () => {
  it('is acknowledged with its address, and its state can be read there', async () => {
    const stand = await apiStand()
    const response = await fetch(`${stand.url}api/v1/batches`, {
      method: 'POST',
      headers: { authorization: 'bearer the-token-of-the-ledger', 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(written()),
    })
    const answer = (await response.json()) as Readonly<Record<string, unknown>>
    const { id } = answer as { readonly id: string }
    expect([response.status, response.headers.get('location')]).toEqual([201, `${path}/${id}`])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(answer).toEqual({
      id,
      stage: 'waiting',
      end: null,
      seal: null,
      total: 2,
      signed: 0,
      failed: 0,
      receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      expiresAt: expect.stringMatching(/Z$/),
      url: `${path}/${id}`,
    })
    expect(await stand.program().state(id)).toEqual(answer)
    expect(await stand.program().call('GET', `${path}/${id}/result`)).toMatchObject({
      status: 409,
      body: { code: 'STAGE_CONFLICT' },
    })
  })

  it('has a result with the signatures, or with the codes alone, or a signature by itself', async () => {
    const stand = await apiStand()
    const program = stand.program()
    const long = `factura/€ ${'x'.repeat(180)}`
    const batch = written({}, 2)
    const items = [...batch.singlesigns, { id: long, datareference: base64('x') }]
    const id = await program.leave({ ...batch, singlesigns: items })
    await stand.sign(id, [0, 2], [1])
    expect(await program.state(id)).toMatchObject({ stage: 'done', end: 'finished', signed: 2, failed: 1 })
    expect(await program.state(id)).toHaveProperty('expiresAt', expect.stringMatching(/Z$/))
    const codes = [
      { id: 'doc-0', result: 'DONE_AND_SAVED' },
      { id: 'doc-1', result: 'ERROR_PRE', description: 'PDF_UNREADABLE: no PDF' },
      { id: long, result: 'DONE_AND_SAVED' },
    ]
    expect(await program.result(id, '?signatures=false')).toEqual(codes)
    const signatures = [base64('signature 0'), undefined, base64('signature 2')]
    expect(await program.result(id)).toEqual(
      codes.map((one, n) => (signatures[n] === undefined ? one : { ...one, signature: signatures[n] })),
    )
    expect(String(await program.signature(id, encodeURIComponent(long)))).toBe('signature 2')
    for (const item of ['doc-1', 'nobody'])
      expect(await program.call('GET', `${path}/${id}/signatures/${item}`)).toMatchObject({ status: 404 })
  })

  it('that stops on error and met one gives out nothing of what was signed', async () => {
    const stand = await apiStand()
    const program = stand.program()
    const id = await program.leave(written({ stoponerror: 'true' }, 3))
    await stand.sign(id, [0], [1])
    expect((await program.result(id)).map(({ result }) => result)).toEqual(['SKIPPED', 'ERROR_PRE', 'SKIPPED'])
    expect(await program.call('GET', `${path}/${id}/signatures/doc-0`)).toMatchObject({ status: 404 })
  })

  it('is withdrawn once, and then nothing is there', async () => {
    const stand = await apiStand()
    const program = stand.program()
    const id = await program.leave(written())
    expect(await program.call('DELETE', `${path}/${id}`)).toEqual({ status: 204, body: null })
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/result'],
      ['DELETE', ''],
    ] as const)
      expect(await program.call(method, `${path}/${id}${rest}`)).toMatchObject({ status: 404 })
    expect(readdirSync(stand.blobs)).toEqual([])
    expect(await program.call('GET', '/api/v1/anything')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  })
})

describe('an Idempotency-Key', () => {
  const keyed = { 'idempotency-key': '5d1c' }

  it('that is repeated gives the batch of before, also where both come at once', async () => {
    const stand = await apiStand()
    const program = stand.program()
    const sent = await Promise.all([1, 2, 3].map(() => program.call('POST', path, written(), keyed)))
    expect(sent.map(({ status }) => status).sort()).toEqual([200, 200, 201])
    const again = await program.call('POST', path, written(), keyed)
    expect(again.status).toBe(200)
    expect(new Set([...sent, again].map(({ body }) => idIn(body))).size).toBe(1)
    expect(stand.batches.waiting()).toHaveLength(1)
    expect(readdirSync(stand.blobs)).toEqual([idIn(again.body)])
    await stand.sign(idIn(again.body), [0, 1])
    expect(await program.call('POST', path, written(), keyed)).toMatchObject({ status: 200, body: { stage: 'done' } })
  })

  it('with another text is refused', async () => {
    const stand = await apiStand()
    await stand.program().call('POST', path, written(), keyed)
    expect(await stand.program().call('POST', path, written({}, 3), keyed)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    })
    expect(stand.batches.waiting()).toHaveLength(1)
  })

  it('is each client’s own', async () => {
    const stand = await apiStand()
    const one = await stand.program().call('POST', path, written(), keyed)
    const other = await stand.program('other').call('POST', path, written({}, 3), keyed)
    expect([one.status, other.status]).toEqual([201, 201])
  })

  it('has visible characters', async () => {
    const stand = await apiStand()
    for (const key of ['two words', 'x'.repeat(201)])
      expect(await stand.program().call('POST', path, written(), { 'idempotency-key': key })).toMatchObject({
        status: 400,
        body: { code: 'REQUEST_INVALID' },
      })
  })
})

describe('a batch for a seal whose service wants copies whole', () => {
  it('is refused, although the seal is the client’s', async () => {
    const seal = '9821920002'
    const service = { id: 'old', driver: 'trustedx-soap', url: 'https://old.invalid/gw', clientId: 'kiosk' }
    const row = { ens: seal, service: 'old', identity: 'CN=Segell', certificateFile: 'seal.pem' }
    const stand = await apiStand({
      client: { seals: [seal] },
      more: { seal: { services: [{ ...service, clientSecretFile: 'secret' }], table: [row] } },
    })
    expect(await stand.program().call('POST', `${path}?seal=${seal}`, written())).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID', detail: expect.stringContaining(seal) },
    })
    expect(readdirSync(stand.blobs)).toEqual([])
  })
})

describe('what is no batch', () => {
  const faults: readonly (readonly [string, unknown, number, string, RegExp])[] = [
    ['broken JSON', '{"algorithm":"SHA256withRSA","singlesigns":[{"id":"a"', 400, 'BATCH_INVALID', /^\$/],
    ['no JSON', 'hello', 400, 'BATCH_INVALID', /^\$/],
    ['an empty body', '', 400, 'BATCH_INVALID', /^\$/],
    ['no documents', written({ singlesigns: [] }), 400, 'BATCH_INVALID', /^\$\.singlesigns/],
    [
      'a document without reference',
      written({ singlesigns: [{ id: 'a', datareference: base64('x') }, { id: 'b' }] }),
      400,
      'BATCH_INVALID',
      /^\$\.singlesigns\[1\]\.datareference/,
    ],
    ['a format nobody knows', written({ format: 'ODF' }), 400, 'BATCH_INVALID', /^\$\.format/],
    ['SHA-1', written({ algorithm: 'SHA1withRSA' }), 422, 'ALGORITHM_REFUSED', /^\$\.algorithm/],
  ]
  it.each(faults)('is refused by its JSON path, and nothing is kept: %s', async (_what, body, status, code, detail) => {
    const stand = await apiStand()
    const answer = await stand.program().call('POST', path, body)
    expect(answer).toMatchObject({ status, body: { code, detail: expect.stringMatching(detail) } })
    expect(readdirSync(stand.blobs)).toEqual([])
    expect(stand.store.batches.list({ includeErased: true })).toEqual([])
    expect(stand.store.audit.list()).toEqual([])
  })

  it('is refused without a body, and in another type', async () => {
    const stand = await apiStand()
    expect(await stand.program().call('POST', path)).toMatchObject({ status: 400, body: { code: 'BATCH_INVALID' } })
    const headers = { 'content-type': 'text/xml' }
    expect(await stand.program().call('POST', path, '<batch/>', headers)).toMatchObject({
      status: 415,
      body: { code: 'MEDIA_TYPE_REFUSED' },
    })
  })

  it('is refused where it has too many documents', async () => {
    const stand = await apiStand({ batches: { maxDocuments: 3 } })
    expect((await stand.program().call('POST', path, written({}, 3))).status).toBe(201)
    expect(await stand.program().call('POST', path, written({}, 4))).toMatchObject({
      status: 413,
      body: { code: 'BATCH_TOO_LARGE' },
    })
  })

  it('is refused where it is too large, the answer coming through while it is still being sent', async () => {
    const stand = await apiStand({ batches: { maxMegabytes: 1 } })
    const large = written({ later: 'x'.repeat(6_000_000) })
    expect(await stand.program().call('POST', path, large)).toMatchObject({
      status: 413,
      body: { code: 'BATCH_TOO_LARGE' },
    })
    expect(readdirSync(stand.blobs)).toEqual([])
    expect((await stand.program().call('POST', path, written())).status).toBe(201)
  })
})

describe('a client that never stops sending', () => {
  it('is told so as soon as it is too much, and fills no disk', async () => {
    const stand = await apiStand({ batches: { maxMegabytes: 1 } })
    const enough = 64
    let sent = 0
    async function* endlessly(): AsyncGenerator<Uint8Array> {
      for (yield Buffer.from('{"later":"'); sent < enough; sent += 1) yield Buffer.alloc(2 ** 20, 'x')
    }
    const answer = await posted(stand.url, endlessly())
    expect([answer.status, await answer.json()]).toMatchObject([413, { code: 'BATCH_TOO_LARGE' }])
    expect(sent).toBeLessThan(enough / 2)
    expect(readdirSync(stand.blobs)).toEqual([])
  })
})

describe('a client that sends slowly', () => {
  it('holds up no other, and one that goes leaves nothing behind', async () => {
    const stand = await apiStand()
    const going = new AbortController()
    const begun = Promise.withResolvers<void>()
    async function* slowly(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"algorithm":"SHA256withRSA",')
      begun.resolve()
      await new Promise(resolve => going.signal.addEventListener('abort', resolve))
    }
    const slow = posted(stand.url, slowly(), going.signal)
    await begun.promise
    const id = await stand.program('other').leave(written())
    going.abort()
    await expect(slow).rejects.toThrow()
    await expect.poll(() => readdirSync(stand.blobs)).toEqual([id])
    await expect.poll(() => stand.logged.filter(line => line.includes('request broke off'))).toHaveLength(1)
    expect(stand.logged.filter(line => line.includes('request failed'))).toEqual([])
  })
})
