// Raising signatures to T, LT and LTA and renewing them: what is appended, what it costs in questions and in reading, what
// our own verifier makes of it, and what is refused with nothing appended.

import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ExtendPadesRequest, extendPades } from '../device/ades/pades-extend.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { openPdf } from '../device/pdf/document.ts'
import { readDss } from '../device/pdf/dss.ts'
import { verifyPdf } from '../device/trust/verify-pdf.ts'
import { now, smallPdf } from './50.signature.kit.ts'
import { createWorld, signPades, type World } from './59.pades.kit.ts'
import { askAbout, outputFor, whiteDocument } from './pdf-fixtures.ts'
import { update } from './pdf-signing-fixtures.ts'

let world: World
let pdf: Uint8Array
let signed: Buffer
let stamped: Buffer

beforeAll(async () => {
  world = await createWorld()
  pdf = await smallPdf()
  signed = (await signPades(pdf, world)).bytes
  stamped = (await signPades(pdf, world, { stamped: true })).bytes
})

beforeEach(() => {
  world.time = now
  world.faults = {}
  world.asked.length = 0
})

const day = 86_400_000

async function extended(bytes: Buffer, level: ExtendPadesRequest['level'], changes: Partial<ExtendPadesRequest> = {}) {
  const { update: more } = await extendPades(randomAccessOf(bytes), { level, ...changes }, world)
  return Buffer.concat([bytes, more])
}

async function levelOf(bytes: Uint8Array, at = world.time): Promise<string> {
  const report = await verifyPdf(randomAccessOf(bytes), { anchors: [world.pki.root], now: at })
  const [signature] = report.signatures
  return `${signature?.level} ${report.indication}`
}

const dssOf = async (bytes: Uint8Array) => readDss(await openPdf(randomAccessOf(bytes)))
const sizes = ({ certificates, ocsps, crls }: Awaited<ReturnType<typeof readDss>>) =>
  [certificates, ocsps, crls].map(one => one.length)

describe.each(['B', 'T'])('a signature of level %s', from => {
  const original = () => (from === 'B' ? signed : stamped)

  test.each(['LT', 'LTA'] as const)('becomes %s by appending, and passes', async level => {
    const bytes = await extended(original(), level)
    expect(bytes.subarray(0, original().length).equals(original())).toBe(true)
    expect(await levelOf(bytes)).toBe(`PAdES-BASELINE-${level} TOTAL-PASSED`)
    // Signer, authority of the time-stamp, and the intermediate that issued both; the root is everybody's own.
    expect(sizes(await dssOf(bytes))).toEqual([3, 3, 0])
    expect(await askAbout(bytes, 'qpdf', '--check', 'FILE')).not.toContain('WARNING')
  })

  test('gets as few revisions as can be', async () => {
    const count = async (level: 'T' | 'LT' | 'LTA') =>
      (await extended(original(), level)).subarray(original().length).toString('latin1').split('%%EOF').length - 1
    const stamps = from === 'B' ? 1 : 0
    expect([await count('T'), await count('LT'), await count('LTA')]).toEqual([stamps, stamps + 1, stamps + 1])
  })
})

test('level T on a signature without time-stamp is a document time-stamp, and nothing is asked of authorities', async () => {
  const bytes = await extended(signed, 'T')
  expect(world.asked).toEqual(['tsa'])
  expect(bytes.subarray(signed.length).toString('latin1')).toMatch(
    /\/Type \/DocTimeStamp\n\/Filter \/Adobe.PPKLite\n\/SubFilter \/ETSI.RFC3161/,
  )
  const report = await verifyPdf(randomAccessOf(bytes), { anchors: [world.pki.root], now, revocation: 'if-present' })
  expect(report).toMatchObject({
    indication: 'TOTAL-PASSED',
    signatures: [{ level: 'PAdES-BASELINE-T' }, { type: 'DocTimeStamp' }],
  })
})

test('what has its level already is left as it is', async () => {
  expect((await extended(stamped, 'T')).length).toBe(stamped.length)
  const once = await extended(stamped, 'LT')
  world.asked.length = 0
  expect((await extended(once, 'LT')).length).toBe(once.length)
  expect(world.asked).toEqual([])
})

test('renewing adds what validates the last time-stamp before the new one covers it', async () => {
  // The authority answers a second after it was asked, so that a time-stamp is younger than the evidence that it covers.
  const stamp = async (query: Uint8Array) => {
    world.time += 1000
    return world.timestamper.stamp(query)
  }
  const renewed = async (bytes: Buffer) => {
    const { update } = await extendPades(randomAccessOf(bytes), { level: 'LTA' }, { ...world, timestamper: { stamp } })
    return Buffer.concat([bytes, update])
  }
  const first = await renewed(stamped)
  world.time = now + 300 * day
  const second = await renewed(first)
  expect(await levelOf(second)).toBe('PAdES-BASELINE-LTA TOTAL-PASSED')
  const [before, after] = [await dssOf(first), await dssOf(second)]
  for (const [index, size] of sizes(before).entries()) expect(sizes(after)[index]).toBeGreaterThanOrEqual(size)
  expect(after.ocsps.length).toBeGreaterThan(before.ocsps.length)
  expect(second.subarray(first.length).toString('latin1').split('%%EOF').length - 1).toBe(1)
})

