// Which body the card service wants for which product. The catalogue does not say it; the published interface does, by
// product code. A product that is not known yet is judged by how the codes are formed.

/**
 * `person` a certificate for somebody, with the whole of their data; `aruba` the same with the identity document at once;
 * `video` recognised by video; `devices` readers and blank cards, any number; `renewal` and `abroad` need nothing of the
 * person; `recognition` adds video recognition to an order that is there.
 */
export type ProductFamily = 'person' | 'aruba' | 'video' | 'devices' | 'renewal' | 'abroad' | 'recognition'

const families: Readonly<Record<ProductFamily, readonly string[]>> = {
  person: ['FIR', 'SMARTCARDCNS', 'KIT', 'KITCNS', 'KEY', 'KEYCNS', 'FIRREM'],
  aruba: ['SCARUBACNS', 'ARUBAKEYCNS', 'OTPDIS', 'OTPMOB'],
  video: ['SMARTCARDCNS_VIDEO', 'KEYCNS_VIDEO', 'FIRREM_VIDEO'],
  devices: ['LETTORE', 'FIR_V', 'SMARTCARDCNS_V', 'KEY_V', 'KEYCNS_V', 'FIRREM_V'],
  renewal: ['RINFIR', 'RINCNS', 'RINFIRREM'],
  abroad: ['FIREST'],
  recognition: ['VIDEORIC'],
}

const known = new Map(
  Object.entries(families).flatMap(([family, codes]) => codes.map(code => [code, family as ProductFamily] as const)),
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
  if (blank || code.endsWith('_V')) return 'devices'
  if (code.endsWith('_VIDEO')) return 'video'
  return code.startsWith('RIN') ? 'renewal' : undefined
}
