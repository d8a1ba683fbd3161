// Somebody orders a card and has no card to sign its form with: the form is printed at the kiosk, out of paper first, signed by
// hand, scanned there and handed in. And the receipt of a copy is printed, once, although the printer's answer was lost.

import { execFile, execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CardErrandView } from '../device/http/view-cards.ts'
import type { PrintView } from '../device/http/view-print.ts'
import { credentials, given } from './97.cards.kit.ts'
import { program } from './cli.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { formPdf } from './sim/cardshop.answers.ts'
import { type CardShopSimulator, startCardShop } from './sim/cardshop.ts'
import type { IppPrinterSimulator } from './sim/ipp-printer.ts'
import { approve, feed, open, procedure, slips } from './walk.kit.ts'

const execute = promisify(execFile)
let shop: CardShopSimulator
let kiosk: Kiosk
let printer: IppPrinterSimulator
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-printed-'))
  shop = await startCardShop()
  await mkdir(join(folder, 'shop'))
  const cards = { url: shop.url, ...(await credentials(join(folder, 'shop'), shop)), screen: true }
  const config = { procedures: [procedure('none')], cards }
  kiosk = await startKiosk({ sheets: await slips(2), printer: true, config })
  if (kiosk.site.printer === undefined) throw new Error('no printer')
  printer = kiosk.site.printer
})
afterAll(async () => {
  await kiosk.stop()
  await shop.stop()
  await rm(folder, { recursive: true })
})

type Papers = Extract<CardErrandView, { at: 'papers' }>
const post = async (what: string, body?: object) =>
  expect(await kiosk.screen.post(`/screen/${what}`, body), what).toMatchObject({ status: 204 })
const papers = (wanted: (papers: Papers) => boolean, what: string) =>
  kiosk.screen.until(({ cards }) => cards?.at === 'papers' && cards.work === null && wanted(cards), what)
const printing = (wanted: (print: PrintView) => boolean, what: string) =>
  kiosk.screen.until(({ print }) => print !== undefined && wanted(print), what)
const compulsa = async (...words: string[]) => {
  const configured = ['--config', kiosk.site.configFile, '--data', kiosk.site.dataFolder]
  return (await execute(process.execPath, [program, ...words, ...configured])).stdout
}

it('an order is placed, and its form is before the person', async () => {
  await post('cards/open', { language: 'ca' })
  await kiosk.screen.until(({ cards }) => cards?.at === 'catalogue' && cards.readAt !== null, 'the list')
  await post('cards/choose', { product: 'SMARTCARDCNS' })
  let view = await kiosk.screen.until(({ cards }) => cards?.at === 'question', 'the first question')
  while (view.cards?.at === 'question') {
    const { field } = view.cards.question
    await post('cards/answer', { field, value: given[field] ?? '' })
    const isNext = ({ cards }: typeof view) => cards?.at !== 'question' || cards.question.field !== field
    view = await kiosk.screen.until(isNext, `after ${field}`)
  }
  await post('cards/order', { price: 25.7 })
  await kiosk.screen.until(({ cards }) => cards?.at === 'order' && cards.order.wantsForm, 'the form is wanted')
  await post('cards/papers')
  await papers(one => one.pages.form === 1 && one.printer && !one.byHand, 'the form')
})

it('the form waits for paper, comes out once it is there, and nothing else does', async () => {
  printer.set('media-empty')
  await post('cards/print')
  await printing(one => one.code === 'PRINTER_OUT_OF_PAPER', 'out of paper')
  expect(await kiosk.screen.post('/screen/cards/print')).toMatchObject({ status: 503, body: { code: 'KIOSK_BUSY' } })
  printer.set('ready')
  await printing(one => one.step === 'printed' && one.what === 'form', 'printed')
  await post('print/close')
  expect(printer.printed().map(one => Buffer.from(one.document).equals(formPdf))).toEqual([true])
  const [file = ''] = await readdir(join(kiosk.folder, 'printed'))
  expect(file).toMatch(/^Compulsa [0-9A-Z]{4}-[0-9A-Z]{4} 1\.pdf$/)
})

