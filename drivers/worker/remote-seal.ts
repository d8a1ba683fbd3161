// The SealService port over the channel to the net worker. What comes back has its shape checked here; certificates,
// signature values and sealed documents are judged by whoever uses them.

import { Buffer } from 'node:buffer'
import type { SealedPdfRequest, SealName, SealRequest, SealService } from '../../device/ports.ts'
import { distrust, type PortChannel } from './channel.ts'
import { bytesOf } from './one-item.ts'
import { answerOf, refuse, withSignal } from './remote.ts'
import type { WireSeal } from './seal-handlers.ts'
import { checked } from './shapes.ts'
import { sealCertificate, sealIdentities, sealValues } from './shapes-seal.ts'

/** What a seal adds to a document at most. */
const maxAddedBytes = 4 * 1024 * 1024

/** A SealService in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteSeals(channel: PortChannel): SealService {
  async function certificate({ service, identity }: SealName, signal?: AbortSignal) {
    const asked = channel.call('sealCertificate', { service, identity }, withSignal(signal))
    const told = await answerOf(channel, asked, answer => checked(sealCertificate, answer, 'seal'))
    return {
      tokenId: service,
      keyId: identity,
      certificate: fromBase64(told.certificate),
      chain: told.chain.map(fromBase64),
      ...(told.onlyPss && { onlyPss: told.onlyPss }),
    }
  }

  async function sign({ certificate, digests, ...request }: SealRequest, signal?: AbortSignal) {
    const params: WireSeal = { ...request, certificate: toBase64(certificate), digests: digests.map(toBase64) }
    const asked = channel.call('seal', params, withSignal(signal))
    const values = await answerOf(channel, asked, answer => checked(sealValues, answer, 'seal values'))
    if (values.length !== digests.length) distrust(channel, () => refuse('not as many values as digests'))
    return values.map(fromBase64)
  }

  return Object.freeze({
    certificate,
    sign,
    identities: (service: string, signal?: AbortSignal) => {
      const asked = channel.call('sealIdentities', { service }, withSignal(signal))
      return answerOf(channel, asked, answer => checked(sealIdentities, answer, 'seals'))
    },
    sealPdf: ({ service, identity, bytes, pdf }: SealedPdfRequest, signal?: AbortSignal) => {
      const asked = channel.call('sealPdf', { service, identity, bytes }, { ...withSignal(signal), input: pdf })
      return bytesOf(channel, asked, bytes + maxAddedBytes)
    },
  })
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function fromBase64(text: string): Uint8Array {
  return Buffer.from(text, 'base64')
}
