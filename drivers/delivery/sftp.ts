// Delivery into a folder of another machine by SFTP. Each file goes up as `NAME.part`, is made durable where the server can,
// read back, and takes its name by a rename that replaces nothing, so that it appears whole or not at all. The receipt is
// the file's path with what was read back of it. A folder that is not there is made.

import type { Buffer } from 'node:buffer'
import type { ByteStream, Delivery } from '../../device/ports.ts'
import type { Opening, TargetOptions } from './attempts.ts'
import { type Answer, type FileAttributes, freeBytes, type Request, request, statusCode } from './sftp-packets.ts'
import { openSession, type SftpSession } from './sftp-session.ts'
import { openSsh, type SshAccess } from './ssh.ts'
import {
  type Content,
  createTargetDelivery,
  type Held,
  isSame,
  measured,
  type Opened,
  type Store,
  type Upload,
} from './target.ts'
import { operatorPauseMs, TargetFailure } from './target-failure.ts'

const defaultIdleTimeoutMs = 60_000
/** What every server takes and gives at once (draft-ietf-secsh-filexfer-02, 3). */
const pieceBytes = 32_768
/** Pieces on the way at once, so that a long line is filled. */
const window = 32

export interface SftpDestination extends SshAccess {
  readonly id: string
  /** Relative to where the user arrives, or absolute; without slash at its end. */
  readonly folder: string
  /** For a whole attempt. Default 15 min. */
  readonly deadlineMs?: number
  /** Longest wait for the destination to take or send the next bytes. Default 60 s. */
  readonly idleTimeoutMs?: number
}

/** Deliveries as drivers/delivery/target.ts has them. */
export function createSftpDelivery(options: TargetOptions<SftpDestination>): Delivery {
  return createTargetDelivery(options, openFolder)
}

async function openFolder({ destination, signal }: Opening<SftpDestination>): Promise<Opened> {
  const { idleTimeoutMs = defaultIdleTimeoutMs, folder, host, port = 22 } = destination
  const { process, secrets, failure, close } = await openSsh(destination, signal)
  try {
    const session = await openSession({ input: process.stdin, output: process.stdout, idleTimeoutMs, failure })
    return { store: sftpStore(session, folder, `sftp://${host}:${port}`, close), secrets }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

/** The folder over a session; `close` ends what carries it. Long because a store is its requests in one place. */
export function sftpStore(session: SftpSession, folder: string, origin: string, close: () => Promise<void>): Store {
  const pathOf = (name: string) => `${folder}/${name}`
  const heldOf = (path: string, content: Content, { modifiedAt }: FileAttributes): Held => {
    const reference = `${origin}${path.startsWith('/') ? '' : '/~/'}${path} sha256 ${content.sha256}`
    return { ...content, reference, receivedAt: new Date(modifiedAt * 1000).toISOString() }
  }

  async function look(name: string, expected: Content): Promise<Held | undefined> {
    const opened = await session.ask(request.openToRead(pathOf(name)))
    if (opened.kind === 'status' && opened.code === statusCode.noSuchFile) return undefined
    const handle = handleIn(opened, 'open')
    const { attributes } = await expectKind(session, request.fstat(handle), 'attributes', 'fstat')
    const content =
      attributes.bytes === expected.bytes
        ? await measured(readPieces(session, handle, attributes.bytes), expected)
        : { bytes: attributes.bytes, sha256: '' }
    await succeed(session, request.close(handle), 'close')
    return heldOf(pathOf(name), content, attributes)
  }

  async function openPart(path: string, { mediaType }: Upload): Promise<Buffer> {
    const opened = await session.ask(request.openToWrite(path))
    const isMissing = opened.kind === 'status' && opened.code === statusCode.noSuchFile
    if (!isMissing || mediaType !== 'application/json') return handleIn(opened, 'open')
    await makeFolders()
    return handleIn(await session.ask(request.openToWrite(path)), 'open')
  }

  async function makeFolders(): Promise<void> {
    const parts = folder.split('/')
    for (let i = folder.startsWith('/') ? 2 : 1; i <= parts.length; i += 1) {
      // One that is there is a failure without a name of its own; what is really wrong the next open tells.
      await session.ask(request.makeFolder(parts.slice(0, i).join('/')))
    }
  }

  async function write(path: string, upload: Upload): Promise<void> {
    const handle = await openPart(path, upload)
    try {
      await writePieces(session, handle, upload.open())
      if (session.extensions.has('fsync@openssh.com')) await succeed(session, request.sync(handle), 'fsync')
      await succeed(session, request.close(handle), 'close')
    } catch (thrown) {
      throw (await isFull(session, folder, upload.bytes))
        ? new TargetFailure('DESTINATION_BUSY', 'no space is left there', operatorPauseMs, { cause: thrown })
        : thrown
    }
  }

  async function put(name: string, upload: Upload): Promise<Held | 'exists'> {
    const part = `${pathOf(name)}.part`
    await write(part, upload)
    const arrived = await look(`${name}.part`, upload)
    if (arrived === undefined || !isSame(arrived, upload)) {
      throw new TargetFailure('RECEIPT_INVALID', `${name} cannot be read back as it was sent`)
    }
    const renamed = await session.ask(request.rename(part, pathOf(name)))
    const found = await session.ask(request.stat(pathOf(name)))
    if (found.kind !== 'attributes') throw refusal(renamed, 'rename')
    if (renamed.kind === 'status' && renamed.code === statusCode.ok) {
      return heldOf(pathOf(name), { bytes: found.attributes.bytes, sha256: arrived.sha256 }, found.attributes)
    }
    await session.ask(request.remove(part))
    return 'exists'
  }

  return Object.freeze({ look, put, close })
}

/** The file from its beginning to its end, as much asked for ahead as is on the way in the other direction. */
async function* readPieces(
  session: SftpSession,
  handle: Buffer,
  bytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  const onTheWay: { readonly offset: number; readonly length: number; readonly answer: Promise<Answer> }[] = []
  const ask = (offset: number, length: number) => {
    const answer = session.ask(request.read(handle, offset, length))
    // Looked at in its turn; that it failed meanwhile is no surprise.
    answer.catch(() => undefined)
    return { offset, length, answer }
  }
  let next = 0
  for (;;) {
    for (; next < bytes && onTheWay.length < window; next += pieceBytes) {
      onTheWay.push(ask(next, Math.min(pieceBytes, bytes - next)))
    }
    const first = onTheWay.shift()
    if (first === undefined) return
    const answer = await first.answer
    if (answer.kind !== 'data' || answer.data.length === 0) throw refusal(answer, 'read')
    yield answer.data
    // A server may give less than it was asked for.
    const rest = first.length - answer.data.length
    if (rest > 0) onTheWay.unshift(ask(first.offset + answer.data.length, rest))
  }
}

/** At the server's pace: so many pieces on the way and no more. */
async function writePieces(session: SftpSession, handle: Buffer, body: ByteStream): Promise<void> {
  const onTheWay: Promise<Answer>[] = []
  const settle = async () => {
    const answer = await onTheWay.shift()
    if (answer !== undefined && (answer.kind !== 'status' || answer.code !== statusCode.ok))
      throw refusal(answer, 'write')
  }
  let offset = 0
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const piece = chunk.subarray(at, at + pieceBytes)
      const asked = session.ask(request.write(handle, offset, piece))
      // Looked at in its turn; that it failed meanwhile is no surprise.
      asked.catch(() => undefined)
      onTheWay.push(asked)
      offset += piece.length
      if (onTheWay.length >= window) await settle()
    }
  }
  while (onTheWay.length > 0) await settle()
}

