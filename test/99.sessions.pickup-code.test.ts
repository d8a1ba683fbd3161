// The pick-up code that a person types at the kiosk: how it is made, read and guarded against guessing.

import { describe, expect, it } from 'vitest'
import { createPickupAttempts } from '../device/session/pickup-attempts.ts'
import { checkDigit, newPickupCode, pickupCodeIn } from '../device/session/pickup-code.ts'
import { seeded } from './25.store.setup.ts'

describe('the pick-up code', () => {
  const { bytes } = seeded('codes')
  const codes = Array.from({ length: 500 }, () => newPickupCode(bytes))

  it('12 is nine digits in threes, another one each time, and read however it is typed', () => {
    expect(new Set(codes).size).toBe(500)
    for (const code of codes) {
      expect(code).toMatch(/^\d{3}-\d{3}-\d{3}$/)
      for (const typed of [code, code.replaceAll('-', ''), ` ${code.replaceAll('-', ' ')} `])
        expect(pickupCodeIn(typed)).toBe(code)
    }
    for (const wrong of ['', '123', '12345678a', '1234567890']) expect(pickupCodeIn(wrong)).toBeUndefined()
  })

  it('13 finds every digit that was mistyped, and all but few neighbours that were swapped (ISO/IEC 7064)', () => {
    let swapped = 0
    let missed = 0
    for (const code of codes.slice(0, 50)) {
      const digits = [...code.replaceAll('-', '')]
      digits.forEach((digit, i) => {
        for (const other of '0123456789') {
          if (other !== digit) expect(pickupCodeIn(digits.with(i, other).join(''))).toBeUndefined()
        }
        const next = digits[i + 1]
        if (next === undefined || next === digit) return
        swapped += 1
        if (
          pickupCodeIn(
            digits
              .with(i, next)
              .with(i + 1, digit)
              .join(''),
          ) !== undefined
        )
          missed += 1
      })
    }
    expect(missed / swapped).toBeLessThan(0.05)
    // The standard's own example, a German tax number and a Croatian one.
    expect(['0794', '8609574271', '6943515153'].map(checkDigit)).toEqual(['5', '9', '0'])
  })

  it('14 cannot be guessed for long: five wrong ones in a row, then pauses that double', () => {
    let now = 1_000_000
    const attempts = createPickupAttempts({ now: () => now })
    for (let i = 0; i < 4; i++) attempts.wrong()
    expect(attempts.waitMs()).toBe(0)
    attempts.wrong()
    expect(attempts.waitMs()).toBe(60_000)
    now += 60_000
    expect(attempts.waitMs()).toBe(0)
    attempts.wrong()
    expect(attempts.waitMs()).toBe(120_000)
    now -= 10_000_000
    expect(attempts.waitMs()).toBe(0)
    now += 10_000_000 + 120_000
    for (let i = 0; i < 20; i++) attempts.wrong()
    expect(attempts.waitMs()).toBe(16 * 60_000)
    attempts.right()
    expect(attempts.waitMs()).toBe(0)
  })
})
