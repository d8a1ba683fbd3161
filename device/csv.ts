// Secure verification codes (RD 203/2021, art. 21): random, for the hand and the eye, with a symbol that finds a mistyped
// one. 130 random bits and a check symbol.

import { alphabet } from './readable.ts'

const symbolsOfChance = 26
const groupSymbols = 4
/** x⁵ + x² + 1, primitive over GF(2). */
const reduction = 0b100101
const symbolBits = 5

/** A new code in groups of four; its last symbol is the check. */
export function newCsv(random: (length: number) => Uint8Array): string {
  const symbols = Array.from(random(symbolsOfChance), octet => octet & (alphabet.length - 1))
  const code = [...symbols, times(evaluate(symbols))].map(symbol => alphabet[symbol]).join('')
  return code.match(new RegExp(`.{1,${groupSymbols}}`, 'g'))?.join('-') ?? code
}

/** The code of a copy by its order; null where the procedure wants none. */
export function csvFor(
  { document }: { readonly document: { readonly csv: 'none' | 'auto' } },
  random: (length: number) => Uint8Array,
): string | null {
  return document.csv === 'none' ? null : newCsv(random)
}

/** The symbols as a polynomial over GF(32), at its primitive element: each place has a weight of its own. */
function evaluate(symbols: readonly number[]): number {
  return symbols.reduce((sum, symbol) => times(sum) ^ symbol, 0)
}

/** Times the primitive element. */
function times(value: number): number {
  const doubled = value << 1
  return doubled >> symbolBits === 0 ? doubled : doubled ^ reduction
}
