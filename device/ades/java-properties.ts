// Java properties text (java.util.Properties, load): comments, three kinds of separator, continuation lines and escapes.
// It is the form in which extra parameters of a signature are written down, in AutoFirma's batches and in files.

import { Fault } from '../errors.ts'

const maxEntries = 1_000

/** Keys and values in order; of several with one key the last counts. Throws REQUEST_INVALID for a malformed \u escape. */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const end = keyEnd(line)
    const value = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
    entries.set(unescaped(line.slice(0, end)), unescaped(value))
    if (entries.size > maxEntries) throw new Fault('REQUEST_INVALID', `more than ${maxEntries} properties`)
  }
  return entries
}

/** Lines with their continuations, leading white space gone; blank lines and comments are left out. */
function logicalLines(text: string): string[] {
  const lines: string[] = []
  let open: string | undefined
  for (const natural of text.replace(/(\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '')
    // As in Java, nothing is continued behind a backslash alone; at the end of the text it is an empty key.
    if (!open && (line === '' || line.startsWith('#') || line.startsWith('!'))) {
      open = undefined
      continue
    }
    const whole: string = (open ?? '') + line
    if (endsWithEscape(line)) open = whole.slice(0, -1)
    else {
      lines.push(whole)
      open = undefined
    }
  }
  return open === undefined ? lines : [...lines, open]
}

/** An odd number of backslashes at the end: the last one escapes the line end. */
function endsWithEscape(line: string): boolean {
  return (/\\*$/.exec(line)?.[0].length ?? 0) % 2 === 1
}

/** Where the key ends: at the first separator that no backslash escapes. */
function keyEnd(line: string): number {
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\') at++
    else if (/[=: \t\f]/.test(line[at] ?? '')) return at
  }
  return line.length
}

const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.)|$)/gsu, (whole, unicode?: string, character?: string) => {
    if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode, 16))
    if (character === 'u') throw new Fault('REQUEST_INVALID', 'a \\u escape needs four hexadecimal digits')
    return character === undefined ? whole.slice(1) : (controls[character] ?? character)
  })
}
