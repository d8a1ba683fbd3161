// A bucket: an HTTPS server on 127.0.0.1 that holds every request against what Amazon S3 asks of PutObject, HeadObject and
// GetObject: SigV4 over the very bytes, their checksum, conditional writes. Objects lie in a temporary folder and appear
// whole or not at all. It can be told to fail in named ways; presets change what is answered, never what is checked.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished, pipeline } from 'node:stream/promises'
import { type Credentials, signatureFault } from './s3.signature.ts'
import { createTestCa } from './tls.ts'

export type S3Preset =
  | { readonly preset: 'honest' }
  /** Every request answers so, without effect. */
  | { readonly preset: 'answer'; readonly status: number; readonly code: string; readonly retryAfter?: string }
  /** As services that keep no checksums and know no conditions. */
  | { readonly preset: 'plain' }
  /** PUT is taken, reading it back is not allowed; absent objects are 403 too, as for whoever may not list. */
  | { readonly preset: 'writeOnly' }
  /** What is stored differs from what was sent in its last byte. */
  | { readonly preset: 'damaging' }
  /** Has room for so many bytes. */
  | { readonly preset: 'full' }

interface StoredObject {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
  readonly etag: string
  readonly version: string
  readonly modified: Date
}

export interface S3 {
  readonly port: number
  readonly url: string
  readonly caPem: string
  readonly bucket: string
  readonly credentials: Credentials
  /** By key. */
  objects(): Map<string, StoredObject>
  /** `METHOD key` of what was asked, whatever became of it. */
  asked(): readonly string[]
  /** The requests as they came, answered ones. */
  requests(): readonly { readonly method: string; readonly target: string; readonly headers: IncomingHttpHeaders }[]
  set(preset: S3Preset): void
  read(key: string): Promise<Buffer>
  stop(): Promise<void>
}

