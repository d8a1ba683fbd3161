// Hides the numbers of identity documents in what is shown of a certificate, digit by digit, by the rules of AutoFirma's
// `obfuscationMask`, whose usual mask is the one that data protection asks for: ***4567**.

export interface TextMask {
  /** Stands for what is hidden. */
  readonly substitute: string
  /** Digits in a row, letters between them not counted, from which on a word is a number that identifies. */
  readonly minDigits: number
  /** By position among the digits, whether one is shown; those behind the end are not. */
  readonly shown: readonly boolean[]
  /** Whether a number of fewer digits than the mask has positions still shows as many as the mask does. */
  readonly shift: boolean
}

export const usualMask: TextMask = {
  substitute: '*',
  minDigits: 3,
  shown: [false, false, false, true, true, true, true],
  shift: true,
}

const maxPositions = 64

/** `substitute;minDigits;positions;shift`, as `*;4;false,false,true;true`; undefined for what is no mask. */
export function parseMask(text: string): TextMask | undefined {
  const [substitute = '', digits = '', positions = '', shift = '', ...more] = text.split(';')
  const shown = positions.split(',').map(position => position.trim().toLowerCase() === 'true')
  const isMask = Array.from(substitute).length === 1 && /^\d{1,2}$/.test(digits.trim()) && more.length === 0
  if (!isMask || shift === '' || shown.length < 2 || shown.length > maxPositions) return undefined
  return {
    substitute,
    minDigits: Number(digits),
    shown: shown.slice(0, shown.lastIndexOf(true) + 1),
    shift: shift.trim().toLowerCase() === 'true',
  }
}

const isDigit = (character: string) => /\p{Nd}/u.test(character)
const digitsIn = (text: string) => Array.from(text).filter(isDigit).length

/** The text with every word that is such a number masked. */
export function masked(text: string, mask: TextMask): string {
  // How many digits there are is counted over the whole text, so that nothing more is shown than AutoFirma shows.
  const digits = digitsIn(text)
  return text.replace(/[\p{L}\p{Nd}]+/gu, word => (identifies(word, mask) ? hidden(word, mask, digits) : word))
}

/** Whether the word has a run of enough digits. */
function identifies(word: string, { minDigits }: TextMask): boolean {
  return word.split(/\p{L}+/u).some(run => run !== '' && Array.from(run).length >= minDigits)
}

function hidden(word: string, mask: TextMask, digits: number): string {
  const wanted = mask.shown.filter(Boolean).length
  const characters = Array.from(word)
  if (digits < wanted) {
    // Too few digits for the mask: it is laid on the end of the word, letters and all.
    const ahead = characters.length - mask.shown.length
    return characters.map((one, index) => (mask.shown[index - ahead] === true ? one : mask.substitute)).join('')
  }
  const shown = mask.shift ? shortened(mask.shown, digits) : mask.shown
  let position = 0
  return characters.map(one => (isDigit(one) && shown[position++] === true ? one : mask.substitute)).join('')
}

/** Without as many hidden positions, from the front, as there are too few digits for. */
function shortened(shown: readonly boolean[], digits: number): readonly boolean[] {
  let surplus = shown.length - digits
  return shown.filter(one => one || surplus-- <= 0)
}
