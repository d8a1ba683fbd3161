// Sessions of real eSCL scanners, replayed in lockstep: the driver asks for exactly what was asked of the device, in that
// order, and understands what it answered. Where the facts are from: test/recordings/escl/README.md; the status before a
// job, which the recorded clients did not ask for, is what these makers' devices say when they are idle.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { ScanSettings } from '../device/ports.ts'
import { createScanners } from '../drivers/scanner/scanners.ts'
import { createImpatientClock, drawSheets, sheetSettings } from './30.scan.setup.ts'
import { take } from './contract/scanner.ts'
import { type Exchange, type Replay, replay } from './sim/escl-replay.ts'

const xml = { 'content-type': 'text/xml' }
let image: Uint8Array
let running: Replay | undefined

beforeAll(async () => {
  const [sheet] = await drawSheets(1)
  image = sheet?.front ?? new Uint8Array(0)
})
afterEach(async () => {
  await running?.stop()
  running = undefined
})

const capabilities = (model: string, headers: Readonly<Record<string, string>> = xml): Exchange => ({
  request: 'GET /eSCL/ScannerCapabilities',
  status: 200,
  headers,
  body: readFileSync(join(import.meta.dirname, `recordings/escl/${model}.xml`)),
})

interface JobRow {
  readonly uri: string
  readonly state: string
  readonly images: number
  readonly reason: string
  readonly age?: number
}

const status = (version: string, state: string, adf: string | undefined, jobs: readonly JobRow[] = []): Exchange => ({
  request: 'GET /eSCL/ScannerStatus',
  status: 200,
  headers: xml,
  body: `<?xml version="1.0" encoding="UTF-8"?>
<!-- THIS DATA SUBJECT TO DISCLAIMER(S) INCLUDED WITH THE PRODUCT OF ORIGIN. -->
<scan:ScannerStatus xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm">
<pwg:Version>${version}</pwg:Version><pwg:State>${state}</pwg:State>${adf === undefined ? '' : `<scan:AdfState>${adf}</scan:AdfState>`}
<scan:Jobs>${jobs.map(jobXml).join('')}</scan:Jobs></scan:ScannerStatus>`,
})

const jobXml = ({ uri, state, images, reason, age = 0 }: JobRow) => `<scan:JobInfo><pwg:JobUri>${uri}</pwg:JobUri>
<pwg:JobUuid>${uri.split('/').at(-1)}</pwg:JobUuid><scan:Age>${age}</scan:Age><pwg:ImagesCompleted>${images}</pwg:ImagesCompleted>
<pwg:ImagesToTransfer>0</pwg:ImagesToTransfer><pwg:JobState>${state}</pwg:JobState>
<pwg:JobStateReasons><pwg:JobStateReason>${reason}</pwg:JobStateReason></pwg:JobStateReasons></scan:JobInfo>`

async function scanOf(exchanges: readonly Exchange[], changes: Partial<ScanSettings>) {
  running = await replay(exchanges)
  const scanner = createScanners({
    devices: [{ id: 'recorded', driver: 'escl', url: running.url }],
    scratchFolder: '/nonexistent',
    clock: createImpatientClock(),
  })
  const settings = { ...sheetSettings, resolution: 300, ...changes }
  const { pages, end } = await take(scanner.scan('recorded', settings, new AbortController().signal))
  expect(running.differences()).toEqual([])
  expect(pages.every(({ bytes }) => Buffer.compare(bytes, image) === 0)).toBe(true)
  return { pages: pages.length, end }
}

