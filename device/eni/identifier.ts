// The identifier of an ENI document (NTI de Documento Electrónico, annex I): `ES_<organ>_<year of capture>_<30 characters>`.

import type { Checked } from './codes.ts'

/** Of the free part, which makes it unique. */
const freeCharacters = 30
const ownPrefix = 'COMPULSA'

export interface IdentifierParts {
  /** DIR3 of the body. */
  readonly organ: string
  /** ISO 8601; its year is that of the identifier. */
  readonly capturedAt: string
  /** Letters and digits without meaning; of more than thirty the last count. */
  readonly unique: string
}

/** The identifier of a document of this kiosk, the same whenever it is asked for. */
export function eniIdentifier({ organ, capturedAt, unique }: IdentifierParts): string {
  const free = `${ownPrefix}${unique.toUpperCase()}`.slice(-freeCharacters).padStart(freeCharacters, '0')
  return `ES_${organ}_${capturedAt.slice(0, 4)}_${free}`
}

/** An identifier given by others. Systems are known that put other characters, or fewer, into the free part: a warning. */
export function checkEniIdentifier(text: string): Checked {
  if (!/^ES_[A-Z][A-Z0-9]\d{7}_\d{4}_[\x21-\x7e]{1,200}$/.test(text)) {
    return { fault: 'an identifier is ES_, a DIR3 code, _, the year, _ and what makes it unique' }
  }
  if (/_[A-Za-z0-9]{30}$/.test(text)) return { value: text }
  return { value: text, warning: 'its free part is not thirty letters and digits' }
}
