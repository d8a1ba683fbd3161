// A paper of an order from the glass or the feeder into one PDF, by the steps of a copy: an identity document or a form that is
// signed by hand, straightened, cropped, upright, in colour, both sides of a small card on one file. It passes through memory
// only and is nobody's copy.

import { Buffer } from 'node:buffer'
import type { Config } from './config/config.ts'
import { orderOf } from './desk.ts'
import { Fault } from './errors.ts'
import type { ScannedPaper } from './orders/counter-papers.ts'
import { scan } from './path/scan.ts'
import type { NewId } from './path/step.ts'
import type { ScanSource } from './ports.ts'
import type { Rooms } from './rooms.ts'
import { makeCopy } from './verbs/copy.ts'
import { createScratch } from './verbs/scratch.ts'

export interface PaperScanParts {
  readonly config: Config
  readonly rooms: Rooms
  /** In memory. */
  readonly scratchFolder: string
  readonly newId: NewId
}

/** Of an identity document two sides, or a passport's page and its back; of a form its sheets, both sides of each. No pile. */
const mostImages: Readonly<Record<ScannedPaper, number>> = { identity: 4, signed: 16 }
const resolution = 200

/** Throws the scanner's fault, NO_PAGES, and what makes no PDF. */
export async function scanPaper(
  { config, rooms, scratchFolder, newId }: PaperScanParts,
  paper: ScannedPaper,
  language: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const scanner = rooms.scanner()
  const [device] = (await scanner.list(signal)).filter(one => one.state === 'ready')
  const [first] = config.procedures
  if (device === undefined || first === undefined) throw new Fault('SCANNER_ABSENT', 'no scanner is ready')
  const order = orderOf(config, first.id, language)
  const wanted: ScanSource = order.digitisation.source
  const source = device.sources.includes(wanted) ? wanted : (device.sources[0] ?? wanted)
  const duplex = device.duplex && source === 'adf'
  const digitisation = { ...order.digitisation, resolution, colour: 'color', source, duplex, ocr: false } as const
  const scratch = await createScratch(scratchFolder)
  try {
    const tools = { scanner, blobs: scratch, newId, maxImages: mostImages[paper] }
    const request = {
      config,
      order: { ...order, digitisation },
      language,
      blank: 'by-side',
      feed: (document: Parameters<typeof scan>[0]) => scan(document, device.id, tools, signal),
    } as const
    const made = await makeCopy(request, { rooms, scratch, newId }, { signal, progress: () => undefined })
    if (made.fault !== null) throw made.fault
    const pieces: Uint8Array[] = []
    for await (const piece of scratch.read(made.documentId, made.copy.name)) pieces.push(piece)
    return Buffer.concat(pieces)
  } finally {
    await scratch.remove()
  }
}
