// eSCL servers that lie, stall, redirect or never end: every request is betrayed in every way, and each time the scan ends
// soon, with a fault that names the page, in bounded memory, with the pages before it whole, and nobody else is called.

import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type EsclLimits, esclLimits } from '../drivers/scanner/escl-client.ts'
import { createScanners } from '../drivers/scanner/scanners.ts'
import { createImpatientClock, drawSheets, sheetSettings } from './30.scan.setup.ts'
import { take } from './contract/scanner.ts'
import * as tricks from './sim/escl-hostile.ts'

const limits: EsclLimits = {
  ...esclLimits,
  connectTimeoutMs: 1_000,
  documentIdleTimeoutMs: 500,
  documentDeadlineMs: 2_000,
  metadataDeadlineMs: 600,
  cleanUpDeadlineMs: 400,
  maxMetadataBytes: 256 * 1024,
  maxImageBytes: 4 * 1024 * 1024,
}
/** All waits of one betrayed scan together, and a slow machine. */
const patienceMs = 5_000
const largestGrowth = 96 * 1024 * 1024

let image: Uint8Array
let bystander: tricks.HostileServer
const servers: tricks.HostileServer[] = []

beforeAll(async () => {
  const [sheet] = await drawSheets(1)
  image = sheet?.front ?? new Uint8Array(0)
  bystander = await tricks.startHostileServer({ at: 'ScanJobs', from: 1, trick: tricks.silent, image })
  return () => bystander.stop()
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
  expect(bystander.requests()).toEqual([])
})

/** A scan from a server that betrays that request, and how long it took. */
async function betrayed(at: tricks.Betrayed, from: number, trick: tricks.Trick, maxImages = 50) {
  const server = await tricks.startHostileServer({ at, from, trick, image })
  servers.push(server)
  const scanner = createScanners({
    devices: [{ id: 'feeder', driver: 'escl', url: server.url }],
    scratchFolder: '/nonexistent',
    clock: createImpatientClock(),
    esclLimits: limits,
  })
  const before = process.memoryUsage().rss
  const started = performance.now()
  const settings = { ...sheetSettings, maxImages }
  const taken = await take(scanner.scan('feeder', settings, new AbortController().signal))
  expect(performance.now() - started).toBeLessThan(patienceMs)
  expect(process.memoryUsage().rss - before).toBeLessThan(largestGrowth)
  return { ...taken, server, list: () => scanner.list() }
}

const start = () => image.subarray(0, 1000)
const elsewhere = () => `http://${bystander.host}/eSCL/ScannerCapabilities`

describe('documents about the scanner that are', () => {
  const documents: readonly (readonly [string, () => tricks.Trick, string])[] = [
    ['an HTML page', () => tricks.html, 'SCANNER_FAILED'],
    ['an XHTML page', () => tricks.xhtml, 'SCANNER_FAILED'],
    ['empty', () => tricks.empty, 'SCANNER_FAILED'],
    ['an entity bomb', () => tricks.entityBomb, 'SCANNER_FAILED'],
    ['huge', () => tricks.hugeXml, 'SCANNER_FAILED'],
    ['endless', () => tricks.endless(Buffer.from('<ScannerStatus>')), 'SCANNER_FAILED'],
    ['endless in their head', () => tricks.endlessHeaders, 'SCANNER_FAILED'],
    ['compressed against all agreement', () => tricks.gzipped('<ScannerStatus/>'), 'SCANNER_FAILED'],
    ['chunked into junk', () => tricks.chunkedJunk, 'SCANNER_ABSENT'],
    ['no HTTP', () => tricks.notHttp, 'SCANNER_FAILED'],
    ['elsewhere', () => tricks.redirect(elsewhere()), 'SCANNER_FAILED'],
    ['an error', () => tricks.serverError, 'SCANNER_FAILED'],
    ['shorter than announced', () => tricks.endsEarly(Buffer.from('<ScannerStatus/>')), 'SCANNER_ABSENT'],
    ['never sent', () => tricks.silent, 'SCANNER_ABSENT'],
    ['never finished', () => tricks.stalls(Buffer.from('<ScannerStatus></ScannerStatus>')), 'SCANNER_ABSENT'],
  ]

  test.each(documents)('%s end a scan before it begins, and the list shows it', async (_, trick, code) => {
    for (const at of ['ScannerCapabilities', 'ScannerStatus'] as const) {
      const { pages, end, list, server } = await betrayed(at, 1, trick())
      expect([pages, end]).toMatchObject([[], { end: 'fault', code }])
      if (at === 'ScannerCapabilities')
        expect(await list()).toMatchObject([{ code, state: code === 'SCANNER_ABSENT' ? 'absent' : 'fault' }])
      expect(server.requests().some(line => line.startsWith('POST'))).toBe(false)
    }
  })

  test('endless are given up at their bound, not at the end of patience', async () => {
    const { end } = await betrayed('ScannerCapabilities', 1, tricks.endless(Buffer.from('<ScannerCapabilities>')))
    expect(end).toMatchObject({ detail: expect.stringMatching(`answer over ${limits.maxMetadataBytes} bytes`) })
  })

  test.each(documents)('%s in the middle of a scan end it with its pages', async (_, trick) => {
    const server = await betrayedStatus(trick())
    expect(server.pages.map(({ number }) => number)).toEqual([1])
    expect(server.end).toMatchObject({ end: 'fault', detail: expect.stringMatching(/^page 2: /) })
    expect(server.server.requests().at(-1)).toMatch(/^DELETE /)
  })

  /** The second page is late, so that the status is asked for. */
  async function betrayedStatus(trick: tricks.Trick) {
    const second = tricks.send('503 Service Unavailable', '')
    const server = await tricks.startHostileServer({ at: 'NextDocument', from: 2, trick: second, image })
    servers.push(server)
    const scanner = createScanners({
      devices: [{ id: 'feeder', driver: 'escl', url: server.url }],
      scratchFolder: '/nonexistent',
      clock: createImpatientClock(),
      esclLimits: limits,
    })
    server.alsoBetray({ at: 'ScannerStatus', from: 2, trick })
    return { ...(await take(scanner.scan('feeder', sheetSettings, new AbortController().signal))), server }
  }
})

