// The receiver simulator itself: that it refuses whatever breaks the delivery contract, and that its effects outlive it.
// The requests here are written by hand, so that the simulator is not merely the driver's mirror.

import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { request as httpRequest } from '../drivers/http.ts'
import { readAll } from '../drivers/http-body.ts'
import { HttpError } from '../drivers/http-error.ts'
import { type Receiver, startReceiver } from './sim/receiver.ts'
import { createTestCa } from './sim/tls.ts'

const pdf = Buffer.from('%PDF-1.7\nminimal\n%%EOF\n')
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
const sequence = (bytes: Buffer) => `:${bytes.toString('base64')}:`
const good = {
  authorization: 'Bearer let-me-in',
  'content-type': 'application/pdf',
  'content-digest': `sha-256=${sequence(sha256(pdf))}`,
  'content-disposition': 'attachment; filename="copy.pdf"',
  'idempotency-key': '"k1"',
  'compulsa-metadata': sequence(Buffer.from('{"title":"Còpia"}')),
}

async function send(
  receiver: Receiver,
  change: Readonly<Record<string, string | undefined>> = {},
  { method = 'POST' as 'POST' | 'PUT', body = pdf, suffix = '' } = {},
): Promise<{ status: number; type: string | undefined; answer: Record<string, unknown> }> {
  const merged = Object.entries({ ...good, ...change }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const answer = await httpRequest({
    method,
    url: receiver.url + suffix,
    headers: Object.fromEntries(merged),
    body,
    ca: receiver.caPem,
  })
  const text = Buffer.from(await readAll(answer.body)).toString()
  return { status: answer.status, type: answer.headers['content-type'], answer: JSON.parse(text) }
}

describe('the contract', () => {
  let receiver: Receiver
  beforeAll(async () => {
    receiver = await startReceiver({ token: 'let-me-in' })
  })
  afterAll(() => receiver.stop())

  test.each([
    ['no token', { authorization: undefined }, 401, 'Bearer'],
    ['another token', { authorization: 'Bearer other' }, 401, 'Bearer'],
    ['no key', { 'idempotency-key': undefined }, 400, 'Key'],
    ['a key that is no structured string', { 'idempotency-key': 'k1' }, 400, 'Key'],
    ['two keys', { 'idempotency-key': '"k1", "k2"' }, 400, 'Key'],
    ['another media type', { 'content-type': 'application/octet-stream' }, 415, 'application/pdf'],
    ['no digest', { 'content-digest': undefined }, 400, 'Digest'],
    ['a digest in hex', { 'content-digest': `sha-256=${sha256(pdf).toString('hex')}` }, 400, 'Digest'],
    ['a digest without its padding', { 'content-digest': good['content-digest'].replace(/=:$/, ':') }, 400, 'Digest'],
    ['the digest of other bytes', { 'content-digest': `sha-256=${sequence(sha256(Buffer.from('x')))}` }, 422, 'Digest'],
    ['no file name', { 'content-disposition': undefined }, 400, 'Disposition'],
    ['a file name with a path', { 'content-disposition': 'attachment; filename="../copy.pdf"' }, 400, 'Disposition'],
    ['no metadata', { 'compulsa-metadata': undefined }, 400, 'missing, malformed'],
    ['metadata that is no byte sequence', { 'compulsa-metadata': '{}' }, 400, 'missing, malformed'],
    ['metadata that is no JSON', { 'compulsa-metadata': sequence(Buffer.from('{')) }, 400, 'SyntaxError'],
    ['metadata that is no UTF-8', { 'compulsa-metadata': sequence(Buffer.from([0x22, 0xff, 0x22])) }, 400, 'TypeError'],
    ['metadata that is a list', { 'compulsa-metadata': sequence(Buffer.from('[]')) }, 400, 'not a JSON object'],
    ['metadata with a number', { 'compulsa-metadata': sequence(Buffer.from('{"pages":1}')) }, 400, 'more than strings'],
    [
      'metadata over 4 KiB',
      { 'compulsa-metadata': sequence(Buffer.from(`{"t":"${'x'.repeat(4096)}"}`)) },
      400,
      'too large',
    ],
  ])('refuses %s', async (_, change, status, because) => {
    const { status: answered, type, answer } = await send(receiver, change)
    expect([answered, type]).toEqual([status, 'application/problem+json'])
    expect(answer.title).toContain(because)
    expect(receiver.received()).toEqual([])
  })

  test('refuses another method, another path and what is no PDF', async () => {
    const text = Buffer.from('hello')
    expect((await send(receiver, {}, { method: 'PUT' })).status).toBe(405)
    expect((await send(receiver, {}, { suffix: '/elsewhere' })).status).toBe(404)
    const digest = { 'content-digest': `sha-256=${sequence(sha256(text))}` }
    expect((await send(receiver, digest, { body: text })).status).toBe(422)
    expect(receiver.received()).toEqual([])
  })
})

describe('effects', () => {
  let folder: string
  const running: Receiver[] = []
  const start = async (options: Parameters<typeof startReceiver>[0] = {}) => {
    const receiver = await startReceiver({ token: 'let-me-in', folder, ...options })
    running.push(receiver)
    return receiver
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compulsa-test-'))
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(receiver => receiver.stop()))
    await rm(folder, { recursive: true })
  })

  test('one key has one effect; repeated it has the same receipt, with another payload it is refused', async () => {
    const receiver = await start()
    const first = await send(receiver)
    const again = await send(receiver)
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.answer).toEqual(first.answer)
    const other = Buffer.from('%PDF-1.7\nanother\n')
    const otherBytes = { 'content-digest': `sha-256=${sequence(sha256(other))}` }
    expect((await send(receiver, otherBytes, { body: other })).status).toBe(422)
    const otherMetadata = { 'compulsa-metadata': sequence(Buffer.from('{"title":"Altra"}')) }
    expect((await send(receiver, otherMetadata)).status).toBe(422)
    expect(receiver.attempts()).toBe(4)
    expect(receiver.received()).toHaveLength(1)
    expect(receiver.received()[0]).toMatchObject({
      idempotencyKey: 'k1',
      bytes: pdf.length,
      metadata: { title: 'Còpia' },
    })
    expect(await readFile(receiver.received()[0]?.file ?? '')).toEqual(pdf)
  })

  test('outlive a restart, and what was half received does not count', async () => {
    const ca = await createTestCa()
    const before = await start({ ca })
    const { answer } = await send(before)
    const effects = before.received()
    await before.stop()
    await writeFile(join(folder, 'left-over.part'), 'half')
    const restarted = await start({ ca })
    expect(restarted.caPem).toBe(before.caPem)
    expect(restarted.received()).toEqual(effects)
    expect(await send(restarted)).toMatchObject({ status: 200, answer })
    expect(restarted.received()).toEqual(effects)
    expect((await readdir(folder)).filter(name => name.endsWith('.part'))).toEqual([])
  })

  test('an error of the simulator itself comes out of stop()', async () => {
    const receiver = await startReceiver({ folder: join(folder, 'gone') })
    await rm(join(folder, 'gone'), { recursive: true })
    await expect(send(receiver)).rejects.toThrow(HttpError)
    await expect(receiver.stop()).rejects.toMatchObject({ errors: [{ code: 'ENOENT' }] })
  })

  test('a folder of its own goes with stop()', async () => {
    const receiver = await startReceiver()
    await send(receiver)
    const file = receiver.received()[0]?.file ?? ''
    expect(await readFile(file)).toEqual(pdf)
    await receiver.stop()
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
