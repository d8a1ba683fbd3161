// A back office is away for so long that it is left alone: whoever looks after the kiosk sees that from afar and on the screen,
// has it asked again with one touch when it is back, and what waited goes at once. And what a monitor is told meanwhile.

import { execFile } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Health } from '../device/health.ts'
import { program, type Run } from './cli.kit.ts'
import { statusOf } from './extend.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { coverOpen } from './sim/escl-presets.ts'
import { approve, feed, open, procedure, slips } from './walk.kit.ts'

const hourMs = 3_600_000

let kiosk: Kiosk
let host: string
beforeAll(async () => {
  kiosk = await startKiosk({ sheets: await slips(1), config: { procedures: [procedure('none')] } })
  host = new URL(kiosk.site.receiver.url).host
  await kiosk.site.receiver.set({ preset: 'offline' })
  await open(kiosk, 'copy-none')
  await feed(kiosk)
  await approve(kiosk)
  await kiosk.screen.until(view => view.queue.waiting === 1, 'the copy waits')
  await kiosk.screen.post('/screen/copy/leave')
})
afterAll(() => kiosk.stop())

async function health(): Promise<{ readonly status: number; readonly body: Health }> {
  // A monitor's answer may be a second old.
  kiosk.clock.leap(2_000)
  const answer = await kiosk.screen.get('/health')
  return { status: answer.status, body: (await answer.json()) as Health }
}

function compulsa(...words: string[]): Promise<Run> {
  const { configFile, dataFolder } = kiosk.site
  const args = [program, ...words, '--config', configFile, '--data', dataFolder]
  return new Promise(resolve => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

describe('a back office that is away', () => {
  it('is left alone after a few attempts, and a monitor is told without a word of any copy', async () => {
    await expect
      .poll(
        async () => {
          kiosk.clock.leap(hourMs)
          return (await statusOf(kiosk)).pausedHosts
        },
        { timeout: 20_000, interval: 100 },
      )
      .toMatchObject([{ service: 'delivery', host, ids: ['archive'], code: 'DESTINATION_UNREACHABLE' }])
    const { status, body } = await health()
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'warning',
      kiosk: 'simulated-kiosk',
      scanners: [{ id: 'feeder', state: 'ready' }],
      card: { state: 'present', code: null },
      documents: { delivering: 1, done: 0 },
      stopped: 0,
      oldestWaiting: { stage: 'delivering', at: expect.any(String) },
      pausedHosts: [{ host, since: expect.any(String), until: expect.any(String) }],
      destinations: [{ id: 'archive', host, lastDelivered: null }],
      disk: { reserveHeld: true },
    })
    expect(body.reasons).toContainEqual(
      expect.objectContaining({ check: 'host', severity: 'warning', code: 'DESTINATION_UNREACHABLE' }),
    )
    expect(body.uptimeSeconds).toBeGreaterThan(3_600)
    expect(body.oldestWaiting?.ageSeconds).toBeGreaterThan(3_600)
    expect(JSON.stringify(body)).not.toMatch(/Núria|Sample card|token|pin"|reference/i)
  })

  it('is told by the command line, in words', async () => {
    const [told, status, listed, other, wrong] = await Promise.all([
      compulsa('health'),
      compulsa('status'),
      compulsa('queue', 'list'),
      compulsa('queue', 'retry', '--host', 'nobody.example:443'),
      compulsa('queue', 'hold', '--host', host),
    ])
    expect(told).toMatchObject({ code: 0, stderr: '' })
    expect(told.stdout).toContain(`to archive (${host}): last delivered never`)
    for (const { stdout } of [told, status, listed]) {
      expect(stdout).toMatch(
        new RegExp(
          `left alone: ${host} \\(delivery to archive\\) since .*, asked again at .*DESTINATION_UNREACHABLE: Check`,
        ),
      )
    }
    expect(other).toMatchObject({ code: 1, stderr: expect.stringMatching(/^NOT_FOUND: nobody.example:443/) })
    expect(wrong.code).toBe(2)
  })

  it('is on the maintenance screen, and asked there at once: what waited arrives without waiting', async () => {
    expect(await kiosk.screen.post('/screen/maintenance/ask', { host })).toMatchObject({ status: 409 })
    await kiosk.screen.post('/screen/maintenance/open')
    const { maintenance } = await kiosk.screen.until(view => view.maintenance !== undefined, 'the screen')
    expect(maintenance?.pauses).toMatchObject([{ service: 'delivery', host, code: 'DESTINATION_UNREACHABLE' }])
    const attempts = kiosk.site.receiver.attempts()
    await kiosk.site.receiver.set({ preset: 'honest' })
    expect(await kiosk.screen.post('/screen/maintenance/ask', { host: 'x:1' })).toMatchObject({ status: 404 })
    expect(await kiosk.screen.post('/screen/maintenance/ask', { host })).toMatchObject({ status: 204 })
    await kiosk.screen.until(view => view.maintenance?.pauses.length === 0, 'no pause')
    await expect.poll(() => kiosk.site.receiver.received().length).toBe(1)
    expect(kiosk.site.receiver.attempts()).toBe(attempts + 1)
    await kiosk.screen.post('/screen/maintenance/close')
    const { body } = await health()
    expect(body).toMatchObject({ pausedHosts: [], oldestWaiting: null, documents: { delivering: 0, done: 1 } })
    expect(body.destinations[0]?.lastDelivered).toMatch(/^\d{4}-/)
  })
})

describe('a kiosk that cannot serve', () => {
  it('says so by its status, by its reasons and by the exit code', async () => {
    kiosk.site.scanner.set(coverOpen)
    await expect.poll(async () => (await health()).status, { timeout: 20_000 }).toBe(503)
    const { body } = await health()
    expect(body.status).toBe('failing')
    expect(body.reasons).toContainEqual(
      expect.objectContaining({ check: 'scanner', severity: 'failing', code: 'SCANNER_COVER_OPEN' }),
    )
    const told = await compulsa('health', '--json')
    expect(told).toMatchObject({ code: 1, stderr: expect.stringMatching(/^HEALTH: scanner: /) })
    expect(JSON.parse(told.stdout)).toMatchObject({ status: 'failing' })
  })
})
