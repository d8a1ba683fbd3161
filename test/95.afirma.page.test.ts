// Pages in Debian's Chromium with the kiosk's own policy: everything a page does with AutoFirma's script, and what the
// browser and the kiosk keep pages of other sites from.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FakeDesk } from './95.afirma.desk.ts'
import { rogueIdentity } from './95.afirma.rogue.ts'
import { foreignSite, type PageKiosk, type PageKioskOptions, startPageKiosk } from './afirma-page.kit.ts'
import { createChangingDesk, scenarios } from './afirma-page.scenarios.ts'

interface PrintedPolicy {
  readonly CACertificatesWithConstraints: readonly { readonly certificate: string }[]
}

const changing = createChangingDesk()
let desk: FakeDesk

describe('a page of a configured site', () => {
  let kiosk: PageKiosk
  beforeAll(async () => {
    kiosk = await startPageKiosk({ desk: changing.desk })
  })
  afterAll(() => kiosk?.stop())
  beforeEach(() => {
    desk = changing.renew()
  })

  it.each(scenarios)('$name', async ({ run }) => {
    await run(kiosk, desk)
    expect(kiosk.logged.filter(line => line.includes('"error"'))).toEqual([])
  })

  it('is launched without being asked, by the address that it wrote, and the handler learns the screen’s', async () => {
    const lines = (await kiosk.launches()).trim().split('\n')
    expect(lines[0]).toMatch(/^afirma:\/\/websocket\?ports=\d+,\d+,\d+&v=4&jvc=4&idsession=[0-9A-Za-z]{20}$/)
    expect(lines[1]).toBe('http://127.0.0.1:8080/')
  })
})

it('every part of the policy is known to Chromium and holds', async () => {
  let names: string[] = []
  const kiosk = await startPageKiosk({
    desk: changing.renew(),
    policy: printed => {
      names = Object.keys(printed)
      return printed
    },
  })
  try {
    const page = await kiosk.browser.newPage()
    await page.goto('chrome://policy')
    const row = page.locator('policy-row')
    await row.first().waitFor()
    expect(names.length).toBeGreaterThan(3)
    for (const name of names) {
      const own = row.filter({ has: page.locator('.name', { hasText: new RegExp(`^\\s*${name}\\s*$`) }) })
      await expect.poll(() => own.evaluate(one => one.shadowRoot?.textContent)).toMatch(/Mandatory\s+OK/)
    }
  } finally {
    await kiosk.stop()
  }
})

describe('what else there is', () => {
  /** What a socket of a page there comes to. */
  async function attempt(origin: string, policy?: PageKioskOptions['policy']): Promise<unknown> {
    const kiosk = await startPageKiosk({ desk: changing.renew(), ...(policy !== undefined && { policy }) })
    try {
      const port = await launched(kiosk)
      const { page } = await kiosk.open(origin)
      const said: string[] = []
      page.on('console', message => said.push(message.text()))
      const opened = await page.evaluate(
        address =>
          new Promise<string>(resolve => {
            const socket = new WebSocket(address)
            socket.onopen = () => resolve('opened')
            socket.onerror = () => resolve('failed')
          }),
        `wss://127.0.0.1:${port}`,
      )
      return { opened, why: said.join('\n').match(/net::\w+|response code: \d+/)?.[0], refused: kiosk.refused }
    } finally {
      await kiosk.stop()
    }
  }

  /** A launch of a configured site's page, whose port is free for anybody who guesses it. */
  async function launched(kiosk: PageKiosk): Promise<number> {
    const { page } = await kiosk.open()
    await page.evaluate(() => {
      document.location = 'afirma://websocket?ports=51743,52743,53743&v=4&jvc=4&idsession=abc'
    })
    await expect.poll(() => kiosk.launches()).toMatch(/\nhttp/)
    const line = kiosk.logged.find(one => one.includes('page launched')) ?? '{}'
    return JSON.parse(line).port
  }

  it('a page of another site is stopped by the browser', async () => {
    expect(await attempt(foreignSite)).toMatchObject({
      opened: 'failed',
      why: 'net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS',
      refused: [],
    })
  })

  it('and by the kiosk, where the browser would let it', async () => {
    const lenient = (printed: object) => ({ ...printed, LoopbackNetworkAllowedForUrls: ['*'] })
    expect(await attempt(foreignSite, lenient)).toMatchObject({
      opened: 'failed',
      why: 'response code: 403',
      refused: [{ origin: foreignSite, code: 'ORIGIN_REFUSED' }],
    })
  })

  it('a browser without the kiosk’s authority does not believe the kiosk', async () => {
    const ignorant = ({ CACertificatesWithConstraints: _, ...rest }: Readonly<Record<string, unknown>>) => rest
    expect(await attempt('https://sede.example.cat', ignorant)).toMatchObject({
      opened: 'failed',
      why: 'net::ERR_CERT_AUTHORITY_INVALID',
    })
  })

  it.each([
    ['as the kiosk’s policy has it', (printed: PrintedPolicy) => ({ ...printed })],
    ['by the constraints in its own certificate alone', plainlyTrusted],
  ])('the kiosk’s authority is believed about no other site, %s', async (_how, policy) => {
    const foreignTls = (folder: string, authority: string) => rogueIdentity(folder, authority, 'DNS:elsewhere.example')
    const kiosk = await startPageKiosk({ desk: changing.renew(), foreignTls, policy: policy as never })
    try {
      await kiosk.open()
      await expect(kiosk.open(foreignSite)).rejects.toThrow(/net::ERR_CERT_(AUTHORITY_)?INVALID/)
    } finally {
      await kiosk.stop()
    }
  })

  function plainlyTrusted({ CACertificatesWithConstraints: [first], ...rest }: PrintedPolicy) {
    return { ...rest, CACertificates: [first?.certificate] }
  }
})
