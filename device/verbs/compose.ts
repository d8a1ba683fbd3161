// `compulsa compose`: image files into a PDF/A file, by the pages and compose steps of the kiosk.

import { orderOf } from '../desk.ts'
import type { CopyOrder, Document, DocumentEvent } from '../document/document.ts'
import { Fault } from '../errors.ts'
import { streamOf } from '../path/step.ts'
import type { ImageType } from '../ports.ts'
import { configOf, readInput, type Workbench, withWorkbench, writeOutput } from './appliance.ts'
import { makeCopy, pageLine, partialPath, sizeLines } from './copy.ts'
import { searchable, searchableOptions } from './searchable.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const composeVerb: Verb = {
  name: 'compose',
  summary:
    'Makes a PDF/A-2b file of JPEG, PNG, TIFF and PNM images, straightened and upright. Blank pages are left out and named; images that nothing can be made of are named, and the others are in F.partial.pdf.',
  words: { name: 'IMAGE…', min: 1, max: 2000 },
  options: {
    ...configOptions,
    out: { type: 'string', help: 'file to write', required: true },
    title: { type: 'string', help: 'title of the document' },
    lang: { type: 'string', help: 'language of the document, two letters' },
    dpi: { type: 'string', help: 'pixels per inch of images that do not tell (default 300)' },
    colour: { type: 'string', help: 'color, gray, bw or auto (default)' },
    'no-deskew': { type: 'boolean', help: 'leave the images as they lie' },
    'no-crop': { type: 'boolean', help: 'keep what lies around the sheet' },
    clean: { type: 'boolean', help: 'flatten shadows and what shines through: no faithful copy any more' },
    'keep-blank': { type: 'boolean', help: 'keep pages that look blank' },
    ...searchableOptions,
  },
  run,
}

async function run(call: Call): Promise<Answer> {
  const { config } = configOf(call)
  const out = call.text('out') ?? ''
  const language = call.text('lang') ?? config.kiosk.languages[0] ?? 'en'
  if (!/^[a-z]{2}$/.test(language)) throw new Fault('USAGE', '--lang takes two letters')
  const order = adjusted(orderOf(config, config.procedures[0]?.id ?? '', language), call)
  return await withWorkbench(config, async bench => {
    const feed = (document: Document) => fileEvents(call.words, document, bench)
    const blank = call.flag('keep-blank') ? 'kept' : 'left-out'
    const made = await makeCopy({ config, order, language, blank, feed, names: call.words, ahead: 1 }, bench, call)
    const path = made.fault === null ? out : partialPath(out)
    await writeOutput(path, bench.scratch.read(made.documentId, made.copy.name))
    if (made.fault !== null)
      throw new Fault(made.fault.code, `${made.fault.detail}; ${made.pages.length} pages are in ${path}`)
    return {
      json: { out, ...made.copy, pages: made.pages },
      lines: [...made.pages.map(pageLine), `${out}: ${made.copy.bytes} bytes`, ...sizeLines(made.copy, order)],
    }
  })
}

function adjusted(order: CopyOrder, call: Call): CopyOrder {
  const { digitisation, title } = order
  return {
    ...order,
    title: call.text('title') ?? title,
    digitisation: {
      ...digitisation,
      resolution: call.number('dpi', { min: 1, max: 2400 }) ?? digitisation.resolution,
      colour: call.choice('colour', ['color', 'gray', 'bw', 'auto'] as const) ?? 'auto',
      deskew: !call.flag('no-deskew'),
      crop: !call.flag('no-crop'),
      background: call.flag('clean') ? 'cleaned' : digitisation.background,
      ...searchable(digitisation, call),
    },
  }
}

async function* fileEvents(
  paths: readonly string[],
  document: Document,
  { scratch, newId }: Workbench,
): AsyncGenerator<DocumentEvent> {
  const { resolution } = document.order.digitisation
  for (const path of paths) {
    const bytes = await readInput(path)
    // What is no image at all is found out by the pages step, which names it and goes on.
    const mediaType = imageType(bytes) ?? 'image/jpeg'
    const image = await scratch.write(document.id, streamOf(bytes))
    yield { type: 'pageStored', page: { id: newId(), image, mediaType, side: 'front', resolution, fedTurn: 0 } }
  }
}

const magics: readonly (readonly [ImageType, readonly string[]])[] = [
  ['image/jpeg', ['ffd8ff']],
  ['image/png', ['89504e470d0a1a0a']],
  ['image/tiff', ['49492a00', '4d4d002a']],
  ['image/x-portable-anymap', ['5031', '5032', '5033', '5034', '5035', '5036']],
]

function imageType(bytes: Buffer): ImageType | undefined {
  const head = bytes.subarray(0, 16).toString('hex')
  return magics.find(([, starts]) => starts.some(start => head.startsWith(start)))?.[0]
}
