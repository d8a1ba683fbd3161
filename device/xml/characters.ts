// Which characters make a name and which may stand in a document at all (XML 1.0, fifth edition, 2.2 and 2.3), for
// scanning: most names are ASCII, so those are looked up in a table and only the others decoded.

const start = 2
const inside = 1

/** Per ASCII code unit: 2 where an NCName may begin with it, 1 where it may only follow. The colon is neither. */
const ascii = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[A-Za-z_]/.test(character)) return start
  return /[-.0-9]/.test(character) ? inside : 0
})

/** NameStartChar beyond ASCII, production [4]: first and last code point of each range. */
const startRanges: readonly (readonly [number, number])[] = [
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
  [0x10000, 0xeffff],
]

/** What production [4a], NameChar, adds to them. */
const insideRanges: readonly (readonly [number, number])[] = [
  [0xb7, 0xb7],
  [0x300, 0x36f],
  [0x203f, 0x2040],
]

const within = (ranges: readonly (readonly [number, number])[], code: number) =>
  ranges.some(([first, last]) => code >= first && code <= last)

/** Index behind the NCName (Namespaces in XML 1.0, production [4]) at `at`; `at` itself where there is none. */
export function ncNameEnd(text: string, at: number): number {
  let end = at
  while (end < text.length) {
    const unit = text.charCodeAt(end)
    if (unit < 128) {
      const kind = ascii[unit] ?? 0
      if (kind === 0 || (kind === inside && end === at)) return end
      end += 1
    } else {
      const code = text.codePointAt(end) ?? 0
      if (!within(startRanges, code) && (end === at || !within(insideRanges, code))) return end
      end += code > 0xffff ? 2 : 1
    }
  }
  return end
}

/** White space, production [3]. */
export const isSpace = (unit: number) => unit === 0x20 || unit === 0x0a || unit === 0x09 || unit === 0x0d

// biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters are what it looks for
const illegalCharacter = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

/** Index of the first character outside production [2], Char; -1 where there is none. Surrogates have to be paired. */
export function firstIllegalCharacter(text: string): number {
  return text.search(illegalCharacter)
}

/** Whether a character reference may stand for it. */
export function isLegalCodePoint(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)
}
