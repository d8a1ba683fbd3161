// What can be ordered: cards, keys, readers and renewals by their names at the service, with prices and how old these are.

import type { CardErrandView, CardOfferView } from '../../device/http/view-cards.ts'
import { useErrand, useKiosk } from '../context.ts'
import { dateTimeText } from '../dates.ts'
import type { Kiosk } from '../kiosk.ts'
import { euroText } from '../money.ts'
import { Button } from '../parts/button.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'

const offersOnScreen = 4

export function CardCatalogueScreen() {
  const kiosk = useKiosk()
  const errand = useErrand('catalogue')
  return (
    <Screen
      title={kiosk.say(errand.official ? 'cards.officialTitle' : 'cards.title')}
      layout="stack"
      class="offers"
      cancel={false}
      lead={<p role="status">{stateText(kiosk, errand)}</p>}
      actions={
        <>
          <Button kind="quiet" class="first" onPress={() => void kiosk.leave()}>
            {kiosk.say('action.back')}
          </Button>
          <Button onPress={() => void kiosk.ask('cards/code')}>{kiosk.say('cards.haveCode')}</Button>
        </>
      }
    >
      {errand.fault !== null && (
        <div class="panel" role="alert">
          <FaultText code={errand.fault} />
        </div>
      )}
      <Pager
        items={errand.offers}
        size={offersOnScreen}
        counted={true}
        class="choices"
        draw={offer => <Offer key={offer.code} offer={offer} disabled={errand.unavailable} />}
      />
    </Screen>
  )
}

function Offer({ offer, disabled }: { readonly offer: CardOfferView; readonly disabled: boolean }) {
  const kiosk = useKiosk()
  const price = euroText(offer.price, kiosk.language.value)
  return (
    <li>
      <button
        type="button"
        class="button choice"
        disabled={disabled}
        onClick={() => void kiosk.ask('cards/choose', { product: offer.code })}
      >
        <span class="choice-title" lang="it">
          {offer.name}
        </span>
        <span class="choice-text">
          {offer.kind} · {kiosk.say('cards.price', { price })}
        </span>
      </button>
    </li>
  )
}

function stateText(kiosk: Kiosk, errand: Extract<CardErrandView, { at: 'catalogue' }>): string {
  const { readAt, fault, unavailable, stale, offers } = errand
  if (unavailable) return kiosk.say('cards.unavailable')
  if (fault !== null) return ''
  if (readAt === null) return kiosk.say('cards.reading')
  if (offers.length === 0) return kiosk.say('cards.none')
  const read = kiosk.say('cards.readAt', { date: dateTimeText(readAt, kiosk.language.value) })
  return stale ? `${read} ${kiosk.say('cards.stale')}` : read
}
