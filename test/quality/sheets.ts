// The sheets that quality is measured on, drawn by kind and seed: pages of text, forms, tables, receipts and cards.

import {
  handwriting,
  ink,
  mono,
  pen,
  photograph,
  type Random,
  rectangle,
  rule,
  sans,
  seal,
  seededRandom,
  serif,
  stamp,
  textLine,
  wrapped,
} from './draw.ts'
import { type Language, labels, languages, sentences } from './texts.ts'

/** A sheet of paper and what is known of it. */
export interface Sheet {
  readonly kind: string
  /** Millimetres. */
  readonly width: number
  readonly height: number
  readonly paper: string
  /** What is printed on it, in millimetres from its upper left corner. */
  readonly svg: string
  readonly blank: boolean
  /** Whether it has lines that tell its angle: text across the sheet, or rules. */
  readonly lined: boolean
  /** What is written on it; empty where nobody counts words. */
  readonly words: string
  readonly language: Language
}

export const white = '#fbfaf6'
export const a4 = { width: 210, height: 297 }

/** Prints a sheet; what is not told is a white A4 page with lines. */
export function sheetOf(kind: string, svg: string, changes: Partial<Sheet> = {}): Sheet {
  const usual = { ...a4, paper: white, blank: false, lined: true, words: '', language: 'ca' as const }
  return { ...usual, kind, svg, ...changes }
}

const seeded = (seed: number) => {
  const random = seededRandom(seed)
  return { random, language: languages[seed % languages.length] as Language }
}

interface Column {
  readonly x: number
  readonly width: number
  readonly from: number
  readonly until: number
  readonly size: number
  readonly font: string
}

/** Fills a column with prose; the words that were set. */
function prose(random: Random, language: Language, column: Column): { readonly svg: string; readonly words: string } {
  const columns = Math.floor(column.width / (column.size * 0.6))
  const [rows, words]: [string[], string[]] = [[], []]
  let y = column.from
  while (y < column.until) {
    const paragraph = Array.from({ length: 2 + Math.floor(random() * 3) }, () => {
      const all = sentences[language]
      return all[Math.floor(random() * all.length)] as string
    }).join(' ')
    for (const text of wrapped(paragraph, columns)) {
      if (y >= column.until) break
      rows.push(textLine(column.x, Number(y.toFixed(2)), column.size, text, { font: column.font }))
      words.push(text)
      y += column.size * 1.5
    }
    y += column.size * 0.9
  }
  return { svg: rows.join(''), words: words.join(' ') }
}

/** A page of prose in one or two columns, with a heading; odd seeds carry a stamp and a signature. */
export function textPage(seed: number): Sheet {
  const { random, language } = seeded(seed)
  const font = seed % 3 === 0 ? sans : serif
  const size = 2.9 + random() * 1.2
  const columns = seed % 4 === 3 ? 2 : 1
  const width = columns === 2 ? 80 : 166
  const title = sentences[language][seed % 8]?.split(' ').slice(0, 4).join(' ') ?? ''
  const until = 200 + random() * 70
  const parts = Array.from({ length: columns }, (_, i) =>
    prose(random, language, { x: 22 + i * 88, width, from: 48, until, size, font }),
  )
  const marks =
    seed % 2 === 1 ? stamp(random, 130, 258, '#27408f', 0.7) + handwriting(random, { x: 40, y: 280 }, 9, pen, 0.5) : ''
  return sheetOf(
    'text',
    textLine(22, 32, 5.4, title, { font, bold: true }) + parts.map(part => part.svg).join('') + marks,
    {
      language,
      words: seed % 2 === 1 ? '' : `${title} ${parts.map(part => part.words).join(' ')}`,
    },
  )
}

/** A short letter: a heading and a few lines. */
export function notePage(seed: number): Sheet {
  const { random, language } = seeded(seed)
  const note = prose(random, language, {
    x: 25,
    width: 150,
    from: 70,
    until: 96 + random() * 20,
    size: 3.6,
    font: serif,
  })
  return sheetOf('note', textLine(25, 40, 5, 'Comunicat intern', { bold: true }) + note.svg, { language })
}

