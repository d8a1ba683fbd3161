// Loopback is not a boundary: any page in any browser on the machine can send requests to 127.0.0.1. So every request
// must name our host, every change must come from our own page, and no answer may be framed, cached or sniffed.

import type { IncomingHttpHeaders } from 'node:http'
import { Fault } from '../errors.ts'

/** Sent with every answer; `frames` are the sites that the screen may show in a frame, beside its own page in there. */
export function securityHeaders(frames: readonly string[]): Readonly<Record<string, string>> {
  const frameSource = frames.length === 0 ? '' : `frame-src 'self' ${frames.join(' ')}; `
  return Object.freeze({
    'content-security-policy':
      `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; font-src 'self'; ${frameSource}` +
      "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  })
}

/** The page in the screen's own frame that somebody else's site leads back to: nothing but a name that nobody can guess. */
export const returnedPath = '/clave/returned/'

/** A link that a person follows to this screen, in a window of its own, which the page with the link cannot read. */
function isOpened(method: string, headers: IncomingHttpHeaders): boolean {
  return method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}

/** Throws REQUEST_FORBIDDEN unless the request comes from the kiosk's own page. `port` is the one that is listened on. */
export function checkRequest(method: string, url: string, headers: IncomingHttpHeaders, port: number): void {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  const { host, origin } = headers
  if (host === undefined || !hosts.includes(host))
    throw new Fault('REQUEST_FORBIDDEN', 'the Host header names another host')
  if (method === 'GET' && url.startsWith(returnedPath)) return
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isOpened(method, headers)) {
    throw new Fault('REQUEST_FORBIDDEN', 'the request comes from another site')
  }
  if (method === 'GET' || method === 'HEAD') return
  if (origin !== `http://${host}`) throw new Fault('REQUEST_FORBIDDEN', 'the Origin header is not this kiosk')
  if (headers['x-compulsa-screen'] !== '1')
    throw new Fault('REQUEST_FORBIDDEN', 'the X-Compulsa-Screen header is missing')
}
