// CAdES baseline B: signed, cosigned and countersigned, attached and detached, judged by OpenSSL; signatures of somebody
// else, in DER and BER, keep every octet of theirs.

import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assembleCades, type PreparedCades, prepareCades } from '../device/ades/cades.ts'
import { assembleCosignature, prepareCosignature } from '../device/ades/cades-cosign.ts'
import { prepareCountersignatures } from '../device/ades/cades-countersign.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { attribute } from '../device/cms/attributes.ts'
import { octetString } from '../device/cms/der.ts'
import { additionEdits, placedSigners, unsignedEdit } from '../device/cms/edit.ts'
import { oids } from '../device/cms/oids.ts'
import { openCms } from '../device/cms/open.ts'
import { splicedBytes, splicesOf } from '../device/cms/splice.ts'
import type { SignatureAlgorithm } from '../device/ports.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import {
  cosigned,
  countersigned,
  keepsOctetsOf,
  opensslSigned,
  opensslVerdict,
  parsedCms,
  properties,
  signedCades,
  valueBy,
} from './57.cades.kit.ts'
import { createTestPki, type KeyKind, type TestIdentity, type TestPki } from './sim/pki.ts'

const content = Buffer.alloc(200_000, 'what is signed, ')
const packagings = ['detached', 'enveloping'] as const
const algorithms: readonly (readonly [SignatureAlgorithm, KeyKind])[] = [
  ['SHA256withRSA', 'RSA-2048'],
  ['SHA384withRSA', 'RSA-2048'],
  ['SHA512withRSA', 'RSA-3072'],
  ['SHA256withRSAandMGF1', 'RSA-2048'],
  ['SHA384withRSAandMGF1', 'RSA-2048'],
  ['SHA512withRSAandMGF1', 'RSA-3072'],
  ['SHA256withECDSA', 'P-256'],
  ['SHA384withECDSA', 'P-384'],
  ['SHA512withECDSA', 'P-521'],
]

let folder: Folder
let pki: TestPki
let signers: ReadonlyMap<KeyKind, TestIdentity>
let other: TestIdentity

beforeAll(async () => {
  folder = await temporaryFolder()
  pki = await createTestPki({ now })
  const kinds: readonly KeyKind[] = ['RSA-2048', 'RSA-3072', 'P-256', 'P-384', 'P-521']
  signers = new Map(await Promise.all(kinds.map(async key => [key, await pki.signer({ key })] as const)))
  other = await pki.signer({ key: 'P-256', commonName: 'Second signer' })
})

afterAll(() => folder.remove())

function signer(kind: KeyKind = 'RSA-2048'): TestIdentity {
  const identity = signers.get(kind)
  if (identity === undefined) throw new Error(`no signer ${kind}`)
  return identity
}

function verdict(cms: Uint8Array, detached: boolean) {
  return opensslVerdict(folder, cms, { root: pki.root, ...(detached && { content }) })
}

const verified = { code: 0, output: expect.stringContaining('CAdES Verification successful') }

