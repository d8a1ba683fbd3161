// Reads a secure verification code as whoever checks a copy has to: any case, any spacing, O for 0, I and L for 1. It
// shares nothing with what makes the codes but the rule: a polynomial over GF(32), x⁵ + x² + 1, that is zero at the element x.

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** Bare, and behind the body's code and the date. */
const lengths = [27, 45]

/** The code as it was issued; undefined for what is none. */
export function readCsv(typed: string): string | undefined {
  const plain = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  const values = Array.from(plain, character => alphabet.indexOf(character))
  if (!lengths.includes(values.length) || values.includes(-1)) return undefined
  let sum = 0
  for (const value of values) {
    sum *= 2
    if (sum >= 32) sum ^= 0b100101
    sum ^= value
  }
  return sum === 0 ? plain.match(/.{1,4}/g)?.join('-') : undefined
}
