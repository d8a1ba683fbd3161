// The card service of a simulated site: the service itself, and what a kiosk needs to order from it.

import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type CardShopSimulator, startCardShop } from './cardshop.ts'

export interface SiteCards {
  readonly shop: CardShopSimulator
  /** For `cards` in the kiosk's configuration. */
  readonly configuration: { readonly url: string; readonly tokenFile: string; readonly caFile: string }
  /** For `cards.blanks`: a registration authority that has blank cards sent to itself. */
  readonly blanks: { readonly codeFile: string; readonly delivery: Readonly<Record<string, string>> }
}

/** What its officials type. */
export const officialCode = '483920'

const delivery = {
  destinatario: 'Camera di Commercio di Mostra',
  email: 'ra@example.org',
  cellulare: '+39 0744 000000',
  indirizzo_spedizione: 'via Verdi 8',
  comune_spedizione: 'Terni',
  provincia_spedizione: 'TR',
  cap_spedizione: '05100',
}

/** Writes the token and the authority into the folder. */
export async function startSiteCards(folder: string, port = 0): Promise<SiteCards> {
  const shop = await startCardShop({ port })
  await mkdir(folder, { recursive: true })
  const tokenFile = resolve(join(folder, 'cards.token'))
  const caFile = resolve(join(folder, 'cards-ca.pem'))
  await writeFile(tokenFile, `${shop.token}\n`, { mode: 0o600 })
  await writeFile(caFile, shop.caPem)
  const codeFile = resolve(join(folder, 'official.code'))
  await writeFile(codeFile, `${officialCode}\n`, { mode: 0o600 })
  return { shop, configuration: { url: shop.url, tokenFile, caFile }, blanks: { codeFile, delivery } }
}
