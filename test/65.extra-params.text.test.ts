// Extra parameters as they come over a wire: Base64 in any of its dialects around Java properties text in UTF-8.

import { describe, expect, it } from 'vitest'
import { parseExtraParams } from '../device/ades/extra-text.ts'

const refused = expect.objectContaining({ code: 'REQUEST_INVALID' })
const read = (base64: string, options = {}) => Object.fromEntries(parseExtraParams(base64, options))
const base64 = (text: string) => Buffer.from(text).toString('base64')
const text = 'signerClaimedRoles=Secretària ÿ>?\nmode=implicit'

describe('the text of extra parameters', () => {
  it.each([
    ['Base64', base64(text)],
    ['Base64 without padding', base64(text).replace(/=+$/, '')],
    ['Base64URL', Buffer.from(text).toString('base64url')],
    ['Base64 in lines', base64(text).replace(/(.{16})/g, '$1\r\n')],
    ['Base64URL with padding', base64(text).replaceAll('+', '-').replaceAll('/', '_')],
  ])('is read from %s', (_, encoded) => {
    expect(read(encoded)).toEqual({ signerClaimedRoles: 'Secretària ÿ>?', mode: 'implicit' })
  })

  it('is what all dialects are tested with: letters that they write differently, and padding', () => {
    expect(base64(text)).toMatch(/[+/].*=$/)
  })

  it('may be empty', () => {
    expect(read('')).toEqual({})
  })

  it.each(['a', 'ab=', 'ab===', 'YWJj=', 'YW=Jj', 'YWJj YWJj', 'a*bc', 'YQ==YQ==', '='])('is not in %j', encoded => {
    expect(() => read(encoded)).toThrow(refused)
  })

  it('has a largest length', () => {
    expect(() => read('A'.repeat((16 << 20) + 4))).toThrow(refused)
  })

  it('ends lines where a batch writes a backslash and an n, if that is asked for', () => {
    const written = base64('  mode=implicit\\ntarget=TREE  ')
    expect(read(written, { literalNewlines: true })).toEqual({ mode: 'implicit', target: 'TREE' })
    expect(read(written)).toEqual({ mode: 'implicit\ntarget=TREE  ' })
  })

  it('leaves a backslash and an n to Java properties where no parameter follows', () => {
    const written = base64('layer2Text=Signat per X\\nel dia Y\\nlloc: Reus\\n\\nmode=implicit\\n')
    expect(read(written, { literalNewlines: true })).toEqual({
      layer2Text: 'Signat per X\nel dia Y\nlloc: Reus',
      mode: 'implicit',
    })
  })

  it('passes on a malformed escape as what it is', () => {
    expect(() => read(base64('a=\\u12'))).toThrow(refused)
  })
})
