// Validation data gathered through the real HTTP client from the simulated trust services: what level LT is made of, and
// each way in which a server fails, with the certificate and the address in what is told.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asFault } from '../device/errors.ts'
import { readCertificate } from '../device/trust/certificate.ts'
import { noEvidence } from '../device/trust/evidence.ts'
import { type GatheredEvidence, gatherEvidence } from '../device/trust/gather.ts'
import { createHttpRevocation } from '../drivers/revocation/http.ts'
import { now } from './50.signature.kit.ts'
import type { TestIdentity } from './sim/pki.ts'
import { createTrustServices, type TrustFault, type TrustServices } from './sim/trust-services.ts'

let services: TrustServices
let signer: TestIdentity

beforeEach(async () => {
  services = await createTrustServices({ now: () => now, tsaKey: 'P-256' })
  signer = await services.pki.signer({ key: 'P-256', commonName: 'Núria Vidal' })
})
afterEach(() => services.stop())

function gather(): Promise<GatheredEvidence> {
  const certificates = [signer, services.tsa].map(one => readCertificate(one.certificate))
  const tools = {
    anchors: [readCertificate(services.pki.root)],
    revocation: createHttpRevocation({ allowPrivate: ['127.0.0.1'], deadlineMs: 400 }),
    clock: { now: () => now },
  }
  return gatherEvidence({ certificates, known: noEvidence, at: now }, tools)
}

const asked = () => services.requests().map(({ method, path }) => `${method} ${path}`)

describe('validation data of a signer and a time-stamping authority', () => {
  it('are three answers and the certificates between them and the root', async () => {
    const evidence = await gather()
    expect(evidence.ocsps).toHaveLength(3)
    expect(evidence.crls).toEqual([])
    expect(evidence.answeredEarlier).toEqual([])
    expect(asked().toSorted()).toEqual([
      'GET /intermediate.cer',
      'POST /intermediate.ocsp',
      'POST /intermediate.ocsp',
      'POST /root.ocsp',
    ])
  })

  it.each<TrustFault>(['http-500', 'http-404', 'html', 'hangs', 'reset', 'truncated', 'redirect-to-metadata'])(
    'come from the lists where the responders fail by %s',
    async fault => {
      services.fault('ocsp', fault)
      const evidence = await gather()
      expect(evidence.ocsps).toEqual([])
      expect(evidence.crls).toHaveLength(2)
    },
  )

  it('cannot be had where the lists fail too; certificate and address are told', async () => {
    services.fault('ocsp', 'http-500')
    services.fault('crl', 'http-404')
    const fault = await gather().then(() => undefined, asFault)
    expect(fault?.code).toBe('REVOCATION_UNAVAILABLE')
    expect(fault?.detail).toContain(`${services.base}`)
    expect(fault?.detail).toMatch(/answered (500|404)/)
  })

  it('are refused for a certificate that was revoked', async () => {
    services.revoke(signer.certificate, { since: now - 86_400_000, reason: 1 })
    expect(await gather().then(() => undefined, asFault)).toMatchObject({ code: 'CERTIFICATE_REVOKED' })
    services.fault('ocsp', 'try-later')
    expect(await gather().then(() => undefined, asFault)).toMatchObject({ code: 'CERTIFICATE_REVOKED' })
  })

  it('want the issuer, which is fetched from where the certificate says', async () => {
    services.fault('issuer', 'http-404')
    expect(await gather().then(() => undefined, asFault)).toMatchObject({ code: 'CHAIN_INCOMPLETE' })
  })
})