/** Ruled boxes with small labels and answers in pen. */
export function formPage(seed: number): Sheet {
  const { random } = seeded(seed)
  const rows: string[] = [textLine(22, 34, 5.5, 'Sol·licitud general', { bold: true })]
  const height = 9 + random() * 5
  for (let y = 45; y < 250; y += height) {
    rows.push(rectangle(20, y, 170, height, 'fill="none" stroke="#55534d" stroke-width="0.25"'))
    rows.push(textLine(22, y + 3, 2.3, labels[Math.floor(random() * labels.length)] as string, { fill: '#55534d' }))
    if (random() < 0.6)
      rows.push(handwriting(random, { x: 30, y: y + height - 2 }, 6 + Math.floor(random() * 14), pen, 0.4))
  }
  return sheetOf('form', rows.join('') + seal(160, 262, '#9a1b28', 0.8))
}

/** Figures in columns, with rules on even seeds. */
export function tablePage(seed: number): Sheet {
  const { random } = seeded(seed)
  const rows: string[] = []
  const step = 5.5 + random() * 2
  for (let y = 40; y < 260; y += step) {
    if (seed % 2 === 0) rows.push(rule(20, y + 1.6, 170))
    rows.push(textLine(22, y, 3, labels[Math.floor(random() * labels.length)] as string))
    for (let x = 75; x < 185; x += 28) rows.push(textLine(x, y, 3, (random() * 9000).toFixed(2), { font: mono }))
  }
  const sides =
    seed % 2 === 0 ? [20, 70, 190].map(x => `<path d="M${x} 36V262" stroke="#444" stroke-width="0.25"/>`).join('') : ''
  return sheetOf('table', rows.join('') + sides)
}

/** Paper ruled in faint lines, some written on in pencil. */
export function ruledPage(seed: number): Sheet {
  const { random } = seeded(seed)
  const rows: string[] = []
  for (let y = 30; y < 275; y += 8) {
    rows.push(rule(12, y, 186, '#9db4cf', 0.3))
    if (y < 120) rows.push(handwriting(random, { x: 20, y: y - 1 }, 30 + Math.floor(random() * 20), '#5a5a60', 0.4))
  }
  return sheetOf('ruled', rows.join(''))
}

/** A till receipt, 80 mm wide. */
export function receipt(seed: number): Sheet {
  const { random } = seeded(seed)
  const height = 120 + Math.floor(random() * 130)
  const rows = [textLine(14, 12, 5, 'FERRETERIA ROIG', { bold: true })]
  for (let y = 24; y < height - 14; y += 5) {
    rows.push(textLine(6, y, 2.9, labels[Math.floor(random() * labels.length)] as string, { font: mono }))
    rows.push(textLine(58, y, 2.9, (random() * 90).toFixed(2).padStart(6), { font: mono }))
  }
  return sheetOf('receipt', rows.join(''), { width: 80, height })
}

/** An identity card (ID-1), its corners rounded by the scan. */
export function identityCard(seed: number): Sheet {
  const { random } = seeded(seed)
  const waves = Array.from(
    { length: 26 },
    (_, i) =>
      `<path d="M0 ${i * 2.2}q20 ${3 + random() * 3} 43 0t43 0" fill="none" stroke="#a9c8bd" stroke-width="0.3"/>`,
  )
  const lines = ['PUIGDOLLERS SANÇ', 'MERCÈ', 'ESP  F  14 05 1980', '00000023T', '14 05 2031']
  const rows = lines.map((text, i) => textLine(32, 16 + i * 7, 2.8, text))
  const head = textLine(32, 8, 3, 'DOCUMENT D’IDENTITAT', { bold: true, fill: '#23458a' })
  const face = photograph(random, 4, 11, 24, 32)
  return sheetOf('card', waves.join('') + head + rows.join('') + face, { width: 85.6, height: 53.98, paper: '#dfe9e2' })
}

