// Pages as AutoFirma's parameters name them: `all`, `append`, or numbers and ranges between commas, a number below zero
// counted from the end (`1-3,-1`, `-3--1`).

import { Fault } from '../errors.ts'
import type { PageChoice, PageRange } from '../pdf/page-choice.ts'
import type { Reader } from './extra-reader.ts'

export const lastPage: PageChoice = [[-1, -1]]

/** The first of the parameters that is there; `zero` is what a lone 0 means. Throws REQUEST_INVALID. */
export function pagesOf(reader: Reader, names: readonly string[], zero: PageChoice = [[1, 1]]): PageChoice | undefined {
  const given = names.map(name => ({ name, text: reader.text(name) })).filter(one => one.text !== undefined)
  const [chosen, ...others] = given
  for (const { name } of others) reader.ignore(name)
  if (chosen?.text === undefined) return undefined
  const parts = chosen.text.split(',').map(part => part.replace(/\s+/g, '').toLowerCase())
  // What stands behind one of the words says nothing more.
  if (parts[0] === 'all' || parts[0] === 'append') return parts[0]
  if (parts.length === 1 && parts[0] === '0') return zero
  return parts.map(part => rangeOf(part, chosen.name))
}

function rangeOf(written: string, name: string): PageRange {
  const found = /^(-?\d{1,6})(?:-(-?\d{1,6}))?$/.exec(written)
  if (found === null) throw new Fault('REQUEST_INVALID', `${name} names no page`)
  const first = Number(found[1])
  return [first, found[2] === undefined ? first : Number(found[2])]
}
