// A PAdES signature through its phases, with all that its signer may state, with a time-stamp in it, on a document that has
// signatures already; judged by Poppler, OpenSSL and qpdf, and by our own reader.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agel } from '../device/ades/policy.ts'
import { oids } from '../device/cms/oids.ts'
import { parseSignedData } from '../device/cms/parse.ts'
import { readTimestampToken } from '../device/trust/timestamp-token.ts'
import { type Folder, judge, smallPdf, temporaryFolder } from './50.signature.kit.ts'
import { createWorld, read, signPades, type World } from './59.pades.kit.ts'
import { pem } from './sim/pki.ts'

let world: World
let pdf: Uint8Array
let folder: Folder

beforeAll(async () => {
  world = await createWorld()
  pdf = await smallPdf()
  folder = await temporaryFolder()
  await folder.write('root.pem', pem('CERTIFICATE', world.pki.root))
  await folder.write('ca.pem', pem('CERTIFICATE', world.pki.intermediate))
})

afterAll(() => folder.remove())

/** The only signature of a file, as read. */
async function only(bytes: Uint8Array) {
  const [entry, ...others] = await read(bytes)
  if (entry?.type !== 'signature' || entry.pdf.structure !== 'sound' || others.length > 0)
    throw new Error('one signature')
  return { ...entry, pdf: entry.pdf }
}

test('a signature states policy, roles and commitments in the CMS, place and time in the dictionary', async () => {
  const { bytes } = await signPades(pdf, world, {
    properties: {
      signingTime: world.time,
      policy: agel,
      claimedRoles: ['Secretària'],
      commitments: [{ id: '1.2.840.113549.1.9.16.6.1' }],
      location: { city: 'Ripoll', postalCode: '17500', country: 'ES' },
    },
    name: 'Test signer',
  })
  const { found, pdf: dictionary } = await only(bytes)
  expect(found).toMatchObject({ findings: [], baselineViolations: [], claimedTime: world.time, timestamps: [] })
  expect(found.policy?.id).toBe(agel.id)
  expect(dictionary).toMatchObject({ location: '17500 Ripoll, ES', name: 'Test signer' })
  const parsed = parseSignedData(dictionary.contents)
  const attributes = parsed.outcome === 'parsed' ? parsed.signedData.signers[0]?.attributes : undefined
  expect(attributes?.has(oids.signingTime)).toBe(false)
  expect(attributes?.has(oids.signerLocation)).toBe(false)
  const file = await folder.write('stated.pdf', bytes)
  expect((await judge('pdfsig', ['-nocert', file])).output).toContain('Signature is Valid')
  expect(await judge('qpdf', ['--check', file])).toMatchObject({ code: 0 })
})

test('a reason stands in the dictionary, but not beside a policy or a commitment', async () => {
  const { bytes } = await signPades(pdf, world, { reason: 'Conforme' })
  expect(await only(bytes)).toMatchObject({ pdf: { reason: 'Conforme' }, found: { baselineViolations: [] } })
  const properties = { signingTime: world.time, policy: agel }
  await expect(signPades(pdf, world, { reason: 'Conforme', properties })).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
  })
})

describe('a signature-time-stamp', () => {
  test('lies in the CMS, is about the signature value and satisfies OpenSSL', async () => {
    const { bytes } = await signPades(pdf, world, { stamped: true })
    const { found, pdf: dictionary } = await only(bytes)
    expect(found).toMatchObject({ findings: [], baselineViolations: [] })
    expect(found.timestamps).toMatchObject([{ kind: 'signature', findings: [] }])
    const [stamp] = found.timestamps
    const token = stamp && readTimestampToken(stamp.token)
    if (token?.outcome !== 'read') throw new Error('a token')
    expect(await stamp?.imprint('sha256')).toEqual(Buffer.from(token.token.imprint.digest))
    const parsed = parseSignedData(dictionary.contents)
    const value = parsed.outcome === 'parsed' ? parsed.signedData.signers[0]?.signature : undefined
    const data = await folder.write('value.bin', value ?? '')
    const file = await folder.write('token.der', token.token.der)
    const trust = ['-CAfile', `${folder.path}/root.pem`, '-untrusted', `${folder.path}/ca.pem`]
    const time = ['-attime', String(world.time / 1000)]
    const { output } = await judge('openssl', [
      'ts',
      '-verify',
      '-data',
      data,
      '-in',
      file,
      '-token_in',
      ...trust,
      ...time,
    ])
    expect(output).toContain('Verification: OK')
  })

  test('that does not fit is an outcome, not a broken file', async () => {
    await expect(signPades(pdf, world, { stamped: true, timestampOctets: 100 })).rejects.toThrow(
      /the CMS needs \d+ bytes/,
    )
  })
})

test.each(['SHA384withECDSA', 'SHA512withECDSA'] as const)(
  '%s digests the document with its own hash',
  async algorithm => {
    const { bytes, hash } = await signPades(pdf, world, { algorithm })
    const { found, pdf: dictionary } = await only(bytes)
    expect(found.findings).toEqual([])
    const name = algorithm === 'SHA384withECDSA' ? 'sha384' : 'sha512'
    expect(found.hash).toBe(name)
    const fresh = (await signPades(pdf, world, { algorithm })).hash
    expect(await hash.rangeDigest({ hash: name, byteRange: dictionary.byteRange })).toEqual(
      await fresh.rangeDigest({ hash: name, byteRange: dictionary.byteRange }),
    )
  },
)

test('a second and a third signature leave the ones before as they were', async () => {
  const first = await signPades(pdf, world)
  const second = await signPades(first.bytes, world, { stamped: true })
  const third = await signPades(second.bytes, world)
  expect(third.bytes.subarray(0, second.bytes.length).equals(second.bytes)).toBe(true)
  const entries = await read(third.bytes)
  expect(entries.map(({ pdf: { fieldName } }) => fieldName)).toEqual(['Signature', 'Signature2', 'Signature3'])
  for (const { found } of entries) expect(found).toMatchObject({ findings: [], baselineViolations: [] })
  const file = await folder.write('three.pdf', third.bytes)
  expect((await judge('pdfsig', ['-nocert', file])).output.split('Signature is Valid').length).toBe(4)
})

test('a changed byte of a revision is found in every signature over it', async () => {
  const first = await signPades(pdf, world)
  const { bytes } = await signPades(first.bytes, world)
  const changed = Buffer.from(bytes)
  const at = changed.indexOf('/Producer')
  changed[at + 12] = (changed[at + 12] ?? 0) ^ 1
  for (const { found } of await read(changed)) {
    expect(found.findings).toMatchObject([{ subIndication: 'HASH_FAILURE' }])
  }
})