describe('a job that is answered with', () => {
  test.each([
    ['a redirect', () => tricks.temporaryRedirect(elsewhere()), 'SCANNER_FAILED'],
    ['an error', () => tricks.serverError, 'SCANNER_FAILED'],
    ['a page', () => tricks.html, 'SCANNER_FAILED'],
    ['junk', () => tricks.notHttp, 'SCANNER_FAILED'],
    ['headers without end', () => tricks.endlessHeaders, 'SCANNER_FAILED'],
    ['a Location that is none', () => tricks.send('201 Created', '', 'Location: http://x'), 'SCANNER_FAILED'],
    ['a Location of spaces', () => tricks.send('201 Created', '', 'Location: /eSCL/a b c'), 'SCANNER_FAILED'],
    ['nothing', () => tricks.silent, 'SCANNER_ABSENT'],
  ] as const)('%s is no job', async (_, trick, code) => {
    const { pages, end } = await betrayed('ScanJobs', 1, trick())
    expect([pages, end]).toMatchObject([[], { end: 'fault', code }])
  })

  test('a Location on another host is asked for at the scanner’s own', async () => {
    const moved = tricks.send('201 Created', '', `Location: http://${bystander.host}/eSCL/ScanJobs/1`)
    const { pages, end } = await betrayed('ScanJobs', 1, moved, 2)
    expect([pages.length, end]).toEqual([2, { end: 'limit' }])
  })
})

describe('a second page that', () => {
  test.each([
    ['is an HTML page', () => tricks.html, 'SCANNER_FAILED', 'something that is no image'],
    ['is empty', () => tricks.empty, 'SCANNER_FAILED', 'an empty page'],
    ['is compressed', () => tricks.gzipped(image), 'SCANNER_FAILED', 'something that is no image'],
    ['is chunked junk', () => tricks.chunkedJunk, 'SCANNER_FAILED', ''],
    ['is no HTTP', () => tricks.notHttp, 'SCANNER_FAILED', ''],
    ['is elsewhere', () => tricks.redirect(elsewhere()), 'SCANNER_FAILED', 'the scanner answered 302'],
    ['is an error', () => tricks.serverError, 'SCANNER_FAILED', 'the scanner answered 500'],
    ['has headers without end', () => tricks.endlessHeaders, 'SCANNER_FAILED', ''],
    ['never comes', () => tricks.silent, 'SCANNER_TIMEOUT', ''],
    ['stalls', () => tricks.stalls(image), 'SCANNER_TIMEOUT', 'nothing received'],
    ['never ends', () => tricks.endless(start()), 'SCANNER_FAILED', 'answer over'],
    ['ends before what it announces', () => tricks.endsEarly(image), 'SCANNER_UNPLUGGED', ''],
    ['announces less than it has', () => tricks.announcesLess(image), 'SCANNER_UNPLUGGED', 'ended within a page'],
  ] as const)('%s ends the scan and leaves the first', async (_, trick, code, detail) => {
    const { pages, end, server } = await betrayed('NextDocument', 2, trick())
    expect(pages.map(({ bytes }) => Buffer.compare(bytes, image))).toEqual([0])
    expect(end).toMatchObject({ end: 'fault', code, detail: expect.stringMatching(new RegExp(`^page 2: .*${detail}`)) })
    expect(server.requests().at(-1)).toMatch(/^DELETE \/eSCL\/ScanJobs\/1 /)
  })
})

test('pages without end are taken up to a bound, one at a time', async () => {
  const maxImages = 1_000
  const server = await tricks.startHostileServer({ at: 'ScanJobs', from: 99, trick: tricks.silent, image })
  servers.push(server)
  const scanner = createScanners({
    devices: [{ id: 'feeder', driver: 'escl', url: server.url }],
    scratchFolder: '/nonexistent',
    esclLimits: { ...esclLimits, maxImages },
  })
  const before = process.memoryUsage().rss
  let pages = 0
  const scan = scanner.scan('feeder', sheetSettings, new AbortController().signal)
  let next = await scan.next()
  for (; next.done !== true; next = await scan.next()) {
    for await (const chunk of next.value.image) pages += chunk.length > 0 ? 0 : 1
    pages += 1
  }
  expect([pages, next.value]).toMatchObject([
    maxImages,
    { code: 'SCANNER_FAILED', detail: expect.stringMatching(`${maxImages} images`) },
  ])
  // The collector comes when it comes; all of them would be more than twice as much.
  expect(process.memoryUsage().rss - before).toBeLessThan((maxImages * image.length) / 2)
})

test('ten thousand images are the bound', () => {
  expect(esclLimits.maxImages).toBe(10_000)
})
