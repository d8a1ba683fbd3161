// Orders of cards in a few lines, for `status` and `cards list`.

import type { CardState } from '../orders/desk.ts'
import type { CardPause } from '../orders/gates.ts'

export function cardStateLines({
  waiting,
  unknown,
  undecided,
  placed,
  wantForm,
  paused,
  creditLow,
}: CardState): string[] {
  const why = (what: string, pause: CardPause | null) =>
    pause === null ? [] : [`card orders: ${what} until ${pause.until}: ${pause.code}: ${pause.detail}`]
  return [
    `card orders: ${waiting} waiting, ${unknown} being looked for, ${undecided} for a person to decide, ${placed} at the service (${wantForm} want the signed form)`,
    ...why('nothing is asked of the service', paused),
    ...why('nothing is bought', creditLow),
  ]
}
