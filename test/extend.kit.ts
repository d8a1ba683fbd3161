// A kiosk whose procedure asks for level LTA, and a copy signed there while something of what that takes is wrong.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { loadConfig } from '../device/config/file.ts'
import type { ApplianceStatus } from '../device/http/operator.ts'
import { askAppliance } from '../device/http/operator-client.ts'
import { certificatesInPem } from '../device/trust/pem.ts'
import type { Report } from '../device/trust/report.ts'
import { verifyPdf } from '../device/trust/verify-pdf.ts'
import { readerOf } from '../device/verbs/appliance.ts'
import { startServiceStand } from './97.extension.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import type { Fortress } from './sim/fortress.ts'
import type { SiteConfigure } from './sim/site.ts'
import type { TrustServices } from './sim/trust-services.ts'
import { approve, copyReceived, feed, open, procedure, sign, slips } from './walk.kit.ts'

/** `wrong` makes wrong what shall be when the copy is signed. */
export async function signedForArchive(wrong: (kiosk: Kiosk) => void, configure?: SiteConfigure): Promise<Kiosk> {
  const procedures = [procedure('local', { signature: { level: 'LTA' } })]
  const config: SiteConfigure = async trust => ({ procedures, ...(await configure?.(trust)) })
  const kiosk = await startKiosk({ sheets: await slips(1), trustServices: true, config })
  await open(kiosk, 'copy-local')
  await feed(kiosk)
  await approve(kiosk)
  await kiosk.screen.until(view => view.copy?.card?.state === 'present', 'a card in the reader')
  wrong(kiosk)
  await sign(kiosk, kiosk.site.pin)
  await kiosk.screen.until(view => view.copy?.result != null, 'the receipt')
  return kiosk
}

/** Signed while the authority answers and nobody tells the state of certificates. */
export async function signedWithoutResponders(): Promise<Kiosk> {
  return await signedForArchive(kiosk => {
    trustOf(kiosk).fault('ocsp', 'http-500')
    trustOf(kiosk).fault('crl', 'http-500')
  })
}

export function trustOf({ site }: Kiosk): TrustServices {
  if (site.trust === undefined) throw new Error('a site without trust services')
  return site.trust
}

/** Time-stamps that the authority was asked for. */
export function stampsAsked(kiosk: Kiosk): number {
  return trustOf(kiosk)
    .requests()
    .filter(one => one.service === 'tsa').length
}

/** Until the log tells of an attempt to extend that was put off. */
export async function untilPostponed({ logged }: Kiosk): Promise<void> {
  // The view does not change with it.
  await vi.waitFor(() => expect(logged.join()).toContain('extensionPostponed'), { timeout: 20_000 })
}

/** Lets minutes pass until nothing waits any more; longer leaps would make an answer on its way look old. */
export async function untilSent({ screen, clock }: Kiosk): Promise<void> {
  for (let i = 0; screen.view().queue.waiting > 0; i++) {
    if (i === 100) throw new Error('it was never sent')
    clock.leap(60_000)
    await new Promise(resolve => setTimeout(resolve, 250))
  }
}

export async function askOperator(kiosk: Kiosk, id: string, action: 'retry' | 'hold' | 'discard'): Promise<unknown> {
  return await askAppliance(socketOf(kiosk), 'POST', `/queue/${id}/${action}`)
}

export async function statusOf(kiosk: Kiosk): Promise<ApplianceStatus> {
  return (await askAppliance(socketOf(kiosk), 'GET', '/status')) as ApplianceStatus
}

function socketOf({ site }: Kiosk): string {
  return join(site.dataFolder, 'data', 'operator.sock')
}

/** Our own verdict on what arrived as the `index`-th copy, by the kiosk's clock. */
export async function reportOnReceived(kiosk: Kiosk, index = 0): Promise<Report> {
  const { pdf } = await copyReceived(kiosk, index)
  const anchors = certificatesInPem(await readFile(kiosk.site.trustFile, 'utf8'))
  return await verifyPdf(randomAccessOf(pdf), { anchors, now: kiosk.clock.now() })
}

/** Details of the audit entries of that name, oldest first. */
export async function auditOf(kiosk: Kiosk, event: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const loaded = loadConfig({ configFile: kiosk.site.configFile, dataFolder: kiosk.site.dataFolder })
  const store = readerOf(loaded)
  try {
    return store.audit.list().flatMap(one => (one.event === event ? [JSON.parse(one.details)] : []))
  } finally {
    store.close()
  }
}

export interface ServedKiosk extends Kiosk {
  readonly fortress: Fortress
}

/** A copy signed at a kiosk whose signatures an extension service raises, while something of that is wrong. */
export async function signedForService(
  fallback: 'local' | 'none',
  wrong: (fortress: Fortress) => void,
): Promise<ServedKiosk> {
  const held: { stand?: Awaited<ReturnType<typeof startServiceStand>>; now: () => number } = { now: Date.now }
  const configure: SiteConfigure = async trust => {
    held.stand = await startServiceStand({ now: () => held.now() }, trust)
    wrong(held.stand.fortress)
    // Without a fallback the kiosk needs no authority of its own.
    const own = fallback === 'none' ? { timestamping: undefined } : {}
    return { ...own, extension: { service: held.stand.service, fallback } }
  }
  const kiosk = await signedForArchive(({ clock }) => {
    held.now = () => clock.now()
  }, configure)
  const { stand } = held
  if (stand === undefined) throw new Error('no extension service')
  return {
    ...kiosk,
    get screen() {
      return kiosk.screen
    },
    get appliance() {
      return kiosk.appliance
    },
    fortress: stand.fortress,
    async stop() {
      await kiosk.stop()
      await stand.stop()
    },
  }
}
