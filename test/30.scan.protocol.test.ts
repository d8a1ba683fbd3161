// The pure parts of the scanner drivers: the XML reader and its limits, eSCL documents with the oddities that real
// devices send, and the strictness of the simulator that the driver is tested against.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Fault } from '../device/errors.ts'
import { decodeCapabilities } from '../drivers/scanner/escl-capabilities.ts'
import { encodeScanSettings, planScan } from '../drivers/scanner/escl-settings.ts'
import { decodeStatus, jobPathOf } from '../drivers/scanner/escl-status.ts'
import { imageStream, openImage } from '../drivers/scanner/image-stream.ts'
import { readXml } from '../drivers/scanner/xml.ts'
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
    expect(decodeStatus('<ScannerStatus/>')).toEqual({ state: 'other', jobs: [] })
    expect(status('Idle', '', '<JobInfo><ImagesCompleted>soon</ImagesCompleted></JobInfo>')).toEqual({
      state: 'idle',
      jobs: [{ path: '', state: 'other', reasons: [] }],
    })
  })

  test('finds a job by the path of its address, whatever the host', () => {
    const job =
      '<JobInfo><JobUri>http://[fe80::1%25eth0]/eSCL/ScanJobs/7/</JobUri><JobState>Aborted</JobState></JobInfo>'
    expect(status('Idle', 'ScannerAdfLoaded', job).jobs).toEqual([
      { path: '/eSCL/ScanJobs/7', state: 'aborted', reasons: [] },
    ])
  })
})

describe('the Location of a job', () => {
  test.each([
    ['http://scanner.local:8080/eSCL/ScanJobs/1', '/eSCL/ScanJobs/1'],
    ['https://[fe80::1%25eth0]:443/eSCL/ScanJobs/a-b/', '/eSCL/ScanJobs/a-b'],
    ['http://fe80::21d:b3ff:fe12:1%2/eSCL/ScanJobs/1', '/eSCL/ScanJobs/1'],
    ['http://192.168.1.2:9095/eSCL/ScanJobs/urn:uuid:4509a320-00a0', '/eSCL/ScanJobs/urn:uuid:4509a320-00a0'],
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

describe('the simulator reads tickets strictly', () => {
  const plan = planScan(decodeCapabilities(capabilitiesXml()), sheetSettings)
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
      jobs: [{ path: job.path, state: 'processing', imagesCompleted: 4, reasons: [] }],
    })
  })
})

describe('documents of real scanners, damaged by chance', () => {
  const folder = join(import.meta.dirname, 'recordings/escl')
  const files = readdirSync(folder).filter(name => name.endsWith('.xml'))
  const status = statusXml('Idle', 'ScannerAdfLoaded', [])
  const readings: readonly (readonly [string, string, (document: Uint8Array) => unknown])[] = [
    ...files.map(name => [name, readFileSync(join(folder, name), 'utf8'), planFrom] as const),
    ['a status', status, decodeStatus],
  ]

  function planFrom(document: Uint8Array): unknown {
    const capabilities = decodeCapabilities(document)
    return [200, 300].map(resolution => planScan(capabilities, { ...sheetSettings, resolution }))
  }

  test.each(readings)('%s is understood or refused, and nothing else', (_, document, read) => {
    const chance = lottery(20261127)
    for (let round = 0; round < 60; round += 1) {
      const damaged = damage(document, chance)
      try {
        read(Buffer.from(damaged))
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault)
        expect(thrown).toMatchObject({ code: 'SCANNER_FAILED' })
      }
    }
  })

  /** Whole numbers below `limit`, the same ones in every run. */
  function lottery(seed: number): (limit: number) => number {
    let state = seed
    return limit => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * limit)
    }
  }

  /** Elements dropped, doubled and emptied, numbers and characters changed. */
  function damage(document: string, chance: (limit: number) => number): string {
    const lines = document.split(/(?<=>)(?=<)|\n/)
    for (let i = 0; i < 1 + chance(6); i += 1) {
      const at = chance(lines.length)
      const line = lines[at] ?? ''
      const odd = [
        '',
        `${line}${line}`,
        line.replace(/\d+/, '-99999999999999'),
        line.replace(/\d+/, '0'),
        '<scan:X/>',
        '\u0000',
      ]
      lines[at] = odd[chance(odd.length)] ?? ''
    }
    return lines.join('\n')
  }
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