/** Half a page of prose on A5. */
export function smallPage(seed: number): Sheet {
  const { random, language } = seeded(seed)
  const body = prose(random, language, { x: 15, width: 118, from: 30, until: 180, size: 3.2, font: serif })
  return sheetOf('a5', textLine(15, 20, 4.5, 'Certificat', { bold: true }) + body.svg, {
    width: 148,
    height: 210,
    language,
  })
}

/** A plan-sized page: prose in three columns on A3, lying. */
export function largePage(seed: number): Sheet {
  const { random, language } = seeded(seed)
  const parts = [20, 152, 284].map(x =>
    prose(random, language, { x, width: 116, from: 40, until: 270, size: 3.6, font: serif }),
  )
  return sheetOf('a3', textLine(20, 25, 7, 'Plànol i memòria', { bold: true }) + parts.map(part => part.svg).join(''), {
    width: 420,
    height: 297,
    language,
  })
}

/** White letters on a dark band that runs over the sheet's upper edge, then prose. */
export function letterheadPage(seed: number): Sheet {
  const page = textPage(seed)
  const fill = ['#141416', '#1a2d52', '#202022'][seed % 3] as string
  const name = seed % 2 === 0 ? textLine(22, 14, 7, 'Riudevall', { fill: '#f4f4f0', bold: true }) : ''
  return {
    ...page,
    kind: 'letterhead',
    words: '',
    svg: `${rectangle(-1, -1, 212, 23, `fill="${fill}"`)}${name}${page.svg}`,
  }
}

/** A photograph over all of the sheet. */
export function photoPage(seed: number): Sheet {
  return sheetOf('photo', photograph(seededRandom(seed), -2, -2, 214, 301), { lined: false })
}

/** A dark cover with a crest and a word in gold. */
export function coverPage(seed: number): Sheet {
  const paper = ['#3a1620', '#16203c', '#1d1d1f', '#2c2a28'][seed % 4] as string
  const gold = { fill: '#c9a24b', bold: true }
  const label = seed % 4 === 3 ? rectangle(28, 40, 60, 30, 'fill="#f3f0e6"') : ''
  const crest = `<circle cx="62" cy="80" r="18" fill="none" stroke="#c9a24b" stroke-width="1.5"/>`
  return sheetOf('cover', `${textLine(30, 30, 7, 'PASSAPORT', gold)}${crest}${label}`, {
    width: 125,
    height: 176,
    paper,
    lined: false,
  })
}

/** Prose between printed bars, inside a printed frame, or on a printed field: none of them is a lid. */
export function framedPage(seed: number): Sheet {
  const { random, language } = seeded(seed)
  const body = prose(random, language, { x: 35, width: 140, from: 60, until: 230, size: 3.6, font: serif }).svg
  const frames = [
    rectangle(12, 12, 186, 273, 'fill="none" stroke="#222" stroke-width="1.2"'),
    rectangle(12, 12, 186, 273, 'fill="#ece3cd"'),
    rectangle(12, 12, 186, 273, 'fill="#f1ead8" stroke="#c9c2b0" stroke-width="0.8"'),
    rectangle(-1, -1, 212, 16, `fill="${ink}"`) + rectangle(-1, 282, 212, 16, `fill="${ink}"`),
    `<path d="M-1 -1H211V298H-1zM7 7V290H203V7z" fill="${ink}" fill-rule="evenodd"/>`,
    rectangle(-1, -1, 212, 299, `fill="${ink}"`) + rectangle(45, 70, 120, 100, 'fill="#f7f7f2"'),
  ]
  const kind = seed % frames.length
  return sheetOf(`framed-${kind}`, `${frames[kind]}${kind === 5 ? '' : body}`, { language, lined: kind !== 5 })
}
