// The walk of a person through the kiosk, in steps that a story can stop at.

import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Kiosk } from './kiosk.kit.ts'
import type { SheetImage } from './sim/escl-sheets.ts'
import { drawSheet } from './sim/paper.ts'

/** Small sheets for stories that are not about pictures: 200 ppi, a letter on each. */
export async function smallPile(count: number): Promise<SheetImage[]> {
  return await Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      front: await drawSheet({ seed: 100 + i, kind: 'letter', resolution: 200 }),
    })),
  )
}

/** Slips of paper, for stories in which the same pile is scanned over and over. */
export async function slips(count: number): Promise<SheetImage[]> {
  const letters = await smallPile(count)
  const region = { left: 150, top: 150, width: 400, height: 450 }
  return await Promise.all(
    letters.map(async ({ front }) => ({
      front: await sharp(front).extract(region).withMetadata({ density: 200 }).jpeg().toBuffer(),
    })),
  )
}

/** A procedure at 200 ppi with the given signature, as the site's configuration takes it. */
export function procedure(mode: 'none' | 'local' | 'seal' | 'clave', more: object = {}): Record<string, unknown> {
  return {
    id: `copy-${mode}`,
    title: { ca: 'Còpia', es: 'Copia', en: 'Copy' },
    digitisation: { resolution: 200 },
    signature: { mode },
    ...(mode === 'seal' && { attestation: { by: 'automated', resolution: '12/2026' } }),
    destinations: ['archive'],
    ...more,
  }
}

export async function open({ screen }: Kiosk, procedureId: string): Promise<void> {
  await screen.until(view => view.scanner.state === 'ready', 'a scanner that is ready')
  const answer = await screen.post('/screen/copy', { procedureId, language: 'ca' })
  if (answer.status !== 204) throw new Error(`opening answered ${JSON.stringify(answer)}`)
  await screen.until(view => view.copy !== null, 'the new copy')
}

/** Feeds until the scanner stops by itself, and waits until every page is prepared. */
export async function feed({ screen }: Kiosk): Promise<void> {
  const answer = await screen.post('/screen/copy/scan')
  if (answer.status !== 204) throw new Error(`scanning answered ${JSON.stringify(answer)}`)
  await screen.until(view => view.copy?.scanning === true, 'the scan has begun')
  await screen.until(view => view.copy?.scanning === false, 'the scan has ended')
  await screen.until(
    view => view.copy?.pages.every(page => page.ready || page.unusable !== null) === true,
    'the pages are prepared',
  )
}

export async function approve(
  { screen }: Kiosk,
  sourceNature: 'original' | 'authenticCopy' | 'copy' = 'original',
): Promise<void> {
  const answer = await screen.post('/screen/copy/approve', { sourceNature })
  if (answer.status !== 204) throw new Error(`approving answered ${JSON.stringify(answer)}`)
}

/** Waits for the card, signs with its first certificate; the answer of the call. */
export async function sign({ screen }: Kiosk, pin: string): Promise<unknown> {
  const { copy } = await screen.until(view => view.copy?.card?.state === 'present', 'a card in the reader')
  const [certificate] = copy?.card?.state === 'present' ? copy.card.certificates : []
  if (certificate === undefined) throw new Error('the card holds no certificate')
  const path = `/screen/copy/sign/${encodeURIComponent(certificate.tokenId)}/${certificate.keyId}`
  return (await screen.post(path, Buffer.from(pin))).body
}

/** What arrived at the receiver as its `index`-th effect: the file, and the bytes of its images in page order. */
export async function copyReceived({ site, folder }: Kiosk, index: number): Promise<{ pdf: Buffer; images: Buffer[] }> {
  const effect = site.receiver.received()[index]
  if (effect === undefined) throw new Error(`the receiver has no effect ${index}`)
  const file = join(folder, 'received', `${effect.reference.replace(/^R-/, '')}.pdf`)
  const images = await imagesOf(file, folder)
  return { pdf: await readFile(file), images }
}

/** The images of a PDF as they are stored in it, in page order. */
export async function imagesOf(file: string, folder: string): Promise<Buffer[]> {
  const out = await mkdtemp(join(folder, 'images-'))
  execFileSync('pdfimages', ['-all', file, join(out, 'page')])
  return await Promise.all((await readdir(out)).sort().map(name => readFile(join(out, name))))
}
