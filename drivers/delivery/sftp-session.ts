// Requests and answers over one SFTP connection: many on the way at once, each with its number, none waited for longer than
// the other end may be silent. When the connection ends, everything that waits ends with it.

import type { Readable, Writable } from 'node:stream'
import { type Answer, initPacket, packetOf, packetsIn, type Request, readAnswer, readVersion } from './sftp-packets.ts'
import { TargetFailure } from './target-failure.ts'

export interface SftpSession {
  /** Names of the server's extensions. */
  readonly extensions: ReadonlySet<string>
  /** Resolves with any answer, refusals too. Throws TargetFailure when the connection ends. */
  ask(request: Request): Promise<Answer>
}

export interface SftpEnds {
  readonly input: Writable
  readonly output: Readable
  /** Longest silence while something is asked, milliseconds. */
  readonly idleTimeoutMs: number
  /** Why the connection ended before its first answer. */
  readonly failure: () => Promise<TargetFailure>
}

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (reason: unknown) => void
}

/** Says what it speaks and waits for the same. Throws TargetFailure. */
export async function openSession({ input, output, idleTimeoutMs, failure }: SftpEnds): Promise<SftpSession> {
  const waiting = new Map<number, Waiting>()
  let ended: TargetFailure | undefined
  let last = 0
  let silence: NodeJS.Timeout | undefined

  function listen(): void {
    clearTimeout(silence)
    if (waiting.size > 0) silence = setTimeout(() => end('nothing received or taken in time'), idleTimeoutMs)
  }

  function end(why: string): void {
    ended ??= new TargetFailure('DESTINATION_UNREACHABLE', why)
    clearTimeout(silence)
    output.destroy()
    for (const { reject } of waiting.values()) reject(ended)
    waiting.clear()
  }

  const packets = packetsIn(output)
  input.on('error', () => undefined).write(initPacket)
  const greeting = setTimeout(() => output.destroy(), idleTimeoutMs)
  const extensions = await greetingOf(packets, failure).finally(() => clearTimeout(greeting))

  async function read(): Promise<void> {
    try {
      for await (const packet of packets) {
        const { id, answer } = readAnswer(packet)
        waiting.get(id)?.resolve(answer)
        waiting.delete(id)
        listen()
      }
      end('the connection ended')
    } catch (thrown) {
      end(thrown instanceof RangeError ? 'the server does not speak SFTP as it should' : 'the connection broke')
    }
  }
  void read()

  async function ask(request: Request): Promise<Answer> {
    if (ended !== undefined) throw ended
    last = (last + 1) >>> 0
    const id = last
    const answer = new Promise<Answer>((resolve, reject) => waiting.set(id, { resolve, reject }))
    if (silence === undefined || waiting.size === 1) listen()
    input.write(packetOf(request, id))
    return answer
  }

  return Object.freeze({ extensions, ask })
}

async function greetingOf(
  packets: AsyncGenerator<Buffer, void, void>,
  failure: () => Promise<TargetFailure>,
): Promise<ReadonlySet<string>> {
  let packet: Buffer | undefined
  try {
    packet = (await packets.next()).value ?? undefined
    if (packet !== undefined) return readVersion(packet)
  } catch (thrown) {
    if (thrown instanceof RangeError) {
      throw new TargetFailure('DESTINATION_UNREACHABLE', 'what answers does not speak SFTP version 3')
    }
  }
  throw await failure()
}
