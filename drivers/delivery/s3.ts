// Delivery into a bucket of Amazon S3, or of a service that speaks its protocol, over HTTPS. An object appears whole or not at
// all by the protocol itself; `If-None-Match: *` keeps one that is there. Every request is signed with SigV4 over the
// SHA-256 of its body, and the object's own checksum is read back by HEAD, or by GET where the service keeps none. The
// receipt is bucket, object, version where there are versions, and entity tag. Needs s3:PutObject and s3:GetObject.

import { Buffer } from 'node:buffer'
import { Readable } from 'node:stream'
import type { GetObjectCommandOutput, HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import type { Delivery } from '../../device/ports.ts'
import { HttpError } from '../http-error.ts'
import type { Opening, TargetOptions } from './attempts.ts'
import { s3Transport } from './s3-transport.ts'
import { readSecrets } from './secrets.ts'
import {
  type Content,
  createTargetDelivery,
  type Held,
  measured,
  type Opened,
  type Store,
  type Upload,
} from './target.ts'
import { failureOf, operatorPauseMs, TargetFailure } from './target-failure.ts'

const connectTimeoutMs = 15_000
const defaultIdleTimeoutMs = 60_000

export interface S3Destination {
  readonly id: string
  /** `https:`, the service without bucket. */
  readonly url: string
  readonly region: string
  readonly bucket: string
  /** Before each object's name, without slash at its ends. */
  readonly folder?: string
  /** Where the bucket stands in a URL. Default `path`. */
  readonly addressing?: 'path' | 'host'
  readonly accessKeyId: string
  /** One line; readable by its owner only. */
  readonly secretKeyFile: string
  /** PEM of the only authorities trusted for this destination; absent: the runtime's own list. */
  readonly caFile?: string
  /** The only keys that it may have (drivers/pins.ts). */
  readonly pins?: readonly string[]
  /** For a whole attempt. Default 15 min. */
  readonly deadlineMs?: number
  /** Longest wait for the destination to take or send the next bytes. Default 60 s. */
  readonly idleTimeoutMs?: number
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Deliveries as drivers/delivery/target.ts has them. */
export function createS3Delivery(options: TargetOptions<S3Destination>): Delivery {
  return createTargetDelivery(options, openBucket)
}

async function openBucket({ destination, signal, now }: Opening<S3Destination>): Promise<Opened> {
  const { url, region, accessKeyId, caFile, pins, deadlineMs, idleTimeoutMs = defaultIdleTimeoutMs } = destination
  const { ca, secret } = await readSecrets({ caFile, secretFile: destination.secretKeyFile, what: 'secret key' })
  if (secret === undefined) throw new TargetFailure('DESTINATION_UNTRUSTED', 'there is no secret key')
  // Only where a bucket is a destination: it takes a third of a second and 30 MB.
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client({
    endpoint: url,
    region,
    forcePathStyle: destination.addressing !== 'host',
    credentials: { accessKeyId, secretAccessKey: secret },
    // What is left out here would be looked for in the environment and in ~/.aws.
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    defaultsMode: 'standard',
    retryMode: 'standard',
    maxAttempts: 1,
    logger: silent,
    // Ours is the SHA-256 that was signed for; the SDK is to compute no other.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: s3Transport({
      ...(ca !== undefined && { ca }),
      pins,
      connectTimeoutMs,
      idleTimeoutMs,
      ...(deadlineMs !== undefined && { deadlineMs }),
      maxBodyBytes: Number.MAX_SAFE_INTEGER,
      signal,
    }),
  })
  return { store: createStore({ sdk, client, destination, now }), secrets: [secret] }
}

interface Access {
  readonly sdk: typeof import('@aws-sdk/client-s3')
  readonly client: S3Client
  readonly destination: S3Destination
  readonly now: () => number
}

