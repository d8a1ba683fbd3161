// How long a peer asks to be left alone: the Retry-After field of its answer (RFC 9110, 10.2.3), read in one way for all
// services.

/** Longest wait that is passed on, milliseconds. */
const longestRetryAfterMs = 24 * 3_600_000

/** RFC 9110, 10.2.3: seconds or a date, as a wait in milliseconds; undefined where absent or not understood. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const field = headers['retry-after']?.trim()
  if (field === undefined) return undefined
  if (/^\d+$/.test(field)) return Math.min(longestRetryAfterMs, Number(field) * 1000)
  const at = parseHttpDate(field)
  if (at === undefined) return undefined
  // Against the destination's own clock: the kiosk's may be years off before its first synchronisation.
  const since = parseHttpDate(headers.date ?? '') ?? now
  return Math.min(longestRetryAfterMs, Math.max(0, at - since))
}

/** Of an answer by which a host says that it cannot now: how long it asks for, 0 where it does not say. undefined: it can. */
export function awayForMs({
  status,
  headers,
}: {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}): number | undefined {
  return status === 429 || status >= 500 ? (retryAfterMs(headers, Date.now()) ?? 0) : undefined
}

const httpDate =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? (\d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d GMT|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/

/** The three forms of RFC 9110, 5.6.7; the asctime form is UTC though it does not say so. */
function parseHttpDate(text: string): number | undefined {
  if (!httpDate.test(text)) return undefined
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(time) ? undefined : time
}