/** Whether the disk, or what is allowed of it, has no room for the file: version 3 has no status of its own for that. */
async function isFull(session: SftpSession, folder: string, bytes: number): Promise<boolean> {
  if (!session.extensions.has('statvfs@openssh.com')) return false
  try {
    const answer = await session.ask(request.space(folder))
    return answer.kind === 'extended' && freeBytes(answer.payload) < bytes
  } catch (thrown) {
    // The connection is gone as well, which is then what the attempt failed by.
    if (thrown instanceof TargetFailure) return false
    throw thrown
  }
}

function handleIn(answer: Answer, what: string): Buffer {
  if (answer.kind === 'handle') return answer.handle
  throw refusal(answer, what)
}

async function expectKind<K extends Answer['kind']>(session: SftpSession, asked: Request, kind: K, what: string) {
  const answer = await session.ask(asked)
  if (answer.kind !== kind) throw refusal(answer, what)
  return answer as Extract<Answer, { readonly kind: K }>
}

async function succeed(session: SftpSession, asked: Request, what: string): Promise<void> {
  const answer = await session.ask(asked)
  if (answer.kind !== 'status' || answer.code !== statusCode.ok) throw refusal(answer, what)
}

const statusNames: Readonly<Record<number, string>> = { 2: 'no such file', 3: 'permission denied', 4: 'failure' }

/** Nothing of it is the copy's fault: a folder that may not be written waits for whoever keeps it. */
function refusal(answer: Answer, what: string): TargetFailure {
  if (answer.kind !== 'status')
    return new TargetFailure('DESTINATION_UNREACHABLE', `${what}: an answer to something else`)
  const detail = `${what}: ${statusNames[answer.code] ?? `status ${answer.code}`}`
  if (answer.code === statusCode.permissionDenied)
    return new TargetFailure('CREDENTIALS_REFUSED', detail, operatorPauseMs)
  if (answer.code === statusCode.noSuchFile) {
    return new TargetFailure('DESTINATION_UNREACHABLE', detail, operatorPauseMs)
  }
  return new TargetFailure('DESTINATION_UNREACHABLE', detail)
}
