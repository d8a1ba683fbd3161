// The net worker's side of seals. Certificates and digests are Base64 in calls and answers; a document that is sealed whole
// is the call's input, and comes back as the bytes of its only item.

import { Buffer } from 'node:buffer'
import type { SealName, SealRequest, SealService } from '../../device/ports.ts'
import { tellBytes } from './one-item.ts'
import type { Handler, Handlers } from './serve.ts'
import type { WireSealCertificate } from './shapes-seal.ts'

/** A request for signature values on the wire. */
export interface WireSeal extends SealName, Pick<SealRequest, 'algorithm'> {
  readonly certificate: string
  readonly digests: readonly string[]
}

/** `sealIdentities`, `sealCertificate`, `seal` and `sealPdf`. The service is asked for with the first call. */
export function sealHandlers(service: () => Promise<SealService>): Handlers {
  return new Map<string, Handler>([
    [
      'sealIdentities',
      async (params, { signal }) => (await service()).identities((params as { service: string }).service, signal),
    ],
    [
      'sealCertificate',
      async (params, { signal }): Promise<WireSealCertificate> => {
        const { certificate, chain, onlyPss } = await (await service()).certificate(params as SealName, signal)
        return { certificate: toBase64(certificate), chain: chain.map(toBase64), ...(onlyPss && { onlyPss }) }
      },
    ],
    [
      'seal',
      async (params, { signal }): Promise<readonly string[]> => {
        const { certificate, digests, ...request } = params as WireSeal
        const asked = { ...request, certificate: fromBase64(certificate), digests: digests.map(fromBase64) }
        return (await (await service()).sign(asked, signal)).map(toBase64)
      },
    ],
    [
      'sealPdf',
      async (params, context) => {
        const request = params as SealName & { bytes: number }
        return tellBytes(context, await (await service()).sealPdf({ ...request, pdf: context.input }, context.signal))
      },
    ],
  ])
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function fromBase64(text: string): Uint8Array {
  return Buffer.from(text, 'base64')
}
