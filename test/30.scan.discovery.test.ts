// How eSCL scanners are found: on ipp-usb's loopback ports, through a real Avahi of one's own, and in its output as it was
// recorded. An announcement alone is never believed, and nothing but private addresses is asked.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parseBrowse, withIpv4 } from '../drivers/avahi.ts'
import { isLocalAddress } from '../drivers/local-devices.ts'
import { createDiscovery } from '../drivers/scanner/discovery.ts'
import { scannerOf } from '../drivers/scanner/discovery-avahi.ts'
import { createScanners } from '../drivers/scanner/scanners.ts'
import { type AvahiBench, openAvahi } from './30.avahi.kit.ts'
import { createImpatientClock, drawSheets, sheetSettings } from './30.scan.setup.ts'
import { take } from './contract/scanner.ts'
import { createLeapingClock } from './sim/clock.ts'
import { type EsclSimulator, startEsclSimulator } from './sim/escl.ts'
import type { DeviceDescription } from './sim/escl-documents.ts'
import type { SheetImage } from './sim/escl-sheets.ts'

const scannersIn = (output: string) => parseBrowse(output).flatMap(scannerOf)
const uuid = (last: number) => `5c4a4c57-0000-4000-8000-00000000000${last}`
const started: { stop(): Promise<void> }[] = []
let sheets: readonly SheetImage[]
let avahi: AvahiBench

beforeAll(async () => {
  sheets = await drawSheets(1)
  avahi = await openAvahi()
})
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop()
})
afterAll(() => avahi.stop())

async function start(device: DeviceDescription): Promise<EsclSimulator & { readonly port: number }> {
  const simulator = await startEsclSimulator({ sheets, device })
  started.push(simulator)
  return { ...simulator, port: Number(new URL(simulator.url).port) }
}

/** A web server on loopback that is no scanner. */
async function startWebServer(): Promise<number> {
  const server = createServer((_, response) => response.end('<html>hello</html>')).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  started.push({ stop: () => new Promise(resolve => server.close(() => resolve())) })
  return (server.address() as AddressInfo).port
}

