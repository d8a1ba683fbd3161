// What is taken of Tesseract's output, and what is not.

import { describe, expect, it } from 'vitest'
import { parseHocr } from '../drivers/textreader/hocr.ts'

const size = { width: 1000, height: 500 }
const word = (text: string, title = 'bbox 100 200 180 240; x_wconf 91') =>
  `<span class='ocrx_word' id='word_1_1' title='${title}' lang='spa'>${text}</span>`
const line = (words: string, title = 'bbox 100 200 400 250; baseline -0.01 -8; x_size 48; x_descenders 9') =>
  `<span class='ocr_line' id='line_1_1' title="${title}">\n${words}\n</span>`
const document = (body: string, page = 'image "stdin"; bbox 0 0 1000 500; ppageno 0; scan_res 300 300') =>
  `<!DOCTYPE html><html><head><meta name='ocr-system' content='tesseract' /></head><body>
<div class='ocr_page' id='page_1' title='${page}'><div class='ocr_carea' id='block_1_1' title="bbox 100 200 400 250">
${body}</div></div></body>\n</html>\n`
const parsed = (body: string) => parseHocr(document(body), size)
const textOf = (source: string) => parsed(line(word(source))).lines[0]?.words[0]?.text

describe('hOCR', () => {
  it('gives words with their boxes, lines with their base line at the first word', () => {
    const second = word('món', 'bbox 210 190 300 238; x_wconf 40')
    expect(parsed(line(`${word('Hola')} ${second}`))).toEqual({
      width: 1000,
      height: 500,
      lines: [
        {
          words: [
            { text: 'Hola', left: 100, top: 200, width: 80, height: 40, confidence: 0.91 },
            { text: 'món', left: 210, top: 190, width: 90, height: 48, confidence: 0.4 },
          ],
          size: 48,
          angleDegrees: 0,
          baseline: { y: 242, slope: -0.01 },
        },
      ],
    })
    const inset = line(word('tard', 'bbox 300 200 380 240; x_wconf 91'))
    expect(parsed(inset).lines[0]?.baseline?.y).toBeCloseTo(250 - 8 - 0.01 * 200, 9)
  })

  it.each([
    [90, 270],
    [180, 180],
    [270, 90],
    [360, 0],
  ])('turns text at %i° against the clock into %i° with it', (textangle, angleDegrees) => {
    const title = `bbox 100 100 140 400; textangle ${textangle}; x_size 40`
    const [found] = parsed(line(word('amunt', 'bbox 100 100 140 400; x_wconf 9'), title)).lines
    expect(found).toMatchObject({ angleDegrees, size: 40 })
    expect(found).not.toHaveProperty('baseline')
  })

  it('takes lines of every kind, and those without words for nothing', () => {
    const kinds = ['ocr_line', 'ocr_caption', 'ocr_header', 'ocr_textfloat']
    const lines = kinds.map(kind => line(word(kind)).replace('ocr_line', kind))
    const picture = line(word(' '), 'bbox 0 0 900 400; x_size 400')
    const dot = line(word('.', 'bbox 5 5 5 9; x_wconf 91'))
    const words = parsed([...lines, picture, dot].join('\n')).lines.map(one => one.words[0]?.text)
    expect(words).toEqual(kinds)
    expect(parsed('').lines).toEqual([])
  })

  it.each([
    ['l&#39;any &lt;1&gt; &quot;R&amp;D&quot;', 'l\'any <1> "R&D"'],
    ['<strong><em>gras</em></strong>', 'gras'],
    ['e\u0301s', 'és'],
    ['a\u0000b\u202ec\u00ad', 'a b c'],
    ['\u00a0x\u2003', 'x'],
  ])('has the characters of %j', (source, text) => {
    expect(textOf(source)).toBe(text)
  })

  it.each([
    ['nothing', ''],
    ['another language', '{"words":[]}</html>'],
    ['half a document', document(line(word('secret'))).slice(0, -12)],
    ['no page', '<html></html>'],
    ['two pages', document(`${line(word('secret'))}<div class='ocr_page' id='p' title='bbox 0 0 1000 500'></div>`)],
    ['another page', document('', 'bbox 0 0 999 500')],
    ['a word without a line', document(word('secret'))],
    ['a word without an end', document(line(word('secret')).replaceAll('</span>', ''))],
    ['a word that is too long', document(line(word('secret'.repeat(100))))],
    ['a word with markup', document(line(word('<b>secret</b>')))],
    ['an entity of its own', document(line(word('&secret;')))],
    ['a word without its confidence', document(line(word('secret', 'bbox 1 1 2 2')))],
    ['a confidence above all', document(line(word('secret', 'bbox 1 1 2 2; x_wconf 101')))],
    ['a box outside the page', document(line(word('secret', 'bbox 990 1 1001 9; x_wconf 9')))],
    ['a box inside out', document(line(word('secret', 'bbox 9 1 2 9; x_wconf 9')))],
    ['a box of no numbers', document(line(word('secret', 'bbox a b c d; x_wconf 9')))],
    ['a line larger than the page', document(line(word('secret'), 'bbox 1 1 9 9; x_size 501'))],
    ['a line of no size', document(line(word('secret'), 'bbox 1 1 9 9; x_size NaN'))],
    ['a line at an odd angle', document(line(word('secret'), 'bbox 1 1 9 9; textangle 45'))],
    ['a base line that is none', document(line(word('secret'), 'bbox 1 1 9 9; baseline Infinity 3'))],
  ])('is refused with %s, and not repeated', (_, hocr) => {
    const refused = expect.objectContaining({ code: 'TEXT_UNREADABLE', detail: expect.not.stringContaining('secret') })
    expect(() => parseHocr(hocr, size)).toThrow(refused)
  })

  it('is refused with more words than any page has', () => {
    const hocr = document(line(word('x').repeat(50_001)))
    expect(() => parseHocr(hocr, size)).toThrow(expect.objectContaining({ code: 'TEXT_UNREADABLE' }))
  })
})
