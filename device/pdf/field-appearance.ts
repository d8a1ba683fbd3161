// Whether the appearance of a text or choice field shows its value and nothing else (ISO 32000-1, 12.7.3.3). Only the
// plain appearances that readers make when somebody types are understood: background, border, text in a font that was
// there. Whatever is more artful is not taken for form filling.

import { readable } from './attempt.ts'
import type { FieldFacts } from './compare-field.ts'
import type { Comparison, DictionarySlot } from './comparison.ts'
import type { PdfDocument } from './document.ts'
import { createLexer, type Token } from './lexer.ts'
import { unreadable } from './limits.ts'
import { entry, integerEntry, nameEntry, type PdfDictionary, type PdfObject, type PdfStream } from './objects.ts'
import { decodeText } from './text.ts'

/** Largest appearance that is understood, encoded; bytes. */
const maxAppearanceBytes = 64 << 10
/** Lines that a border may have, besides those between the cells of a comb. */
const maxBorderLines = 8
const maxRectangles = 8
/** Below this nobody reads what a field says; points. */
const minFontSize = 2

const harmless = new Set(
  'q Q w J j M d n W W* f F f* S s B b h g G rg RG k K BT ET Td TD Tm T* Tc Tw TL Ts BMC BDC EMC MP DP'.split(' '),
)
const comb = 1 << 24
const combo = 1 << 17

/** Why the appearance after the change does not show the value after it; undefined where all is well. */
export async function appearanceProblem(
  comparison: Comparison,
  field: FieldFacts,
  widget: DictionarySlot,
  values: { readonly before: PdfObject; readonly after: PdfObject },
): Promise<string | undefined> {
  const { before, after } = comparison
  const old = await normalAppearance(before, widget.before)
  const now = await normalAppearance(after, widget.after)
  if (old === undefined && now === undefined) return undefined
  if (now === undefined) return 'the appearance of a field was taken away'
  if (old && !(await shows(before, old, field, values.before))) {
    return 'a field that showed something else than its value got another value'
  }
  if (!(await shows(after, now, field, values.after))) {
    return 'the appearance of a field shows something else than its value'
  }
  return fontProblem(comparison, now)
}

/** The one stream of /AP /N; anything besides makes it none. */
async function normalAppearance(document: PdfDocument, widget: PdfDictionary): Promise<PdfStream | undefined> {
  const appearances = await document.resolve(entry(widget, 'AP'))
  if (appearances.kind !== 'dictionary') return undefined
  const normal = await document.resolve(entry(appearances, 'N'))
  return normal.kind === 'stream' ? normal : undefined
}

async function shows(
  document: PdfDocument,
  appearance: PdfStream,
  field: FieldFacts,
  value: PdfObject,
): Promise<boolean> {
  const length = await document.resolve(entry(appearance.dictionary, 'Length'))
  if (length.kind !== 'integer' || length.value > maxAppearanceBytes) return false
  const content = await readable(() => document.data(appearance))
  if (!content || content.length > maxAppearanceBytes * 4) return false
  const cells = field.flags & comb ? (integerEntry(field.node.before, 'MaxLen') ?? 0) : 0
  const shown = await readable(async () => shownText(content, cells))
  if (shown === undefined) return false
  const wanted = await textsOf(document, field, value)
  return field.type === 'Ch' && !(field.flags & combo) ? wanted.includes(shown) : wanted === shown
}

/** What the value looks like; of a list box, all its options. */
async function textsOf(document: PdfDocument, field: FieldFacts, value: PdfObject): Promise<string> {
  const text = value.kind === 'string' ? decodeText(value.bytes) : ''
  if (field.type !== 'Ch') return bare(text)
  const options = await document.resolve(entry(field.node.before, 'Opt'))
  const shown: string[] = []
  let match: string | undefined
  for (const item of options.kind === 'array' ? options.items : []) {
    const option = await document.resolve(item)
    const pair = option.kind === 'array' ? option.items : [option, option]
    const [exported, displayed] = await Promise.all(pair.slice(0, 2).map(one => textOf(document, one)))
    shown.push(displayed ?? '')
    if (exported === text) match ??= displayed
  }
  return field.flags & combo ? bare(match ?? text) : bare(shown.join(''))
}

