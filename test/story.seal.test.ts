// A copy that the seal of the body signs: the person gets the receipt without card and PIN, whether the seal service answers
// or not. It waits over a restart and is sealed and delivered once when the service is back, at the level ordered.

import { execFile, execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { askAppliance } from '../device/http/operator-client.ts'
import { certificatesInPem } from '../device/trust/pem.ts'
import { verifyPdf } from '../device/trust/verify-pdf.ts'
import { judged } from './85.evidence.kit.ts'
import { program } from './cli.kit.ts'
import { statusOf, untilSent } from './extend.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { approve, copyReceived, feed, open, procedure, slips } from './walk.kit.ts'

const sealOf = ({ site }: Kiosk) => site.seal ?? expect.unreachable('a site without a seal service')
const sealed = (kiosk: Kiosk) => sealOf(kiosk).signatures()

async function kioskWith(more: object = {}): Promise<Kiosk> {
  const procedures = [procedure('seal', more)]
  return await startKiosk({ sheets: await slips(1), seal: true, trustServices: true, config: { procedures } })
}

async function untilReceipt(kiosk: Kiosk): Promise<void> {
  await open(kiosk, 'copy-seal')
  await feed(kiosk)
  await approve(kiosk)
  await kiosk.screen.until(view => view.copy?.result != null, 'the receipt')
}

async function reportOn(kiosk: Kiosk, pdf: Buffer) {
  const trustFile = join(kiosk.folder, 'seal-authority.pem')
  const anchors = certificatesInPem(await readFile(trustFile, 'utf8'))
  return await verifyPdf(randomAccessOf(pdf), { anchors, now: kiosk.clock.now() })
}

describe('a seal service that answers', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await kioskWith({ signature: { mode: 'seal', level: 'LTA' } })
    await untilReceipt(kiosk)
  })
  afterAll(() => kiosk.stop())

  it('seals without card and PIN, and the copy arrives at its level', async () => {
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'delivered')
    expect(kiosk.screen.copy()).toMatchObject({ card: null, result: { signer: 'Segell de l’Ajuntament (sample)' } })
    expect(sealed(kiosk)).toBe(1)
    expect(sealOf(kiosk).breaches()).toEqual([])
    const { pdf } = await copyReceived(kiosk, 0)
    expect(await reportOn(kiosk, pdf)).toMatchObject({
      indication: 'TOTAL-PASSED',
      signatures: [{ level: 'PAdES-BASELINE-LTA' }, { type: 'DocTimeStamp' }, { type: 'DocTimeStamp' }],
    })
  })

  it('has evidence that names the seal’s certificate and the copy that was sealed', async () => {
    const file = join(kiosk.folder, 'evidence.json')
    const { configFile, dataFolder } = kiosk.site
    const words = ['--out', file, '--evidence', '--config', configFile, '--data', dataFolder]
    await promisify(execFile)(process.execPath, [program, 'queue', 'export', kiosk.screen.copy().id, ...words])
    const { payload } = await judged(kiosk.folder, JSON.parse(await readFile(file, 'utf8')))
    expect(payload).toMatchObject({
      action: { certificate: { subject: expect.stringContaining('Segell de l’Ajuntament (sample)') } },
      steps: [{ step: 'composed' }, { step: 'signed', level: 'B' }, { level: 'T' }, { level: 'LTA' }],
    })
  })

  it('is judged valid by pdfsig', async () => {
    const { pdf } = await copyReceived(kiosk, 0)
    const file = join(kiosk.folder, 'sealed.pdf')
    await writeFile(file, pdf)
    const report = execFileSync('pdfsig', ['-nocert', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(report.match(/Signature is Valid/g)).toHaveLength(1)
  })
})