it('signed by hand it is scanned, looked at, and handed in with the identity document', async () => {
  await papers(one => one.byHand && !one.signed, 'it is on paper')
  expect(await kiosk.screen.post('/screen/cards/sign')).toMatchObject({ status: 409 })
  // Whoever has changed their mind sees the form again.
  await post('cards/back', {})
  await papers(one => !one.byHand, 'the form again')
  await post('cards/paper')
  expect(await kiosk.screen.post('/screen/cards/accept')).toMatchObject({ status: 409 })
  await post('cards/scan')
  await papers(one => one.pages.signed > 0, 'the signed form is scanned')
  const image = await kiosk.screen.get('/screen/cards/pages/signed/1')
  expect(image.headers.get('content-type')).toBe('image/jpeg')
  expect((await kiosk.screen.get('/screen/cards/pages/other/1')).status).toBe(404)
  expect(await kiosk.screen.post('/screen/cards/submit')).toMatchObject({ status: 409 })
  await post('cards/accept')
  await papers(one => one.signed, 'it is right')
  kiosk.site.scanner.load(await slips(1))
  await post('cards/scan')
  await papers(one => one.pages.identity > 0, 'the identity document')
  await post('cards/submit')
  await expect.poll(() => shop.sold()[0]?.papers.length).toBe(1)
  const [sent] = shop.sold()[0]?.papers ?? []
  expect(sent).toMatchObject({ nome_modulo: 'modulo.pdf', nome_documento: 'documento.pdf' })
  const scanned = join(folder, 'signed.pdf')
  await writeFile(scanned, Buffer.from(String(sent?.['modulo']), 'base64'))
  expect(execFileSync('pdfinfo', [scanned], { encoding: 'utf8' })).toMatch(/Pages: +2/)
  await post('cards/leave')
})

it('the command line prints a form, and tells of the printer', async () => {
  const before = printer.printed().length
  const [{ id } = { id: '' }] = JSON.parse(await compulsa('cards', 'list', '--json')).orders
  expect(await compulsa('cards', 'form', id, '--print')).toMatch(/^printed; sign it by hand/)
  expect(printer.printed().length).toBe(before + 1)
  const status = JSON.parse(await compulsa('status', '--json'))
  expect(status.printer).toMatchObject({ name: 'Compulsa Simulated Printer', state: 'ready', code: null })
  printer.set('cover-open')
  expect(await compulsa('status')).toMatch(/^printer: Compulsa Simulated Printer, stopped \(PRINTER_COVER_OPEN\)/m)
  expect(JSON.parse(await compulsa('health', '--json')).reasons).toContainEqual(
    expect.objectContaining({ check: 'printer', severity: 'warning', code: 'PRINTER_COVER_OPEN' }),
  )
  await post('maintenance/open')
  const { maintenance } = await kiosk.screen.until(view => view.maintenance !== undefined, 'maintenance')
  expect(maintenance?.printer).toMatchObject({ code: 'PRINTER_COVER_OPEN' })
  await post('maintenance/close')
  printer.set('ready')
})

it('the receipt of a copy is printed, and where its answer was lost the person says whether it is there', async () => {
  const sent = printer.asked('sendDocument')
  await open(kiosk, 'copy-none')
  expect(await kiosk.screen.post('/screen/print/receipt')).toMatchObject({ status: 409 })
  kiosk.site.scanner.load(await slips(1))
  await feed(kiosk)
  await approve(kiosk)
  const { copy } = await kiosk.screen.until(view => view.copy?.result != null, 'the receipt')
  printer.fault('sendDocument', { kind: 'lose' })
  printer.fault('getJobAttributes', { kind: 'status', status: 0x0406 })
  await post('print/receipt')
  await printing(one => one.step === 'unsure', 'nobody knows')
  expect(printer.asked('sendDocument')).toBe(sent + 1)
  await post('print/answer', { cameOut: false })
  await post('print/receipt')
  await printing(one => one.step === 'printed' && one.what === 'receipt', 'printed')
  await post('print/close')
  const receipt = join(folder, 'receipt.pdf')
  await writeFile(receipt, printer.printed().at(-1)?.document ?? '')
  execFileSync('qpdf', ['--check', receipt])
  const text = execFileSync('pdftotext', ['-layout', receipt, '-'], { encoding: 'utf8' })
  expect(text).toContain(copy?.reference)
  expect(text).toContain(copy?.result?.qr)
  const page = execFileSync('pdftoppm', ['-r', '150', '-png', receipt])
  await writeFile(join(folder, 'receipt.png'), page)
  const read = execFileSync('zbarimg', ['-q', '--raw', join(folder, 'receipt.png')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  expect(read.trim()).toBe(copy?.result?.qr)
})

it('the command line prints the rendition of a copy on A4, and that alone', async () => {
  const { id } = kiosk.screen.copy()
  const said = await compulsa('queue', 'export', id, '--printable', '--print', '--json')
  expect(JSON.parse(said)).toEqual({ printable: true, printed: true })
  const rendition = join(folder, 'rendition.pdf')
  await writeFile(rendition, printer.printed().at(-1)?.document ?? '')
  expect(execFileSync('pdfinfo', [rendition], { encoding: 'utf8' })).toMatch(/Page size: .*A4/)
  await expect(compulsa('queue', 'export', id, '--print')).rejects.toMatchObject({ code: 2 })
  expect(JSON.parse(await compulsa('devices', '--require', 'printer', '--json')).printer).toMatchObject({
    state: 'ready',
  })
  printer.set('paused')
  await expect(compulsa('devices', '--require', 'printer')).rejects.toMatchObject({ code: 1 })
  printer.set('ready')
})

it('leaves nothing of the person in the log', () => {
  expect(kiosk.logged.join('\n')).not.toMatch(/NRELRT|a\.neri@example|Alberta/i)
})
