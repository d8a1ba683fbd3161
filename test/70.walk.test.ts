// The whole walk on real parts: paper in, a signed copy delivered; and what arrives is judged by other people's programs.

import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { loadConfig } from '../device/config/file.ts'
import { systemClock, systemRandom } from '../device/host.ts'
import { openStore } from '../device/store/store.ts'
import { certificatesInPem } from '../device/trust/pem.ts'
import { verifyPdf } from '../device/trust/verify-pdf.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { approve, feed, open, procedure, sign, smallPile } from './walk.kit.ts'

describe('paper in, a signed copy delivered', () => {
  let kiosk: Kiosk
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compulsa-walk-'))
    kiosk = await startKiosk({
      sheets: await smallPile(3),
      config: { procedures: [procedure('local'), procedure('none')] },
    })
  })
  afterAll(async () => {
    await kiosk.stop()
    await rm(folder, { recursive: true })
  })

  it('walks from the choice of a procedure to the receipt', async () => {
    await open(kiosk, 'copy-local')
    await feed(kiosk)
    expect(kiosk.screen.copy().pages.map(page => page.number)).toEqual([1, 2, 3])
    await approve(kiosk)
    expect(await sign(kiosk, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    const { copy } = await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    expect(copy?.result).toMatchObject({
      pages: 3,
      signer: 'Núria Vidal i Serra (sample)',
      deliveries: [{ state: 'delivered' }],
    })
    expect(copy?.result?.qr).toContain(copy?.reference)
    expect(kiosk.site.receiver.received()).toHaveLength(1)
  })

  it('delivers what pdfsig and qpdf accept, with the pages as they were scanned', async () => {
    const [effect] = kiosk.site.receiver.received()
    const file = join(folder, 'arrived.pdf')
    await writeFile(file, await bytesReceived(kiosk, effect?.reference ?? ''))
    expect(execFileSync('pdfsig', ['-nocert', file], { encoding: 'utf8' })).toContain('Signature is Valid')
    expect(execFileSync('qpdf', ['--check', file], { encoding: 'utf8' })).toContain(
      'No syntax or stream encoding errors',
    )
    expect(execFileSync('pdfinfo', [file], { encoding: 'utf8' })).toMatch(/Pages:\s+3/)
    execFileSync('pdfimages', ['-all', file, join(folder, 'page')])
    const images = (await readdir(folder)).filter(name => name.startsWith('page'))
    expect(images.every(name => name.endsWith('.jpg'))).toBe(true)
    expect(images).toHaveLength(3)
  })

  it('ends the visit without a trace on the screen, and the next person starts anew', async () => {
    await kiosk.screen.post('/screen/copy/leave')
    await kiosk.screen.until(view => view.copy === null, 'nobody is in hand')
    kiosk.site.scanner.load(await smallPile(1))
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    expect(kiosk.screen.copy().pages).toHaveLength(1)
    await approve(kiosk, 'copy')
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the unsigned copy is delivered')
    expect(kiosk.site.receiver.received()).toHaveLength(2)
  })

  it('leaves no PIN in the log', () => {
    expect(kiosk.logged.join('\n')).not.toContain(kiosk.site.pin)
  })
})

describe('paper in, a copy with its evidence for the archive delivered', () => {
  let kiosk: Kiosk
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compulsa-walk-'))
    const procedures = [procedure('local', { signature: { level: 'LTA' } })]
    kiosk = await startKiosk({ sheets: await smallPile(2), trustServices: true, config: { procedures } })
    await open(kiosk, 'copy-local')
    await feed(kiosk)
    await approve(kiosk)
  })
  afterAll(async () => {
    await kiosk.stop()
    await rm(folder, { recursive: true })
  })

  it('is sent at level LTA', async () => {
    expect(await sign(kiosk, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    expect(kiosk.site.receiver.received()).toMatchObject([{ metadata: { signatureLevel: 'LTA' } }])
  })

  it('delivers what pdfsig and qpdf accept, with two time-stamps over the signature', async () => {
    const [effect] = kiosk.site.receiver.received()
    const file = join(folder, 'arrived.pdf')
    await writeFile(file, await bytesReceived(kiosk, effect?.reference ?? ''))
    // Poppler lists document time-stamps, says on stderr that it cannot validate them, and judges the signature.
    const report = execFileSync('pdfsig', ['-nocert', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(report.match(/Signature is Valid/g)).toHaveLength(1)
    expect(report.match(/Signature #\d/g)).toHaveLength(3)
    expect(execFileSync('qpdf', ['--check', file], { encoding: 'utf8' })).toContain('No syntax or stream encoding')
  })

  it('delivers what is at level LTA by our own verifier', async () => {
    const [effect] = kiosk.site.receiver.received()
    const bytes = await bytesReceived(kiosk, effect?.reference ?? '')
    const anchors = certificatesInPem(await readFile(kiosk.site.trustFile, 'utf8'))
    const report = await verifyPdf(randomAccessOf(bytes), { anchors, now: Date.now() })
    expect(report).toMatchObject({ indication: 'TOTAL-PASSED', signatures: [{ level: 'PAdES-BASELINE-LTA' }, {}, {}] })
  })

  it('notes each level in the audit trail, and the signature as what it was when it was made', async () => {
    const { id } = kiosk.screen.copy()
    const { dataFolder, deviceKeyFile } = loadConfig({
      configFile: kiosk.site.configFile,
      dataFolder: kiosk.site.dataFolder,
    })
    const around = { clock: systemClock, random: systemRandom, readOnly: true } as const
    const store = openStore({ folder: dataFolder, deviceKeyFile, ...around })
    const levels = store.audit.list({ documentId: id }).flatMap(({ event, details }) => {
      const { level }: { level?: string } = JSON.parse(details)
      return level === undefined ? [] : [`${event} ${level}`]
    })
    store.close()
    expect(levels).toEqual(['signatureIntended B', 'signed B', 'extended T', 'extended LTA'])
  })
})

async function bytesReceived(kiosk: Kiosk, reference: string): Promise<Buffer> {
  const folder = join(kiosk.folder, 'received')
  const name = (await readdir(folder)).find(one => one === `${reference.replace(/^R-/, '')}.pdf`)
  if (name === undefined) throw new Error(`no file for ${reference} among ${(await readdir(folder)).join(', ')}`)
  return await readFile(join(folder, name))
}
