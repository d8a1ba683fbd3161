// The published attacks on the signature dictionary itself: universal forgery, which leaves a validator nothing to check,
// and wrapping, which moves the signed bytes apart (Mladenov et al. 2019).

import { describe, expect, it } from 'vitest'
import { forged, form, object, parts } from './47.revision.kit.ts'
import { codesOf, signed } from './pdf-signing-fixtures.ts'

describe('universal forgery and wrapping', () => {
  /** The signed form with other /ByteRange and /Contents, nothing else moved. */
  async function withEntry(key: 'ByteRange' | 'Contents', value: string): Promise<Buffer> {
    const text = (await signed(form())).toString('latin1')
    const shape = key === 'ByteRange' ? /\/ByteRange \[[^\]]*\]/ : /\/Contents <[^>]*>/
    const made = text.replace(shape, all => (value === '' ? '' : `/${key} ${value}`).padEnd(all.length))
    expect(made).toHaveLength(text.length)
    return Buffer.from(made, 'latin1')
  }

  it.each([
    '',
    'null',
    '[]',
    '[0]',
    '[0 1 2]',
    '[0 0 0 0]',
    '[0 -1 5 9]',
    '[-1 -1 -1 -1]',
    '[0 1.5 9 9]',
    '(0 1 2 3)',
    '<00>',
    '1 0 R',
    '[0 10 5 99999999]',
    '[0 1 0 R 3 4]',
    'true',
  ])('/ByteRange %s', async value =>
    expect(await codesOf(await withEntry('ByteRange', value))).toContain('byte-range-invalid'),
  )

  it.each(['', 'null', '()', '(0)', '<0 0>', '<000>', '0', '1 0 R', '[<00>]', '<< >>', 'true', '/Name'])(
    '/Contents %s',
    async value => expect(await codesOf(await withEntry('Contents', value))).not.toContain('sound'),
  )

  /** The signed file with `what` put in at `at`, every later offset and the end moved along. */
  function inserted(text: string, at: number, what: string): string {
    const longer = text.slice(0, at).concat(what, text.slice(at))
    const moved = longer.replace(/(\d{10}) 00000 n/g, (entry, offset: string) => {
      return Number(offset) < at ? entry : `${String(Number(offset) + what.length).padStart(10, '0')} 00000 n`
    })
    const last = moved.lastIndexOf('startxref')
    return `${moved.slice(0, last)}startxref\n${moved.lastIndexOf('xref\n', last - 1)}\n%%EOF\n`
  }

  function rangeOf(text: string) {
    const [slot = '', numbers = ''] = /\/ByteRange \[([\d ]+)\]/.exec(text) ?? []
    const [, before = 0, after = 0, length = 0] = numbers.trim().split(/\s+/).map(Number)
    const withRange = (made: string, ...range: readonly number[]) =>
      Buffer.from(made.replace(slot, `/ByteRange [${range.join(' ')}`.padEnd(slot.length - 1).concat(']')), 'latin1')
    return { before, after, length, withRange }
  }

  it('a second part that was moved behind what is injected', async () => {
    const text = (await signed(form())).toString('latin1')
    const { before, after, length, withRange } = rangeOf(text)
    const injected = ` /X << /Y (${object(parts.content, forged)}) >> `
    const bytes = withRange(inserted(text, after, injected), 0, before, after + injected.length, length)
    expect(await codesOf(bytes)).toEqual(['gap-not-contents'])
  })

  it('a dictionary that goes on behind the signed bytes', async () => {
    const text = (await signed(form())).toString('latin1')
    const { before, after, withRange } = rangeOf(text)
    const old = /startxref\n(\d+)\n%%EOF/.exec(text)?.[1] ?? ''
    const end = `/Reason (\nstartxref\n${old}\n%%EOF\n`
    const bytes = withRange(inserted(text, after, `${end})`), 0, before, after, end.length)
    expect(await codesOf(bytes)).toContain('dictionary-unsigned')
  })

  it('a field that says twice what its value is', async () => {
    const text = (await signed(form(), { fieldName: 'approval' })).toString('latin1')
    expect(text).toContain('/Rect [220 50 380 90]')
    const twice = text.replaceAll('/Rect [220 50 380 90]', '/V 16 0 R            ')
    expect(await codesOf(Buffer.from(twice, 'latin1'))).toContain('repeated-key')
  })
})