test('a second signature on an LTA document is raised with the first, which stays what it was', async () => {
  const first = await extended(stamped, 'LTA')
  world.time = now + day
  const { bytes } = await signPades(first, world, { stamped: true })
  const report = await verifyPdf(randomAccessOf(await extended(bytes, 'LTA')), {
    anchors: [world.pki.root],
    now: world.time,
  })
  expect(report.indication).toBe('TOTAL-PASSED')
  const levels = report.signatures.filter(one => one.type === 'Sig').map(one => one.level)
  expect(levels).toEqual(['PAdES-BASELINE-LTA', 'PAdES-BASELINE-LTA'])
})

test('a file is read once for signing and extending together', async () => {
  const { bytes, hash } = await signPades(await whiteDocument(40), world, { stamped: true })
  let read = 0
  const file = randomAccessOf(bytes)
  const counted = {
    size: file.size,
    read: (offset: number, length: number) => {
      read += length
      return file.read(offset, length)
    },
  }
  const { update, hash: after } = await extendPades(counted, { level: 'LTA' }, world, { hash })
  const structure = read
  await extendPades(counted, { level: 'LTA' }, world)
  expect(read - structure - structure).toBeGreaterThan(bytes.length * 0.9)
  const whole = Buffer.concat([bytes, update])
  expect(after.file.size).toBe(whole.length)
  expect(await levelOf(whole)).toBe('PAdES-BASELINE-LTA TOTAL-PASSED')
})

test('a token that outgrows the usual room gets more of it', async () => {
  world.faults = { tsaChain: Array.from({ length: 20 }, () => world.pki.intermediate) }
  const bytes = await extended(signed, 'T')
  expect(world.asked).toEqual(['tsa', 'tsa'])
  expect(await askAbout(bytes, 'qpdf', '--check', 'FILE')).not.toContain('WARNING')
  world.faults = { tsaChain: Array.from({ length: 60 }, () => world.pki.intermediate) }
  await expect(extended(signed, 'T')).rejects.toMatchObject({ code: 'TIMESTAMP_INVALID' })
})

test('a document time-stamp by SHA-512', async () => {
  const bytes = await extended(signed, 'LTA', { digestAlgorithm: 'SHA-512' })
  expect(await levelOf(bytes)).toBe('PAdES-BASELINE-LTA TOTAL-PASSED')
})

test('an encrypted document stays encrypted', async () => {
  const locked = await outputFor(pdf, 'qpdf', '--encrypt', '', 'owner', '256', '--', 'FILE', '-')
  const { bytes } = await signPades(locked, world, { stamped: true })
  const whole = await extended(bytes, 'LTA')
  expect(await levelOf(whole)).toBe('PAdES-BASELINE-LTA TOTAL-PASSED')
  expect(await askAbout(whole, 'qpdf', '--check', 'FILE')).toContain('File is not linearized')
})

describe('is refused, with nothing to append:', () => {
  test('a document without signature', async () => {
    await expect(extended(Buffer.from(pdf), 'T')).rejects.toMatchObject({ code: 'SIGNATURE_ABSENT' })
  })

  test('a signature that does not verify, or a time-stamp that does not', async () => {
    for (const bytes of [signed, await extended(signed, 'T')]) {
      const changed = Buffer.from(bytes)
      const at = changed.indexOf('/Producer') + 12
      changed[at] = (changed[at] ?? 0) ^ 1
      await expect(extended(changed, 'LTA')).rejects.toMatchObject({ code: 'SIGNATURE_BROKEN' })
    }
    const later = await extended(signed, 'T')
    const end = later.lastIndexOf('/SubFilter /ETSI.RFC3161')
    later[end - 2] = 0x20
    await expect(extended(later, 'LTA')).rejects.toMatchObject({ code: 'SIGNATURE_BROKEN' })
  })

  test('a change after the signature that nobody allowed', async () => {
    const page = /(\d+) 0 obj\n<<[^>]*\/Type \/Page\b/.exec(signed.toString('latin1'))
    const body = '<< /Type /Page /MediaBox [0 0 9 9] /Resources << >> >>'
    const changed = await update(signed, { number: Number(page?.[1]), generation: 0, body })
    await expect(extended(changed, 'LTA')).rejects.toMatchObject({ code: 'SIGNATURE_BROKEN' })
  })

  test('bytes behind the last revision', async () => {
    await expect(extended(Buffer.concat([stamped, Buffer.from('JUNK')]), 'T')).rejects.toMatchObject({
      code: 'SIGNATURE_BROKEN',
    })
  })

  test.each(['wrong-imprint', 'wrong-nonce', 'old-token', 'bad-signature', 'garbage'] as const)(
    'a token with %s',
    async timestamp => {
      world.faults = { timestamp }
      await expect(extended(signed, 'T')).rejects.toMatchObject({ code: 'TIMESTAMP_INVALID' })
    },
  )

  test('a rejection by the authority', async () => {
    world.faults = { timestamp: 'rejection' }
    await expect(extended(signed, 'T')).rejects.toMatchObject({ code: 'TIMESTAMP_REFUSED' })
  })

  test('a state that nobody tells', async () => {
    world.faults = { offline: true }
    await expect(extended(stamped, 'LT')).rejects.toMatchObject({ code: 'REVOCATION_UNAVAILABLE' })
  })
})
