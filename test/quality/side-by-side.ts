// The same pages through our pipeline and through OCRmyPDF: what skew is left by Tesseract's baselines, which judge both
// alike, how many words it then reads, and how often it and we tell the orientation.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { composePdf } from '../../device/pdf/compose.ts'
import type { Imaging, PreparedPage } from '../../device/ports.ts'
import { eniMetadata, joined, listed } from '../pdf-fixtures.ts'
import { judge, medianAndWorst } from './measure.ts'
import { isInstalled, ocrmypdf, orientation, read, render, wordAccuracy } from './programs.ts'
import { type Scan, scan } from './scan.ts'
import { crookedPages } from './set.ts'
import { type Line, trueTurn } from './tally.ts'
import { tesseractNames } from './texts.ts'

/** OSD's confidence from which OCRmyPDF turns a page. */
const ocrmypdfConfidence = 14
/** Accuracies are compared to this many digits: a word of some hundred may go either way. */
const accuracyTolerance = 0.005

/** Everything that the installed programs allow, in a folder that the caller removes. */
export async function sideBySide(
  folder: string,
  resolution: number,
  pages: number,
  imaging: Imaging,
): Promise<readonly Line[]> {
  if (!(await isInstalled('tesseract'))) return []
  const withPeer = await isInstalled('ocrmypdf')
  return [
    ...(await readings(folder, resolution, pages, imaging, withPeer)),
    ...(await turns(folder, resolution, imaging)),
  ]
}

interface Column {
  readonly accuracies: number[]
  readonly slopes: number[]
}

async function readings(
  folder: string,
  resolution: number,
  pages: number,
  imaging: Imaging,
  withPeer: boolean,
): Promise<readonly Line[]> {
  const column = (): Column => ({ accuracies: [], slopes: [] })
  const [before, ours, peers] = [column(), column(), column()]
  const texts = crookedPages(400).filter(({ sheet, turn }) => sheet.words !== '' && turn === 0)
  for (const trouble of texts.slice(0, pages)) {
    const made = await scan({ ...trouble, resolution })
    const language = tesseractNames[trouble.sheet.language]
    const truth = trouble.sheet.words.split(' ')
    const note = async (to: Column, image: string) => {
      const { words, slopeDegrees } = await read(image, language, resolution)
      to.accuracies.push(wordAccuracy(truth, words))
      to.slopes.push(Math.abs(slopeDegrees ?? trouble.skewDegrees ?? 0))
    }
    const image = join(folder, 'scan.jpg')
    await writeFile(image, made.jpeg)
    await note(before, image)
    await note(ours, await rendered(folder, made, (await judge(imaging, made)).page))
    if (!withPeer) continue
    const out = join(folder, 'peer.pdf')
    await ocrmypdf(image, out, resolution, language)
    await note(peers, await render(out, resolution))
  }
  return [
    ...lineOf('as scanned', before),
    ...lineOf('compulsa', ours, before),
    ...(withPeer ? lineOf('ocrmypdf --deskew --rotate-pages', peers) : []),
  ]
}

/** The page as our PDF shows it. */
async function rendered(folder: string, { jpeg, resolution }: Scan, page: PreparedPage): Promise<string> {
  const { rendition, verdict } = page
  const bytes = rendition.kind === 'original' ? jpeg : Buffer.from(rendition.bytes)
  const shown = { ...rendition, resolution, turn: verdict.turn, bytes: once(bytes), byteLength: bytes.length }
  const pdf = join(folder, 'ours.pdf')
  await writeFile(pdf, await joined(composePdf({ pages: listed({ images: [shown] }), metadata: eniMetadata })))
  return render(pdf, resolution)
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

function lineOf(who: string, { accuracies, slopes }: Column, before?: Column): readonly Line[] {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [median, worst] = medianAndWorst(slopes)
  return [
    {
      measure: `${who}: skew by Tesseract’s baselines, words that Tesseract reads (${accuracies.length} pages)`,
      found: `median ${median.toFixed(2)}, worst ${worst.toFixed(2)}; ${(100 * mean(accuracies)).toFixed(1)} %`,
      promise: before === undefined ? '' : 'words: not fewer than as scanned',
      kept: before === undefined ? undefined : mean(accuracies) >= mean(before.accuracies) - accuracyTolerance,
    },
  ]
}

/** OSD beside our own judgement, on the pages in all orientations. */
async function turns(folder: string, resolution: number, imaging: Imaging): Promise<readonly Line[]> {
  const counts = { pages: 0, told: 0, right: 0, sure: 0, sureRight: 0, either: 0 }
  const image = join(folder, 'turned.jpg')
  for (const trouble of crookedPages(56)) {
    const made = await scan({ ...trouble, resolution })
    await writeFile(image, made.jpeg)
    const told = await orientation(image, resolution)
    const { verdict } = (await judge(imaging, made)).page
    const sure = told !== undefined && told.confidence >= ocrmypdfConfidence
    counts.pages++
    if (told !== undefined) counts.told++
    if (told?.turn === trueTurn(made)) counts.right++
    if (sure) counts.sure++
    if (sure && told.turn === trueTurn(made)) counts.sureRight++
    if (sure || verdict.turnConfident) counts.either++
  }
  return [
    {
      measure: `Tesseract’s OSD on the same ${counts.pages} pages`,
      found: `told for ${counts.told}, right for ${counts.right}; at OCRmyPDF’s confidence ${counts.sure}, right ${counts.sureRight}; with ours ${counts.either}`,
      promise: '',
      kept: undefined,
    },
  ]
}
