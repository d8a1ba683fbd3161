// Good files changed by chance, the same in every run: whatever is done to a file, verifying it ends with a verdict or with
// an error that is expected, never passes what was not signed, and extending or signing it gives a file that verifies or
// none. COMPULSA_FUZZ_ROUNDS=n runs n changes of each kind of file in place of the usual ones, COMPULSA_FUZZ_SEED=n others.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ErrorCode, Fault } from '../device/errors.ts'
import { type Folder, temporaryFolder } from './50.signature.kit.ts'
import { createWorld, type World } from './59.pades.kit.ts'
import { type GoodFile, goodCades, goodPdfs, goodXades, password, plainContent } from './67.corpus.kit.ts'
import { changedDer, embeddedMutations } from './67.embedded.kit.ts'
import { createEngine, type Engine } from './67.engine.kit.ts'
import {
  byteMutations,
  type Chance,
  createChance,
  derMutations,
  type Mutation,
  textMutations,
  xmlMutations,
} from './67.mutate.kit.ts'

const wanted = Number(process.env['COMPULSA_FUZZ_ROUNDS'] ?? '')
const seed = Number(process.env['COMPULSA_FUZZ_SEED'] ?? '2026')
const roundsOf = (usual: number) => (wanted > 0 ? wanted : usual)
const minutes = wanted > 0 ? 24 * 60 : 3

/** What a file may be refused with, whatever is asked of it. */
const unreadable: readonly ErrorCode[] = [
  'PDF_UNREADABLE',
  'PDF_ENCRYPTED',
  'PASSWORD_WRONG',
  'CMS_UNREADABLE',
  'XML_UNREADABLE',
  'SIGNATURE_ABSENT',
  'DOCUMENT_TOO_COMPLEX',
]
/** What extending and signing may be refused with besides. */
const unfit: readonly ErrorCode[] = [
  ...unreadable,
  'SIGNATURE_BROKEN',
  'SIGNATURE_INVALID',
  'SIGNATURE_FORMAT_REFUSED',
  'CONTENT_ABSENT',
  'CHAIN_INCOMPLETE',
  'REVOCATION_UNAVAILABLE',
  'CERTIFICATE_REVOKED',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_NOT_YET_VALID',
  'CERTIFICATE_UNREADABLE',
  'PDF_CERTIFIED',
  'FIELD_LOCKED',
  'TIMESTAMP_INVALID',
]

const mutations: Readonly<Record<GoodFile['format'], readonly [string, Mutation][]>> = {
  PAdES: Object.entries({
    ...byteMutations,
    ...textMutations,
    hexadecimal: embeddedMutations.hexadecimal,
    again: embeddedMutations.hexadecimal,
  }),
  CAdES: Object.entries({ ...byteMutations, ...derMutations }),
  XAdES: Object.entries({
    ...byteMutations,
    ...textMutations,
    ...xmlMutations,
    base64: embeddedMutations.base64,
    again: embeddedMutations.base64,
  }),
}

let folder: Folder
let world: World
let engine: Engine
const corpus: GoodFile[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  world = await createWorld()
  engine = createEngine(world, password)
  corpus.push(
    ...(await goodPdfs(engine, folder)),
    ...(await goodCades(engine, world, folder)),
    ...(await goodXades(engine)),
  )
}, 120_000)
afterAll(() => folder.remove())

interface Changed {
  readonly file: GoodFile
  readonly how: string
  readonly bytes: Buffer
}

/** A file of the format, changed; mostly once. */
function changedFile(format: GoodFile['format'], chance: Chance): Changed {
  const files = corpus.filter(one => one.format === format)
  const file = chance.any(files) ?? expect.fail()
  let bytes = Buffer.from(file.bytes)
  const names: string[] = []
  do {
    const [name, mutate] = chance.any(mutations[format]) ?? expect.fail()
    const other = chance.any(chance.below(4) === 0 ? corpus : files) ?? expect.fail()
    if (bytes.length > 1) bytes = Buffer.from(mutate(bytes, chance, other.bytes))
    names.push(name)
  } while (chance.below(4) === 0)
  return { file, how: `${file.name}: ${names.join(', ')}`, bytes }
}

/** What comes of it, or the code of an expected refusal. */
async function outcomeOf<T>(work: Promise<T>, expected: readonly ErrorCode[]): Promise<T | ErrorCode> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof Fault && expected.includes(thrown.code)) return thrown.code
    throw thrown
  }
}

/** Runs a case; what is thrown says which one it was. */
async function round(which: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    throw new Error(`${which}: ${thrown instanceof Error ? thrown.stack : String(thrown)}`, { cause: thrown })
  }
}

const formats = ['PAdES', 'CAdES', 'XAdES'] as const

it('the good files pass', async () => {
  for (const { name, bytes, content, differs } of corpus) {
    const report = await engine.verify(bytes, content)
    expect(report.indication, `${name}: ${JSON.stringify(report.findings)}`).toBe('TOTAL-PASSED')
    expect(await differs(bytes, report.signatures.length), name).toBeUndefined()
  }
})

