// A counter for orders of cards over a desk and the simulated service, with somebody who answers what is asked.

import { expect, onTestFinished } from 'vitest'
import { type CardCounter, createCardCounter } from '../device/orders/counter.ts'
import { type CardSite, type CardSiteOptions, cardSite, given } from './97.cards.kit.ts'

export interface Stand extends CardSite {
  readonly counter: CardCounter
  // biome-ignore lint/suspicious/noExplicitAny: a place of the view, as the test knows it
  at(place: string): any
  catalogue(): Promise<void>
  /** Answers what is asked until the summary. */
  fill(over?: Readonly<Record<string, string>>): void
}

type Counter = Parameters<typeof createCardCounter>[0]
type Options = CardSiteOptions &
  Partial<Pick<Counter, 'othersBusy' | 'forms' | 'scanIdentity' | 'official'>> & {
    readonly settings?: Partial<Counter['settings']>
  }

/** Gone after the test. */
export async function stand(options: Options = {}): Promise<Stand> {
  const site = await cardSite({ inMemory: true, ...options })
  const log = { info: () => undefined, warn: note, error: note }
  function note(event: string, fields?: object) {
    void (site.logged as string[]).push(JSON.stringify({ event, ...fields }))
  }
  let serial = 0
  const counter = createCardCounter({
    config: { kiosk: { id: 'kiosk-17', idleSeconds: 60 } } as Counter['config'],
    settings: { screen: true, screenOptions: [], ...options.settings },
    official: options.official,
    desk: site.desk,
    clock: site.clock,
    log,
    forms: options.forms ?? (() => ({ sign: () => undefined })),
    pdfPages: { page: async (_pdf, number) => (number === 1 ? new Uint8Array([0xff, 0xd8]) : null) },
    scanIdentity: options.scanIdentity ?? (async () => Buffer.from('%PDF-1.4')),
    newReference: () => `K7QF-000${++serial}`,
    othersBusy: options.othersBusy ?? (() => false),
  })
  onTestFinished(() => counter.stop())
  const at = (place: string) => {
    const view = counter.view()
    expect(view?.at).toBe(place)
    return view
  }
  return Object.create(site, {
    counter: { value: counter },
    at: { value: at },
    catalogue: {
      value: async () => {
        counter.open('ca')
        await expect.poll(() => at('catalogue')?.at === 'catalogue' && counter.view()).toMatchObject({ fault: null })
        await expect.poll(() => (counter.view() as { readAt: string | null }).readAt).not.toBeNull()
      },
    },
    fill: {
      value: (over: Readonly<Record<string, string>> = {}) => {
        for (let view = counter.view(); view?.at === 'question'; view = counter.view()) {
          const { field } = view.question
          counter.answer(field, over[field] ?? given[field] ?? '')
          expect(counter.view(), field).not.toMatchObject({ question: { field } })
        }
      },
    },
  })
}
