// A page of a configured site signs at the kiosk as with AutoFirma, all of it real but scanner, card and site: Debian's Chromium
// under the kiosk's policy, xdg-open, the appliance, SoftHSM under PKCS#11. What the page gets is judged by others.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallPdf } from './50.signature.kit.ts'
import { base64 } from './93.batch.kit.ts'
import { type Outcome, type Pages, type SigningPage, site, startPages } from './afirma-page.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { askAbout } from './pdf-fixtures.ts'

let kiosk: Kiosk
let pages: Pages
let page: SigningPage
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-story-page-'))
  kiosk = await startKiosk({ sheets: [], config: { autofirma: { origins: [site] } } })
  const { configFile, dataFolder } = kiosk.site
  pages = await startPages({ folder, configFile, dataFolder })
  page = await pages.open()
})
afterAll(async () => {
  await pages?.stop()
  await kiosk?.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

const request = () => kiosk.screen.view().request ?? fail()
const until = (stage: string) => kiosk.screen.until(view => view.request?.stage === stage, `the stage ${stage}`)

function fail(): never {
  throw new Error('nothing is asked for')
}

/** What the person at the screen does: reads, goes on, enters the PIN, closes. */
async function agreeAndSign(): Promise<void> {
  await until('asking')
  await kiosk.screen.post('/screen/request/accept')
  await kiosk.screen.until(view => view.request?.card?.state === 'present', 'the card')
  const { card } = request()
  const [certificate] = card?.state === 'present' ? card.certificates : []
  if (certificate === undefined) throw new Error('no certificate on the card')
  const key = `${encodeURIComponent(certificate.tokenId)}/${certificate.keyId}`
  const answer = await kiosk.screen.post(`/screen/request/sign/${key}`, Buffer.from(kiosk.site.pin))
  expect(answer).toMatchObject({ body: { outcome: 'signed' } })
  await until('finished')
}

const close = () => kiosk.screen.post('/screen/request/close')
const bytesOf = (value: unknown) => Buffer.from(String(value), 'base64')
const okOf = (outcome: Outcome) => {
  if ('failed' in outcome) throw new Error(JSON.stringify(outcome))
  return outcome.ok
}

describe('a page', () => {
  it('has a PDF signed, and the person reads before the PIN who asks for what', async () => {
    const asked = page.call(
      'sign',
      base64(await smallPdf()),
      'SHA256withRSA',
      'PAdES',
      'signReason=Conforme\nother=1\n',
    )
    await until('asking')
    expect(request()).toMatchObject({
      asker: { kind: 'page', name: 'sede.example.cat' },
      operation: 'sign',
      total: 1,
      documents: [{ name: 'document.pdf', format: 'PAdES', operation: 'sign', state: 'waiting' }],
    })
    await agreeAndSign()
    expect(request()).toMatchObject({ done: 1, failed: 0, fault: null })
    const [signature, certificate] = okOf(await asked)
    const told = await askAbout(bytesOf(signature), 'pdfsig', 'FILE')
    expect(told).toContain('Signature is Valid')
    expect(told).toContain('Total document signed')
    expect(
      await askAbout(bytesOf(certificate), 'openssl', 'x509', '-inform', 'DER', '-noout', '-subject', '-in', 'FILE'),
    ).toContain('Vidal')
    await close()
    expect(kiosk.logged.some(line => line.includes(kiosk.site.pin))).toBe(false)
    expect(kiosk.logged.find(line => line.includes('without effect'))).toContain('"names":"other"')
  })

  it.each([
    [
      'CAdES',
      'mode=implicit\n',
      ['openssl', 'cms', '-verify', '-noverify', '-binary', '-inform', 'DER', '-in', 'FILE'],
    ],
    ['XAdES Enveloped', '', ['xmlsec1', '--verify', '--insecure', '--id-attr:Id', 'SignedProperties', 'FILE']],
  ] as const)('has a document signed by %s', async (format, extra, [program, ...words]) => {
    const asked = page.call('sign', base64('<acta>aprovada</acta>'), 'SHA512', format, extra)
    await agreeAndSign()
    const [signature] = okOf(await asked)
    expect(await askAbout(bytesOf(signature), program, ...words)).toBeDefined()
    await close()
  })

  it('has a batch signed with one PIN, its result in the answer', async () => {
    await page.set('createBatch', 'SHA256withRSA', 'CAdES', 'sign', 'mode=implicit')
    await page.set('addDocumentToBatch', 'first', base64('the first'))
    await page.set('addDocumentToBatch', 'second', base64(await smallPdf()), 'PAdES', 'sign', '')
    await page.set('setLocalBatchProcess', true)
    const asked = page.call('signBatchProcess', false, null, null, null)
    await until('asking')
    expect(request()).toMatchObject({ operation: 'batch', total: 2 })
    await agreeAndSign()
    const [result] = okOf(await asked)
    const { signs } = typeof result === 'string' ? JSON.parse(result) : (result as { signs: unknown[] })
    expect(signs).toMatchObject([
      { id: 'first', result: 'DONE_AND_SAVED' },
      { id: 'second', result: 'DONE_AND_SAVED' },
    ])
    expect(await askAbout(bytesOf(signs[1].signature), 'pdfsig', 'FILE')).toContain('Signature is Valid')
    await close()
  })

  it('that the person refuses hears of a cancellation', async () => {
    const asked = page.call('sign', base64('x'), 'SHA256', 'CAdES', '')
    await until('asking')
    await kiosk.screen.post('/screen/request/refuse')
    expect(await asked).toMatchObject({ failed: { type: 'es.gob.afirma.core.AOCancelledOperationException' } })
    expect(kiosk.screen.view().request).toBeUndefined()
  })

  it('that closes midway is told on the screen, and the next one is served', async () => {
    void page.call('sign', base64('x'), 'SHA256', 'CAdES', '').catch(() => undefined)
    await until('asking')
    await page.close()
    await until('finished')
    expect(request().fault).toBe('PAGE_GONE')
    await close()
    page = await pages.open()
    const asked = page.call('sign', base64('y'), 'SHA256', 'CAdES', '')
    await agreeAndSign()
    expect(bytesOf(okOf(await asked)[0]).length).toBeGreaterThan(1000)
    await close()
  })
})
