// The text reader over Tesseract: one run per page, from memory to memory, bounded in time, memory and output. The page
// goes in as pixels that were rendered here, so that none of Tesseract's many decoders meets foreign bytes, and it
// cannot take them for a list of files or addresses to open. What it says about itself goes nowhere: it may repeat words.

import { Fault } from '../../device/errors.ts'
import type { ByteStream, PageText, PageView, TextReader, TextReadRequest } from '../../device/ports.ts'
import { type RunResult, run } from '../exec.ts'
import { parseHocr } from './hocr.ts'

/** Debian's package and Tesseract's name are the same three letters of ISO 639-2. */
const tesseractLanguages: Readonly<Record<string, string>> = { ca: 'cat', es: 'spa', en: 'eng', fr: 'fra', it: 'ita' }

/** Many times what a page takes on a small machine while everything else goes before it. */
const defaultReadTimeoutMs = 180_000
const listTimeoutMs = 10_000
/** Half as much again as a coloured A3 sheet at the finest resolution needs; A4 at 300 ppi needs 200 MB. */
const defaultMaxDataBytes = 900_000_000
/** A page of nothing but words has some 300 KB. */
const maxHocrBytes = 16 << 20
/** Its models were trained on text as it is at 300 ppi; finer images take longer and are read no better. */
const finestResolution = 400

/** Renders a page as its reader sees it (drivers/imaging). */
export type RenderPage = (
  image: ByteStream,
  view: PageView & { readonly resolution: number; readonly finestResolution: number },
  signal?: AbortSignal,
) => Promise<{ readonly width: number; readonly height: number; readonly pnm: readonly Uint8Array[] }>

export interface TesseractOptions {
  readonly render: RenderPage
  /** Name or path of the program. */
  readonly program?: string
  readonly readTimeoutMs?: number
  readonly maxDataBytes?: number
}

/** Makes the text reader; it takes one page at a time, in the order in which they came. */
export function createTesseract(options: TesseractOptions): TextReader {
  const { render, program = 'tesseract', readTimeoutMs = defaultReadTimeoutMs } = options
  const { maxDataBytes = defaultMaxDataBytes } = options
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }
  const readOne = async (image: ByteStream, request: TextReadRequest, signal?: AbortSignal) => {
    signal?.throwIfAborted()
    const models = modelsFor(request.languages, await installedModels(program, signal))
    const page = await render(image, { ...request, finestResolution }, signal)
    const resolution = Math.round((request.resolution * page.width) / widthShown(request))
    const parameters = ['-l', models.join('+'), '--dpi', String(resolution), '--psm', '3']
    const result = await run(program, ['stdin', 'stdout', ...parameters, '-c', 'tessedit_create_hocr=1'], {
      input: page.pnm,
      maxOutputBytes: maxHocrBytes,
      maxDataBytes,
      timeoutMs: readTimeoutMs,
      killAfterMs: 0,
      // Its threads wait for each other actively; one process with one thread takes less time and leaves the rest alone.
      environment: { OMP_THREAD_LIMIT: '1' },
      ...(signal === undefined ? {} : { signal }),
    })
    return textOf(result, page)
  }
  return Object.freeze({
    languages: async (signal?: AbortSignal) => {
      const installed = await installedModels(program, signal)
      return Object.entries(tesseractLanguages).flatMap(([code, model]) => (installed.includes(model) ? [code] : []))
    },
    read: (image: ByteStream, request: TextReadRequest, signal?: AbortSignal) =>
      inTurn(() => readOne(image, request, signal)),
  })
}

/** Asked anew for each page, some milliseconds, so that what an operator installs counts at once. */
async function installedModels(program: string, signal?: AbortSignal): Promise<readonly string[]> {
  const { exit, stdout } = await run(program, ['--list-langs'], {
    timeoutMs: listTimeoutMs,
    killAfterMs: 0,
    ...(signal === undefined ? {} : { signal }),
  })
  if (exit.end === 'not-found') throw new Fault('TEXT_READER_ABSENT', 'tesseract is not installed (tesseract-ocr)')
  if (exit.end !== 'exited' || exit.code !== 0) throw new Fault('TEXT_READER_ABSENT', 'tesseract lists no languages')
  // The first line is a heading.
  return new TextDecoder().decode(stdout).split('\n').slice(1)
}

function modelsFor(languages: readonly string[], installed: readonly string[]): readonly string[] {
  const models = languages.map(language => {
    const model = Object.hasOwn(tesseractLanguages, language) ? tesseractLanguages[language] : undefined
    if (model === undefined) throw new Fault('TEXT_READER_ABSENT', `no model is known for the language ${language}`)
    if (!installed.includes(model)) {
      throw new Fault('TEXT_READER_ABSENT', `the language ${language} is not installed (tesseract-ocr-${model})`)
    }
    return model
  })
  if (models.length === 0) throw new Fault('TEXT_READER_ABSENT', 'no language was named')
  return [...new Set(models)]
}

/** Pixels of the stored image from left to right of what is shown. */
function widthShown({ frame, turn }: PageView): number {
  return turn === 90 || turn === 270 ? frame.height : frame.width
}

function textOf(result: RunResult, page: { readonly width: number; readonly height: number }): PageText {
  const { exit, stdout, stderr, truncated } = result
  if (truncated) throw new Fault('TEXT_UNREADABLE', `tesseract wrote more than ${maxHocrBytes} bytes`)
  switch (exit.end) {
    case 'not-found':
      throw new Fault('TEXT_READER_ABSENT', 'tesseract is not installed (tesseract-ocr)')
    case 'timeout':
      throw new Fault('TEXT_UNREADABLE', 'tesseract took too long')
    case 'signalled':
      throw new Fault('TEXT_UNREADABLE', `tesseract was ended by ${exit.signal}`)
    case 'exited':
      if (exit.code !== 0) throw new Fault('TEXT_UNREADABLE', `tesseract ended with ${exit.code}`)
      // Where its image library gets no memory, it goes on without the picture and finds no text.
      if (stderr.includes('malloc fail')) throw new Fault('TEXT_UNREADABLE', 'tesseract had too little memory')
      return parseHocr(new TextDecoder().decode(stdout), page)
  }
}
