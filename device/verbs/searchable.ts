// What --ocr and --languages mean for a verb that makes copies.

import type { CopyOrder } from '../document/document.ts'
import { Fault } from '../errors.ts'
import type { TextReader } from '../ports.ts'
import type { Call, Verb } from './verb.ts'

type Digitisation = CopyOrder['digitisation']

const known = ['ca', 'es', 'en', 'fr', 'it'] as const

export const searchableOptions: Verb['options'] = {
  ocr: { type: 'boolean', help: 'lay the text that is read on the pages invisibly over them, so that it is found' },
  languages: { type: 'string', help: `languages of the text, the likeliest first: ${known.join(',')}` },
}

/** Throws USAGE. */
export function searchable(
  { ocr, ocrLanguages }: Digitisation,
  call: Call,
): Pick<Digitisation, 'ocr' | 'ocrLanguages'> {
  const named = call.text('languages')
  const wanted = ocr || call.flag('ocr')
  if (named === undefined) return { ocr: wanted, ocrLanguages }
  if (!wanted) throw new Fault('USAGE', '--languages goes with --ocr')
  const words = named.split(',')
  const languages = words.flatMap(word => known.filter(one => one === word))
  if (new Set(languages).size < words.length) {
    throw new Fault('USAGE', `--languages takes some of ${known.join(',')}, each once`)
  }
  return { ocr: true, ocrLanguages: languages }
}

/** Before the first sheet is fed. Throws TEXT_READER_ABSENT. */
export async function checkLanguages(
  { ocr, ocrLanguages }: Digitisation,
  reader: () => TextReader,
  signal: AbortSignal,
): Promise<void> {
  if (!ocr) return
  const installed = await reader().languages(signal)
  const missing = ocrLanguages.filter(language => !installed.includes(language))
  if (missing.length > 0) throw new Fault('TEXT_READER_ABSENT', `not installed: ${missing.join(', ')}`)
}
