// What earlier signatures allow a later one to do, and what an empty field asks of the signature that fills it.

import { describe, expect, test } from 'vitest'
import { locks, permissionsOf, refuseForbidden } from '../device/pdf/permissions.ts'
import { refuseAgainstSeed, type SeedAnswer, seedValuesOf } from '../device/pdf/seed-values.ts'
import { fieldsOf } from '../device/pdf/tree.ts'
import { classicPdf } from './pdf-fixtures.ts'
import { open, page, pages, prepared } from './pdf-signing-fixtures.ts'

const byteRange = '/ByteRange [0 1 2 3] /Contents <00>'

/** A document with one signed field `approval` and an empty one, `owner.empty`. */
function withSignature(signature: { reference?: string; field?: string; catalog?: string; seed?: string }): Buffer {
  return classicPdf([
    `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R 6 0 R] >> ${signature.catalog ?? ''} >>`,
    pages,
    page,
    `<< /FT /Sig /T (approval) /V 5 0 R ${signature.field ?? ''} >>`,
    `<< /Type /Sig ${byteRange} /Reference [${signature.reference ?? ''}] >>`,
    '<< /T (owner) /Kids [7 0 R] >>',
    `<< /FT /Sig /T (empty) ${signature.seed ?? ''} >>`,
  ])
}

const docMdp = (parameters: string) => `<< /TransformMethod /DocMDP /TransformParams << ${parameters} >> >>`
const fieldMdp = (parameters: string) => `<< /TransformMethod /FieldMDP /TransformParams << ${parameters} >> >>`
const permissions = async (bytes: Buffer) => permissionsOf(await open(bytes))

describe('a certification', () => {
  test.each([
    ['/P 1', 1],
    ['/P 2', 2],
    ['/P 3', 3],
    ['', 2],
    ['/P 7', 1],
    ['/P (a)', 1],
  ])('with %s allows changes of level %s', async (parameters, level) => {
    const bytes = withSignature({ reference: docMdp(parameters), catalog: '/Perms << /DocMDP 5 0 R >>' })
    expect((await permissions(bytes)).allowedChanges).toBe(level)
  })

  test('counts where only the signature names it, and where a lock narrows it', async () => {
    expect((await permissions(withSignature({ reference: docMdp('/P 1') }))).allowedChanges).toBe(1)
    const narrowed = withSignature({ reference: docMdp('/P 3'), field: '/Lock << /Action /Include /Fields [] /P 1 >>' })
    expect((await permissions(narrowed)).allowedChanges).toBe(1)
    expect(await permissions(withSignature({}))).toMatchObject({ allowedChanges: undefined, locks: [] })
  })

  test('of level 1 refuses a signature and lets a time-stamp through', async () => {
    const bytes = withSignature({ reference: docMdp('/P 1') })
    await expect(prepared(bytes)).rejects.toMatchObject({ code: 'PDF_CERTIFIED' })
    expect((await prepared(bytes, { kind: 'timestamp' })).fieldName).toBe('Signature')
    expect((await prepared(withSignature({ reference: docMdp('/P 2') }))).fieldName).toBe('Signature')
  })
})