async function textOf(document: PdfDocument, value: PdfObject): Promise<string> {
  const text = value.kind === 'stream' ? value : await document.resolve(value)
  return text.kind === 'string' ? decodeText(text.bytes) : ''
}

/** Without white space, and without what encodings disagree about. */
function bare(text: string): string {
  return text.replace(/[^!-~]/g, '')
}

/** The text that a content stream shows, bare. Throws PDF_UNREADABLE for content that is more than text in a frame. */
function shownText(content: Uint8Array, cells: number): string {
  const lexer = createLexer({ bytes: content, base: 0, last: true })
  const texts: string[] = []
  let operands: Token[] = []
  let lines = maxBorderLines + cells
  let rectangles = maxRectangles
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) {
    if (token.kind !== 'keyword') {
      operands.push(token)
      continue
    }
    const operator = token.text
    if (operator === 'm' || operator === 'l') lines -= 0.5
    else if (operator === 're') rectangles--
    else if (['Tj', 'TJ', "'", '"'].includes(operator)) texts.push(stringsOf(operands))
    else if (operator === 'Tf') checkFontSize(operands.at(-1))
    else if (operator === 'Tz') checkPositive(operands.at(-1), 50)
    else if (operator === 'Tr') checkNumber(operands.at(-1), 0)
    else if (!harmless.has(operator)) throw unreadable(`an appearance uses the operator ${operator}`)
    if (lines < 0 || rectangles < 0) throw unreadable('an appearance draws more than a frame')
    operands = []
  }
  return bare(texts.join(''))
}

function stringsOf(operands: readonly Token[]): string {
  return operands.map(one => (one.kind === 'string' ? Buffer.from(one.bytes).toString('latin1') : '')).join('')
}

function checkFontSize(size: Token | undefined): void {
  checkPositive(size, minFontSize)
}

function checkPositive(value: Token | undefined, least: number): void {
  if ((value?.kind !== 'integer' && value?.kind !== 'real') || value.value < least) {
    throw unreadable('an appearance shrinks its text')
  }
}

function checkNumber(value: Token | undefined, wanted: number): void {
  if (value?.kind !== 'integer' || value.value !== wanted) throw unreadable('an appearance hides its text')
}

const standardFonts =
  /^(Helvetica|Courier|Times)(-(Roman|Bold|Italic|Oblique|BoldItalic|BoldOblique))?$|^(Symbol|ZapfDingbats)$/

/** A font that comes with the change could draw other letters than it is asked for. */
async function fontProblem(comparison: Comparison, appearance: PdfStream): Promise<string | undefined> {
  const { after, touched } = comparison
  const resources = await after.resolve(entry(appearance.dictionary, 'Resources'))
  const fonts = resources.kind === 'dictionary' ? await after.resolve(entry(resources, 'Font')) : resources
  if (fonts.kind !== 'dictionary') return undefined
  for (const item of fonts.entries.values()) {
    if (item.kind === 'reference' && !touched.has(item.number)) {
      comparison.fixed.push({ path: 'a font of the form', value: item })
      continue
    }
    const font = await after.resolve(item)
    if (font.kind !== 'dictionary' || !isStandard(font)) return 'the appearance of a field brings a font of its own'
  }
  return undefined
}

function isStandard(font: PdfDictionary): boolean {
  const encoding = entry(font, 'Encoding')
  const own = ['FontDescriptor', 'ToUnicode', 'FirstChar', 'Widths'].some(key => font.entries.has(key))
  const plain = encoding.kind === 'null' || encoding.kind === 'name'
  return (
    nameEntry(font, 'Subtype') === 'Type1' && standardFonts.test(nameEntry(font, 'BaseFont') ?? '') && plain && !own
  )
}
