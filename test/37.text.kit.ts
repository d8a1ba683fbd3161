// Printed pages whose every word's place is known: a fixed-width face, so that a word is as wide as its letters are many.
// Fonts: Debian's fonts-dejavu-core.

import sharp from 'sharp'
import type { ByteStream, TextReadRequest } from '../device/ports.ts'

/** Plain prose as offices write it; no line names a real person. */
export const prose = {
  ca: 'En relació amb la sol·licitud presentada, us comuniquem que el termini màxim per resoldre és de tres mesos, comptats des de l’endemà de l’entrada. Podeu consultar l’estat de la tramitació a la seu electrònica o a l’oficina d’atenció ciutadana, de dilluns a divendres, amb cita prèvia. La còpia autèntica substitueix el document original a tots els efectes.',
  es: 'En relación con la solicitud presentada, le comunicamos que el plazo máximo para resolver es de tres meses, contados desde el día siguiente al de su entrada. Puede consultar el estado de la tramitación en la sede electrónica o en la oficina de atención ciudadana, de lunes a viernes, con cita previa. ¿Necesita ayuda? El año próximo habrá más señalización.',
  en: 'With regard to the request that you have filed, we inform you that the longest time to decide is three months, counted from the day after it was received. The state of the procedure can be looked up on the website or at the office for citizens, from Monday to Friday, with an appointment made beforehand. The certified copy takes the place of the original.',
  fr: 'Concernant la demande que vous avez déposée, nous vous informons que le délai maximal pour statuer est de trois mois, à compter du lendemain de sa réception. Vous pouvez consulter l’état de la procédure sur le site ou au guichet d’accueil, du lundi au vendredi, sur rendez-vous préalable. La copie certifiée remplace le document original à tous les égards.',
  it: 'In relazione alla domanda presentata, si comunica che il termine massimo per la decisione è di tre mesi, a decorrere dal giorno successivo al suo ricevimento. È possibile consultare lo stato della pratica sul sito o presso lo sportello per i cittadini, dal lunedì al venerdì, previo appuntamento. La copia autentica sostituisce il documento originale a ogni effetto.',
} as const

/** A word where it was printed: millimetres of the page as its reader holds it, `baseline` downwards from its upper edge. */
export interface PrintedWord {
  readonly text: string
  readonly left: number
  readonly right: number
  readonly baseline: number
}

export interface PrintedPage {
  readonly jpeg: Buffer
  readonly words: readonly PrintedWord[]
  /** Of the reader's page, millimetres. */
  readonly across: number
  readonly down: number
  /** What the text reader is told about the image. */
  readonly view: Omit<TextReadRequest, 'languages'>
}

export interface PrintRequest {
  readonly text: string
  readonly resolution?: number
  /** Clockwise skew of the sheet in the scanner. */
  readonly skewDegrees?: number
  /** Clockwise quarter turns that the stored image needs to be upright. */
  readonly turn?: 0 | 90 | 180 | 270
}

/** Advance of DejaVu Sans Mono, em. */
const advance = 1233 / 2048
const [across, down] = [148, 105]
const [margin, fontSize, leading, columns] = [12, 3.4, 6.2, 60]

/** A sheet of A6, sideways, in grey, as a scanner gives it. */
export async function printPage({
  text,
  resolution = 200,
  skewDegrees = 0,
  turn = 0,
}: PrintRequest): Promise<PrintedPage> {
  const words = placeWords(text)
  const sideways = turn === 90 || turn === 270
  const [wide, high] = sideways ? [down, across] : [across, down]
  const [width, height] = [wide, high].map(side => Math.round((side / 25.4) * resolution)) as [number, number]
  const lay = `translate(${wide / 2} ${high / 2}) rotate(${skewDegrees - turn}) translate(${-across / 2} ${-down / 2})`
  const shown = words.map(
    word =>
      `<text x="${word.left}" y="${word.baseline}" font-family="DejaVu Sans Mono" font-size="${fontSize}">${word.text}</text>`,
  )
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${wide} ${high}">
<rect width="100%" height="100%" fill="#fafafa"/><g transform="${lay}">${shown.join('')}</g></svg>`
  const page = sharp(Buffer.from(svg)).flatten({ background: '#fff' }).toColourspace('b-w')
  const image = page.withMetadata({ density: resolution })
  const frame = { left: 0, top: 0, width, height }
  const view = { encoding: 'jpeg', width, height, straightenDegrees: skewDegrees, frame, turn, resolution } as const
  return { jpeg: await image.jpeg({ quality: 85 }).toBuffer(), words, across, down, view }
}

function placeWords(text: string): readonly PrintedWord[] {
  const step = fontSize * advance
  let [column, row] = [0, 0]
  return text.split(' ').map(word => {
    if (column > 0 && column + word.length > columns) [column, row] = [0, row + 1]
    const left = margin + column * step
    column += word.length + 1
    return { text: word, left, right: left + word.length * step, baseline: margin + fontSize + row * leading }
  })
}

/** The share of the words that were read, in their order and to the letter but for the shape of apostrophes. */
export function wordAccuracy(printed: readonly string[], read: readonly string[]): number {
  const plain = (word: string) => word.replaceAll('’', "'")
  let lengths = new Array<number>(read.length + 1).fill(0)
  for (const word of printed) {
    const row = [0]
    for (const [index, other] of read.entries()) {
      const same = plain(word) === plain(other)
      row.push(same ? (lengths[index] ?? 0) + 1 : Math.max(row[index] ?? 0, lengths[index + 1] ?? 0))
    }
    lengths = row
  }
  return (lengths.at(-1) ?? 0) / printed.length
}

export async function* streamOf(bytes: Uint8Array, chunkBytes = 50_000): ByteStream {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}
