// The receipt of a finished copy on paper: what its screen shows, for whoever wants to take it along.

import { dateTimeText } from '../ui/dates.ts'
import { isLanguage, say } from '../ui/text/texts.ts'
import { type Config, textIn } from './config/config.ts'
import { Fault } from './errors.ts'
import type { CopyView } from './http/view.ts'
import type { Font } from './pdf/font.ts'
import { receiptPdf } from './pdf/receipt.ts'

/** One page. Throws STAGE_CONFLICT for a copy that is not finished, and what the font throws. */
export async function receiptOf(
  { result, reference, language: wanted }: CopyView,
  { config, font }: { readonly config: Pick<Config, 'body'>; readonly font: () => Promise<Font> },
): Promise<Uint8Array> {
  if (result === null) throw new Fault('STAGE_CONFLICT', 'the copy is not finished')
  const language = isLanguage(wanted) ? wanted : 'en'
  const row = (key: Parameters<typeof say>[1], text: string) => ({ label: say(language, key), text })
  return receiptPdf(
    {
      language,
      body: textIn(config.body.name, language),
      title: say(language, result.unsealed ? 'receipt.title.unsealed' : 'receipt.title'),
      code: row('receipt.reference', reference),
      rows: [
        row('receipt.date', dateTimeText(result.finishedAt, language)),
        row('receipt.pages', String(result.pages)),
        ...(result.signer === null ? [] : [row('receipt.signer', result.signer)]),
      ],
      qr: result.qr,
      note: result.qr,
    },
    await font(),
  )
}
