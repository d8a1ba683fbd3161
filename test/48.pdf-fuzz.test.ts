// Bytes behind the first signature, changed at random with a fixed seed: whatever they say, judging ends with a verdict or
// with PDF_UNREADABLE, and in time.

import { expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { bodies, changed, form, plus, shows, stream, verdictOn } from './47.revision.kit.ts'
import { signed } from './pdf-signing-fixtures.ts'

const rounds = 300

/** Numbers from 0 to 1, the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x80000000
  }
}

it('random changes behind a signature end in a verdict or in PDF_UNREADABLE', async () => {
  const once = await signed(form(), { reservedBytes: 50 })
  const filled = await changed(once, {
    catalog: now => plus(now, '/DSS << /Certs [13 0 R] >>'),
    store: stream('', 'evidence'),
    name: bodies.name.replace('/V ()', '/V (Ada)'),
    nameAppearance: shows('Ada'),
  })
  const whole = await signed(filled, { kind: 'timestamp', reservedBytes: 50 })
  expect((await verdictOn(whole)).refused).toEqual([])
  const random = createRandom(7)
  const place = () => once.length + Math.floor(random() * (whole.length - once.length))
  const outcomes = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    const bytes = Buffer.from(whole)
    const from = place()
    if (random() < 0.5) bytes[from] = Math.floor(random() * 256)
    else bytes.copyWithin(place(), from, from + Math.floor(random() * 40))
    const verdict = await verdictOn(bytes).catch((thrown: unknown) => (thrown instanceof Fault ? thrown : undefined))
    expect(verdict, `round ${round}`).toBeDefined()
    outcomes.add(verdict instanceof Fault ? verdict.code : verdict?.refused.length === 0 ? 'accepted' : 'refused')
  }
  // Accepted is what changes nothing but the values of signatures and dates, which their own checks are for.
  expect([...outcomes].sort()).toEqual(['PDF_UNREADABLE', 'accepted', 'refused'])
})
