// An SFTP server that behaves as no OpenSSH does: words that are no SFTP, packets without end, silence, files that are read
// back otherwise than they were written.

import { Buffer } from 'node:buffer'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { sftpStore } from '../drivers/delivery/sftp.ts'
import { type Answer, maxPacketBytes, type Request, request } from '../drivers/delivery/sftp-packets.ts'
import { openSession, type SftpSession } from '../drivers/delivery/sftp-session.ts'
import { TargetFailure } from '../drivers/delivery/target-failure.ts'
import { chunked, pdf, sha256 } from './60.deliver.setup.ts'

const version = Buffer.from('000000050200000003', 'hex')
const status = (id: number) =>
  Buffer.from(`0000001165${id.toString(16).padStart(8, '0')}000000000000000000000000`, 'hex')

/** A session with a server that says these bytes first, and answers nothing by itself. */
function opened(first: Uint8Array, idleTimeoutMs = 5_000) {
  const [input, output] = [new PassThrough(), new PassThrough()]
  output.write(first)
  const failure = async () => new TargetFailure('CREDENTIALS_REFUSED', 'as ssh told')
  return { output, session: openSession({ input, output, idleTimeoutMs, failure }) }
}

const unreachable = { code: 'DESTINATION_UNREACHABLE' }

describe('what is no SFTP', () => {
  test.each([
    ['words of a shell', Buffer.from('Welcome to the machine!\r\n')],
    ['another version', Buffer.from('000000050200000006', 'hex')],
    ['an answer that was not asked for', status(1)],
  ])('at the start, %s, is told as that', async (_, bytes) => {
    await expect(opened(bytes).session).rejects.toMatchObject(unreachable)
  })

  test('at all is what ssh told', async () => {
    const { output, session } = opened(Buffer.alloc(0))
    output.end()
    await expect(session).rejects.toMatchObject({ code: 'CREDENTIALS_REFUSED' })
  })

  test.each([
    ['a packet without end', Buffer.from((maxPacketBytes + 1).toString(16).padStart(8, '0'), 'hex')],
    ['a packet of nothing', Buffer.alloc(4)],
    ['a string beyond its packet', Buffer.from('0000000a670000000100000fff00', 'hex')],
  ])('in the middle, %s, ends what waits and what comes after', async (_, bytes) => {
    const { output, session } = opened(version)
    const { ask } = await session
    const waiting = ask(request.stat('a'))
    output.write(bytes)
    await expect(waiting).rejects.toMatchObject(unreachable)
    await expect(ask(request.stat('a'))).rejects.toMatchObject(unreachable)
  })

  test('silence ends what waits, an answer to nothing does not', async () => {
    const { output, session } = opened(version, 300)
    const { ask } = await session
    const first = ask(request.stat('a'))
    output.write(Buffer.concat([status(77), status(1)]))
    expect(await first).toEqual({ kind: 'status', code: 0 })
    await expect(ask(request.stat('a'))).rejects.toMatchObject(unreachable)
  })
})

test('a file that is read back otherwise than it was written takes no name', async () => {
  const asked: number[] = []
  const answers: Readonly<Record<number, Answer>> = {
    3: { kind: 'handle', handle: Buffer.from('h') },
    5: { kind: 'data', data: Buffer.alloc(32_768, 'x') },
    8: { kind: 'attributes', attributes: { bytes: pdf.length, modifiedAt: 0 } },
  }
  const ask = async ({ type }: Request): Promise<Answer> => {
    asked.push(type)
    return answers[type] ?? { kind: 'status', code: 0 }
  }
  const session: SftpSession = { extensions: new Set(), ask }
  const store = sftpStore(session, 'in', 'sftp://files.example:22', async () => undefined)
  const upload = {
    bytes: pdf.length,
    sha256: sha256(pdf),
    mediaType: 'application/pdf',
    open: () => chunked(pdf),
  } as const
  await expect(store.put('a.pdf', upload)).rejects.toMatchObject({ code: 'RECEIPT_INVALID' })
  expect(asked).not.toContain(18)
})