describe('no network, and then one', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await kioskWith()
    await sealOf(kiosk).fault('offline')
    await untilReceipt(kiosk)
  })
  afterAll(() => kiosk.stop())

  it('gives the receipt, and lets the person leave', async () => {
    await expect.poll(() => kiosk.logged.some(line => line.includes('sealPostponed')), { timeout: 20_000 }).toBe(true)
    expect(kiosk.screen.copy()).toMatchObject({
      stage: 'delivering',
      fault: null,
      card: null,
      result: { pages: 1, signer: null, unsealed: true, deliveries: [{ state: 'waiting' }] },
    })
    expect(kiosk.screen.view().queue).toEqual({ waiting: 1, stopped: 0 })
    await kiosk.screen.post('/screen/copy/leave')
    await kiosk.screen.until(view => view.copy === null, 'nobody is in hand')
  })

  it('waits over a restart', async () => {
    await kiosk.restart()
    await kiosk.screen.until(view => view.queue.waiting === 1, 'the queue counts it')
    expect(await statusOf(kiosk)).toMatchObject({ documents: { unsealed: 1 }, oldestWaiting: expect.any(String) })
    expect(kiosk.site.receiver.attempts()).toBe(0)
  })

  it('is seen by an operator, with the reason', async () => {
    const configured = ['--config', kiosk.site.configFile, '--data', kiosk.site.dataFolder]
    const ask = async (...words: string[]) =>
      (await promisify(execFile)(process.execPath, [program, 'queue', ...words, ...configured])).stdout
    const [id = ''] = (await ask('list')).split(' ')
    const shown = await ask('show', id)
    expect(shown).toContain('unsealed')
    expect(shown).toMatch(/sealing: \d+ attempts, next \S+, last SEAL_UNREACHABLE: 127\.0\.0\.1/)
  })

  it('is one of few attempts: the service is left alone, and the operator sees it', async () => {
    const paused = async () => {
      kiosk.clock.leap(3_600_000)
      return (await statusOf(kiosk)).pausedHosts
    }
    await expect
      .poll(paused, { timeout: 20_000, interval: 200 })
      .toMatchObject([
        { service: 'seal', host: new URL(sealOf(kiosk).url).host, code: 'SEAL_UNREACHABLE', copies: null },
      ])
  })

  it('is sealed at once when the service is back and asked, and delivered once', async () => {
    await sealOf(kiosk).fault(undefined)
    const { host } = new URL(sealOf(kiosk).url)
    await kiosk.screen.post('/screen/maintenance/open')
    await kiosk.screen.until(view => view.maintenance?.pauses.some(one => one.host === host) === true, 'the pause')
    const socket = join(kiosk.site.dataFolder, 'data', 'operator.sock')
    await askAppliance(socket, 'POST', '/hosts/ask', { host })
    await expect.poll(() => sealed(kiosk), { timeout: 20_000 }).toBe(1)
    expect((await statusOf(kiosk)).pausedHosts).toEqual([])
    // Whoever has the screen open sees it without a touch.
    kiosk.clock.leap(5_000)
    await kiosk.screen.until(view => view.maintenance?.pauses.length === 0, 'no pause')
    await kiosk.screen.post('/screen/maintenance/close')
    await untilSent(kiosk)
    expect(sealed(kiosk)).toBe(1)
    expect(kiosk.site.receiver.received()).toHaveLength(1)
    const { pdf } = await copyReceived(kiosk, 0)
    expect(await reportOn(kiosk, pdf)).toMatchObject({
      signatures: [{ level: 'PAdES-BASELINE-B', integrity: 'intact' }],
    })
  })
})

describe('an answer that is lost on its way', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await kioskWith()
    await sealOf(kiosk).fault('drop-after-signing', 2)
    await untilReceipt(kiosk)
  })
  afterAll(() => kiosk.stop())

  it('is asked for again with the same digest, and one signature comes of it', async () => {
    await untilSent(kiosk)
    const bodies = sealOf(kiosk)
      .exchanges()
      .filter(({ answer }) => answer.signed === true)
      .map(({ request }) => request.body.toString())
    expect(bodies).toHaveLength(3)
    expect(new Set(bodies).size).toBe(1)
    expect(kiosk.site.receiver.received()).toHaveLength(1)
    const { signatures } = await reportOn(kiosk, (await copyReceived(kiosk, 0)).pdf)
    expect(signatures).toHaveLength(1)
  })
})
