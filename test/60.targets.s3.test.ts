// A bucket as destination: what each answer comes to, what is asked of a service that knows less than Amazon's, and that the
// simulator which judges the signatures judges them rightly itself.

import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DeliveryRequest } from '../device/ports.ts'
import { createS3Delivery, type S3Destination } from '../drivers/delivery/s3.ts'
import { copy, never, pdf, sha256, verdict } from './60.deliver.setup.ts'
import { newFiles } from './60.targets.kit.ts'
import { signatureFault } from './sim/s3.signature.ts'
import { type S3, type S3Preset, startS3 } from './sim/s3.ts'

let bucket: S3
let files: Awaited<ReturnType<typeof newFiles<'ca' | 'secret'>>>

beforeEach(async () => {
  bucket = await startS3()
  files = await newFiles({ ca: bucket.caPem, secret: bucket.credentials.secretKey })
})

afterEach(async () => {
  await bucket.stop()
  await files.remove()
})

function deliver(change: Partial<S3Destination> = {}, request: DeliveryRequest = copy()) {
  const { accessKeyId, region } = bucket.credentials
  const files3 = { secretKeyFile: files.secret, caFile: files.ca }
  const own = { id: 'archive', url: bucket.url, region, bucket: bucket.bucket, accessKeyId, ...files3 }
  return createS3Delivery({ destinations: [{ ...own, ...change }] }).deliver(request, never)
}

const key = copy().idempotencyKey

async function* once(bytes: Uint8Array) {
  yield bytes
}

test('puts the copy and its note, and gives bucket, object, version and entity tag as the reference', async () => {
  const outcome = await deliver({ folder: 'in/copies' })
  expect([...bucket.objects().keys()]).toEqual([`in/copies/${key}.json`, `in/copies/${key}.pdf`])
  expect(await bucket.read(`in/copies/${key}.pdf`)).toEqual(pdf)
  expect(JSON.parse((await bucket.read(`in/copies/${key}.json`)).toString())).toEqual({
    idempotencyKey: key,
    fileName: copy().fileName,
    mediaType: 'application/pdf',
    bytes: pdf.length,
    sha256: sha256(pdf),
    metadata: copy().metadata,
  })
  const object = bucket.objects().get(`in/copies/${key}.pdf`)
  expect(outcome).toMatchObject({
    receipt: { reference: `copies/in/copies/${key}.pdf version v2 ${object?.etag}`, sha256: sha256(pdf) },
  })
})

test('asks what it has always asked', async () => {
  await deliver()
  const volatile = /^(authorization|user-agent|x-amz-user-agent|x-amz-date|amz-sdk-invocation-id|host)$/
  const asked = bucket.requests().map(({ method, target, headers }) => ({
    method,
    target,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !volatile.test(name))),
    signed: /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1],
  }))
  const recorded = new URL('recordings/s3/delivery.json', import.meta.url)
  expect(asked).toEqual(JSON.parse(readFileSync(recorded, 'utf8')))
})

describe('each way of failing', () => {
  const answer = (status: number, code: string): S3Preset => ({ preset: 'answer', status, code })
  test.each<[S3Preset, string, number]>([
    [{ preset: 'full' }, 'later DESTINATION_BUSY 900000', 0],
    [{ preset: 'damaging' }, 'later RECEIPT_INVALID', 1],
    [{ preset: 'writeOnly' }, 'later CREDENTIALS_REFUSED 900000', 1],
    [answer(500, 'InternalError'), 'later DESTINATION_UNREACHABLE', 0],
    [answer(409, 'ConditionalRequestConflict'), 'later DESTINATION_BUSY', 0],
    [answer(403, 'AccessDenied'), 'later CREDENTIALS_REFUSED 900000', 0],
    [answer(400, 'ExpiredToken'), 'later CREDENTIALS_REFUSED 900000', 0],
    [answer(400, 'BadDigest'), 'later DESTINATION_UNREACHABLE', 0],
    [answer(400, 'EntityTooLarge'), 'refused DESTINATION_REFUSED', 0],
    [answer(404, 'NoSuchBucket'), 'later DESTINATION_UNREACHABLE 900000', 0],
    [answer(301, 'PermanentRedirect'), 'later DESTINATION_UNREACHABLE 900000', 0],
    [{ ...answer(503, 'SlowDown'), retryAfter: '7' } as S3Preset, 'later DESTINATION_BUSY 7000', 0],
  ])('%o', async (preset, expected, objects) => {
    bucket.set(preset)
    expect(verdict(await deliver())).toBe(expected)
    expect(bucket.objects().size).toBe(objects)
  })

  test.each<[string, Partial<S3Destination>, string]>([
    ['another key', { accessKeyId: 'ANOTHER' }, 'later CREDENTIALS_REFUSED 900000'],
    ['another region', { region: 'us-east-1' }, 'later CREDENTIALS_REFUSED 900000'],
    ['another bucket', { bucket: 'elsewhere' }, 'later DESTINATION_UNREACHABLE 900000'],
  ])('%s', async (_, change, expected) => {
    expect(verdict(await deliver(change))).toBe(expected)
  })

  test('a service that keeps no checksums is read back whole, and then written over by nothing', async () => {
    bucket.set({ preset: 'plain' })
    expect(verdict(await deliver())).toBe('delivered')
    expect(bucket.asked()).toContain(`GET ${key}.pdf`)
    const altered = Buffer.from(pdf)
    altered[20] = 0x21
    const again = copy({
      sha256: sha256(altered),
      body: (async function* () {
        yield altered
      })(),
    })
    expect(verdict(await deliver({}, again))).toBe('refused DESTINATION_REFUSED')
    expect(await bucket.read(`${key}.pdf`)).toEqual(pdf)
  })
})

