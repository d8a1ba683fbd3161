// A worker with no driver in it: each method does one thing that a real worker may do to its connection, well or badly.
// Runs as a child of the real launcher, or of test/sim/worker-parent.ts.

import { readFileSync } from 'node:fs'
import { lines, start } from '../../drivers/exec.ts'
import { hostWorker } from '../../drivers/worker/host.ts'
import type { Handler } from '../../drivers/worker/serve.ts'

interface EchoConfiguration {
  readonly refuse?: string
  readonly greeting?: string
}

const pieceBytes = 64 * 1024

async function* zeros(bytes: number) {
  for (let sent = 0; sent < bytes; sent += pieceBytes) yield new Uint8Array(Math.min(pieceBytes, bytes - sent))
}

/** Bytes, from the kernel's own account of this process. */
function peakMemory(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
}

await hostWorker<EchoConfiguration>(configuration => {
  if (configuration.refuse !== undefined) throw new Error(configuration.refuse)
  const never = new Promise<never>(() => undefined)
  return new Map<string, Handler>([
    ['echo', async params => ({ params, configuration, environment: process.env })],
    ['deaf', () => never],
    [
      'noise',
      async () => {
        console.log('library chatter')
        console.error('a warning')
        return null
      },
    ],
    [
      'page',
      async (_params, { emit }) => {
        await emit({ page: 1 }, zeros(100_000))
        await emit(
          { page: 2 },
          (async function* () {
            yield new Uint8Array(10)
            await never
          })(),
        )
        return null
      },
    ],
    ['pour', async (params, { emit }) => emit(null, zeros(Number(params))).then(peakMemory)],
    [
      'sink',
      async (_params, { input }) => {
        let bytes = 0
        for await (const piece of input) bytes += piece.byteLength
        return { bytes, peak: peakMemory() }
      },
    ],
    [
      'child',
      async () => {
        const child = start('sh', ['-c', 'echo up; exec sleep 1000'])
        await lines(child.stdout).next()
        return { pid: process.pid, child: child.pid }
      },
    ],
    [
      'stuck',
      async () => {
        // As a PKCS#11 module that waits for a PIN pad: the event loop stands still.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000)
        return null
      },
    ],
  ])
})
