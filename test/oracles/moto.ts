// moto: a bucket over HTTPS that is not ours, and boto3, another client, to read what lies in it.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../sim/free-port.ts'
import { createTestCa } from '../sim/tls.ts'

const root = new URL('../..', import.meta.url).pathname
const installed = join(root, 'var/oracles/moto/bin')
const startWithinMs = 60_000

export interface HeldObject {
  readonly bytes: number
  readonly sha256: string
  readonly type: string
  /** Base64, as the service keeps it. */
  readonly checksum: string | null
}

export interface Moto {
  readonly url: string
  readonly caPem: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretKey: string
  /** Objects of a bucket by key, as boto3 sees them. */
  read(bucket: string): Promise<Readonly<Record<string, HeldObject>>>
  stop(): Promise<void>
}

/** Keeps everything in memory; `folder` gets its certificate. */
export async function startMoto(folder: string): Promise<Moto> {
  const ca = await createTestCa()
  const { cert, key } = await ca.issue(['127.0.0.1', 'localhost'])
  const file = (name: string) => join(folder, name)
  await Promise.all([
    writeFile(file('moto-ca.pem'), ca.caPem),
    writeFile(file('moto-cert.pem'), cert),
    writeFile(file('moto-key.pem'), key, { mode: 0o600 }),
  ])
  const port = await freePort()
  const words = ['-H', '127.0.0.1', '-p', String(port), '-c', file('moto-cert.pem'), '-k', file('moto-key.pem')]
  const child = spawn(join(installed, 'moto_server'), words, { stdio: 'ignore' })
  const gone = once(child, 'exit')
  await answering(port)
  const url = `https://127.0.0.1:${port}`
  const [region, accessKeyId, secretKey] = ['us-east-1', 'AKIDMOTO', 'a secret that moto does not check']
  return Object.freeze({
    url,
    caPem: ca.caPem,
    region,
    accessKeyId,
    secretKey,
    read: async (bucket: string) => {
      const script = join(root, 'test/oracles/moto/read.py')
      const args = [script, url, bucket, file('moto-ca.pem'), accessKeyId, secretKey, region]
      const { stdout } = await promisify(execFile)(join(installed, 'python'), args)
      return JSON.parse(stdout) as Record<string, HeldObject>
    },
    stop: async () => {
      child.kill('SIGTERM')
      await gone
    },
  })
}

async function answering(port: number): Promise<void> {
  for (const until = Date.now() + startWithinMs; ; ) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch (thrown) {
      if (Date.now() > until) throw thrown
      await new Promise(resolve => setTimeout(resolve, 200))
    } finally {
      socket.destroy()
    }
  }
}
