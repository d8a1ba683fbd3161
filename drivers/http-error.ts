// What the network can do wrong, as one error with a kind; drivers map kinds to their own outcomes.

/**
 * `refused`: no connection could be made (also: unknown name, no route). `timeout`: one of the three limits passed.
 * `tls`: the peer's certificate or the handshake is not acceptable. `pin`: it is, but its key is none of those pinned.
 * `credentials`: the client certificate cannot be used, or the peer wants another one. `reset`: the connection broke after it was made. `too-large`: the answer is larger than
 * asked for. `malformed`: the answer is not HTTP, or redirects to nowhere. `forbidden`: the URL, or every address of its
 * host, must not be asked.
 */
export type HttpErrorKind =
  | 'refused'
  | 'timeout'
  | 'tls'
  | 'pin'
  | 'credentials'
  | 'reset'
  | 'too-large'
  | 'malformed'
  | 'forbidden'

/** A request that got no usable answer; `message` names host and reason, never headers or bodies. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly kind: HttpErrorKind
  /** False: there was no connection yet, TLS included, and so nobody can have had anything of the request. */
  readonly reached: boolean

  constructor(kind: HttpErrorKind, message: string, options?: ErrorOptions & { readonly reached?: boolean }) {
    super(message, options)
    this.kind = kind
    this.reached = options?.reached ?? true
  }
}

/** The same error of an exchange that never had a connection. */
export function unreached(thrown: unknown): unknown {
  if (!(thrown instanceof HttpError) || !thrown.reached) return thrown
  return new HttpError(thrown.kind, thrown.message, { cause: thrown.cause, reached: false })
}

const unreachableCodes =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EHOSTDOWN|ENOTFOUND|EAI_AGAIN|EAI_NODATA|EADDRNOTAVAIL)$/
const brokenCodes = /^(ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE|ERR_STREAM_DESTROYED)$/

/** Alerts by which a peer turns a client certificate down, or asks for one (RFC 8446, 6.2); names as OpenSSL gives them. */
const certificateAlerts =
  /ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(REVOKED|EXPIRED|UNKNOWN)|UNKNOWN_CA|ACCESS_DENIED)$/

/** Whatever node:http threw, within the TLS `handshake` or outside of it. */
export function asHttpError(thrown: unknown, host: string, inHandshake: boolean): HttpError {
  if (thrown instanceof HttpError) return thrown
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const because = (kind: HttpErrorKind) => new HttpError(kind, `${host}: ${code || String(thrown)}`, { cause: thrown })
  if (unreachableCodes.test(code)) return because('refused')
  if (code === 'ETIMEDOUT') return because('timeout')
  if (brokenCodes.test(code)) return because('reset')
  if (code.startsWith('HPE_')) return because('malformed')
  if (certificateAlerts.test(code)) return because('credentials')
  return because(inHandshake ? 'tls' : 'reset')
}
