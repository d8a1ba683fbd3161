// Secure verification codes: sound, readable as people type them, behind the body and the day or bare; and those of others.

import { describe, expect, it } from 'vitest'
import { checkSuppliedCsv, csvFor, newCsv } from '../device/csv.ts'
import { readCsv } from './csv.kit.ts'

describe('a secure verification code', () => {
  const random = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 89 + 5) % 256)

  it('is read as it is typed by hand', () => {
    const code = newCsv(random)
    expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{3}$/)
    const careless = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
    expect(readCsv(careless)).toBe(code)
  })

  it('may begin with the body and the day, in front of as many random bits', () => {
    const sources = { random, ine10: '0801930008', now: Date.UTC(2026, 2, 1, 23) }
    const order = (csv: 'none' | 'auto', csvPattern: 'random' | 'ine-date') => ({ document: { csv, csvPattern } })
    expect(csvFor(order('none', 'ine-date'), sources)).toBeNull()
    expect(csvFor(order('auto', 'random'), sources)).toBe(newCsv(random))
    const code = csvFor(order('auto', 'ine-date'), sources) ?? ''
    const plain = code.replaceAll('-', '')
    expect(plain.slice(0, 18)).toBe('080193000801032026')
    expect(plain.slice(18, 44)).toBe(newCsv(random).replaceAll('-', '').slice(0, 26))
    expect(readCsv(code)).toBe(code)
  })

  it('of others is refused where nobody could type it, and warned of where it is too short', () => {
    const uuid = '5f0c2b1e-7a3d-4c58-9d0e-1f2a3b4c5d6e'
    for (const good of [newCsv(random), uuid, 'aB3/dE+9kLmN0pQrStUvWx', 'G'.repeat(25)]) {
      expect(checkSuppliedCsv(good)).toEqual({ value: good })
    }
    for (const short of ['982192000201032026', '9'.repeat(38), 'a1'.repeat(15), 'aB3/dE+9kLmN0pQrStUv']) {
      expect(checkSuppliedCsv(short)).toEqual({ value: short, warning: expect.stringContaining('128') })
    }
    for (const wrong of ['', 'ABCDEFG', 'ABCD EFGH', 'ABCDEFGÇ', 'A'.repeat(201), 'ABCDEFGH\n']) {
      expect(checkSuppliedCsv(wrong)).toEqual({ fault: expect.any(String) })
    }
  })

  it.each(['', '080193000801032026'])('shows every wrong symbol and every exchange of two neighbours (%s)', prefix => {
    const plain = newCsv(random, prefix).replaceAll('-', '')
    const symbols = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
    for (let place = 0; place < plain.length; place++) {
      for (const symbol of symbols) {
        const wrong = plain.slice(0, place) + symbol + plain.slice(place + 1)
        expect(readCsv(wrong) === undefined).toBe(symbol !== plain[place])
      }
      const [one, other] = [plain[place] ?? '', plain[place + 1] ?? '']
      const exchanged = plain.slice(0, place) + other + one + plain.slice(place + 2)
      if (other !== '' && one !== other) expect(readCsv(exchanged)).toBeUndefined()
    }
  })
})
