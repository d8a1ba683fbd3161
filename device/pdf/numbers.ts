// Numbers as PDF writes them (ISO 32000-1, 7.3.3).

import { type PdfDirect, pdfArray } from './objects.ts'

/** No number needs an exponent, which PDF does not know; a thousandth of a point is below any pixel. */
export function plain(value: number): string {
  return String(Number(value.toFixed(3)))
}

/** Numbers as an array. */
export function numbers(values: readonly number[]): PdfDirect {
  return pdfArray(values.map(value => ({ kind: 'real', value, text: plain(value) }) as const))
}