describe('signing', () => {
  it.each(algorithms)('%s with a key %s verifies, detached and attached', async (algorithm, kind) => {
    for (const packaging of packagings) {
      const cms = await signedCades(content, packaging, { identity: signer(kind), algorithm })
      expect(await verdict(cms, packaging === 'detached')).toEqual(verified)
    }
  })

  it.each([0, 1, 127, 128, 65_536])('attaches a content of %i octets', async length => {
    const cms = await signedCades(content.subarray(0, length), 'enveloping', { identity: signer() })
    expect(await verdict(cms, false)).toEqual(verified)
    expect(parsedCms(cms).content?.length).toBe(length)
  })

  it('puts an attached content together without changing an octet of it', async () => {
    const prepared = await prepareCades(randomAccessOf(content), 'enveloping', {
      ...signer(),
      algorithm: 'SHA256withRSA',
      properties,
    })
    const assembled = assembleCades(prepared, valueBy(signer(), prepared.intent))
    expect(assembled.packaging === 'enveloping' && assembled.splices.every(({ remove }) => remove === 0)).toBe(true)
  })

  it('gives the same bytes again from what was stored', async () => {
    const request = { ...signer('P-256'), algorithm: 'SHA256withECDSA', properties } as const
    const prepared = await prepareCades(randomAccessOf(content), 'detached', request)
    const value = valueBy(signer('P-256'), prepared.intent)
    const resumed: PreparedCades = JSON.parse(JSON.stringify(prepared))
    expect(assembleCades(resumed, value)).toEqual(assembleCades(prepared, value))
  })

  it('uses a key that is for RSASSA-PSS only, and for nothing else', async () => {
    const [key, certificate] = [join(folder.path, 'pss.key'), join(folder.path, 'pss.crt')]
    await judge('openssl', [
      ...['req', '-x509', '-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048', '-nodes', '-days', '3650'],
      ...['-subj', '/CN=PSS', '-keyout', key, '-out', certificate],
    ])
    const identity = {
      certificate: new Uint8Array(new X509Certificate(await readFile(certificate)).raw),
      chain: [],
      privateKey: createPrivateKey(await readFile(key)).export({ format: 'der', type: 'pkcs8' }),
    }
    const cms = await signedCades(content, 'detached', { identity })
    const verdictOnIt = await opensslVerdict(folder, cms, { root: identity.certificate, content, time: Date.now() })
    expect(verdictOnIt).toEqual(verified)
    await expect(signedCades(content, 'detached', { identity, algorithm: 'SHA256withRSA' })).rejects.toMatchObject({
      code: 'KEY_REFUSED',
    })
  })

  it('refuses a value by another key', async () => {
    const request = { ...signer(), algorithm: 'SHA256withRSA', properties } as const
    const prepared = await prepareCades(randomAccessOf(content), 'detached', request)
    const value = valueBy(signer('RSA-3072'), prepared.intent)
    expect(() => assembleCades(prepared, value)).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }))
  })
})

const foreign = { 'DER, attached': ['-nodetach'], 'BER, attached': ['-nodetach', '-stream'], 'DER, detached': [] }
const foreignNames = ['DER, attached', 'BER, attached', 'DER, detached'] as const

describe('cosigning', () => {
  it.each(foreignNames)('a signature of OpenSSL in %s', async name => {
    const before = await opensslSigned(folder, signer(), content, foreign[name])
    const after = await cosigned(before, { identity: other }, name === 'DER, detached' ? content : undefined)
    expect(await verdict(after, name === 'DER, detached')).toEqual(verified)
    expect(keepsOctetsOf(before, after)).toBe(true)
    expect(parsedCms(after).signers.length).toBe(2)
  })

  it('puts certificates where there were none', async () => {
    const whole = await opensslSigned(folder, signer(), content, ['-nodetach', '-stream'])
    const { contentInfo, explicit, signedData, certificates: set = expect.fail() } = parsedCms(whole).layout
    const path = [contentInfo, explicit, signedData]
    const removal = { path, at: set.offset, remove: set.raw.length, insert: new Uint8Array() }
    const before = splicedBytes(whole, splicesOf([removal]))
    expect(parsedCms(before).layout.certificates).toBeUndefined()
    const after = await cosigned(before, { identity: other })
    expect(keepsOctetsOf(before, after)).toBe(true)
    const both = splicedBytes(
      after,
      splicesOf(
        additionEdits(parsedCms(after), {
          certificates: [signer().certificate],
        }),
      ),
    )
    expect(await verdict(both, false)).toEqual(verified)
  })

  it('makes a third signature beside two', async () => {
    const one = await signedCades(content, 'enveloping', { identity: signer() })
    const two = await cosigned(one, { identity: other })
    const three = await cosigned(two, { identity: signer('P-384') })
    expect(await verdict(three, false)).toEqual(verified)
    expect(parsedCms(three).digestAlgorithms).toEqual([oids.sha256, oids.sha384])
    expect(parsedCms(three).certificates.length).toBe(4)
  })

  it('is made without the content where somebody has signed its digest by the same hash', async () => {
    const one = await signedCades(content, 'detached', { identity: signer() })
    const two = await cosigned(one, { identity: other })
    expect(await verdict(two, true)).toEqual(verified)
    expect(await verdict(await cosigned(two, { identity: other }, content), true)).toEqual(verified)
    const theirs = await opensslSigned(folder, signer(), content)
    expect(await verdict(await cosigned(theirs, { identity: other }), true)).toEqual(verified)
  })

  it('is refused without the content where nobody has signed its digest by that hash', async () => {
    const cms = await signedCades(content, 'detached', { identity: signer() })
    const by384 = cosigned(cms, { identity: signer('P-384') })
    await expect(by384).rejects.toMatchObject({ code: 'CONTENT_ABSENT' })
  })

  it('is refused without the content where those before have signed different ones', async () => {
    const one = await signedCades(content, 'detached', { identity: signer() })
    const two = await cosigned(one, { identity: other })
    const stated = createHash('sha256').update(content).digest()
    two[Buffer.from(two).lastIndexOf(stated)] = 0
    await expect(cosigned(two, { identity: other })).rejects.toMatchObject({ code: 'SIGNATURE_BROKEN' })
  })

  it('is refused with a content that was not signed', async () => {
    const cms = await signedCades(content, 'detached', { identity: signer() })
    const cosigning = cosigned(cms, { identity: other }, Buffer.from('another content'))
    await expect(cosigning).rejects.toMatchObject({ code: 'SIGNATURE_BROKEN' })
  })

  it('is refused where an older archive time-stamp covers the certificates as a whole', async () => {
    const cms = await signedCades(content, 'enveloping', { identity: signer() })
    const [placed = expect.fail()] = placedSigners(parsedCms(cms))
    const edit = unsignedEdit(placed, [attribute(oids.archiveTimestampV2, octetString(Uint8Array.of(1)))])
    const stamped = splicedBytes(cms, splicesOf([edit]))
    await expect(cosigned(stamped, { identity: other })).rejects.toMatchObject({ code: 'SIGNATURE_FORMAT_REFUSED' })
  })

  it('takes PEM', async () => {
    const before = await opensslSigned(folder, signer(), content, ['-nodetach'])
    const path = await folder.write('pem.der', before)
    await judge('openssl', ['cms', '-cmsout', '-inform', 'DER', '-in', path, '-outform', 'PEM', '-out', `${path}.pem`])
    const file = randomAccessOf(await readFile(join(folder.path, 'pem.der.pem')))
    const request = { ...other, algorithm: 'SHA256withECDSA', properties } as const
    const prepared = await prepareCosignature(file, undefined, request)
    const splices = await assembleCosignature(file, prepared, valueBy(other, prepared.intent))
    const { file: binary } = await openCms(file)
    expect(await verdict(splicedBytes(await binary.read(0, binary.size), splices), false)).toEqual(verified)
  })
})

