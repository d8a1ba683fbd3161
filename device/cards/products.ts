// What the card service sells, and what each kind of it wants and gives. The catalogue does not say it; the published interface
// does, by product code. A product that is not known yet is judged by how the codes are formed.

/**
 * `person` a certificate for somebody, with the whole of their data; `aruba` the same from Aruba; `video` recognised by video;
 * `devices` readers; `blank` cards and keys without a certificate, any number; `renewal` and `abroad` need nothing of the
 * person; `recognition` has an order that is there recognised by video.
 */
export type ProductFamily = 'person' | 'aruba' | 'video' | 'devices' | 'blank' | 'renewal' | 'abroad' | 'recognition'

/** What may be chosen beside, as the service names it: how it is sent, that it is urgent, that somebody helps. */
export const optionNames = ['spedizione', 'urgenza', 'assistenza'] as const
export type OptionName = (typeof optionNames)[number]

export interface FamilyFacts {
  readonly codes: readonly string[]
  readonly options: readonly OptionName[]
  /** `official`: of a registration authority, who has cards to put certificates on. */
  readonly buyer: 'anybody' | 'official'
  /** When the identity document is handed in; null: never, and then no form is signed either. */
  readonly document: 'with-order' | 'with-form' | null
  /** Whether the service sends PIN and PUK to the person, by mail. */
  readonly pin: boolean
  /** Whether what is bought is a code by which the person goes on elsewhere. */
  readonly activation: boolean
  /** Of what it is no order by itself but a change to one that is there. */
  readonly changes: ProductFamily | null
}

const plain = {
  options: optionNames,
  buyer: 'anybody',
  document: null,
  pin: false,
  activation: false,
  changes: null,
} as const

export const families: Readonly<Record<ProductFamily, FamilyFacts>> = {
  person: {
    ...plain,
    codes: ['FIR', 'SMARTCARDCNS', 'KIT', 'KITCNS', 'KEY', 'KEYCNS', 'FIRREM'],
    document: 'with-form',
    pin: true,
  },
  aruba: { ...plain, codes: ['SCARUBACNS', 'ARUBAKEYCNS', 'OTPDIS', 'OTPMOB'], document: 'with-order', pin: true },
  video: {
    ...plain,
    codes: ['SMARTCARDCNS_VIDEO', 'KEYCNS_VIDEO', 'FIRREM_VIDEO'],
    options: ['urgenza', 'assistenza'],
    pin: true,
  },
  devices: { ...plain, codes: ['LETTORE'] },
  blank: { ...plain, codes: ['FIR_V', 'SMARTCARDCNS_V', 'KEY_V', 'KEYCNS_V', 'FIRREM_V'], buyer: 'official' },
  renewal: { ...plain, codes: ['RINFIR', 'RINCNS', 'RINFIRREM'], options: ['assistenza'], activation: true },
  abroad: { ...plain, codes: ['FIREST'], options: ['assistenza'], activation: true },
  recognition: { ...plain, codes: ['VIDEORIC'], options: [], changes: 'aruba' },
}

const known = new Map(
  Object.entries(families).flatMap(([family, { codes }]) =>
    codes.map(code => [code, family as ProductFamily] as const),
  ),
)

/** The family of a product; undefined where nothing tells it, and the product cannot be ordered here. */
export function familyOf({
  code,
  blank,
}: {
  readonly code: string
  readonly blank: boolean
}): ProductFamily | undefined {
  const found = known.get(code)
  if (found !== undefined) return found
  if (blank || code.endsWith('_V')) return 'blank'
  if (code.endsWith('_VIDEO')) return 'video'
  return code.startsWith('RIN') ? 'renewal' : undefined
}
