// Compiled modules are kept from one start to the next, in the device and in its workers, and nothing depends on it.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { resultOf } from '../drivers/worker/channel.ts'
import { launchWorker } from '../drivers/worker/launch.ts'
import { memoryLog } from './20.worker.setup.ts'
import { program } from './cli.kit.ts'

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-compiled-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/**
 * What a run that loads every verb prints, and what Node itself tells of its cache: into a file, for what it cannot write to
 * a pipe at once is lost. `folder` absent: where the cache is by itself.
 */
async function helpWith(folder?: string): Promise<{ readonly stdout: string; readonly told: string }> {
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }
  delete env['NODE_COMPILE_CACHE']
  if (folder !== undefined) env['NODE_COMPILE_CACHE'] = folder
  const file = join(await newFolder(), 'stderr')
  const stderr = openSync(file, 'w')
  try {
    const { stdout } = spawnSync(process.execPath, [program, '--help'], { env, stdio: ['ignore', 'pipe', stderr] })
    return { stdout: String(stdout), told: await readFile(file, 'utf8') }
  } finally {
    closeSync(stderr)
  }
}

const help = /^compulsa VERB …\n/

describe('compiled modules', () => {
  it('are kept beside the packages', async () => {
    const { stdout, told } = await helpWith()
    expect(stdout).toMatch(help)
    const ofRooms = told.split('\n').filter(line => line.includes('device/rooms.ts'))
    expect(ofRooms.join('\n')).toMatch(/(reading|writing) cache .*node_modules\/\.cache\/compulsa\//)
  })

  it('are kept where the environment says', async () => {
    const folder = await newFolder()
    expect((await helpWith(folder)).stdout).toMatch(help)
    expect((await readdir(folder, { recursive: true })).length).toBeGreaterThan(20)
  })

  it('are done without where they cannot be written', async () => {
    const file = join(await newFolder(), 'file')
    await writeFile(file, '')
    expect((await helpWith(join(file, 'below'))).stdout).toMatch(help)
  })

  it('are kept by a kiosk that never ends in an orderly way', async () => {
    const folder = await newFolder()
    const lives = `
      const { keepCompiled, useCompileCache } = await import('${new URL('../device/compile-cache.ts', import.meta.url)}')
      useCompileCache()
      await import('${new URL('../device/errors.ts', import.meta.url)}')
      keepCompiled()
      console.log('up')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', lives], {
      env: { ...process.env, NODE_COMPILE_CACHE: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    // Node's folder of this version, and the module.
    expect((await readdir(folder, { recursive: true })).length).toBeGreaterThan(1)
  })

  it('of the workers are kept with those of the device', async () => {
    vi.stubEnv('NODE_COMPILE_CACHE', await newFolder())
    onTestFinished(() => void vi.unstubAllEnvs())
    const entry = new URL('sim/worker.ts', import.meta.url).href
    const clock = { now: Date.now, sleep: () => Promise.resolve() }
    const worker = launchWorker({ name: 'sim', entry, config: {}, log: memoryLog(), clock })
    onTestFinished(() => worker.stop())
    expect(await resultOf(worker.channel.call('echo', null))).toMatchObject({
      environment: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
    })
  })
})