class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  constructor(status: number, code: string, headers: Readonly<Record<string, string>> = {}) {
    super(code)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

const statusOf: Readonly<Record<string, number>> = { AuthorizationHeaderMalformed: 400 }

/** Starts listening. Long because it is the whole bucket. */
export async function startS3(secretKey = 'the/secret+key=of the kiosk'): Promise<S3> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-s3-'))
  const ca = await createTestCa()
  const credentials = { accessKeyId: 'AKIDKIOSK', secretKey, region: 'eu-south-2' }
  const bucket = 'copies'
  const objects = new Map<string, StoredObject>()
  const asked: string[] = []
  const requests: { method: string; target: string; headers: IncomingHttpHeaders }[] = []
  const work = new Set<Promise<void>>()
  const faults: unknown[] = []
  let preset: S3Preset = { preset: 'honest' }
  let uploads = 0

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: target = '', headers } = request
    const path = decodeURIComponent(target.split('?', 1)[0] ?? '')
    const key = path.slice(bucket.length + 2)
    asked.push(`${method} ${key}`)
    requests.push({ method, target, headers })
    const fault = signatureFault({ method, target, headers }, credentials, Date.now())
    if (fault !== undefined) throw new Refusal(statusOf[fault] ?? 403, fault)
    if (preset.preset === 'answer') {
      const { retryAfter } = preset
      throw new Refusal(preset.status, preset.code, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
    }
    if (!path.startsWith(`/${bucket}/`)) throw new Refusal(404, 'NoSuchBucket')
    if (method === 'PUT') return put(request, response, key)
    const object = objects.get(key)
    if (preset.preset === 'writeOnly') throw new Refusal(403, 'AccessDenied')
    if (object === undefined) throw new Refusal(404, 'NoSuchKey')
    response.writeHead(
      200,
      headersOf(object, headers['x-amz-checksum-mode'] === 'ENABLED' && preset.preset !== 'plain'),
    )
    if (method === 'GET') await pipeline(createReadStream(object.file), response)
    else response.end()
  }

  async function put(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    const { headers } = request
    const checksum = headers['x-amz-checksum-sha256']
    const signed = headers['x-amz-content-sha256']
    if (headers['content-length'] === undefined) throw new Refusal(411, 'MissingContentLength')
    if (typeof signed !== 'string' || !/^[0-9a-f]{64}$/.test(signed))
      throw new Refusal(400, 'XAmzContentSHA256Mismatch')
    const isTaken = () => headers['if-none-match'] === '*' && preset.preset !== 'plain' && objects.has(key)
    if (isTaken()) throw new Refusal(412, 'PreconditionFailed')
    if (preset.preset === 'full') throw new Refusal(507, 'InsufficientStorage')
    uploads += 1
    const file = join(folder, String(uploads))
    const [sha256, md5] = [createHash('sha256'), createHash('md5')]
    let bytes = 0
    async function* noted() {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        bytes += chunk.length
        sha256.update(chunk)
        md5.update(chunk)
        yield chunk
      }
      if (preset.preset === 'damaging') yield Buffer.from('!')
    }
    await pipeline(noted, createWriteStream(file))
    const digest = sha256.digest()
    if (digest.toString('hex') !== signed) throw new Refusal(400, 'XAmzContentSHA256Mismatch')
    if (checksum !== digest.toString('base64')) throw new Refusal(400, 'BadDigest')
    if (isTaken()) throw new Refusal(412, 'PreconditionFailed')
    const stored =
      preset.preset === 'damaging'
        ? createHash('sha256')
            .update(await readFile(file))
            .digest()
        : digest
    const etag = `"${md5.digest('hex')}"`
    const size = preset.preset === 'damaging' ? bytes + 1 : bytes
    const object = {
      file,
      bytes: size,
      sha256: stored.toString('base64'),
      etag,
      version: `v${uploads}`,
      modified: new Date(),
    }
    objects.set(key, object)
    response.writeHead(200, { etag, 'x-amz-version-id': object.version, 'x-amz-checksum-sha256': object.sha256 }).end()
  }

  const server = createServer(await ca.issue(['127.0.0.1', 'localhost']), (request, response) => {
    const served = serve(request, response)
      .catch((thrown: unknown) => refuse(request, response, thrown, faults))
      .finally(() => work.delete(served))
    work.add(served)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return Object.freeze({
    port,
    url: `https://127.0.0.1:${port}`,
    caPem: ca.caPem,
    bucket,
    credentials,
    objects: () => objects,
    asked: () => asked,
    requests: () => requests,
    set: (next: S3Preset) => {
      preset = next
    },
    read: (key: string) => readFile(objects.get(key)?.file ?? key),
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await Promise.all(work)
      await rm(folder, { recursive: true, force: true })
      if (faults.length > 0) throw new AggregateError(faults, 'the S3 simulator failed')
    },
  })
}

function headersOf({ bytes, etag, version, modified, sha256 }: StoredObject, withChecksum: boolean) {
  return {
    'content-length': bytes,
    etag,
    'last-modified': modified.toUTCString(),
    'x-amz-version-id': version,
    ...(withChecksum && { 'x-amz-checksum-sha256': sha256, 'x-amz-checksum-type': 'FULL_OBJECT' }),
  }
}

/** The body is read to its end first: closing on unread bytes would reset the connection and lose the answer. */
async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  thrown: unknown,
  faults: unknown[],
): Promise<void> {
  if (!(thrown instanceof Refusal)) {
    // A client that goes away in the middle is one of the things this simulator is for.
    if (!request.destroyed && !request.socket.destroyed) faults.push(thrown)
    response.destroy()
    return
  }
  try {
    if (!request.readableEnded) await finished(request.resume())
  } catch {
    response.destroy()
    return
  }
  const { status, code, headers } = thrown
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>As told</Message></Error>`
  response.writeHead(status, { 'content-type': 'application/xml', ...headers })
  response.end(request.method === 'HEAD' ? undefined : xml)
}
