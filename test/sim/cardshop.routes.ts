// What the card service's simulator does with a request that keeps the contract: its list, its purchases, its errors by the
// published numbers.

import {
  catalogue,
  firstState,
  formPdf,
  listedRequest,
  type SoldRequest,
  toldRequest,
  wantsForm,
} from './cardshop.answers.ts'

/** What was sold so far. */
export interface Ledger {
  readonly sold: SoldRequest[]
  /** Milliseconds since 1970. */
  readonly now: () => number
  serial: number
}

export interface Reply {
  readonly status: number
  readonly body: unknown
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The answer to a request that keeps the contract. `echo`: whether what came along with an order is given back. */
export function routed(
  shop: Ledger,
  method: string,
  path: string,
  body: Readonly<Record<string, unknown>>,
  echo: boolean,
): Reply {
  const [plain = '', query] = path.split('?')
  const [, , id = '', last] = plain.split('/')
  if (plain === '/prodotti') return success(catalogue)
  if (plain === '/richiesta') return list(shop, query?.split('=')[1])
  if (method === 'POST') return post(shop, id, body, echo)
  const found = shop.sold.find(one => one.id === id)
  const isId = /^[0-9a-f]{24}$/.test(id)
  if (last === 'modulo') {
    if (!isId) return { status: 400, body: 'Invalid id', type: 'text/plain' }
    if (found !== undefined && wantsForm(found)) return { status: 200, body: formPdf, type: 'application/pdf' }
    return { status: 404, body: 'form not required for this request', type: 'text/plain' }
  }
  if (method === 'PATCH') return patch(found, isId, body, echo)
  if (!isId) return failure(400, 211, 'Invalid id')
  return found === undefined ? failure(404, 212, 'no request matches this id') : success(toldRequest(found, echo))
}

function list(shop: Ledger, product: string | undefined): Reply {
  const found = shop.sold.filter(one => product === undefined || one.product === product)
  if (found.length === 0) return failure(404, 214, 'no request related to your account')
  return success(found.map(listedRequest))
}

function post(shop: Ledger, product: string, body: Readonly<Record<string, unknown>>, echo: boolean): Reply {
  if (!catalogue.some(one => one.codice_prodotto === product)) return failure(400, 201, 'wrong codice_prodotto')
  const person = (body['anagrafica'] ?? body['anagrafica_spedizione'] ?? body) as Readonly<Record<string, unknown>>
  if (String(person['email'] ?? '').endsWith('.invalid')) return failure(406, 247, `email ${person['email']} not valid`)
  if (product !== 'VIDEORIC') return success(toldRequest(sell(shop, product, body), echo))
  const found = shop.sold.find(one => one.id === body['id'])
  if (found === undefined) return failure(400, 211, 'Invalid id')
  if (found.videoriconoscimento) return failure(406, 290, 'videoriconoscimento is true, the operation is not required')
  found.videoriconoscimento = true
  return success(toldRequest(found, echo))
}

/** A purchase, whoever made it. */
export function sell(shop: Ledger, product: string, body: Readonly<Record<string, unknown>>): SoldRequest {
  shop.serial += 1
  const sold: SoldRequest = {
    id: shop.serial.toString(16).padStart(24, '5f7e'),
    product,
    body,
    boughtAt: Math.floor(shop.now() / 1000),
    stato: firstState(product),
    modulo: false,
    documento: body['documento'] !== undefined,
    videoriconoscimento: product.endsWith('_VIDEO') || body['videoriconoscimento'] === true,
    papers: [],
  }
  shop.sold.push(sold)
  return sold
}

function patch(
  found: SoldRequest | undefined,
  isId: boolean,
  body: Readonly<Record<string, unknown>>,
  echo: boolean,
): Reply {
  if (!isId) return failure(400, 277, 'PATCH wrong id')
  if (found === undefined) return failure(404, 278, 'no request found')
  if (found.modulo) return failure(428, 279, 'request already processed')
  found.papers.push(body)
  found.modulo = true
  found.documento = true
  found.stato = 'in_riconoscimento'
  return success(toldRequest(found, echo))
}

function success(data: unknown): Reply {
  return { status: 200, body: { data, success: true, message: '', error: null } }
}

/** As the service tells an error. */
export function failure(status: number, error: number | null, message: string): Reply {
  return { status, body: { success: false, message, error, data: null } }
}
