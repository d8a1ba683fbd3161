// A time by a pattern of java.text.SimpleDateFormat, as AutoFirma's `$$SIGNDATE=…$$` has them, in Spanish where a letter
// stands for a word.

export interface MomentInZone {
  /** Milliseconds since 1970. */
  readonly signingTime: number
  /** IANA name. */
  readonly timeZone: string
}

/** Undefined where the pattern has a letter that is not known here. */
export function dateByPattern(pattern: string, moment: MomentInZone): string | undefined {
  let known = true
  const text = pattern.replace(/'([^']*)'|([A-Za-z])\2*/g, (run: string, quoted?: string, letter = '') => {
    if (quoted !== undefined) return quoted === '' ? "'" : quoted
    const value = letterValue(letter, run.length, moment)
    if (value === undefined) known = false
    return value ?? run
  })
  return known ? text : undefined
}

const numbers: Readonly<Record<string, Intl.DateTimeFormatPartTypes>> = {
  y: 'year',
  M: 'month',
  d: 'day',
  H: 'hour',
  h: 'hour',
  m: 'minute',
  s: 'second',
}

function letterValue(letter: string, length: number, moment: MomentInZone): string | undefined {
  if (letter === 'E') return part(moment, { weekday: length > 3 ? 'long' : 'short' }, 'weekday')
  if (letter === 'M' && length > 2)
    return part(moment, { month: length > 3 ? 'long' : 'short', day: '2-digit' }, 'month')
  if (letter === 'a') return Number(part(moment, { hour: '2-digit', hourCycle: 'h23' }, 'hour')) < 12 ? 'AM' : 'PM'
  if (letter === 'z') return part(moment, { hour: '2-digit', timeZoneName: 'short' }, 'timeZoneName')
  if (letter === 'S') return String(moment.signingTime % 1000).padStart(length, '0')
  const type = Object.hasOwn(numbers, letter) ? numbers[letter] : undefined
  if (type === undefined) return undefined
  const hourCycle = letter === 'h' ? 'h12' : 'h23'
  const value = part(moment, { ...allNumbers, hourCycle }, type)
  if (letter === 'y' && length === 2) return value.slice(-2)
  return String(Number(value)).padStart(length, '0')
}

const allNumbers = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
} as const

function part(
  { signingTime, timeZone }: MomentInZone,
  options: Intl.DateTimeFormatOptions,
  type: Intl.DateTimeFormatPartTypes,
): string {
  const parts = new Intl.DateTimeFormat('es-ES', { timeZone, ...options }).formatToParts(signingTime)
  return parts.find(one => one.type === type)?.value ?? ''
}
