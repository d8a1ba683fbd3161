// Worker processes under the real launcher: they die, hang, refuse and flood, and the device only sees an error. None
// outlives its device, and neither does anything that it started.

import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { lines } from '../drivers/exec.ts'
import { resultOf } from '../drivers/worker/channel.ts'
import { launchWorker, type Worker, type WorkerOptions } from '../drivers/worker/launch.ts'
import { isAlive, memoryLog, piecesOf, sizeOf, until } from './20.worker.setup.ts'

const simWorker = new URL('sim/worker.ts', import.meta.url).href
const megabyte = 1024 * 1024

function launch(options: Partial<WorkerOptions> & { config?: Record<string, unknown> } = {}) {
  const log = memoryLog()
  const pauses: number[] = []
  const clock = {
    now: Date.now,
    // Back-off is looked at, not waited for.
    sleep: async (ms: number, signal?: AbortSignal) => {
      pauses.push(ms)
      await delay(5, undefined, { ...(signal === undefined ? {} : { signal }) })
    },
  }
  const worker = launchWorker({ name: 'sim', entry: simWorker, config: {}, log, clock, ...options })
  onTestFinished(() => worker.stop())
  return { worker, log, pauses }
}

function pidOf(worker: Worker): number {
  const status = worker.status()
  if (status.state !== 'running') throw new Error(`the worker is ${status.state}`)
  return status.pid
}

describe('a worker process', () => {
  it('gets its configuration first, in a bare environment', async () => {
    process.env['COMPULSA_TEST_SECRET'] = 'not for workers'
    const { worker } = launch({ config: { greeting: 'hola', environment: { SANE_CONFIG_DIR: '/nowhere' } } })
    const answer = await resultOf(worker.channel.call('echo', { n: 1 }))
    delete process.env['COMPULSA_TEST_SECRET']
    const environment = expect.objectContaining({
      SANE_CONFIG_DIR: '/nowhere',
      MALLOC_ARENA_MAX: '2',
      MALLOC_MMAP_THRESHOLD_: '65536',
    })
    expect(answer).toEqual({ params: { n: 1 }, configuration: { greeting: 'hola' }, environment })
    expect(answer).not.toHaveProperty('environment.COMPULSA_TEST_SECRET')
  })

  it('that is killed in mid-call fails the call with WORKER_LOST and is started again', async () => {
    const { worker, log } = launch()
    const scan = worker.channel.call('page', null)
    const first = await scan.next()
    expect(first.done === false && (await sizeOf(first.value.bytes))).toBe(100_000)
    const second = await scan.next()
    const waiting = resultOf(worker.channel.call('deaf', null))
    const pid = pidOf(worker)
    process.kill(pid, 'SIGKILL')
    await expect(waiting).rejects.toMatchObject({ code: 'WORKER_LOST' })
    await expect(second.done === false && sizeOf(second.value.bytes)).rejects.toMatchObject({ code: 'WORKER_LOST' })
    await until(() => worker.status().state === 'running' && pidOf(worker) !== pid, 'the next process')
    expect(await resultOf(worker.channel.call('echo', 'again'))).toMatchObject({ params: 'again' })
    expect(log.lines.find(line => line.event === 'worker.lost')).toMatchObject({
      level: 'warn',
      fields: { worker: 'sim', pid, exit: { end: 'signalled', signal: 'SIGKILL' } },
    })
  })

  it('that refuses its configuration is tried again, more slowly each time', async () => {
    const { worker, log, pauses } = launch({ config: { refuse: 'no such module' } })
    await until(() => pauses.length >= 3, 'three attempts')
    expect(pauses.slice(0, 3)).toEqual([100, 200, 400])
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        event: 'worker.not-configured',
        fields: expect.objectContaining({ detail: 'no such module' }),
      }),
    )
    await worker.stop()
    await expect(resultOf(worker.channel.call('echo', null))).rejects.toMatchObject({ code: 'WORKER_LOST' })
    expect(worker.status()).toEqual({ state: 'stopped' })
  })

  it('may print what it likes: it reaches the log and not the frames', async () => {
    const { worker, log } = launch()
    expect(await resultOf(worker.channel.call('noise', null))).toBe(null)
    const printed = () => log.lines.filter(line => line.event === 'worker.printed').map(line => line.fields['line'])
    await until(() => printed().length === 2, 'two lines')
    expect(printed().sort()).toEqual(['a warning', 'library chatter'])
  })

  it('stops by itself when it is stopped, and its calls fail', async () => {
    const { worker, log } = launch()
    await resultOf(worker.channel.call('echo', null))
    const pid = pidOf(worker)
    const waiting = resultOf(worker.channel.call('echo', null)).then(() => resultOf(worker.channel.call('deaf', null)))
    const failed = expect(waiting).rejects.toMatchObject({ code: 'WORKER_LOST' })
    await worker.stop()
    await failed
    expect(isAlive(pid)).toBe(false)
    expect(log.lines.at(-1)).toMatchObject({ event: 'worker.stopped', fields: { exit: { end: 'exited', code: 0 } } })
    expect(await worker.channel.closed).toMatchObject({ code: 'WORKER_LOST' })
  })

  it('that hangs is killed when it is stopped', async () => {
    const { worker } = launch()
    await resultOf(worker.channel.call('echo', null))
    const pid = pidOf(worker)
    const stuck = expect(resultOf(worker.channel.call('stuck', null))).rejects.toMatchObject({ code: 'WORKER_LOST' })
    await worker.stop()
    await stuck
    expect(isAlive(pid)).toBe(false)
  })
})