test('Kyocera ECOSYS M2040dn, platen: jobs are URNs, pages come chunked, every answer offers another protocol', async () => {
  const km = { upgrade: 'TLS/1.0', 'accept-encoding': 'identity', server: 'KM-MFP-http/V0.0.1' }
  const job = '/eSCL/ScanJobs/urn:uuid:00000000-00a0-008f-00b6-0055c940a421'
  const session: readonly Exchange[] = [
    capabilities('kyocera-ecosys-m2040dn', { ...km, ...xml }),
    status('2.62', 'Idle', 'ScannerAdfProcessing'),
    {
      request: 'POST /eSCL/ScanJobs',
      says: ['<pwg:InputSource>Platen</pwg:InputSource>', '<scan:ColorMode>RGB24</scan:ColorMode>'],
      status: 201,
      headers: { ...km, 'content-length': '0', location: `http://192.168.1.102:9095${job}` },
    },
    {
      request: `GET ${job}/NextDocument`,
      status: 200,
      headers: {
        ...km,
        'content-type': 'image/jpeg',
        'transfer-encoding': 'chunked',
        'content-location': `${job}/doc`,
        'accept-ranges': 'bytes',
      },
      body: image,
    },
    { request: `DELETE ${job}`, status: 200, headers: { ...km, 'content-length': '0' } },
  ]
  expect(await scanOf(session, { source: 'flatbed' })).toEqual({ pages: 1, end: { end: 'empty' } })
})

test('Canon D570, platen: the job cannot be deleted, since the scanner wants TLS for that alone', async () => {
  const job = '/eSCL/ScanJobs/375f7b68-2da0-11ea-8a39-000000000000'
  const session: readonly Exchange[] = [
    capabilities('canon-d570'),
    status('2.62', 'Idle', undefined),
    {
      request: 'POST /eSCL/ScanJobs',
      says: ['<scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt>', '<scan:XResolution>300</scan:XResolution>'],
      status: 201,
      headers: { location: `http://192.168.0.4${job}`, 'content-length': '0' },
    },
    { request: `GET ${job}/NextDocument`, status: 200, headers: { 'content-type': 'image/jpeg' }, body: image },
    { request: `DELETE ${job}`, status: 301, headers: { location: `https://192.168.0.4:443${job}` } },
  ]
  expect(await scanOf(session, { source: 'flatbed' })).toEqual({ pages: 1, end: { end: 'empty' } })
})

test('HP, platen: the page is late, and the feeder is empty all the while', async () => {
  const job = '/eSCL/ScanJobs/1'
  const busy = { uri: job, state: 'Processing', images: 0, reason: 'JobScanning' }
  const session: readonly Exchange[] = [
    capabilities('hp-scanjet-pro-4500-fn1'),
    status('2.5', 'Idle', 'ScannerAdfEmpty'),
    { request: 'POST /eSCL/ScanJobs', status: 201, headers: { location: `http://localhost:8080${job}` } },
    { request: `GET ${job}/NextDocument`, status: 503 },
    status('2.5', 'Processing', 'ScannerAdfEmpty', [busy]),
    { request: `GET ${job}/NextDocument`, status: 200, headers: { 'content-type': 'image/jpeg' }, body: image },
    { request: `DELETE ${job}`, status: 200 },
  ]
  expect(await scanOf(session, { source: 'flatbed' })).toEqual({ pages: 1, end: { end: 'empty' } })
})

test('HP Smart Tank Plus 570, feeder: older jobs stand in the status beside this one', async () => {
  const job = '/eSCL/ScanJobs/f6f17dc4-0000-4000-8000-000000000000'
  const done = (uri: string, images: number, age: number) => ({
    uri,
    state: 'Completed',
    images,
    age,
    reason: 'JobCompletedSuccessfully',
  })
  const old = done('/eSCL/ScanJobs/4079bb49-0000-4000-8000-000000000000', 2, 4_725_710)
  const session: readonly Exchange[] = [
    capabilities('hp-smart-tank-plus-570'),
    status('2.63', 'Idle', 'ScannerAdfLoaded', [old]),
    {
      request: 'POST /eSCL/ScanJobs',
      says: ['<pwg:InputSource>Feeder</pwg:InputSource>', '<scan:Duplex>false</scan:Duplex>'],
      status: 201,
      headers: { location: job },
    },
    { request: `GET ${job}/NextDocument`, status: 200, headers: { 'content-type': 'image/jpeg' }, body: image },
    { request: `GET ${job}/NextDocument`, status: 404 },
    status('2.63', 'Idle', 'ScannerAdfEmpty', [done(job, 1, 3), old]),
    { request: `DELETE ${job}`, status: 200 },
  ]
  expect(await scanOf(session, {})).toEqual({ pages: 1, end: { end: 'empty', imagesCompleted: 1 } })
})
