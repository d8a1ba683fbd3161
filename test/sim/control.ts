// A page from which a person changes the simulated world while the kiosk runs: paper in the feeder, a jam, a scanner
// switched off, a back office that is away. Loopback only; it knows nothing of the appliance.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { CardShopSimulator } from './cardshop.ts'
import * as presets from './escl-presets.ts'
import type { SheetImage } from './escl-sheets.ts'
import type { Program } from './program.ts'
import type { Site } from './site.ts'

export interface ControlOptions {
  readonly site: Site
  readonly sheets: readonly SheetImage[]
  readonly program: Program
  readonly shop: CardShopSimulator
  readonly port: number
}

export interface Control {
  readonly url: string
  stop(): Promise<void>
}

interface Action {
  readonly label: string
  act(): unknown
}

/** The feeder is filled again this long after a scan has emptied it. */
const refillMs = 6_000
const lookMs = 500

export async function startControl({ site, sheets, program, shop, port }: ControlOptions): Promise<Control> {
  const actions = actionsOf(site, sheets, program, shop)
  const server = createServer((request, response) => answer(actions, { site, program, shop }, request, response))
  server.listen(port, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  const address = server.address()
  const stopRefilling = refill(site, sheets)
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}/`,
    stop: async () => {
      stopRefilling()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function actionsOf(
  { scanner, printer, receiver, trust, seal, clave }: Site,
  sheets: readonly SheetImage[],
  program: Program,
  shop: CardShopSimulator,
): ReadonlyMap<string, Action> {
  const scan = (label: string, preset: presets.EsclPreset) => ({ label, act: () => scanner.set(preset) })
  return new Map<string, Action>([
    ['paper', { label: 'Put three sheets in the feeder', act: () => scanner.load(sheets) }],
    ['no-paper', { label: 'Empty the feeder', act: () => scanner.load([]) }],
    ['ready', scan('Scanner in good order', presets.ready)],
    ['slow', scan('Slow scanner, 3 s a page', presets.slow(3000))],
    ['jam', scan('Jam on page 2', presets.jammedOnPage(2))],
    ['cover', scan('Open the cover', presets.coverOpen)],
    ['unplug', scan('Unplug in the middle of page 2', presets.unpluggedMidPage(2))],
    ['off', scan('Scanner out of order', presets.outOfOrder)],
    ['print-ready', { label: 'Printer in good order', act: () => printer?.set('ready') }],
    ['print-paper', { label: 'Printer out of paper', act: () => printer?.set('media-empty') }],
    ['print-jam', { label: 'Paper jam in the printer', act: () => printer?.set('media-jam') }],
    ['print-cover', { label: 'Cover of the printer open', act: () => printer?.set('cover-open') }],
    ['print-lost', { label: 'Printer loses its next answer and its jobs', act: () => losing(printer) }],
    ['offline', { label: 'Receiver away', act: () => receiver.set({ preset: 'offline' }) }],
    [
      'drop',
      { label: 'Receiver drops the line after accepting', act: () => receiver.set({ preset: 'dropAfterAccept' }) },
    ],
    ['online', { label: 'Receiver in good order', act: () => receiver.set({ preset: 'honest' }) }],
    ['batch', { label: 'A program asks for 12 signatures', act: () => program.send(12) }],
    ['session', { label: 'A program asks for a copy', act: () => program.ask() }],
    ['no-tsa', { label: 'Time-stamping authority away', act: () => trust?.fault('tsa', 'reset') }],
    ['no-seal', { label: 'Seal service away', act: () => seal?.fault('offline') }],
    ['seal', { label: 'Seal service in good order', act: () => seal?.fault(undefined) }],
    ['no-cards', { label: 'Card service away', act: () => shop.online(false) }],
    ['no-credit', { label: 'Card service: the credit is used up', act: () => shop.set('creditLow') }],
    [
      'lost-order',
      { label: 'Card service takes the next order and loses its answer', act: () => shop.set('dropAfterAccept', 1) },
    ],
    ['cards', { label: 'Card service in good order', act: () => inGoodOrder(shop) }],
    ['made', { label: 'Card service makes and sends what was ordered', act: () => finish(shop) }],
    ['no-clave', { label: 'FIRe away', act: () => clave?.fault('offline') }],
    ['clave', { label: 'FIRe in good order', act: () => clave?.fault(undefined) }],
    ['tsa', { label: 'Time-stamping authority in good order', act: () => trust?.fault('tsa', undefined) }],
  ])
}

/** Then nobody knows whether it was printed. */
function losing(printer: Site['printer']): void {
  printer?.fault('sendDocument', { kind: 'lose' })
  printer?.fault('getJobAttributes', { kind: 'status', status: 0x0406 })
}

async function inGoodOrder(shop: CardShopSimulator): Promise<void> {
  shop.set('honest')
  await shop.online(true)
}

function finish(shop: CardShopSimulator): void {
  for (const { id } of shop.sold()) shop.move(id, 'evasa')
}

async function answer(
  actions: ReadonlyMap<string, Action>,
  { site, program, shop }: Pick<ControlOptions, 'site' | 'program' | 'shop'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = (request.url ?? '/').slice(1)
  if (request.method === 'POST') {
    await actions.get(name)?.act()
    response.writeHead(303, { location: '/' }).end()
    return
  }
  const buttons = [...actions].map(
    ([id, { label }]) => `<form method="post" action="/${id}"><button>${label}</button></form>`,
  )
  const received = site.receiver
    .received()
    .map(one => `<li>${one.reference}, ${one.bytes} bytes, SHA-256 ${one.sha256.slice(0, 16)}…</li>`)
  const phones = (site.clave?.pages() ?? []).map(url => `<li><a href="${url.replaceAll('&', '&amp;')}">Sign</a></li>`)
  const batches = (await program.states()).map(one => `<li>${one}</li>`)
  const orders = shop.sold().map(one => `<li>${one.product}, ${one.stato}</li>`)
  const page = `<!doctype html><meta charset="utf-8"><title>Simulated world</title>
<style>body{font:1rem sans-serif;max-width:40rem;margin:2rem auto}button{font:inherit;margin:.2rem;padding:.6rem;width:100%}</style>
<h1>Simulated world</h1>${buttons.join('')}<h2>Copies received</h2><ul>${received.join('')}</ul><h2>A phone that reads the QR code of Cl@ve</h2><ul>${phones.join('')}</ul><h2>What the program has asked for</h2><ul>${batches.join('')}</ul><h2>Orders at the card service</h2><ul>${orders.join('')}</ul>`
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
}

/** So that somebody who walks through the screen again finds paper; returns the way to stop. */
function refill(site: Site, sheets: readonly SheetImage[]): () => void {
  let images = site.scanner.stats().images
  let due = 0
  const timer = setInterval(() => {
    const now = site.scanner.stats().images
    if (now !== images) due = Date.now() + refillMs
    images = now
    if (due === 0 || Date.now() < due) return
    due = 0
    site.scanner.load(sheets)
  }, lookMs)
  return () => clearInterval(timer)
}
