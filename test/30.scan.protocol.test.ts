// The pure parts of the scanner drivers: the XML reader and its limits, eSCL documents with the oddities that real
// devices send, and the strictness of the simulator that the driver is tested against.

import { describe, expect, test } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { ScanSettings } from '../device/ports.ts'
import {
  decodeCapabilities,
  decodeStatus,
  encodeScanSettings,
  jobPathOf,
  planScan,
} from '../drivers/scanner/escl-protocol.ts'
import { imageStream, openImage } from '../drivers/scanner/image-stream.ts'
import { readXml, textOf } from '../drivers/scanner/xml.ts'
import { sheetSettings } from './30.scan.setup.ts'
import { capabilitiesXml, readTicket, statusXml } from './sim/escl-documents.ts'

describe('the XML reader', () => {
  test('reads elements, namespaces, text and the five entities', () => {
    const root = readXml(
      `\uFEFF<?xml version="1.0"?><!-- a --><a:r xmlns:a="urn:a" xmlns='urn:d'><b t="1">x &amp; &#233;<![CDATA[<y>]]></b><c/></a:r>`,
    )
    expect(root).toMatchObject({ name: 'r', namespace: 'urn:a' })
    expect(root.children.map(({ name, namespace, text }) => [name, namespace, text])).toEqual([
      ['b', 'urn:d', 'x & é<y>'],
      ['c', 'urn:d', ''],
    ])
  })

  test.each([
    ['a document type', '<!DOCTYPE r [<!ENTITY e "x">]><r>&e;</r>'],
    ['an entity of its own', '<r>&e;</r>'],
    ['a bare ampersand', '<r>a & b</r>'],
    ['a missing end', '<r><a></r>'],
    ['an open root', '<r><a></a>'],
    ['a wrong end', '<r></s>'],
    ['an end too many', '<r></r></r>'],
    ['two roots', '<r/><r/>'],
    ['text outside', '<r/>x'],
    ['nothing', ''],
    ['no XML', 'HTTP/1.1 200 OK'],
    ['an attribute without a value', '<r a></r>'],
    ['an unfinished tag', '<r'],
    ['deep nesting', '<r>'.repeat(200) + '</r>'.repeat(200)],
    ['many elements', `<r>${'<a/>'.repeat(30_000)}</r>`],
    ['a large document', `<r>${' '.repeat(2 * 1024 * 1024)}</r>`],
  ])('refuses %s', (_, document) => {
    expect(() => readXml(document)).toThrow(Fault)
    expect(() => readXml(document)).toThrow(/SCANNER_FAILED/)
  })

  test('gives up on a hostile document as fast as on a plain one', () => {
    const started = performance.now()
    for (const piece of ['<', '<!--', '<![CDATA[', '<a ', '&'])
      expect(() => readXml(`<r>${piece.repeat(100_000)}`)).toThrow(Fault)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

describe('ScannerStatus', () => {
  const status = (state: string, adf: string, jobs = '') =>
    decodeStatus(
      `<s:ScannerStatus xmlns:s="urn:s"><State>${state}</State><s:AdfState>${adf}</s:AdfState><s:Jobs>${jobs}</s:Jobs></s:ScannerStatus>`,
    )

  test.each([
    ['Idle', 'ScannerAdfLoaded', 'idle', 'loaded'],
    ['Idle', 'ScannedAdfLoaded', 'idle', 'loaded'],
    ['Idle', 'ScannerAdfEmpty', 'idle', 'empty'],
    ['Processing', 'ScannerAdfProcessing', 'processing', 'processing'],
    ['BusyWithScanJob', 'ScannerAdfMispick', 'processing', 'jam'],
    ['Stopped', 'ScannerAdfJam', 'stopped', 'jam'],
    ['Testing', 'ScannerAdfHatchOpen', 'testing', 'cover-open'],
    ['Down', 'ScannerAdfDoorOpen', 'down', 'cover-open'],
    ['Idle', 'ScannerAdfMultipickDetected', 'idle', 'double-feed'],
    ['Idle', 'ScannerAdfInputTrayFailed', 'idle', 'failed'],
    ['Sulking', 'ScannerAdfSinging', 'other', 'other'],
  ])('understands %s and %s', (state, adf, decodedState, decodedAdf) => {
    expect(status(state, adf)).toMatchObject({ state: decodedState, adf: decodedAdf })
  })

  test('may lack all that it may lack', () => {
    expect(decodeStatus('<x/>')).toEqual({ state: 'other', jobs: [] })
    expect(status('Idle', '', '<JobInfo><ImagesCompleted>soon</ImagesCompleted></JobInfo>')).toEqual({
      state: 'idle',
      jobs: [{ path: '', state: 'other' }],
    })
  })

  test('finds a job by the path of its address, whatever the host', () => {
    const job =
      '<JobInfo><JobUri>http://[fe80::1%25eth0]/eSCL/ScanJobs/7/</JobUri><JobState>Aborted</JobState></JobInfo>'
    expect(status('Idle', 'ScannerAdfLoaded', job).jobs).toEqual([{ path: '/eSCL/ScanJobs/7', state: 'aborted' }])
  })
})

describe('the Location of a job', () => {
  test.each([
    ['http://scanner.local:8080/eSCL/ScanJobs/1', '/eSCL/ScanJobs/1'],
    ['https://[fe80::1%25eth0]:443/eSCL/ScanJobs/a-b/', '/eSCL/ScanJobs/a-b'],
    ['/eSCL/ScanJobs/1', '/eSCL/ScanJobs/1'],
    ['//evil.example/eSCL/ScanJobs/1', '/evil.example/eSCL/ScanJobs/1'],
    [' ScanJobs/1 ', '/eSCL/ScanJobs/1'],
    ['http://scanner.local', undefined],
    ['', undefined],
    ['/eSCL/a b', undefined],
    ['/eSCL/a\r\nX: y', undefined],
  ])('%j is %j', (location, path) => {
    expect(jobPathOf(location, '/eSCL')).toBe(path)
  })
})

describe('planning', () => {
  const simulated = decodeCapabilities(capabilitiesXml('A & B'.replace('&', '&amp;')))
  const planned = (changes: Partial<ScanSettings>, capabilities = simulated) => {
    const planning = planScan(capabilities, { ...sheetSettings, ...changes })
    return 'plan' in planning ? planning.plan : planning.refused.code
  }
  const input = (extra: string) => `<x><MakeAndModel>M</MakeAndModel><Adf><AdfSimplexInputCaps>${extra}
<ColorModes><ColorMode>RGB24</ColorMode></ColorModes><DocumentFormat>image/jpeg</DocumentFormat></AdfSimplexInputCaps></Adf></x>`
  const range = `<ResolutionRange><XResolutionRange><Min>100</Min><Max>600</Max><Step>100</Step></XResolutionRange>
<YResolutionRange><Min>100</Min><Max>300</Max><Step>100</Step></YResolutionRange></ResolutionRange>`

  test('takes what the scanner offers', () => {
    expect(simulated.makeAndModel).toBe('A & B')
    expect(planned({})).toMatchObject({ source: 'adf', width: 2480, height: 3508, intent: 'Document', formatExt: true })
  })

  test('honours ranges of resolutions on both axes', () => {
    const ranged = decodeCapabilities(input(range))
    expect(planned({ resolution: 300 }, ranged)).toMatchObject({ resolution: 300, intent: undefined, formatExt: false })
    expect(planned({ resolution: 250 }, ranged)).toBe('SCAN_SETTING_REFUSED')
    expect(planned({ resolution: 400 }, ranged)).toBe('SCAN_SETTING_REFUSED')
  })

  test('gives way by three millimetres, and no more', () => {
    const short = decodeCapabilities(input(`${range}<MaxWidth>2480</MaxWidth><MaxHeight>3480</MaxHeight>`))
    expect(planned({ resolution: 300 }, short)).toMatchObject({ height: 3480 })
    const narrow = decodeCapabilities(input(`${range}<MaxWidth>2460</MaxWidth><MaxHeight>3508</MaxHeight>`))
    expect(planned({ resolution: 300 }, narrow)).toMatchObject({ width: 2460, height: 3508 })
    const shorter = decodeCapabilities(input(`${range}<MaxWidth>2480</MaxWidth><MaxHeight>3450</MaxHeight>`))
    expect(planned({ resolution: 300 }, shorter)).toBe('SCAN_SETTING_REFUSED')
  })

  test('refuses a source that is not there', () => {
    const feederOnly = decodeCapabilities(input(range))
    expect(planned({ source: 'flatbed', resolution: 300 }, feederOnly)).toBe('SCAN_SETTING_REFUSED')
    expect(planned({ duplex: true, resolution: 300 }, feederOnly)).toBe('SCAN_SETTING_REFUSED')
    expect(planned({}, decodeCapabilities('<x/>'))).toBe('SCAN_SETTING_REFUSED')
  })

  test('refuses a scanner without JPEG or without colours', () => {
    const pdfOnly = decodeCapabilities(input(range).replace('image/jpeg', 'application/pdf'))
    expect(planned({ resolution: 300 }, pdfOnly)).toBe('SCAN_SETTING_REFUSED')
    const oneBit = decodeCapabilities(input(range).replace('RGB24', 'BlackAndWhite1'))
    expect(planned({ resolution: 300 }, oneBit)).toBe('SCAN_SETTING_REFUSED')
  })

  test('writes a ticket whose order scanners accept', () => {
    const plan = planned({ duplex: true })
    if (typeof plan === 'string') throw new Error(plan)
    const ticket = readXml(encodeScanSettings(plan))
    expect(ticket.children.map(({ name }) => name)).toEqual([
      'Version',
      'Intent',
      'ScanRegions',
      'InputSource',
      'ColorMode',
      'DocumentFormat',
      'DocumentFormatExt',
      'XResolution',
      'YResolution',
      'Duplex',
    ])
    expect(textOf(ticket, 'ScanRegions', 'ScanRegion', 'Width')).toBe('2480')
  })
})

describe('the simulator reads tickets strictly', () => {
  const plan = planScan(decodeCapabilities(capabilitiesXml('M')), sheetSettings)
  const good = 'plan' in plan ? encodeScanSettings(plan.plan) : ''

  test('and accepts ours', () => {
    expect(readTicket(good)).toHaveProperty('ticket')
  })

  test.each([
    ['no XML', 400, (ticket: string) => ticket.slice(0, -5)],
    ['another root', 400, (ticket: string) => ticket.replaceAll('scan:ScanSettings', 'scan:Settings')],
    ['a wrong namespace', 400, (ticket: string) => ticket.replaceAll('pwg:InputSource', 'scan:InputSource')],
    ['an undeclared prefix', 400, (ticket: string) => ticket.replaceAll('scan:ColorMode', 'x:ColorMode')],
    ['a missing element', 400, (ticket: string) => ticket.replace(/<scan:XResolution>.*?<\/scan:XResolution>/, '')],
    [
      'another order',
      400,
      (ticket: string) => ticket.replace(/(<pwg:InputSource>.*?)(<scan:ColorMode>.*?)(<pwg:Doc)/, '$2$1$3'),
    ],
    ['an element twice', 400, (ticket: string) => ticket.replace(/(<scan:Duplex>.*?<\/scan:Duplex>)/, '$1$1')],
    ['unknown units', 400, (ticket: string) => ticket.replace('escl:Three', 'escl:Four')],
    ['a resolution that is not offered', 409, (ticket: string) => ticket.replaceAll('>200<', '>201<')],
    ['a colour mode that is not offered', 409, (ticket: string) => ticket.replace('RGB24', 'BlackAndWhite1')],
    ['an area that is too large', 409, (ticket: string) => ticket.replace('>3508<', '>9999<')],
    ['another format', 409, (ticket: string) => ticket.replaceAll('image/jpeg', 'application/pdf')],
    ['two sides on the platen', 409, (ticket: string) => ticket.replace('>Feeder<', '>Platen<')],
  ] as const)('refuses %s with %i', (_, status, spoil) => {
    expect(spoil(good)).not.toBe(good)
    expect(readTicket(spoil(good))).toMatchObject({ status })
  })

  test('and its own documents are understood', () => {
    const job = { path: '/eSCL/ScanJobs/1', state: 'Processing' as const, imagesCompleted: 4, ageSeconds: 1 }
    expect(decodeStatus(statusXml('Processing', 'ScannerAdfLoaded', [job]))).toEqual({
      state: 'processing',
      adf: 'loaded',
      jobs: [{ path: job.path, state: 'processing', imagesCompleted: 4 }],
    })
  })
})

describe('an image on its way', () => {
  const whole = Buffer.from('ffd8ffe000104a464946000101000001ffd9', 'hex')
  const stream = async function* (...chunks: readonly Uint8Array[]) {
    yield* chunks
  }
  const read = async (...chunks: readonly Uint8Array[]) => {
    const image = await openImage(stream(...chunks))
    const { stream: bytes, outcome } = imageStream(image)
    const parts: Uint8Array[] = []
    let thrown: unknown
    try {
      for await (const part of bytes) parts.push(part)
    } catch (error) {
      thrown = error
    }
    return { mediaType: image.mediaType, bytes: Buffer.concat(parts), thrown, outcome: outcome() }
  }

  test('arrives unchanged, in whatever pieces', async () => {
    const pieces = Array.from(whole, byte => Uint8Array.of(byte))
    expect(await read(...pieces)).toMatchObject({ mediaType: 'image/jpeg', bytes: whole, outcome: { state: 'whole' } })
  })

  test('may be padded behind its end', async () => {
    expect(await read(whole, Buffer.alloc(512))).toMatchObject({ outcome: { state: 'whole' } })
  })

  test.each([
    ['its end marker', whole.subarray(0, -2)],
    ['half of its end marker', whole.subarray(0, -1)],
  ])('breaks when it lacks %s', async (_, bytes) => {
    const { thrown, outcome } = await read(bytes)
    expect(thrown).toMatchObject({ code: 'SCANNER_UNPLUGGED' })
    expect(outcome.state).toBe('broken')
  })

  test('is told by its first bytes, not by its name', async () => {
    expect((await openImage(stream(Buffer.from('%PDF-1.7 and more')))).mediaType).toBeUndefined()
    expect((await openImage(stream())).head).toHaveLength(0)
    expect((await openImage(stream(Buffer.from('P5\n1 1\n255\n..')))).mediaType).toBe('image/x-portable-anymap')
  })
})
