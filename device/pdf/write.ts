// PDF syntax out of objects, for the dictionaries that an update rewrites. Strings come out as hexadecimal and numbers
// as they were written, so nothing changes its meaning. Text here is one character a byte (Latin-1).

import { entry, type PdfDictionary, type PdfDirect } from './objects.ts'

/** One value as PDF syntax. */
export function serialise(value: PdfDirect): string {
  switch (value.kind) {
    case 'null':
      return 'null'
    case 'boolean':
    case 'integer':
      return String(value.value)
    case 'real':
      return value.text
    case 'name':
      return serialiseName(value.value)
    case 'string':
      return `<${Buffer.from(value.bytes).toString('hex').toUpperCase()}>`
    case 'array':
      return `[${value.items.map(serialise).join(' ')}]`
    case 'reference':
      return `${value.number} ${value.generation} R`
    case 'dictionary':
      return serialiseDictionary(value)
  }
}

/** The trailer entries that every revision carries on (ISO 32000-1, table 15), as PDF syntax. */
export function carriedTrailer(trailer: PdfDictionary): string {
  return ['Root', 'Info', 'Encrypt']
    .filter(key => trailer.entries.has(key))
    .map(key => `/${key} ${serialise(entry(trailer, key))}`)
    .join(' ')
}

/** A complete indirect object, laid out as ISO 19005-2, 6.1.9 wants it. */
export function indirectObject(number: number, generation: number, body: string): string {
  return `${number} ${generation} obj\n${body}\nendobj\n`
}

/** Latin-1 text as bytes. */
export function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

function serialiseName(name: string): string {
  const escaped = name.replace(/[^!-~]|[#/%()<>[\]{}]/g, character => {
    return `#${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`
  })
  return `/${escaped}`
}

function serialiseDictionary(dictionary: PdfDictionary): string {
  const entries = [...dictionary.entries].map(([key, value]) => `${serialiseName(key)} ${serialise(value)}`)
  return `<< ${entries.join(' ')} >>`
}
