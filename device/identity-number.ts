// The number of a Spanish identity document as a person types it: DNI, eight digits and a letter, or NIE, X, Y or Z, seven
// digits and a letter. The letter follows from the digits modulo 23 (Real Decreto 1553/2005, art. 11; Orden INT/2058/2008).

const letters = 'TRWAGMYFPDXBNJZSQVHLCKE'

/** In capitals, without what people put between; undefined unless the letter fits. */
export function identityNumber(typed: string): string | undefined {
  const text = typed.toUpperCase().replace(/[\s.·-]/g, '')
  const [, prefix, digits = '', letter] = /^([XYZ]?)(\d{7,8})([A-Z])$/.exec(text) ?? []
  if (prefix === undefined || digits.length !== (prefix === '' ? 8 : 7)) return undefined
  const number = Number(`${prefix === '' ? '' : 'XYZ'.indexOf(prefix)}${digits}`)
  return letters[number % 23] === letter ? text : undefined
}
