// The real program, `compulsa serve`, as a process tree of its own, with the clock running from before it is started.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface ServedAppliance {
  readonly pid: number
  readonly url: string
  /** By performance.now(), just before the process was asked for. */
  readonly startedAtMs: number
  /** Ends it as systemd would, and waits until it is gone. */
  stop(): Promise<void>
}

const program = new URL('../../device/cli.ts', import.meta.url).pathname

/** Resolves when it has said where its screen is; throws what it complained of. */
export async function serve(configFile: string, dataFolder: string): Promise<ServedAppliance> {
  const startedAtMs = performance.now()
  const child = spawn(program, ['serve', '--config', configFile, '--data', dataFolder, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, COMPULSA_LOG: 'error' },
  })
  const gone = once(child, 'exit')
  let complaints = ''
  child.stderr.on('data', chunk => {
    complaints += String(chunk)
  })
  const url = await screenUrl(createInterface({ input: child.stdout }))
  if (url === undefined || child.pid === undefined) throw new Error(`the appliance did not start: ${complaints}`)
  return Object.freeze({
    pid: child.pid,
    url,
    startedAtMs,
    async stop(): Promise<void> {
      child.kill('SIGTERM')
      const [code] = await gone
      if (code !== 0) throw new Error(`the appliance ended with ${code}: ${complaints}`)
    },
  })
}

async function screenUrl(output: AsyncIterable<string>): Promise<string | undefined> {
  for await (const line of output) {
    const url = /^Screen: (\S+)/.exec(line)?.[1]
    if (url !== undefined) return url
  }
  return undefined
}
