// The pick-up code of a session: what a person types at the kiosk, or reads out over a telephone. Digits alone, which any
// keypad has and every language can say: eight by chance and one that finds a mistyped one (ISO/IEC 7064, MOD 11,10).

const drawnDigits = 8
const groupDigits = 3
const shape = /^\d{9}$/

/** A new code, `123-456-789`; `random` gives so many octets. */
export function newPickupCode(random: (length: number) => Uint8Array): string {
  // Of 64 bits, so that no code is likelier than another by more than 10⁻¹¹.
  const drawn = Buffer.from(random(8)).readBigUInt64BE() % 10n ** BigInt(drawnDigits)
  const digits = drawn.toString().padStart(drawnDigits, '0')
  return grouped(`${digits}${checkDigit(digits)}`)
}

/** The code as it is kept, out of what somebody typed; undefined for what no kiosk has given out. */
export function pickupCodeIn(typed: string): string | undefined {
  const digits = typed.replaceAll(/[\s.-]/g, '')
  if (!shape.test(digits) || checkDigit(digits.slice(0, -1)) !== digits.at(-1)) return undefined
  return grouped(digits)
}

function grouped(digits: string): string {
  return digits.match(new RegExp(`.{${groupDigits}}`, 'g'))?.join('-') ?? digits
}

/** Of digits, by ISO/IEC 7064, MOD 11,10. */
export function checkDigit(digits: string): string {
  const rest = [...digits].reduce((carried, digit) => {
    const sum = (carried + Number(digit)) % 10
    return ((sum === 0 ? 10 : sum) * 2) % 11
  }, 10)
  return String((11 - rest) % 10)
}