const nowhere = { DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent' }

describe('on loopback', () => {
  test('every scanner is found, and what is none is not', async () => {
    const [one, two] = [
      await start({ uuid: uuid(1), serial: 'S1' }),
      await start({ uuid: uuid(2), makeAndModel: 'Other 2' }),
    ]
    const ports = [await startWebServer(), one.port, 9, two.port]
    const discovery = createDiscovery({ clock: createImpatientClock(), environment: nowhere, ports })
    expect(await discovery.all()).toEqual([
      {
        name: 'Compulsa Simulated Feeder 50',
        url: one.url,
        uuid: uuid(1),
        serial: 'S1',
        sources: ['adf', 'flatbed'],
        duplex: true,
      },
      expect.objectContaining({ name: 'Other 2', url: two.url, uuid: uuid(2), serial: 'SIM0001' }),
    ])
  })

  test.each([
    ['UUID', { uuid: `URN:UUID:${uuid(2).toUpperCase()}` }],
    ['serial number', { serial: ' sim2' }],
    ['name', { name: 'other  2' }],
    ['all of them', { uuid: uuid(2), serial: 'SIM2', name: 'Other 2' }],
  ])('a scanner is known by its %s, without any Avahi', async (_, identity) => {
    const one = await start({ uuid: uuid(1) })
    const two = await start({ uuid: uuid(2), serial: 'SIM2', makeAndModel: 'Other 2' })
    const scanner = createScanners({
      devices: [{ id: 'mine', driver: 'escl', ...identity }],
      scratchFolder: '/nonexistent',
      discovery: { environment: nowhere, ports: [one.port, two.port] },
    })
    expect(await scanner.list()).toMatchObject([{ id: 'mine', name: 'Other 2', state: 'ready' }])
    const { pages } = await take(scanner.scan('mine', sheetSettings, new AbortController().signal))
    expect(pages).toHaveLength(1)
    expect([one.stats().jobs, two.stats().jobs]).toEqual([0, 1])
  })

  test('a scanner that is not there is absent, and one of the wrong serial number is another', async () => {
    const one = await start({ uuid: uuid(1), serial: 'SIM1' })
    const scanner = createScanners({
      devices: [
        { id: 'gone', driver: 'escl', uuid: uuid(7) },
        { id: 'other', driver: 'escl', uuid: uuid(1), serial: 'SIM2' },
        { id: 'moved', driver: 'escl', url: one.url, uuid: uuid(7) },
      ],
      scratchFolder: '/nonexistent',
      discovery: { environment: nowhere, ports: [one.port] },
    })
    const absent = { state: 'absent', code: 'SCANNER_ABSENT' }
    expect(await scanner.list()).toMatchObject([absent, absent, absent])
    const { end } = await take(scanner.scan('moved', sheetSettings, new AbortController().signal))
    expect(end).toMatchObject({
      code: 'SCANNER_ABSENT',
      detail: expect.stringMatching('another scanner answers there'),
    })
    expect(one.stats().jobs).toBe(0)
  })

  test('configured scanners are not discovered again', async () => {
    const [one, two] = [await start({ uuid: uuid(1) }), await start({ uuid: uuid(2) })]
    const ports = [one.port, two.port]
    const discoverBeside = async (device: object) => {
      const devices = [{ id: 'mine', driver: 'escl' as const, ...device }]
      const discovery = { environment: nowhere, ports }
      const found = await createScanners({ devices, scratchFolder: '/nonexistent', discovery }).discover()
      return found.map(({ url }) => url)
    }
    expect(await discoverBeside({ uuid: uuid(1) })).toEqual([two.url])
    expect(await discoverBeside({ url: `${two.url}/` })).toEqual([one.url])
    expect(await discoverBeside({ serial: 'nobody' })).toEqual([one.url, two.url])
  })
})

describe('by a real Avahi', () => {
  const clock = createLeapingClock()
  const text = (last: number, ...more: readonly string[]) => ['rs=eSCL', `UUID=${uuid(last)}`, 'is=adf,platen', ...more]

  test('an announced scanner is found, scanned from, and found again where it has moved', async () => {
    const before = await start({ uuid: uuid(3) })
    const announced = await avahi.announce(
      'Feeder (USB)',
      '_uscan._tcp',
      before.port,
      text(3, 'ty=Feeder 50', 'duplex=T'),
    )
    const scanner = createScanners({
      devices: [{ id: 'mine', driver: 'escl', uuid: uuid(3) }],
      scratchFolder: '/nonexistent',
      discovery: { environment: avahi.environment, ports: [] },
      clock,
    })
    expect(await scanner.list()).toMatchObject([{ state: 'ready' }])
    await announced.withdraw()
    await before.stop()
    const after = await start({ uuid: uuid(3), makeAndModel: 'Renamed 51' })
    const again = await avahi.announce('Renamed', '_uscan._tcp', after.port, text(3))
    expect(await scanner.list()).toMatchObject([{ state: 'absent' }])
    clock.leap(10_000)
    expect(await scanner.list()).toMatchObject([{ state: 'ready', name: 'Renamed 51' }])
    const { pages } = await take(scanner.scan('mine', sheetSettings, new AbortController().signal))
    expect(pages).toHaveLength(1)
    await again.withdraw()
  })

  test('everything that is announced is discovered, each scanner once, plain before TLS', async () => {
    const odd = 'ty=ACME; Feeder "5" ñ\\'
    const announced = await Promise.all([
      avahi.announce('A', '_uscans._tcp', 60443, text(4, 'ty=Both')),
      avahi.announce('A', '_uscan._tcp', 60080, text(4, 'ty=Both', 'duplex=F')),
      avahi.announce('B; "b"', '_uscan._tcp', 60081, ['rs=/printer/eSCL/', 'is=adf', 'DUPLEX=T', odd]),
      avahi.announce('C', '_uscan._tcp', 60082, ['rs=../../ evil', 'ty=C']),
      avahi.announceHost('far.local', '203.0.113.5'),
      avahi.announce('D', '_uscan._tcp', 60083, ['rs=eSCL', 'ty=D'], 'far.local'),
      avahi.announceHost('near.local', '192.168.77.5'),
      avahi.announce('E', '_uscan._tcp', 60084, ['rs=eSCL', 'ty=E'], 'near.local'),
    ])
    const discovery = createDiscovery({ clock: createImpatientClock(), environment: avahi.environment, ports: [] })
    const found = await discovery.all()
    const shown = found.filter(({ url }) => /:600\d\d\//.test(url)).toSorted((a, b) => a.url.localeCompare(b.url))
    expect(shown).toEqual([
      { name: 'Both', url: 'http://127.0.0.1:60080/eSCL', uuid: uuid(4), sources: ['adf', 'flatbed'], duplex: false },
      { name: 'ACME; Feeder "5" ñ\\', url: 'http://127.0.0.1:60081/printer/eSCL', sources: ['adf'], duplex: true },
      // And not the one whose address is public.
      { name: 'E', url: 'http://192.168.77.5:60084/eSCL', sources: [], duplex: false },
    ])
    await Promise.all(announced.map(one => one.withdraw()))
  })

  test('a scanner that can only be reached by a TLS that nobody vouches for is not absent, but cannot be used', async () => {
    const plain = await start({ uuid: uuid(8) })
    const announced = await avahi.announce('TLS only', '_uscans._tcp', plain.port, text(8))
    const scanner = createScanners({
      devices: [{ id: 'mine', driver: 'escl', uuid: uuid(8) }],
      scratchFolder: '/nonexistent',
      discovery: { environment: avahi.environment, ports: [] },
    })
    expect(await scanner.list()).toMatchObject([{ state: 'fault', code: 'SCANNER_FAILED' }])
    await announced.withdraw()
  })

  test('a liar who announces somebody else’s UUID is asked who it is', async () => {
    const liar = await start({ uuid: uuid(6) })
    const announced = await avahi.announce('Liar', '_uscan._tcp', liar.port, text(5))
    const scanner = createScanners({
      devices: [{ id: 'mine', driver: 'escl', uuid: uuid(5) }],
      scratchFolder: '/nonexistent',
      discovery: { environment: avahi.environment, ports: [] },
    })
    expect(await scanner.list()).toMatchObject([{ state: 'absent' }])
    expect(liar.stats().requests).toBe(1)
    await announced.withdraw()
  })
})

describe('the output of avahi-browse', () => {
  const line = (address: string, records: string, service = '_uscan._tcp') =>
    `=;eth0;IPv4;HP\\032LaserJet\\059\\032\\195\\177\\032\\040USB\\041;${service};local;hp.local;${address};8080;${records}`

  test('gives what is resolved, in whatever words', () => {
    const output = [
      '+;lo;IPv4;A;_uscan._tcp;local',
      line('192.168.1.5', '"UUID=u" "rs=" "is=platen"'),
      'nonsense',
      '',
    ].join('\n')
    expect(scannersIn(output)).toEqual([])
    expect(scannersIn(line('192.168.1.5', '"UUID=u" "rs=eSCL" "is=platen"'))).toEqual([
      {
        url: 'http://192.168.1.5:8080/eSCL',
        host: 'hp.local',
        address: '192.168.1.5',
        name: 'HP LaserJet; ñ (USB)',
        uuid: 'u',
        sources: ['flatbed'],
        duplex: false,
      },
    ])
    expect(scannersIn(line('fd00::5', '', '_uscans._tcp'))).toMatchObject([{ url: 'https://[fd00::5]:8080/eSCL' }])
    expect(scannersIn(line('evil.example', '"rs=eSCL"'))).toEqual([])
    expect(scannersIn(line('10.0.0.1', '"rs=eSCL"').replace('hp.local', '--evil'))).toEqual([])
  })

  test('gives a scanner at an IPv6 address also at its IPv4 address, where it has one', () => {
    const found = parseBrowse(line('fe80::5', '"rs=eSCL"'))
    const urls = (resolved: string) =>
      withIpv4(found, resolved)
        .flatMap(scannerOf)
        .map(({ url, address }) => `${url} ${address}`)
    const [six] = ['http://[fe80::5]:8080/eSCL fe80::5']
    expect(urls('other.local\t10.0.0.9\nhp.local\t192.168.1.5\n')).toEqual([
      'http://192.168.1.5:8080/eSCL 192.168.1.5',
      six,
    ])
    expect(urls('')).toEqual([six])
    expect(urls('hp.local\tfe80::5')).toEqual([six])
  })

  test.each([
    ['127.0.0.1', true],
    ['192.168.1.5', true],
    ['10.1.2.3', true],
    ['172.31.0.1', true],
    ['169.254.10.10', true],
    ['::1', true],
    ['fd12::1', true],
    ['172.32.0.1', false],
    ['8.8.8.8', false],
    ['2001:db8::1', false],
    ['localhost', false],
  ])('%s is of the local network: %s', (address, is) => {
    expect(isLocalAddress(address)).toBe(is)
  })
})
