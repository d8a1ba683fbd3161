// What the compose step is handed for the legend: the font and the texts of the interface, read when first needed.

import { readFile } from 'node:fs/promises'
import { isLanguage, say } from '../ui/text/texts.ts'
import { asFault, Fault } from './errors.ts'
import type { ComposeTools } from './path/compose.ts'
import { type Font, readFont } from './pdf/font.ts'
import { version } from './version.ts'

/** Of fonts-dejavu-core, a package of every installation. */
const legendFontFile = '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'

/** What the compose step needs besides the document: the font of the legend, read when first asked for, and its texts. */
export function legendParts(): Pick<ComposeTools, 'font' | 'legendText' | 'version'> {
  let reading: Promise<Font> | undefined
  const read = async () => {
    try {
      return readFont(await readFile(legendFontFile))
    } catch (thrown) {
      reading = undefined
      throw new Fault('FILE_UNREADABLE', `${legendFontFile}: ${asFault(thrown).detail}`, { cause: thrown })
    }
  }
  return {
    version,
    font: () => {
      reading ??= read()
      return reading
    },
    legendText: (language, key, values) => say(isLanguage(language) ? language : 'en', `legend.${key}`, values),
  }
}
