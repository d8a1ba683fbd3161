// The SealService port: the services of the configuration by their names, each behind its own breaker, and what the table
// of seals says of a seal's certificate held against what the service says.

import { Fault } from '../../device/errors.ts'
import type { SealName, SealService, SigningCertificate } from '../../device/ports.ts'
import type { Breaker } from '../breaker.ts'
import { type Breakers, createBreakers } from '../breakers.ts'
import { readCredentialFile } from '../credential-file.ts'
import { certificatesIn } from './certificate-text.ts'
import { type CscOptions, createCsc } from './csc.ts'
import type { SealDriver, SealRow } from './seal-driver.ts'
import { createTrustedx, type TrustedxOptions } from './trustedx.ts'
import { createTrustedxSoap, type TrustedxSoapOptions } from './trustedx-soap.ts'

export type SealServiceConfig =
  | ({ readonly driver: 'trustedx' } & TrustedxOptions)
  | ({ readonly driver: 'trustedx-soap' } & TrustedxSoapOptions)
  | ({ readonly driver: 'csc' } & CscOptions)

export interface SealConfig {
  readonly services: readonly SealServiceConfig[]
  readonly table: readonly SealRow[]
}

interface Served {
  readonly driver: SealDriver
  readonly breaker: Breaker
}

/** Those that are left alone can be seen in `breakers`. `leave` takes leave of all of them at the end. */
export function createSealServices(
  { services, table }: SealConfig,
  breakers = createBreakers(),
): SealService & { leave(): Promise<void> } {
  const served = new Map<string, Served>(
    services.map(one => [one.id, { driver: driverOf(one), breaker: breakerOf(one, breakers) }]),
  )

  function through<T>(service: string, work: (driver: SealDriver) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const one = served.get(service)
    if (one === undefined) return Promise.reject(new Fault('SEAL_ABSENT', `no seal service ${service} is configured`))
    return one.breaker.run(() => work(one.driver), signal)
  }

  async function certificate(seal: SealName, signal?: AbortSignal): Promise<SigningCertificate> {
    const { service, identity } = seal
    const row = table.find(one => one.service === service && one.identity === identity)
    const named = row?.certificateFile === undefined ? undefined : await certificatesAt(row.certificateFile)
    const place = { tokenId: service, keyId: identity }
    const [expected, ...issuers] = named ?? []
    if (expected !== undefined && isSilent(services, service))
      return { ...place, certificate: expected, chain: issuers }
    const told = await through(service, driver => driver.certificate(identity, signal), signal)
    if (expected !== undefined && !Buffer.from(expected).equals(told.certificate)) {
      throw new Fault('SEAL_REFUSED', 'the certificate of the seal is not the one of certificateFile')
    }
    const chain = issuers.length > 0 ? issuers : told.chain
    return { ...place, ...told, chain }
  }

  return Object.freeze({
    certificate,
    identities: (service: string, signal?: AbortSignal) =>
      through(service, driver => driver.identities(signal), signal),
    sign: (request: Parameters<SealService['sign']>[0], signal?: AbortSignal) =>
      through(request.service, driver => driver.sign(request, signal), signal),
    sealPdf: (request: Parameters<SealService['sealPdf']>[0], signal?: AbortSignal) =>
      through(request.service, driver => driver.sealPdf(request, signal), signal),
    leave: async () => {
      await Promise.all([...served.values()].map(({ driver }) => driver.leave?.()))
    },
  })
}

/** A service that did not answer is left alone for a moment, whoever asks. */
const restMs = 5_000

function breakerOf({ id, url }: SealServiceConfig, breakers: Breakers): Breaker {
  return breakers.add(
    { service: 'seal', id, url },
    {
      now: () => performance.now(),
      pauseMs: restMs,
      longestMs: restMs,
      verdict: thrown => {
        if (!(thrown instanceof Fault)) return 'nothing'
        return thrown.code === 'SEAL_UNREACHABLE' ? { waitMs: thrown.retryAfterMs ?? 0 } : 'answered'
      },
      resting: leftMs =>
        new Fault('SEAL_UNREACHABLE', `${id}: it did not answer a moment ago`, { retryAfterMs: leftMs }),
    },
  )
}

function driverOf(service: SealServiceConfig): SealDriver {
  switch (service.driver) {
    case 'trustedx':
      return createTrustedx(service)
    case 'trustedx-soap':
      return createTrustedxSoap(service)
    case 'csc':
      return createCsc(service)
  }
}

/** Whether the service tells no certificates. */
function isSilent(services: readonly SealServiceConfig[], id: string): boolean {
  return services.some(one => one.id === id && one.driver === 'trustedx-soap')
}

async function certificatesAt(path: string): Promise<readonly Uint8Array[]> {
  const file = await readCredentialFile('certificate', path, { secret: false })
  if (!file.usable) throw new Fault('CERTIFICATE_UNREADABLE', file.reason)
  return certificatesIn(file.bytes.toString('latin1'), path)
}
