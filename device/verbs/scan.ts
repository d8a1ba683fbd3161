// `compulsa scan`: sheets from a scanner into a PDF/A file.

import { orderOf } from '../desk.ts'
import type { CopyOrder } from '../document/document.ts'
import { Fault } from '../errors.ts'
import { scan } from '../path/scan.ts'
import { configOf, withWorkbench, writeOutput } from './appliance.ts'
import { makeCopy, pageLine, partialPath, sizeLines } from './copy.ts'
import { searchable, searchableOptions } from './searchable.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const scanVerb: Verb = {
  name: 'scan',
  summary:
    'Scans sheets into a PDF/A-2b file, straightened and upright. A fault keeps the pages before it in F.partial.pdf.',
  options: {
    ...configOptions,
    device: { type: 'string', help: 'scanner, as `compulsa devices` names it', required: true },
    out: { type: 'string', help: 'file to write', required: true },
    procedure: { type: 'string', help: 'take the digitisation parameters of this procedure (default: the first)' },
    dpi: { type: 'string', help: 'pixels per inch, 200 at least' },
    colour: { type: 'string', help: 'color, gray, bw or auto' },
    source: { type: 'string', help: 'adf or flatbed' },
    duplex: { type: 'boolean', help: 'both sides' },
    pages: { type: 'string', help: 'stop after so many images' },
    clean: { type: 'boolean', help: 'flatten shadows and what shines through: no faithful copy any more' },
    'keep-blank': { type: 'boolean', help: 'keep backs that look blank, too' },
    ...searchableOptions,
  },
  run,
}

async function run(call: Call): Promise<Answer> {
  const { config } = configOf(call)
  const device = call.text('device') ?? ''
  const out = call.text('out') ?? ''
  const order = adjusted(orderOf(config, call.text('procedure') ?? config.procedures[0]?.id ?? '', 'en'), call)
  const maxImages = call.number('pages', { min: 1, max: 10_000 })
  const language = config.kiosk.languages[0] ?? 'en'
  return await withWorkbench(config, async bench => {
    const tools = {
      scanner: bench.rooms.scanner(),
      blobs: bench.scratch,
      newId: bench.newId,
      ...(maxImages === undefined ? {} : { maxImages }),
    }
    const made = await makeCopy(
      {
        config,
        order,
        language,
        blank: call.flag('keep-blank') ? 'kept' : 'by-side',
        feed: document => scan(document, device, tools, call.signal),
      },
      bench,
      call,
    )
    const path = made.fault === null ? out : partialPath(out)
    await writeOutput(path, bench.scratch.read(made.documentId, made.copy.name))
    if (made.fault !== null)
      throw new Fault(made.fault.code, `${made.fault.detail}; ${made.pages.length} pages are in ${path}`)
    return {
      json: { out: path, ...made.copy, pages: made.pages },
      lines: [...made.pages.map(pageLine), `${path}: ${made.copy.bytes} bytes`, ...sizeLines(made.copy, order)],
    }
  })
}

function adjusted(order: CopyOrder, call: Call): CopyOrder {
  const { digitisation } = order
  return {
    ...order,
    digitisation: {
      ...digitisation,
      resolution: call.number('dpi', { min: 1, max: 1200 }) ?? digitisation.resolution,
      colour: call.choice('colour', ['color', 'gray', 'bw', 'auto'] as const) ?? digitisation.colour,
      source: call.choice('source', ['adf', 'flatbed'] as const) ?? digitisation.source,
      duplex: call.flag('duplex') || digitisation.duplex,
      background: call.flag('clean') ? 'cleaned' : digitisation.background,
      ...searchable(digitisation, call),
    },
  }
}
