// What the tests of raising signatures elsewhere share: trust services on loopback, the simulated extension service beside
// them, and the files by which the kiosk knows both.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { FortressOptions } from '../drivers/extender/fortress.ts'
import { smallPdf } from './50.signature.kit.ts'
import { signPades, type World } from './59.pades.kit.ts'
import { type Fortress, type FortressOptions as SimulatorOptions, startFortress } from './sim/fortress.ts'
import { createTrustServices, type TrustServices } from './sim/trust-services.ts'

export interface ServiceStand {
  readonly trust: TrustServices
  readonly fortress: Fortress
  readonly folder: string
  /** As the driver takes them. */
  options(more?: Partial<FortressOptions>): FortressOptions
  /** As the configuration takes it. */
  readonly service: Readonly<Record<string, unknown>>
  /** A PDF signed at level B by somebody of the same PKI. */
  signed(): Promise<Buffer>
}

/** Gone after the test. */
export async function serviceStand(more: Partial<SimulatorOptions> = {}): Promise<ServiceStand> {
  const stand = await startServiceStand(more)
  onTestFinished(() => stand.stop())
  return stand
}

export async function startServiceStand(
  more: Partial<SimulatorOptions> = {},
  existing?: TrustServices,
): Promise<ServiceStand & { stop(): Promise<void> }> {
  await using held = new AsyncDisposableStack()
  const folder = held.adopt(await mkdtemp(join(tmpdir(), 'compulsa-extension-')), path => rm(path, { recursive: true }))
  const trust = existing ?? held.adopt(await createTrustServices({ now: Date.now, tsaKey: 'P-256' }), one => one.stop())
  const fortress = held.adopt(
    await startFortress({ anchors: [trust.pki.root], other: await signedBy(trust), ...more }),
    one => one.stop(),
  )
  const at = (name: string) => join(folder, name)
  await writeFile(at('ca.pem'), fortress.caPem)
  await writeFile(at('secret'), `${fortress.client.secret}\n`, { mode: 0o600 })
  const common = {
    url: fortress.url,
    clientId: fortress.client.id,
    clientSecretFile: at('secret'),
    redirectUri: 'https://kiosk.example.org/',
    caFile: at('ca.pem'),
    tsa: { type: 'URL', url: trust.tsaUrl } as const,
  }
  const running = held.move()
  return {
    trust,
    fortress,
    folder,
    options: (over = {}) => ({ ...common, ...over }),
    service: { driver: 'fortress', ...common },
    signed: () => signedBy(trust),
    stop: () => running.disposeAsync(),
  }
}

/** Signed a moment ago, by the machine's time. */
export async function signedBy({ pki, tsa }: TrustServices): Promise<Buffer> {
  const signer = await pki.signer({ key: 'P-256' })
  const time = Date.now() - 1000
  const world = { pki, tsa, signer, time, clock: { now: () => time } } as unknown as World
  return (await signPades(await smallPdf(), world)).bytes
}

/** What was thrown, as code and detail. */
export async function faultOf(work: Promise<unknown>): Promise<Fault> {
  try {
    await work
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}
