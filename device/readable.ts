// The symbols of what a person copies by hand: base 32 without the letters that are taken for digits (Crockford).

export const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `length` symbols, five random bits each. */
export function randomSymbols(random: (length: number) => Uint8Array, length: number): string {
  return Array.from(random(length), octet => alphabet[octet & (alphabet.length - 1)]).join('')
}
