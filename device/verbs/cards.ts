// `compulsa cards`: signature cards, readers and keys from the card service. The running appliance owns the orders and sends
// them; the list and an order are read beside it, also without it. A person's data come from a JSON file, never from an
// argument.

import { basename } from 'node:path'
import { Fault } from '../errors.ts'
import { askAppliance } from '../http/operator-client.ts'
import { operatorSocket } from '../main.ts'
import type { CardDecision, CardState } from '../orders/desk.ts'
import type { CardIntake } from '../orders/intake.ts'
import { type CardOrderView, orderIn, orderLines, stateInWords, viewOfOrder } from '../orders/view.ts'
import type { PapersAsked } from '../orders/wire.ts'
import { configOf, readerOf, readInput, writeOutput } from './appliance.ts'
import { cardStateLines } from './card-lines.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const cardsVerb: Verb = {
  name: 'cards',
  summary:
    'Orders signature cards and readers: products, order CODE --person F.json, list, show ID, form ID --out F.pdf, submit ID --form F [--document F], activation ID, poll [ID], decide ID, callback F.json.',
  words: {
    name: 'products|order|list|show|form|submit|activation|poll|decide|callback [CODE|ID|FILE]',
    min: 1,
    max: 2,
  },
  options: {
    ...configOptions,
    person: { type: 'string', help: '`order`: JSON file with the fields of the product, as the service names them' },
    document: { type: 'string', help: '`submit`, `order`: PDF, JPEG or PNG of the identity document' },
    again: { type: 'boolean', help: '`order`: although the same is under way already' },
    form: { type: 'string', help: '`submit`: the signed form, PDF or p7m' },
    out: { type: 'string', help: '`form`: file for the PDF' },
    placed: { type: 'string', help: '`decide`: the order is this request of the service’s' },
    'send-again': { type: 'boolean', help: '`decide`: it was not bought, send it once more' },
    drop: { type: 'boolean', help: '`decide`: nothing more is done for it' },
  },
  run,
}

/** Longer than the service may take for one exchange. */
const exchangeTimeoutMs = 150_000

type Action = (call: Call, ask: Ask) => Promise<Answer>
type Ask = (method: 'GET' | 'POST', path: string, body?: object) => Promise<unknown>

const actions: Readonly<Record<string, Action>> = {
  products,
  order,
  list,
  show,
  form,
  submit,
  activation,
  poll,
  decide,
  callback,
}

async function run(call: Call): Promise<Answer> {
  const [name = ''] = call.words
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined
  if (action === undefined) {
    throw new Fault('USAGE', `cards takes ${Object.keys(actions).join(', ')}, not ${name}`)
  }
  return action(call, (method, path, body) =>
    askAppliance(operatorSocket(configOf(call).dataFolder), method, `/cards${path}`, body, exchangeTimeoutMs),
  )
}

async function products(_call: Call, ask: Ask): Promise<Answer> {
  const prices = (await ask('GET', '/products')) as Awaited<ReturnType<CardIntake['prices']>>
  const { fetchedAt, stale } = prices
  const lines = prices.products.map(
    one =>
      `${one.code.padEnd(20)} ${one.price.toFixed(2).padStart(8)} EUR  ${one.kind.padEnd(9)} ${one.name}${one.blank ? ' (blank)' : ''}`,
  )
  const when = `prices before VAT, read ${fetchedAt}`
  return {
    json: prices,
    lines: [...lines, stale === null ? when : `${when}; not now: ${stale.code}: ${stale.detail}`],
  }
}

async function order(call: Call, ask: Ask): Promise<Answer> {
  const product = word(call, 'order', 'the code of a product', /^[A-Z0-9_]{1,40}$/)
  const file = call.text('person')
  const given: unknown = file === undefined ? {} : await readJson(file)
  const document = call.text('document')
  const body = document === undefined ? given : withDocument(given, document, await readInput(document))
  return told((await ask('POST', '/orders', { product, body, again: call.flag('again') })) as CardOrderView)
}

function withDocument(given: unknown, path: string, bytes: Buffer): unknown {
  if (typeof given !== 'object' || given === null) return given
  const document = { documento: bytes.toString('base64'), nome_documento: basename(path) }
  const { data } = given as { data?: unknown }
  const wrapped = typeof data === 'object' && data !== null
  return wrapped ? { ...given, data: { ...data, ...document } } : { ...given, ...document }
}

/** Orders as they stand in the store, and where an appliance runs what keeps it from the service. */
async function list(call: Call, ask: Ask): Promise<Answer> {
  const orders = stored(call)
  const state = await running(ask)
  const lines = orders.map(
    one => `${one.id}  ${one.stage.padEnd(9)}  ${one.product.code.padEnd(18)}  ${one.orderedAt}  ${stateInWords(one)}`,
  )
  return {
    json: { orders, state },
    lines: [...(lines.length === 0 ? ['no orders'] : lines), ...(state === null ? [] : cardStateLines(state))],
  }
}

