// Times as certificates, CRLs, OCSP responses and time-stamps hold them: UTCTime and GeneralizedTime in UTC (RFC 5280,
// 4.1.2.5; RFC 3161, 2.4.2). Local times and missing seconds, which no profile allows, are not read.

import type { Asn1Node } from '../cms/asn1.ts'

const utcTimeTag = 0x17
const generalizedTimeTag = 0x18
const utcTime = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
const generalizedTime = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{1,9}))?Z$/

/** Milliseconds since 1970, finer fractions cut off; undefined for anything that is not such a time. */
export function timeOf(node: Asn1Node | undefined): number | undefined {
  if (node === undefined || node.content.length > 32) return undefined
  const text = Buffer.from(node.content).toString('latin1')
  if (node.tag === utcTimeTag) return moment(utcTime.exec(text), true)
  return node.tag === generalizedTimeTag ? moment(generalizedTime.exec(text), false) : undefined
}

function moment(parts: RegExpExecArray | null, twoDigitYear: boolean): number | undefined {
  if (parts === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number)
  const millisecond = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3))
  const century = twoDigitYear ? (year < 50 ? 2000 : 1900) : 0
  const date = new Date(0)
  date.setUTCFullYear(century + year, month - 1, day)
  date.setUTCHours(hour, minute, second, millisecond)
  const isReal =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
  return isReal ? date.getTime() : undefined
}
