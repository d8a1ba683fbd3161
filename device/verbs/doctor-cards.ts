// What `doctor` finds out about the card service: whether it answers and accepts the token, how old the price list is, and what
// the orders tell: a credit that is used up (the service shows it to nobody but at an order), and orders of which nobody knows
// whether they were placed. Nothing is ordered.

import type { CardOrder } from '../cards/order.ts'
import type { CardsConfig } from '../config/cards.ts'
import type { LoadedConfig } from '../config/file.ts'
import { asFault, errorTable } from '../errors.ts'
import { systemClock } from '../host.ts'
import { officialCode } from '../orders/official.ts'
import { orderIn, pricesId, pricesIn } from '../orders/view.ts'
import type { Rooms } from '../rooms.ts'
import { readerOf } from './appliance.ts'
import type { SealCheck } from './doctor-seals.ts'

const dayMs = 24 * 3_600_000
/** A list that is older was not asked for in a long time, or could not be read. */
const staleDays = 7

/** Empty where no card service is configured. */
export async function checkCards(
  loaded: LoadedConfig,
  rooms: Pick<Rooms, 'cardShop'>,
  signal?: AbortSignal,
): Promise<readonly SealCheck[]> {
  const { cards } = loaded.config
  if (cards === undefined) return []
  const answer = await rooms.cardShop().products(signal)
  const service: SealCheck =
    answer.outcome === 'listed'
      ? {
          check: 'card service',
          ok: true,
          detail: `${cards.url}: it accepts the token, ${answer.products.length} products`,
          mend: '',
        }
      : {
          check: 'card service',
          ok: false,
          detail: `${answer.code}: ${answer.detail}`,
          mend: errorTable[answer.code].mend,
        }
  return [service, ...officials(cards.blanks), ...kept(loaded)]
}

/** Whether the code by which officials order blank cards can be used: without it nothing is served at all. */
function officials(blanks: CardsConfig['blanks']): readonly SealCheck[] {
  if (blanks === undefined) return []
  try {
    officialCode(blanks.codeFile)
    const detail = `at the screen, up to ${blanks.most} in an order, to ${blanks.delivery.destinatario}`
    return [{ check: 'card officials', ok: true, detail, mend: '' }]
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    return [{ check: 'card officials', ok: false, detail: `${code}: ${detail}`, mend: errorTable[code].mend }]
  }
}

/** What the store tells, where there is one. */
function kept(loaded: LoadedConfig): readonly SealCheck[] {
  try {
    const store = readerOf(loaded)
    try {
      const orders = store.cards.list().flatMap(({ id }) => orderIn(store.cards.load(id)) ?? [])
      return [...priceAge(pricesIn(store.cards.load(pricesId))?.fetchedAt), ...orderChecks(orders)]
    } finally {
      store.close()
    }
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    return [{ check: 'card orders', ok: true, warn: true, detail: `${code}: ${detail}`, mend: errorTable[code].mend }]
  }
}

function priceAge(fetchedAt: string | undefined): readonly SealCheck[] {
  const mend = 'compulsa cards products'
  if (fetchedAt === undefined) return [{ check: 'card prices', ok: true, detail: 'never read', mend }]
  const days = Math.floor((systemClock.now() - Date.parse(fetchedAt)) / dayMs)
  const detail = `read ${fetchedAt}, ${days} days ago`
  return [{ check: 'card prices', ok: true, detail, mend, ...(days >= staleDays && { warn: true }) }]
}

function orderChecks(orders: readonly CardOrder[]): readonly SealCheck[] {
  const unsure = orders.filter(({ stage }) => stage === 'unknown' || stage === 'undecided').length
  const unpaid = orders.filter(one => one.stage === 'new' && one.lastFault?.code === 'CARD_CREDIT_LOW').length
  const told = (code: 'CARD_CREDIT_LOW' | 'CARD_ORDER_UNDECIDED', count: number, what: string): readonly SealCheck[] =>
    count === 0
      ? []
      : [
          {
            check: 'card orders',
            ok: true,
            warn: true,
            detail: `${code}: ${count} ${what}`,
            mend: errorTable[code].mend,
          },
        ]
  return [
    ...told('CARD_CREDIT_LOW', unpaid, 'wait for credit'),
    ...told('CARD_ORDER_UNDECIDED', unsure, 'of which nobody knows whether they were placed'),
  ]
}
