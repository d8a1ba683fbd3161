// What the screen asks of the appliance: POSTs to the loopback origin that served it, each answered by nothing or by the
// code of an error. Whether the appliance can be reached at all is told by the event stream, not here.

import type { CertificateView, ErrorAnswer, SignAnswer } from '../device/http/view.ts'
import type { Signing } from './signing-of.ts'

export type CallAnswer =
  | { readonly answer: 'done' }
  | { readonly answer: 'refused'; readonly code: ErrorAnswer['code'] }

/** Where a key is. */
export type KeyPlace = Pick<CertificateView, 'tokenId' | 'keyId'>

export interface Calls {
  /** POST of `path` below /screen/. The same call is not sent again while it is under way, but for a turn of a page. */
  post(path: string, body?: Readonly<Record<string, unknown>>): Promise<CallAnswer>
  /** Sends the octets of a PIN for the copy or the request in hand and overwrites them, whatever the answer. */
  sign(of: Signing['of'], key: KeyPlace, pin: Uint8Array<ArrayBuffer>): Promise<SignAnswer>
}

/** A turn adds to the one before, so that every touch counts, however quick; all other calls say how things should be. */
const adding = /\/turn$/
const screenHeaders = { 'X-Compulsa-Screen': '1' }

export function createCalls(): Calls {
  const underWay = new Set<string>()

  async function post(path: string, body?: Readonly<Record<string, unknown>>): Promise<CallAnswer> {
    if (underWay.has(path) && !adding.test(path)) return { answer: 'done' }
    underWay.add(path)
    try {
      const request =
        body === undefined
          ? { headers: screenHeaders }
          : { headers: { ...screenHeaders, 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
      const response = await fetch(`/screen/${path}`, { method: 'POST', ...request })
      return response.ok ? { answer: 'done' } : { answer: 'refused', code: await codeOf(response) }
    } catch (error) {
      return { answer: 'refused', code: unreachable(error) }
    } finally {
      underWay.delete(path)
    }
  }

  async function sign(of: Signing['of'], key: KeyPlace, pin: Uint8Array<ArrayBuffer>): Promise<SignAnswer> {
    const path = `/screen/${of}/sign/${keyPath(key)}`
    const headers = { ...screenHeaders, 'Content-Type': 'application/octet-stream' }
    try {
      const response = await fetch(path, { method: 'POST', headers, body: pin })
      if (response.ok) return (await response.json()) as SignAnswer
      return { outcome: 'refused', code: await codeOf(response), tries: 'unknown' }
    } catch (error) {
      return { outcome: 'refused', code: unreachable(error), tries: 'unknown' }
    } finally {
      pin.fill(0)
    }
  }

  return Object.freeze({ post, sign })
}

/** A key's place as the end of a path. */
export function keyPath({ tokenId, keyId }: KeyPlace): string {
  return `${encodeURIComponent(tokenId)}/${encodeURIComponent(keyId)}`
}

async function codeOf(response: Response): Promise<ErrorAnswer['code']> {
  const answer = (await response.json()) as ErrorAnswer
  return answer.code
}

/** A call that found nobody is a worker that is being started again; a mistake of this page is not hidden. */
function unreachable(error: unknown): ErrorAnswer['code'] {
  if (error instanceof TypeError || error instanceof SyntaxError) return 'WORKER_LOST'
  throw error
}
