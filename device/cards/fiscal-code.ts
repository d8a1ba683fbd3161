// The Italian fiscal code of a natural person: its check character, and the birth that it tells (DM 23/12/1976, articles 2
// to 7). Where several people would have the same, digits are written as letters.

/** `born` is YY-MM-DD: the century is not told. */
export interface FiscalCodeFacts {
  readonly born: string
  readonly sex: 'F' | 'M'
}

const shape = /^[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]$/
const months = 'ABCDEHLMPRST'
const digitLetters = 'LMNPQRSTUV'
/** What a character counts at an odd place, 0 to 9 and A to Z; a digit counts as the letter of its number. */
const oddValues = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

/** Undefined for what is no fiscal code; in capitals. */
export function fiscalCodeFacts(code: string): FiscalCodeFacts | undefined {
  if (!shape.test(code)) return undefined
  const sum = [...code.slice(0, 15)].reduce((total, character, i) => {
    const value = Number.parseInt(character, 36)
    const number = value < 10 ? value : value - 10
    return total + (i % 2 === 0 ? (oddValues[number] ?? 0) : number)
  }, 0)
  if (String.fromCharCode(65 + (sum % 26)) !== code[15]) return undefined
  const digits = (from: number) => [...code.slice(from, from + 2)].map(digitOf).join('')
  const day = Number(digits(9))
  const month = months.indexOf(code[8] ?? '') + 1
  const dayOfMonth = day > 40 ? day - 40 : day
  if (dayOfMonth < 1 || dayOfMonth > 31) return undefined
  const two = (number: number) => String(number).padStart(2, '0')
  return { born: `${digits(6)}-${two(month)}-${two(dayOfMonth)}`, sex: day > 40 ? 'F' : 'M' }
}

function digitOf(character: string): string {
  const index = digitLetters.indexOf(character)
  return index < 0 ? character : String(index)
}
