// Secure verification codes (RD 203/2021, art. 21): random, for the hand and the eye, with a symbol that finds a mistyped
// one. 130 random bits and a check symbol, bare or behind the body's code and the date as CÒPIA writes them; and what may
// be said of a code that somebody else has made.

import type { Checked } from './eni/codes.ts'
import { alphabet } from './readable.ts'

export type CsvPattern = 'random' | 'ine-date'

const symbolsOfChance = 26
const groupSymbols = 4
/** x⁵ + x² + 1, primitive over GF(2). */
const reduction = 0b100101
const symbolBits = 5

/** A new code in groups of four; its last symbol is the check. `prefix` is of symbols of the same alphabet. */
export function newCsv(random: (length: number) => Uint8Array, prefix = ''): string {
  const drawn = Array.from(random(symbolsOfChance), octet => octet & (alphabet.length - 1))
  const symbols = [...Array.from(prefix, symbol => alphabet.indexOf(symbol)), ...drawn]
  const code = [...symbols, times(evaluate(symbols))].map(symbol => alphabet[symbol]).join('')
  return code.match(new RegExp(`.{1,${groupSymbols}}`, 'g'))?.join('-') ?? code
}

interface CsvSources {
  readonly random: (length: number) => Uint8Array
  /** INE10 of the body. */
  readonly ine10: string
  /** Milliseconds since 1970; its day is that of UTC. */
  readonly now: number
}

/** The code of a copy by its order; null where the procedure wants none. */
export function csvFor(
  { document }: { readonly document: { readonly csv: 'none' | 'auto'; readonly csvPattern: CsvPattern } },
  { random, ine10, now }: CsvSources,
): string | null {
  if (document.csv === 'none') return null
  return newCsv(random, document.csvPattern === 'random' ? '' : `${ine10}${dayOf(now)}`)
}

/** `DDMMYYYY`. */
function dayOf(now: number): string {
  const [year = '', month = '', day = ''] = new Date(now).toISOString().slice(0, 10).split('-')
  return `${day}${month}${year}`
}

/** What a code of others is made of, by the largest class of characters that is in it. */
const classes: readonly (readonly [RegExp, number])[] = [
  [/^[0-9-]*$/, 10],
  [/^[0-9A-F-]*$|^[0-9a-f-]*$/, 16],
  [/^[0-9A-Z-]*$|^[0-9a-z-]*$/, 36],
]
/** Upper and lower case, digits, and a few signs. */
const largestClass = 64
const enoughBits = 128
/** Room on a page and in a URL. */
const writable = /^[\x21-\x7e]{8,200}$/

/**
 * A code that a caller brings along. What cannot be printed and typed is refused; what cannot hold 128 random bits, such as a
 * body's code with a date alone, warns: only who made it knows whether it can be guessed.
 */
export function checkSuppliedCsv(text: string): Checked {
  if (!writable.test(text)) return { fault: 'a code has 8 to 200 printable ASCII characters without spaces' }
  const [, size] = classes.find(([pattern]) => pattern.test(text)) ?? [undefined, largestClass]
  const bits = Math.floor(text.replaceAll('-', '').length * Math.log2(size))
  if (bits >= enoughBits) return { value: text }
  return { value: text, warning: `the code holds ${bits} bits at most; ${enoughBits} random ones cannot be guessed` }
}

/** The symbols as a polynomial over GF(32), at its primitive element: of 31 places in a row each has a weight of its own. */
function evaluate(symbols: readonly number[]): number {
  return symbols.reduce((sum, symbol) => times(sum) ^ symbol, 0)
}

/** Times the primitive element. */
function times(value: number): number {
  const doubled = value << 1
  return doubled >> symbolBits === 0 ? doubled : doubled ^ reduction
}
