// `compulsa devices` on the command line: configured scanners with their states, and behind them what ipp-usb's ports serve
// besides, with the words that go into the configuration.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine } from './cli.kit.ts'
import { onIppUsbPort } from './ipp-usb.kit.ts'
import type { EsclSimulator } from './sim/escl.ts'

const line = commandLine()
// Of this run alone: the ports of ipp-usb are the machine's, and another run may be on them.
const uuid = randomUUID()
let plugged: EsclSimulator

beforeAll(async () => {
  plugged = await onIppUsbPort({ sheets: [], device: { uuid, makeAndModel: 'USB Feeder 7' } })
})
afterAll(() => plugged.stop())

describe('devices', () => {
  it('shows configured scanners first, then what is found besides', async () => {
    const { code, stdout } = await line.compulsa('devices', ...line.configured())
    expect(code).toBe(0)
    const lines = stdout.split('\n').filter(text => text.startsWith('scanner'))
    expect(lines[0]).toMatch(/^scanner feeder: Compulsa Simulated Feeder 50, ready/)
    expect(lines).toContain(`scanner found, not configured: USB Feeder 7, "uuid": "${uuid}", ${plugged.url}`)
    expect(lines.filter(text => text.includes(line.site.scanner.url))).toEqual([])
  })

  it('gives both as JSON', async () => {
    const { stdout } = await line.compulsa('devices', ...line.configured(), '--json')
    const answer = JSON.parse(stdout)
    expect(answer.scanners).toMatchObject([{ id: 'feeder', state: 'ready' }])
    expect(answer.discovered).toContainEqual({
      name: 'USB Feeder 7',
      url: plugged.url,
      uuid,
      serial: 'SIM0001',
      sources: ['adf', 'flatbed'],
      duplex: true,
    })
  })
})
