// How components reach the kiosk: one context, given once by main.tsx.

import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { CopyView, ProcedureView, RequestView } from '../device/http/view.ts'
import type { CardErrandView } from '../device/http/view-cards.ts'
import type { Kiosk } from './kiosk.ts'
import { type Signing, signingOf } from './signing-of.ts'

export const KioskContext = createContext<Kiosk | null>(null)

/** The kiosk around this component. */
export function useKiosk(): Kiosk {
  const kiosk = useContext(KioskContext)
  if (kiosk === null) throw new Error('a component outside the kiosk')
  return kiosk
}

/** The copy in hand and what its source may be declared as; only for screens that screenFor shows with a copy. */
export function useCopy(): { readonly copy: CopyView; readonly natures: ProcedureView['sourceNatures'] } {
  const view = useKiosk().view.value
  if (view?.copy == null) throw new Error('this screen needs a copy')
  const { copy } = view
  const what = copy.asked ?? view.procedures.find(one => one.id === copy.procedureId)
  return { copy, natures: what?.sourceNatures ?? [] }
}

/** What a page or a program asks for; only for screens that screenFor shows with a request. */
export function useRequest(): RequestView {
  const request = useKiosk().view.value?.request
  if (request === undefined) throw new Error('this screen needs a request')
  return request
}

/** The order of cards that somebody is at; only for screens that screenFor shows where it stands there. */
export function useErrand<At extends CardErrandView['at']>(at: At): Extract<CardErrandView, { at: At }> {
  const errand = useKiosk().view.value?.cards
  if (errand?.at !== at) throw new Error(`this screen needs an order of cards at ${at}`)
  return errand as Extract<CardErrandView, { at: At }>
}

/** What is being signed; only for screens that screenFor shows with a copy or a request. */
export function useSigning(): Signing {
  const signing = signingOf(useKiosk().view.value)
  if (signing === null) throw new Error('this screen needs something to be signed')
  return signing
}