describe.each(formats)('changed files of %s', format => {
  it('are judged, and never pass with what was not signed', { timeout: minutes * 60_000 }, async () => {
    const chance = createChance(seed)
    const seen = new Set<string>()
    for (let count = 0; count < roundsOf(600); count++) {
      const { file, how, bytes } = changedFile(format, chance)
      await round(`round ${count}, ${how}`, async () => {
        const report = await outcomeOf(engine.verify(bytes, file.content), unreadable)
        if (typeof report === 'string') seen.add('refused')
        else {
          seen.add(report.indication)
          if (report.indication !== 'TOTAL-PASSED') return
          expect(await file.differs(bytes, report.signatures.length)).toBeUndefined()
        }
      })
    }
    expect([...seen]).toEqual(expect.arrayContaining(['refused', 'TOTAL-FAILED', 'TOTAL-PASSED']))
  })

  it('are extended to what verifies, or refused', { timeout: minutes * 60_000 }, async () => {
    const chance = createChance(seed + 1)
    const seen = new Set<string>()
    for (let count = 0; count < roundsOf(120); count++) {
      const { file, how, bytes } = changedFile(format, chance)
      await round(`round ${count}, ${how}`, async () => {
        const level = chance.pick(['T', 'LT', 'LTA'] as const)
        const made = await outcomeOf(engine.extend(bytes, level, file.content), unfit)
        seen.add(typeof made === 'string' ? 'refused' : 'extended')
        if (typeof made === 'string') return
        const { indication, signatures } = await expectSound(format, bytes, made, file.content)
        if (indication === 'TOTAL-PASSED') expect(await file.differs(made, signatures.length)).toBeUndefined()
      })
    }
    expect([...seen].sort()).toEqual(['extended', 'refused'])
  })

  it('are signed so that it verifies, or refused', { timeout: minutes * 60_000 }, async () => {
    const chance = createChance(seed + 2)
    const seen = new Set<string>()
    for (let count = 0; count < roundsOf(120); count++) {
      const { file, how, bytes } = changedFile(format, chance)
      await round(`round ${count}, ${how}`, async () => {
        const operation = chance.pick(format === 'PAdES' ? (['sign'] as const) : (['cosign', 'countersign'] as const))
        const asked = {
          format,
          operation,
          pdf: { fieldName: 'Another' },
          ...(file.content && { content: file.content }),
        }
        const made = await outcomeOf(engine.sign(bytes, asked), unfit)
        seen.add(typeof made === 'string' ? 'refused' : 'signed')
        if (typeof made !== 'string') await expectSound(format, bytes, made, file.content)
      })
    }
    expect([...seen].sort()).toEqual(['refused', 'signed'])
  })
})

/** What was made has signatures, none of them broken; a PDF begins with what it was made of. */
async function expectSound(format: GoodFile['format'], before: Buffer, made: Buffer, content?: Uint8Array) {
  const report = await engine.verify(made, content)
  const { signatures } = report
  expect(signatures.map(({ integrity }) => integrity)).not.toContain('broken')
  expect(signatures.length).toBeGreaterThan(0)
  if (format === 'PAdES') expect(made.subarray(0, before.length).equals(before)).toBe(true)
  return report
}

it('a changed original is never what a detached signature is over', { timeout: minutes * 60_000 }, async () => {
  const chance = createChance(seed + 3)
  const detached = corpus.filter(one => one.content !== undefined)
  for (let count = 0; count < roundsOf(40); count++) {
    const { name, bytes, content = plainContent } = chance.any(detached) ?? expect.fail()
    const [how, mutate] = chance.any(Object.entries(byteMutations)) ?? expect.fail()
    const changed = mutate(Buffer.from(content), chance, bytes)
    if (Buffer.from(content).equals(changed)) continue
    await round(`round ${count}, ${name}: ${how}`, async () => {
      const report = await engine.verify(bytes, changed)
      expect(report.indication).toBe('TOTAL-FAILED')
    })
  }
})

it('changed answers of services are refused, or used where they are still right', {
  timeout: minutes * 60_000,
}, async () => {
  const chance = createChance(seed + 4)
  const seen = new Set<string>()
  const changed = (answer: Uint8Array) => (chance.below(3) === 0 ? changedDer(answer, chance) : answer)
  const { timestamper, revocation } = world
  const hostile = createEngine(
    {
      ...world,
      timestamper: { stamp: async query => changed(await timestamper.stamp(query)) },
      revocation: {
        ocsp: async (url, query) => changed(await revocation.ocsp(url, query)),
        fetch: async (url, what) => changed(await revocation.fetch(url, what)),
      },
    },
    password,
  )
  for (let count = 0; count < roundsOf(120); count++) {
    const file = chance.any(corpus) ?? expect.fail()
    const level = chance.pick(['T', 'LT', 'LTA'] as const)
    await round(`round ${count}, ${file.name} to ${level}`, async () => {
      const made = await outcomeOf(hostile.extend(file.bytes, level, file.content), [...unfit, 'TIMESTAMP_REFUSED'])
      seen.add(typeof made === 'string' ? made : 'extended')
      if (typeof made === 'string') return
      const report = await engine.verify(made, file.content)
      expect(report.indication).toBe('TOTAL-PASSED')
    })
  }
  expect([...seen]).toEqual(expect.arrayContaining(['extended', 'TIMESTAMP_INVALID']))
})
