// What an answer means, without a network: which receipts are believed, and how long a destination asks to wait.

import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Answer, outcomeOf } from '../drivers/delivery/answer.ts'
import { retryAfterMs } from '../drivers/retry-after.ts'

const sha256 = 'ab'.repeat(32)
const receipt = { reference: 'R-1', sha256, receivedAt: '2026-11-22T09:00:00Z' }
const json = { 'content-type': 'application/json' }

const judge = (body: unknown, change: Partial<Answer> = {}) =>
  outcomeOf(
    { status: 201, headers: json, body: body instanceof Buffer ? body : Buffer.from(JSON.stringify(body)), ...change },
    { sha256, now: 0 },
  )

describe('a receipt', () => {
  test.each([
    ['as the contract has it', receipt],
    ['with a fraction and an offset', { ...receipt, receivedAt: '2026-11-22T09:00:00.123456+01:00' }],
    ['with a reference in any script', { ...receipt, reference: 'Còpia 1/2026 副本' }],
  ])('%s is believed', (_, value) => {
    expect(judge(value)).toEqual({ outcome: 'delivered', receipt: value })
  })

  test('keeps only the members of the contract, and its media type may have parameters', () => {
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' }
    expect(judge({ ...receipt, more: 'data' }, { headers, status: 200 })).toEqual({ outcome: 'delivered', receipt })
  })

  test.each([
    ['of another media type', receipt, { headers: { 'content-type': 'text/plain' } }, 'not application/json'],
    ['without a media type', receipt, { headers: {} }, 'not application/json'],
    ['that broke off', receipt, { broken: 'archive:443: ECONNRESET' }, 'ECONNRESET'],
    ['that is a list', [receipt], {}, 'JSON object'],
    ['that is null', null, {}, 'JSON object'],
    ['that is half', Buffer.from('{"reference":"R'), {}, 'JSON object'],
    ['that is not UTF-8', Buffer.from('{"reference":"\xff"}', 'latin1'), {}, 'JSON object'],
    ['without a reference', { ...receipt, reference: undefined }, {}, 'reference'],
    ['with an empty reference', { ...receipt, reference: '' }, {}, 'reference'],
    ['with a reference over 256 characters', { ...receipt, reference: 'x'.repeat(257) }, {}, 'reference'],
    ['with a reference of two lines', { ...receipt, reference: 'a\nb' }, {}, 'reference'],
    ['without a digest', { ...receipt, sha256: undefined }, {}, 'no SHA-256'],
    ['with an upper-case digest', { ...receipt, sha256: sha256.toUpperCase() }, {}, 'no SHA-256'],
    ['for other bytes', { ...receipt, sha256: 'cd'.repeat(32) }, {}, 'other bytes'],
    ['without a time', { ...receipt, receivedAt: undefined }, {}, 'time'],
    ['with a date only', { ...receipt, receivedAt: '2026-11-22' }, {}, 'time'],
    ['with a time of no zone', { ...receipt, receivedAt: '2026-11-22T09:00:00' }, {}, 'time'],
    ['with a time that is none', { ...receipt, receivedAt: '2026-13-41T09:00:00Z' }, {}, 'time'],
  ])('%s is RECEIPT_INVALID', (_, value, change, because) => {
    const detail = expect.stringContaining(because)
    expect(judge(value, change)).toEqual({ outcome: 'later', code: 'RECEIPT_INVALID', detail })
  })
})

describe('a problem', () => {
  const answered = (headers: Answer['headers'], body: string) => judge(Buffer.from(body), { status: 400, headers })

  test.each([
    ['only its title is kept', 'application/problem+json', '{"title":"Bad","detail":"of J. Garcia"}', ': Bad'],
    ['a page of HTML is not', 'text/html', '{"title":"Bad"}', ''],
    ['nor a title that is no text', 'application/problem+json', '{"title":1}', ''],
    ['nor what is no JSON', 'application/problem+json', 'Bad', ''],
  ])('%s', (_, type, body, kept) => {
    expect(answered({ 'content-type': type }, body)).toMatchObject({
      outcome: 'refused',
      detail: `answered 400${kept}`,
    })
  })
})

describe('Retry-After', () => {
  // Far from UTC, so that a date read as local time is seen.
  beforeAll(() => vi.stubEnv('TZ', 'Asia/Tokyo'))
  afterAll(() => vi.unstubAllEnvs())

  test.each([
    ['0', 0],
    ['120', 120_000],
    ['99999999999999999999', 86_400_000],
    ['Sun, 06 Nov 1994 08:50:07 GMT', 30_000],
    ['Sunday, 06-Nov-94 08:50:07 GMT', 30_000],
    ['Sun Nov  6 08:50:07 1994', 30_000],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
    ['Sun, 06 Nov 2094 08:50:07 GMT', 86_400_000],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['1994-11-06T08:50:07Z', undefined],
  ])('%s is %s ms', (field, expected) => {
    const now = Date.UTC(1994, 10, 6, 8, 49, 37)
    expect(retryAfterMs({ 'retry-after': field }, now)).toBe(expected)
  })

  test('of a destination that refuses the token does not shorten the pause, but may lengthen it', () => {
    const wait = (seconds: string) => judge(null, { status: 403, headers: { 'retry-after': seconds } })
    expect(wait('1')).toMatchObject({ retryAfterMs: 900_000 })
    expect(wait('3600')).toMatchObject({ retryAfterMs: 3_600_000 })
  })
})
