// The text reader in its worker: what a page says arrives as it was read, what no reader could have said is refused, and the
// work goes on behind everything else and ends with the worker.

import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../device/host.ts'
import type { PageText, TextReader } from '../device/ports.ts'
import { launchWorker } from '../drivers/worker/launch.ts'
import { remoteTextReader } from '../drivers/worker/remote-text.ts'
import { textHandlers } from '../drivers/worker/text-handlers.ts'
import { channelTo, isAlive, memoryLog, sizeOf, until } from './20.worker.setup.ts'
import { type PrintedPage, printPage, prose, streamOf } from './37.text.kit.ts'

const frame = { left: 0, top: 0, width: 100, height: 50 }
const view = {
  encoding: 'jpeg',
  width: 100,
  height: 50,
  straightenDegrees: 0,
  frame,
  turn: 0,
  resolution: 300,
} as const
const request = { ...view, languages: ['ca', 'es'] }
const bytes = () => streamOf(new Uint8Array(300_000))
const word = { text: 'Núria', left: 1, top: 2.5, width: 30, height: 12, confidence: 0.93 }
const line = { words: [word], size: 14.25, angleDegrees: 0, baseline: { y: 12, slope: -0.004 } } as const
const text: PageText = { width: 100, height: 50, lines: [line, { words: [word], size: 3, angleDegrees: 270 }] }

const served = async (reader: TextReader) => {
  const { channel } = await channelTo(Object.fromEntries(textHandlers(reader)))
  return remoteTextReader(channel)
}

describe('a remote text reader', () => {
  it('hands on the image and the request, and the text and the languages back', async () => {
    const asked: unknown[] = []
    const reader = await served({
      languages: async () => ['ca', 'it'],
      read: async (image, wanted) => {
        asked.push(wanted, await sizeOf(image))
        return text
      },
    })
    expect(await reader.languages()).toEqual(['ca', 'it'])
    expect(await reader.read(bytes(), request)).toEqual(text)
    expect(asked).toEqual([request, 300_000])
  })

  it('carries the text of a page that is full of words', async () => {
    const full = { ...text, lines: Array.from({ length: 300 }, () => ({ ...line, words: Array(30).fill(word) })) }
    const reader = await served({ languages: async () => [], read: async () => full })
    expect(await reader.read(bytes(), request)).toEqual(full)
  })

  it.each([
    ['no text', null],
    ['more than it should', { ...text, secret: 1 }],
    ['a line without words', { ...text, lines: [{ ...line, words: [] }] }],
    ['a word without text', { ...text, lines: [{ ...line, words: [{ ...word, text: '' }] }] }],
    ['a place that is no number', { ...text, lines: [{ ...line, words: [{ ...word, left: '1' }] }] }],
    ['an extent that none has', { ...text, lines: [{ ...line, words: [{ ...word, width: -1 }] }] }],
    ['an angle that none has', { ...text, lines: [{ ...line, angleDegrees: 45 }] }],
    ['a slope that none has', { ...text, lines: [{ ...line, baseline: { y: 1, slope: 7 } }] }],
  ])('cuts a worker off that says %s', async (_, said) => {
    const { channel } = await channelTo({
      read: async (_params, { emit }) => emit(null, streamOf(Buffer.from(JSON.stringify(said)))),
    })
    await expect(remoteTextReader(channel).read(bytes(), request)).rejects.toMatchObject({ code: 'FRAME_INVALID' })
    expect(await channel.closed).toMatchObject({ code: 'FRAME_INVALID', detail: expect.not.stringContaining('Núria') })
  })

  const once = JSON.stringify(text)
  it.each([
    ['without bytes', []],
    ['in two parts', [once, once]],
    ['that is no JSON', ['Núria']],
  ])('cuts a worker off that gives a text %s', async (_, parts) => {
    const { channel } = await channelTo({
      read: async (_params, { emit }) => {
        for (const part of parts) await emit(null, streamOf(Buffer.from(part)))
      },
    })
    await expect(remoteTextReader(channel).read(bytes(), request)).rejects.toMatchObject({
      code: 'FRAME_INVALID',
      detail: expect.not.stringContaining('Núria'),
    })
  })
})

describe('the text worker', () => {
  const launch = () => {
    const log = memoryLog()
    const worker = launchWorker({ name: 'text', entry: 'text.ts', config: {}, log, clock: systemClock })
    onTestFinished(() => worker.stop())
    const pid = () => {
      const status = worker.status()
      return status.state === 'running' ? status.pid : -1
    }
    return { reader: remoteTextReader(worker.channel), pid, log }
  }
  const read = (reader: TextReader, page: PrintedPage) =>
    reader.read(streamOf(page.jpeg), { ...page.view, languages: ['ca', 'es', 'en', 'fr', 'it'] })

  it('reads behind everything else, and what it runs ends with it', async () => {
    const { reader, pid, log } = launch()
    const page = await printPage({ text: prose.ca, resolution: 400 })
    expect(await reader.languages()).toEqual(['ca', 'es', 'en', 'fr', 'it'])
    const worker = pid()
    const cut = read(reader, page).catch((thrown: unknown) => thrown)
    let program: number | undefined
    await until(() => {
      program = childrenOf(worker).find(child => commandOf(child) === 'tesseract' && cpuTicksOf(child) > 2)
      return program !== undefined
    }, 'tesseract at work')
    expect([niceOf(worker), niceOf(program ?? -1)]).toEqual([19, 19])
    process.kill(worker, 'SIGKILL')
    expect(await cut).toMatchObject({ code: 'WORKER_LOST' })
    await until(() => !isAlive(program ?? -1), 'tesseract to be gone')
    await until(() => pid() > 0 && pid() !== worker, 'another worker')
    const words = (await read(reader, page)).lines.flatMap(one => one.words.map(each => each.text))
    expect(words.slice(0, 2)).toEqual(['En', 'relació'])
    expect(JSON.stringify(log.lines)).not.toContain('relació')
  })
})

function childrenOf(pid: number): readonly number[] {
  const all = readIfThere(`/proc/${pid}/task/${pid}/children`).trim()
  return all === '' ? [] : all.split(' ').map(Number)
}

const commandOf = (pid: number) => readIfThere(`/proc/${pid}/comm`).trim()
/** Fields of proc(5) behind the command's name, the state being the first. */
const statOf = (pid: number) => readIfThere(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? []
const niceOf = (pid: number) => Number(statOf(pid)[16])
const cpuTicksOf = (pid: number) => Number(statOf(pid)[11])

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && /^(ENOENT|ESRCH)$/.test(String(thrown.code))) return ''
    throw thrown
  }
}