describe('200 MB', () => {
  const bytes = 200 * megabyte
  /** A bare process takes some 70 MB; what is buffered on the way is a window and the chunks not yet collected. */
  const workerPeak = 160 * megabyte
  const growth = 64 * megabyte

  it('come out of a worker with flat memory on both sides', async () => {
    const { worker } = launch()
    const conversation = worker.channel.call('pour', bytes)
    const item = await conversation.next()
    if (item.done === true) throw new Error('nothing was poured')
    const resident = watchMemory()
    let received = 0
    for await (const piece of item.value.bytes) {
      received += piece.byteLength
      resident.look()
    }
    expect(received).toBe(bytes)
    expect(resident.growth()).toBeLessThan(growth)
    expect(Number((await conversation.next()).value)).toBeLessThan(workerPeak)
  })

  it('go into a worker with flat memory on both sides', async () => {
    const { worker } = launch()
    const resident = watchMemory()
    const input = piecesOf(bytes / 65_536, 65_536, resident.look)
    const answer = await resultOf(worker.channel.call('sink', null, { input }))
    expect(answer).toMatchObject({ bytes, peak: expect.any(Number) })
    expect((answer as { peak: number }).peak).toBeLessThan(workerPeak)
    expect(resident.growth()).toBeLessThan(growth)
  })
})

function watchMemory() {
  const before = process.memoryUsage.rss()
  let peak = before
  const look = () => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  return { look, growth: () => peak - before }
}

describe('a device that is killed', () => {
  it.each([
    ['SIGKILL', 'idle'],
    ['SIGKILL', 'stuck'],
    ['none', 'idle'],
  ])('leaves neither its worker nor what that started (death signal %s, worker %s)', async (deathSignal, state) => {
    const parent = new URL('sim/worker-parent.ts', import.meta.url).pathname
    const device = spawn(process.execPath, [parent, deathSignal, state], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void device.kill('SIGKILL'))
    const { value } = await lines(device.stdout).next()
    const pids = JSON.parse(String(value)) as { pid: number; child: number }
    expect([isAlive(pids.pid), isAlive(pids.child)]).toEqual([true, true])
    device.kill('SIGKILL')
    await until(() => !isAlive(pids.pid) && !isAlive(pids.child), 'worker and child gone', 5_000)
  })
})