describe('a lock', () => {
  test.each([
    ['/Action /All', { Signature: true, owner: true, 'owner.empty': true }],
    ['/Action /Include /Fields [(owner)]', { Signature: false, owner: true, 'owner.empty': true, ownership: false }],
    ['/Action /Exclude /Fields [(owner)]', { Signature: true, owner: false, 'owner.empty': false }],
    ['/Action /Nonsense', { Signature: true }],
  ])('with %s locks what it names', async (parameters, expected) => {
    const found = await permissions(withSignature({ reference: fieldMdp(parameters) }))
    expect(found.locks).toMatchObject([{ lockedBy: 'approval' }])
    for (const [name, locked] of Object.entries(expected)) {
      expect([name, found.locks.some(lock => locks(lock, name))]).toEqual([name, locked])
    }
  })

  test('of a signed field refuses the fields it names, and no time-stamp', async () => {
    const bytes = withSignature({ field: '/Lock << /Action /Include /Fields [(owner.empty) (Signature)] >>' })
    await expect(prepared(bytes)).rejects.toMatchObject({ code: 'FIELD_LOCKED' })
    expect((await prepared(bytes, { fieldName: 'Other' })).fieldName).toBe('Other')
    const found = await permissions(bytes)
    expect(() => refuseForbidden(found, { kind: 'signature', fieldName: 'owner.empty' })).toThrow(
      expect.objectContaining({ code: 'FIELD_LOCKED' }),
    )
    refuseForbidden(found, { kind: 'timestamp', fieldName: 'owner.empty' })
  })

  test('of a field that is not signed yet binds nobody', async () => {
    const bytes = withSignature({ seed: '/Lock << /Action /All >>' })
    expect((await permissions(bytes)).locks).toEqual([])
  })
})

describe('seed values', () => {
  const fitting: SeedAnswer = {
    subFilter: 'ETSI.CAdES.detached',
    digestMethod: 'SHA256',
    reason: 'a',
    timestamped: true,
  }

  async function seedOf(entries: string) {
    for await (const field of fieldsOf(await open(withSignature({ seed: `/SV << /Type /SV ${entries} >>` })))) {
      if (field.name === 'owner.empty') return seedValuesOf(await open(withSignature({})), field.dictionary)
    }
    throw new Error('the field is there')
  }

  test('are read', async () => {
    const timestamp = '/TimeStamp << /URL (http://tsa) /Ff 1 >>'
    const lists = '/SubFilter [/ETSI.CAdES.detached] /DigestMethod [(SHA256) (SHA512)] /Reasons [(a) (b)]'
    const seed = `/Ff 74 /Filter /Adobe.PPKLite ${lists} /MDP << /P 0 >> ${timestamp} /LockDocument /auto /AddRevInfo true`
    expect(await seedOf(seed)).toEqual({
      required: new Set(['SubFilter', 'Reasons', 'DigestMethod']),
      filter: 'Adobe.PPKLite',
      subFilters: ['ETSI.CAdES.detached'],
      digestMethods: ['SHA256', 'SHA512'],
      reasons: ['a', 'b'],
      certification: 0,
      timestamp: { url: 'http://tsa', required: true },
      lockDocument: 'auto',
      addRevocation: true,
    })
  })

  test.each([
    ['/Ff 1 /Filter /Other', {}],
    ['/Ff 2 /SubFilter [/adbe.pkcs7.detached]', {}],
    ['/Ff 64 /DigestMethod [(SHA512)]', {}],
    ['/Ff 8 /Reasons [(b)]', {}],
    ['/Ff 8 /Reasons [(.)]', {}],
    ['/Ff 8 /Reasons [(a)]', { reason: undefined }],
    ['/MDP << /P 2 >>', {}],
    ['/MDP << /P 0 >>', { certification: 2 }],
    ['/TimeStamp << /URL (http://tsa) /Ff 1 >>', { timestamped: false }],
  ])('%s are demanded', async (entries, changes) => {
    const seed = await seedOf(entries)
    if (!seed) throw new Error('the field has seed values')
    const { reason, ...rest } = { ...fitting, ...changes } as SeedAnswer
    const answer = { ...rest, ...(reason !== undefined && { reason }) }
    expect(() => refuseAgainstSeed(seed, answer)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }))
    const wish = await seedOf(entries.replace(/\/Ff \d+/, '/Ff 0'))
    if (wish && !entries.includes('MDP')) refuseAgainstSeed(wish, answer)
  })

  test('that the signature meets, and wishes, are no hindrance', async () => {
    const seed = await seedOf('/Ff 74 /SubFilter [/ETSI.CAdES.detached] /DigestMethod [(SHA256)] /Reasons [(a)]')
    if (seed) refuseAgainstSeed(seed, fitting)
    expect(seed?.required.size).toBe(3)
  })
})