async function running(ask: Ask): Promise<CardState | null> {
  try {
    return ((await ask('GET', '/orders')) as { state: CardState }).state
  } catch (thrown) {
    if (thrown instanceof Fault && ['APPLIANCE_ABSENT', 'CONFIG_INVALID'].includes(thrown.code)) return null
    throw thrown
  }
}

async function show(call: Call): Promise<Answer> {
  const id = orderId(call, 'show')
  const found = stored(call).find(one => one.id === id)
  if (found === undefined) throw new Fault('NOT_FOUND', `no order ${id}`)
  return told(found)
}

function stored(call: Call): readonly CardOrderView[] {
  const store = readerOf(configOf(call))
  try {
    return store.cards.list().flatMap(({ id }) => {
      const one = orderIn(store.cards.load(id))
      return one === undefined ? [] : [viewOfOrder(id, one)]
    })
  } finally {
    store.close()
  }
}

async function form(call: Call, ask: Ask): Promise<Answer> {
  const id = orderId(call, 'form')
  const out = call.text('out')
  if (out === undefined) throw new Fault('USAGE', 'cards form needs --out')
  const { base64 } = (await ask('GET', `/orders/${id}/form`)) as { base64: string }
  const bytes = Buffer.from(base64, 'base64')
  await writeOutput(out, bytes)
  const next = `sign it (compulsa sign ${out} --out SIGNED.pdf …) and hand it in (compulsa cards submit ${id} --form SIGNED.pdf --document F), or print it`
  return { json: { out, bytes: bytes.length }, lines: [`${out}: ${bytes.length} bytes`, next] }
}

async function submit(call: Call, ask: Ask): Promise<Answer> {
  const id = orderId(call, 'submit')
  const paper = async (path: string) => ({
    fileName: basename(path),
    base64: (await readInput(path)).toString('base64'),
  })
  const form = call.text('form')
  if (form === undefined) throw new Fault('USAGE', 'cards submit needs --form')
  const document = call.text('document')
  const papers: PapersAsked = {
    form: await paper(form),
    ...(document !== undefined && { document: await paper(document) }),
  }
  return told((await ask('POST', `/orders/${id}/papers`, papers)) as CardOrderView)
}

async function activation(call: Call, ask: Ask): Promise<Answer> {
  const id = orderId(call, 'activation')
  const told = (await ask('GET', `/orders/${id}/activation`)) as { code: string }
  return { json: told, lines: [told.code] }
}

async function poll(call: Call, ask: Ask): Promise<Answer> {
  if (call.words[1] !== undefined) {
    return told((await ask('POST', `/orders/${orderId(call, 'poll')}/poll`)) as CardOrderView)
  }
  const state = (await ask('POST', '/poll')) as CardState
  return { json: state, lines: ['the service is asked now', ...cardStateLines(state)] }
}

async function decide(call: Call, ask: Ask): Promise<Answer> {
  const id = orderId(call, 'decide')
  const remoteId = call.text('placed')
  const chosen: CardDecision[] = [
    ...(remoteId === undefined ? [] : [{ decision: 'placed', remoteId } as const]),
    ...(call.flag('send-again') ? [{ decision: 'send-again' } as const] : []),
    ...(call.flag('drop') ? [{ decision: 'drop' } as const] : []),
  ]
  const [only] = chosen
  if (only === undefined || chosen.length > 1) {
    throw new Fault('USAGE', 'cards decide needs one of --placed, --send-again and --drop')
  }
  return told((await ask('POST', `/orders/${id}/decision`, only)) as CardOrderView)
}

async function callback(call: Call, ask: Ask): Promise<Answer> {
  const [, path] = call.words
  if (path === undefined) throw new Fault('USAGE', 'cards callback needs a JSON file')
  const body = await readJson(path)
  if (typeof body !== 'object' || body === null) throw new Fault('REQUEST_INVALID', `${path}: no JSON object`)
  const { orders } = (await ask('POST', '/callback', body)) as { orders: readonly string[] }
  const lines = orders.map(id => `${id}: the service is asked about it`)
  return { json: { orders }, lines: lines.length === 0 ? ['about no order of this kiosk'] : lines }
}

function told(view: CardOrderView): Answer {
  return { json: view, lines: orderLines(view) }
}

function orderId(call: Call, action: string): string {
  return word(call, action, 'the id of an order', /^[A-Za-z0-9-]{1,64}$/)
}

function word(call: Call, action: string, what: string, pattern: RegExp): string {
  const [, given] = call.words
  if (given === undefined || !pattern.test(given)) throw new Fault('USAGE', `cards ${action} needs ${what}`)
  return given
}

async function readJson(path: string): Promise<unknown> {
  const text = (await readInput(path)).toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    // Without the parser's words, which quote what stands there.
    throw new Fault('FILE_UNREADABLE', `${path}: not JSON`)
  }
}
