// Orders of cards, as far as the configuration opens them: the desk that owns them, and the counter for people at the screen.

import type { Config } from '../config/config.ts'
import { type CardCounter, type CardCounterParts, createCardCounter } from './counter.ts'
import { type CardDesk, type CardDeskParts, createCardDesk } from './desk.ts'
import { createOfficialDoor } from './official.ts'

export interface CardServiceParts
  extends Omit<CardDeskParts, 'config' | 'shop'>,
    Omit<CardCounterParts, 'config' | 'settings' | 'desk' | 'official'> {
  readonly config: Config
  readonly shop: () => CardDeskParts['shop']
}

export interface CardService {
  /** Absent where no card service is configured. */
  readonly cards: CardDesk | undefined
  /** Absent where nobody orders at the screen. */
  readonly counter: CardCounter | undefined
  stop(): Promise<void>
}

export function openCardService({ config, shop, ...parts }: CardServiceParts): CardService {
  const { cards: settings } = config
  if (settings === undefined) return { cards: undefined, counter: undefined, stop: async () => undefined }
  const desk = createCardDesk({ ...parts, config: { ...config, cards: settings }, shop: shop() })
  const { screen, blanks } = settings
  const official = blanks && createOfficialDoor({ ...parts, codeFile: blanks.codeFile })
  const counter =
    screen || official !== undefined ? createCardCounter({ ...parts, config, settings, desk, official }) : undefined
  return Object.freeze({
    cards: desk,
    counter,
    async stop() {
      await counter?.stop()
      await desk.stop()
    },
  })
}