describe('countersigning', () => {
  const positions = (cms: Uint8Array) => placedSigners(parsedCms(cms)).map(({ position }) => position.join('.'))

  it.each(foreignNames)('a signature of OpenSSL in %s', async name => {
    const before = await opensslSigned(folder, signer(), content, foreign[name])
    const after = await countersigned(before, 'leafs', { identity: other })
    expect(await verdict(after, name === 'DER, detached')).toEqual(verified)
    expect(keepsOctetsOf(before, after)).toBe(true)
    expect(positions(after)).toEqual(['0', '0.0'])
  })

  it('is over the value of the signature and has no content-type', async () => {
    const cms = await countersigned(await signedCades(content, 'detached', { identity: signer() }), 'tree', {
      identity: other,
    })
    const [signed] = parsedCms(cms).signers
    const [countersignature] = signed?.countersignatures ?? []
    const stated = countersignature?.attributes.get(oids.messageDigest)?.[0]?.[0]?.content
    const value = signed?.signature ?? new Uint8Array()
    expect(Buffer.from(stated ?? [])).toEqual(createHash('sha256').update(value).digest())
    expect(countersignature?.attributes.has(oids.contentType)).toBe(false)
  })

  it('reaches the leaves, the whole tree or one signature', async () => {
    const two = await cosigned(await signedCades(content, 'enveloping', { identity: signer() }), { identity: other })
    const one = await countersigned(two, { signer: 1 }, { identity: signer('P-384') })
    expect(positions(one)).toEqual(['0', '1', '1.0'])
    const leafs = await countersigned(one, 'leafs', { identity: signer('P-521') })
    expect(positions(leafs)).toEqual(['0', '0.0', '1', '1.0', '1.0.0'])
    const tree = await countersigned(leafs, 'tree', { identity: signer('RSA-3072') })
    expect(positions(tree)).toHaveLength(10)
    expect(await verdict(tree, false)).toEqual(verified)
  })

  it('is refused where the signature chosen is not there', async () => {
    const cms = await signedCades(content, 'detached', { identity: signer() })
    const request = { ...other, algorithm: 'SHA256withECDSA', properties } as const
    await expect(prepareCountersignatures(randomAccessOf(cms), { signer: 1 }, request)).rejects.toMatchObject({
      code: 'SIGNATURE_ABSENT',
    })
  })
})