test('the secret is not in an outcome, even where the service gives it back', async () => {
  const telling = await startS3('Hush4711')
  const own = await newFiles({ ca: telling.caPem, secret: 'Hush4711' })
  try {
    telling.set({ preset: 'answer', status: 400, code: 'Hush4711' })
    const change = { url: telling.url, caFile: own.ca, secretKeyFile: own.secret }
    expect(await deliver(change)).toEqual({
      outcome: 'refused',
      code: 'DESTINATION_REFUSED',
      detail: 'PUT answered 400: …',
    })
  } finally {
    await telling.stop()
    await own.remove()
  }
})

test('a bucket may stand in the host instead of the path', async () => {
  const { port } = bucket
  const outcome = await deliver({ url: `https://localhost:${port}`, addressing: 'host' })
  // A name that no one resolves, or that the certificate is not for: either way it is the host that was asked.
  expect(outcome).toMatchObject({ outcome: 'later', detail: expect.stringContaining(`copies.localhost:${port}`) })
})

test('what another writer put there meanwhile is not written over', async () => {
  const other = Buffer.from(pdf)
  other[20] = 0x21
  async function* body() {
    yield pdf.subarray(0, 100_000)
    const first = { sha256: sha256(other), body: once(other), metadata: {} }
    await deliver({ folder: 'b' }, copy(first))
    // The same object by another kiosk's hand: the note is this kiosk's own already.
    bucket.objects().set(`a/${key}.pdf`, bucket.objects().get(`b/${key}.pdf`) as never)
    yield pdf.subarray(100_000)
  }
  expect(verdict(await deliver({ folder: 'a' }, copy({ body: body() })))).toBe('refused DESTINATION_REFUSED')
  expect(await bucket.read(`a/${key}.pdf`)).toEqual(other)
})

test.each(['a/b', '../up', '.hidden', 'a b', '', 'x'.repeat(129)])(
  'the key %j can name no object',
  async idempotencyKey => {
    await expect(deliver({}, copy({ idempotencyKey }))).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    expect(bucket.asked()).toEqual([])
  },
)

describe('the simulator', () => {
  const documented = {
    method: 'GET',
    target: '/test.txt',
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      range: 'bytes=0-9',
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-amz-date': '20130524T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    },
  }
  const owner = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    region: 'us-east-1',
  }
  const then = Date.UTC(2013, 4, 24)
  const judged = (change: object = {}, now = then) => {
    const headers = { ...documented.headers, ...change }
    return signatureFault({ ...documented, headers }, owner, now)
  }

  test('accepts the signature that Amazon documents, and no change to what it covers', () => {
    expect(judged()).toBeUndefined()
    expect(judged({ range: 'bytes=0-8' })).toBe('SignatureDoesNotMatch')
    expect(judged({ 'x-amz-acl': 'public-read' })).toBe('AccessDenied')
    expect(judged({ authorization: undefined })).toBe('AccessDenied')
    expect(judged({}, then + 16 * 60_000)).toBe('RequestTimeTooSkewed')
    expect(signatureFault(documented, { ...owner, secretKey: 'another' }, then)).toBe('SignatureDoesNotMatch')
  })
})
