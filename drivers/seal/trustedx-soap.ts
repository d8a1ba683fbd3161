// The older TrustedX gateway: OASIS DSS over SOAP, one call for each document, which goes out whole and comes back as a
// signed PDF (profile PAdES). It tells no certificates beforehand, so that the table of seals names the one to expect.

import { randomUUID } from 'node:crypto'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, SealedPdfRequest } from '../../device/ports.ts'
import { exchange, refusal, secretLine } from './exchange.ts'
import type { SealDriver, SealServiceOptions } from './seal-driver.ts'
import { signedIn, signMessage } from './soap.ts'

export interface TrustedxSoapOptions extends SealServiceOptions {
  readonly clientId: string
  /** One line, mode 0600. */
  readonly clientSecretFile: string
}

/** Largest document: it is read whole when it comes back, a third larger as Base64. */
export const maxSoapPdfBytes = 40 * 1024 * 1024
/** What a signature with its chain and its revocation data adds. */
const maxAddedBytes = 1024 * 1024
const deadlineMs = 180_000
/** Whole groups of three octets, so that pieces of Base64 join without padding in between. */
const pieceBytes = 48 * 1024

export function createTrustedxSoap(options: TrustedxSoapOptions): SealDriver {
  const refuseDigests = () =>
    Promise.reject(new Fault('SEAL_REFUSED', 'the gateway takes whole documents; it signs no digests'))

  return Object.freeze({
    identities: () => Promise.resolve([]),
    certificate: () =>
      Promise.reject(new Fault('SEAL_REFUSED', 'the gateway tells no certificate; name it by certificateFile')),
    sign: refuseDigests,
    async sealPdf({ identity, bytes, pdf }: SealedPdfRequest, signal?: AbortSignal): Promise<Uint8Array> {
      if (bytes > maxSoapPdfBytes) throw new Fault('SEAL_REFUSED', `${bytes} bytes are more than the gateway is sent`)
      const secret = await secretLine('client secret', options.clientSecretFile)
      const { clientId, url } = options
      const [before, behind] = signMessage({ clientId, secret, subject: identity, requestId: randomUUID() })
      const length = Buffer.byteLength(before) + Math.ceil(bytes / 3) * 4 + Buffer.byteLength(behind)
      const answer = await exchange(
        {
          method: 'POST',
          url,
          headers: {
            'content-type': 'text/xml; charset=utf-8',
            'content-length': String(length),
            SOAPAction: 'Sign',
            TwsAuthN: 'urn:safelayer:tws:policies:authentication:oauth:clients',
          },
          body: messageOf(before, pdf, behind),
          maxBodyBytes: Math.ceil(((bytes + maxAddedBytes) / 3) * 4) + 64 * 1024,
        },
        { deadlineMs, ...options },
        signal,
      )
      // A SOAP fault comes with 500.
      if (answer.status === 200 || answer.status === 500) return signedIn(answer.body)
      throw refusal(answer, 'the gateway')
    },
  })
}

async function* messageOf(before: string, pdf: ByteStream, behind: string): ByteStream & AsyncGenerator<Uint8Array> {
  yield Buffer.from(before)
  let held = Buffer.alloc(0)
  for await (const chunk of pdf) {
    held = Buffer.concat([held, chunk])
    const whole = held.length - (held.length % 3)
    for (let at = 0; at < whole; at += pieceBytes) {
      yield Buffer.from(held.toString('base64', at, Math.min(at + pieceBytes, whole)))
    }
    held = held.subarray(whole)
  }
  yield Buffer.from(held.toString('base64') + behind)
}
