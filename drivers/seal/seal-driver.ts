// What one kind of seal service can do. The port above it (services.ts) knows which service is meant and leaves one that
// does not answer alone for a moment.

import type { SealedPdfRequest, SealRequest, SigningCertificate } from '../../device/ports.ts'
import type { SealPeer } from './exchange.ts'

/** A row of the table of seals. */
export interface SealRow {
  readonly service: string
  readonly identity: string
  /** PEM: the certificate that the seal must have, and then its issuers. */
  readonly certificateFile?: string
}

/** As in the port, without the service. */
export interface SealDriver {
  identities(signal?: AbortSignal): Promise<readonly string[]>
  /** DER of the seal's certificate, and what the service tells of its issuers. */
  certificate(
    identity: string,
    signal?: AbortSignal,
  ): Promise<Pick<SigningCertificate, 'certificate' | 'chain' | 'onlyPss'>>
  sign(request: SealRequest, signal?: AbortSignal): Promise<readonly Uint8Array[]>
  sealPdf(request: SealedPdfRequest, signal?: AbortSignal): Promise<Uint8Array>
  /** Takes leave of the service, where it has given anything that outlives the kiosk's calls. Never rejects. */
  leave?(): Promise<void>
}

export interface SealServiceOptions extends SealPeer {
  readonly id: string
  /** `https:`, without the path of the interface. */
  readonly url: string
}