function createStore({ sdk, client, destination, now }: Access): Store {
  const { bucket: Bucket, folder } = destination
  const keyOf = (name: string) => (folder === undefined ? name : `${folder}/${name}`)

  async function asked<T>(what: string, answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (thrown) {
      throw thrown instanceof sdk.S3ServiceException ? refusal(thrown, what, now) : thrown
    }
  }

  /** The object, or the status by which there is none to be seen. */
  async function head(name: string, expected: Content): Promise<Held | number> {
    const Key = keyOf(name)
    try {
      const found = await client.send(new sdk.HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
      return heldOf(found, await contentOf(found, Key, expected), `${Bucket}/${Key}`)
    } catch (thrown) {
      const status = thrown instanceof sdk.S3ServiceException ? thrown.$metadata.httpStatusCode : undefined
      if (status !== undefined && [400, 403, 404].includes(status)) return status
      throw thrown instanceof sdk.S3ServiceException ? refusal(thrown, 'HEAD', now) : thrown
    }
  }

  async function contentOf(found: HeadObjectCommandOutput, Key: string, expected: Content): Promise<Content> {
    const bytes = found.ContentLength ?? -1
    // One over parts rather than bytes ends with their number, and is none of the whole.
    const checksum = /^[A-Za-z0-9+/]{43}=$/.exec(found.ChecksumSHA256 ?? '')?.[0]
    if (checksum !== undefined) return { bytes, sha256: Buffer.from(checksum, 'base64').toString('hex') }
    if (bytes !== expected.bytes) return { bytes, sha256: '' }
    const { Body } = await asked<GetObjectCommandOutput>('GET', client.send(new sdk.GetObjectCommand({ Bucket, Key })))
    if (Body instanceof Readable) return measured(Body, expected)
    throw new TargetFailure('RECEIPT_INVALID', `${Bucket}/${Key} has no content to be read back`)
  }

  async function look(name: string, expected: Content): Promise<Held | undefined> {
    const found = await head(name, expected)
    // 403 is also what is told of an absent object to whoever may not list the bucket, and a HEAD never tells why: the
    // PUT does.
    return typeof found === 'number' ? undefined : found
  }

  async function put(name: string, upload: Upload): Promise<Held | 'exists'> {
    const { bytes: ContentLength, mediaType: ContentType, sha256 } = upload
    const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64')
    const Body = Readable.from(upload.open(), { objectMode: false })
    const checked = { ChecksumAlgorithm: 'SHA256', ChecksumSHA256 } as const
    const input = { Bucket, Key: keyOf(name), Body, ContentLength, ContentType, ...checked, IfNoneMatch: '*' }
    const command = new sdk.PutObjectCommand(input)
    command.middlewareStack.add(signedOver(sha256), { step: 'build', name: 'signedBody' })
    try {
      await client.send(command)
    } catch (thrown) {
      if (!(thrown instanceof sdk.S3ServiceException)) throw thrown
      if (thrown.$metadata.httpStatusCode === 412) return 'exists'
      throw refusal(thrown, 'PUT', now)
    }
    const held = await head(name, upload)
    if (typeof held !== 'number') return held
    if (held === 404) throw new TargetFailure('RECEIPT_INVALID', `${name} is not there after it was taken`)
    throw new TargetFailure('CREDENTIALS_REFUSED', `${name} was taken but may not be read back`, operatorPauseMs)
  }

  return Object.freeze({ look, put, close: async () => client.destroy() })
}

/** The hash that the signature covers: of a stream the SDK knows none and would sign `UNSIGNED-PAYLOAD`. */
function signedOver(sha256: string) {
  return <I extends object, O>(next: (args: I) => Promise<O>) =>
    (args: I): Promise<O> => {
      const request: unknown = Reflect.get(args, 'request')
      const headers: unknown = typeof request === 'object' && request !== null ? Reflect.get(request, 'headers') : null
      if (typeof headers === 'object' && headers !== null) Reflect.set(headers, 'x-amz-content-sha256', sha256)
      return next(args)
    }
}

type Exception = InstanceType<Access['sdk']['S3ServiceException']>

function refusal({ name, $metadata, $response }: Exception, what: string, now: () => number): TargetFailure {
  const status = $metadata.httpStatusCode
  if (status === undefined) throw new HttpError('malformed', `${what}: the answer is none of S3`)
  return failureOf({ status, headers: $response?.headers ?? {}, what, errorName: name, now: now() })
}

function heldOf(found: HeadObjectCommandOutput, content: Content, path: string): Held {
  const { ETag, VersionId, LastModified } = found
  if (ETag === undefined || LastModified === undefined) {
    throw new TargetFailure('RECEIPT_INVALID', `${path} has no entity tag or time`)
  }
  const version = VersionId === undefined ? '' : ` version ${VersionId.replace(/[^\x21-\x7e]/g, '').slice(0, 200)}`
  const reference = `${path}${version} ${ETag.replace(/[^\x21-\x7e]/g, '').slice(0, 200)}`
  return { ...content, reference, receivedAt: LastModified.toISOString() }
}
