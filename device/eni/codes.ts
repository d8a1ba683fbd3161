// The codes that ENI metadata are made of, each judged by itself: good, good with something to look at, or wrong. A
// warning is given where the rule is not published or has known exceptions; what it warns of is never refused.

/** `value` is the code as it is to be written; `warning` says in words what looks odd about it. */
export type Checked = { readonly value: string; readonly warning?: string } | { readonly fault: string }

/** The three tables of the INE, and which of them each of the five digits is read through. */
const columnA = [0, 3, 8, 2, 7, 4, 1, 5, 9, 6]
const columnC = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
const identity = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
const columns = [columnC, columnA, identity, columnC, columnA]

/**
 * The body's ten digits in Catalonia (Ordre VEH/169/2016), as text, since they may begin with 0. The rule of the second
 * check digit is not published, and the first is fitted to known codes: it warns.
 */
export function checkIne10(text: string): Checked {
  if (!/^\d{10}$/.test(text)) return { fault: 'an INE10 code has ten digits' }
  const wanted = ineCheckDigit(text.slice(0, 5))
  if (text[5] === String(wanted)) return { value: text }
  return { value: text, warning: `the sixth digit of ${text} would be ${wanted} by the rule of the INE` }
}

/** The check digit of the five digits of a municipality, as the INE gives it. */
export function ineCheckDigit(five: string): number {
  const sum = columns.reduce((total, column, place) => total + (column[Number(five[place])] ?? 0), 0)
  return (10 - (sum % 10)) % 10
}

/** Kinds of unit that the common directory has: E state, A autonomous, L local, U university, I institution, J justice, O office. */
const knownDir3 = /^(?:[EALUIJO]\d{8}|(?:GE|EC|EA|LA)\d{7})$/

/** A unit of the common directory (DIR3); whether there is such a unit only the directory knows. */
export function checkDir3(text: string): Checked {
  if (!/^[A-Z][A-Z0-9]\d{7}$/.test(text)) {
    return { fault: 'a DIR3 code is a capital letter, a letter or digit, and seven digits' }
  }
  if (knownDir3.test(text)) return { value: text }
  return { value: text, warning: `no kind of unit in DIR3 is known to begin as ${text}` }
}

/** A procedure of the state's inventory (RD 4/2010, art. 9.1.a): text, usually six or seven digits. */
export function checkSia(text: string): Checked {
  if (!/^[\x21-\x7e]{1,50}$/.test(text)) return { fault: 'a SIA code has 1 to 50 characters without spaces' }
  if (/^\d{1,9}$/.test(text)) return { value: text }
  return { value: text, warning: `the SIA code ${text} is not a number of up to nine digits` }
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `TD${String(from + i).padStart(2, '0')}`)
/** Those of the norm, to choose from. */
export const offeredDocumentTypes: readonly string[] = [...numbered(1, 20), 'TD99']
/** Of parliaments: in later schemas only. They are taken from others, and not offered. */
const parliamentaryTypes: readonly string[] = numbered(51, 69)

/** Tipo documental (NTI de Documento Electrónico, annex I). */
export function checkDocumentType(text: string): Checked {
  if (offeredDocumentTypes.includes(text)) return { value: text }
  if (!parliamentaryTypes.includes(text)) return { fault: 'a document type is TD01 to TD20, TD51 to TD69 or TD99' }
  return { value: text, warning: `${text} is not in version 1.0 of the norm; some validators refuse it` }
}

export const elaborationStates = ['EE01', 'EE02', 'EE03', 'EE04', 'EE99'] as const
export type ElaborationState = (typeof elaborationStates)[number]

/** What is known of the document that a copy was made of. */
export interface CopySource {
  readonly nature?: 'original' | 'authenticCopy' | 'copy' | undefined
  readonly support?: 'paper' | 'electronic' | undefined
  /** Its own identifier. */
  readonly identifier?: string | undefined
}

/**
 * Estado de elaboración: EE02 to EE04 are authentic copies, which are made of an original or an authentic copy alone (NTI
 * de Copiado Auténtico, III.2; RD 203/2021, art. 49: a copy handed in on paper stays a copy), EE03 of paper, and EE02 and
 * EE04 name the electronic document that they were made of (III.5).
 */
export function checkElaborationState(text: string, source: CopySource): Checked {
  if (!elaborationStates.some(state => state === text))
    return { fault: 'a state is one of EE01, EE02, EE03, EE04, EE99' }
  const { nature, support, identifier } = source
  if (text === 'EE99') return { value: text }
  if (text === 'EE01') {
    return identifier === undefined ? { value: text } : { value: text, warning: 'an original (EE01) names no source' }
  }
  if (nature === 'copy') return { fault: `${text} is made of an original or an authentic copy; a copy stays EE99` }
  if (text === 'EE03') {
    if (nature === undefined) return { fault: 'EE03 needs somebody to declare that the source is no plain copy' }
    return support === 'electronic' ? { fault: 'EE03 is a copy of paper' } : { value: text }
  }
  if (text === 'EE02' && support === 'paper') return { fault: 'EE02 is a copy of an electronic document' }
  if (identifier === undefined && support !== 'paper') return { fault: `${text} names the document it was made of` }
  return nature === undefined ? { value: text, warning: `${text} without the nature of its source` } : { value: text }
}
