// Levels T, LT and LTA of CAdES signatures of our own and of OpenSSL's, in DER and BER: tokens judged by `openssl ts`, the
// result by `openssl cms`, and what the reader finds again, also where something was taken away or mixed up.

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { existingCades } from '../device/ades/cades-existing.ts'
import {
  archiveStamp,
  archiveTimestampQuestion,
  checkCanReach,
  signatureTimestampImprint,
  signersToStamp,
  topSigners,
  withArchiveTimestamps,
  withSignatureTimestamps,
  withValidationData,
} from '../device/ades/cades-levels.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { attribute } from '../device/cms/attributes.ts'
import { octetString } from '../device/cms/der.ts'
import { additionEdits, placedSigners, unsignedEdit } from '../device/cms/edit.ts'
import { oids } from '../device/cms/oids.ts'
import { assemble, signingIntent } from '../device/cms/signing-intent.ts'
import { splicedBytes, splicesOf } from '../device/cms/splice.ts'
import { readCertificate } from '../device/trust/certificate.ts'
import { ocspRequest } from '../device/trust/ocsp-request.ts'
import { readCades } from '../device/trust/read-cades.ts'
import { acceptTimestamp, timestampQuery } from '../device/trust/timestamp-request.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import {
  cosigned,
  countersigned,
  keepsOctetsOf,
  opensslSigned,
  opensslVerdict,
  parsedCms,
  signedCades,
  valueBy,
} from './57.cades.kit.ts'
import { certificateList } from './sim/crl.ts'
import { ocspReply } from './sim/ocsp.ts'
import { createTestPki, pem, type TestIdentity, type TestPki } from './sim/pki.ts'
import { timestampReply } from './sim/tsa.ts'

const content = Buffer.from('the signed original')

let folder: Folder
let pki: TestPki
let signer: TestIdentity
let second: TestIdentity
let tsa: TestIdentity

beforeAll(async () => {
  folder = await temporaryFolder()
  pki = await createTestPki({ now })
  signer = await pki.signer()
  second = await pki.signer({ key: 'P-256', commonName: 'Second signer' })
  tsa = await pki.signer({ kind: 'time-stamping', commonName: 'Test TSA' })
})

afterAll(() => folder.remove())

function tokenOver(digest: Uint8Array, at: number): Uint8Array {
  const query = { digestAlgorithm: 'SHA-256', digest, nonce: Uint8Array.of(1, 2, 3, 4) } as const
  const response = timestampReply(timestampQuery(query), tsa, { now: at })
  return acceptTimestamp(response, query, { now: at }).der
}

function stampedT(cms: Uint8Array): Uint8Array {
  const stamped = signersToStamp(parsedCms(cms)).map(placed => ({
    placed,
    token: tokenOver(signatureTimestampImprint(placed, 'SHA-256'), now),
  }))
  return splicedBytes(cms, withSignatureTimestamps(stamped))
}

function evidence() {
  const query = ocspRequest({
    certificate: readCertificate(signer.certificate),
    issuer: readCertificate(pki.intermediate),
  })
  return {
    certificates: [tsa.certificate, pki.intermediate, pki.root],
    ocsps: [ocspReply(query, pki.authorities.intermediate, { now })],
    crls: [certificateList(pki.authorities.root, { now })],
  }
}

function withEvidence(cms: Uint8Array, data = evidence()): Uint8Array {
  return splicedBytes(cms, withValidationData(parsedCms(cms), data))
}

async function stampedA(cms: Uint8Array, at = now + 1000): Promise<Uint8Array> {
  const { signedData, digests } = await existingCades(randomAccessOf(cms), randomAccessOf(content), ['sha256'])
  const contentDigest = (await digests?.of('sha256')) ?? expect.fail()
  const stamped = topSigners(signedData).map(placed => {
    const question = archiveTimestampQuestion(signedData, placed, { hash: 'sha256', contentDigest })
    return archiveStamp(question, tokenOver(question.digest, at))
  })
  return splicedBytes(cms, withArchiveTimestamps(stamped))
}

const verified = { code: 0, output: expect.stringContaining('CAdES Verification successful') }
const origins = {
  'ours, detached': () => signedCades(content, 'detached', { identity: signer }),
  'ours, attached': () => signedCades(content, 'enveloping', { identity: signer }),
  'of OpenSSL, DER': () => opensslSigned(folder, signer, content, ['-nodetach']),
  'of OpenSSL, BER': () => opensslSigned(folder, signer, content, ['-nodetach', '-stream']),
  'cosigned and countersigned': async () => {
    const two = await cosigned(await signedCades(content, 'enveloping', { identity: signer }), { identity: second })
    return countersigned(two, 'tree', { identity: second })
  },
} as const
const names = Object.keys(origins) as (keyof typeof origins)[]

async function tsVerdict(token: Uint8Array, digest: Uint8Array) {
  const path = await folder.write('token.der', token)
  const root = await folder.write('root.pem', pem('CERTIFICATE', pki.root))
  const imprint = ['-digest', Buffer.from(digest).toString('hex')]
  const time = ['-attime', String(now / 1000)]
  return judge('openssl', ['ts', '-verify', ...imprint, '-token_in', '-in', path, '-CAfile', root, ...time])
}

/** A detached CMS with what a PDF would hold, which is no CAdES of its own. */
async function signedData(kind: { readonly kind: 'PAdES' }): Promise<Uint8Array> {
  const { certificate, chain } = signer
  const documentDigest = createHash('sha256').update(content).digest()
  const intent = signingIntent({ ...kind, certificate, chain, algorithm: 'SHA256withRSA', documentDigest })
  return assemble(intent, valueBy(signer, intent))
}

async function found(cms: Uint8Array) {
  return readCades(randomAccessOf(cms), randomAccessOf(content))
}

describe('extending', () => {
  it.each(names)('a signature %s to T, LT, LTA and again', async name => {
    const before = await origins[name]()
    const data = withEvidence(stampedT(before))
    const once = await stampedA(data)
    const twice = await stampedA(once, now + 2000)
    for (const after of [stampedT(before), data, once, twice]) {
      const detached = name === 'ours, detached' ? { content } : {}
      expect(await opensslVerdict(folder, after, { root: pki.root, ...detached })).toEqual(verified)
      expect(keepsOctetsOf(before, after)).toBe(true)
      for (const one of await found(after)) expect(one.findings).toEqual([])
    }
    const [first] = await found(twice)
    expect(first?.timestamps.map(({ kind }) => kind)).toEqual(['signature', 'archive', 'archive'])
    expect(parsedCms(twice).layout.version.content).toEqual(Uint8Array.of(5))
  })

  it('makes tokens that OpenSSL verifies over what the reader says they are about', async () => {
    const cms = await stampedA(await stampedA(withEvidence(stampedT(await origins['ours, attached']()))), now + 2000)
    const [signature] = await found(cms)
    for (const { token, imprint } of signature?.timestamps ?? []) {
      expect(await tsVerdict(token, await imprint('sha256'))).toMatchObject({ code: 0 })
    }
    const { signature: value } = parsedCms(cms).signers[0] ?? expect.fail()
    expect(await signature?.timestamps[0]?.imprint('sha256')).toEqual(createHash('sha256').update(value).digest())
  })

  it('asks for no second signature-time-stamp', async () => {
    const cms = stampedT(await origins['cosigned and countersigned']())
    expect(signersToStamp(parsedCms(cms))).toEqual([])
  })

  it('adds no value twice, and leaves the version where only lists were added', async () => {
    const data = evidence()
    const cms = withEvidence(await origins['ours, attached'](), data)
    expect(withValidationData(parsedCms(cms), data).length).toBe(0)
    const listed = withEvidence(await origins['ours, attached'](), { ...data, ocsps: [] })
    expect(parsedCms(listed).layout.version.content).toEqual(Uint8Array.of(1))
    expect(parsedCms(listed).crls.length).toBe(1)
  })

  it.each([oids.completeCertificateReferences, oids.revocationValues, oids.archiveTimestampV2])(
    'refuses level LT beside %s',
    async type => {
      const cms = await origins['ours, attached']()
      const [placed = expect.fail()] = placedSigners(parsedCms(cms))
      const edit = unsignedEdit(placed, [attribute(type, octetString(Uint8Array.of(1)))])
      expect(() => checkCanReach('LT', parsedCms(splicedBytes(cms, splicesOf([edit]))))).toThrow(
        expect.objectContaining({ code: 'SIGNATURE_FORMAT_REFUSED' }),
      )
    },
  )
})

describe('an archive time-stamp of an older standard', () => {
  it('forbids a signature-time-stamp after it, and nothing where that is there', async () => {
    const cms = await origins['ours, attached']()
    const withOlder = (bytes: Uint8Array) => {
      const [placed = expect.fail()] = placedSigners(parsedCms(bytes))
      const edit = unsignedEdit(placed, [attribute(oids.archiveTimestampV2, octetString(Uint8Array.of(1)))])
      return parsedCms(splicedBytes(bytes, splicesOf([edit])))
    }
    expect(() => checkCanReach('T', withOlder(cms))).toThrow(
      expect.objectContaining({ code: 'SIGNATURE_FORMAT_REFUSED' }),
    )
    expect(() => checkCanReach('T', withOlder(stampedT(cms)))).not.toThrow()
  })
})

describe('the reader', () => {
  it('tells what an archive time-stamp covers, and what was added after it', async () => {
    const cms = await stampedA(withEvidence(stampedT(await origins['ours, attached']())))
    const later = certificateList(pki.authorities.intermediate, { now })
    const added = splicedBytes(cms, splicesOf(additionEdits(parsedCms(cms), { crls: [later] })))
    const [signature] = await found(added)
    const covers = signature?.timestamps[1]?.covers
    expect(signature?.timestamps[1]?.findings).toEqual([])
    expect(covers?.ocsps.length).toBe(1)
    expect(covers?.crls.length).toBe(1)
    expect(signature?.evidence.crls.length).toBe(2)
    expect(covers?.certificates.length).toBeGreaterThanOrEqual(4)
  })

  it.each(['certificates', 'crls'] as const)('misses what was taken out of %s', async set => {
    const cms = await stampedA(withEvidence(stampedT(await origins['ours, attached']())))
    const { layout } = parsedCms(cms)
    const { contentInfo, explicit, signedData } = layout
    const holder = layout[set] ?? expect.fail()
    const last = holder.children.at(-1) ?? expect.fail()
    const path = [contentInfo, explicit, signedData, holder]
    const edit = { path, at: last.offset, remove: last.raw.length, insert: new Uint8Array() }
    const [signature] = await found(splicedBytes(cms, splicesOf([edit])))
    expect(signature?.timestamps[1]?.findings).toMatchObject([{ subIndication: 'HASH_FAILURE' }])
  })

  it('finds other content, and says when there is none', async () => {
    const cms = await origins['ours, detached']()
    const [other] = await readCades(randomAccessOf(cms), randomAccessOf(Buffer.from('another original')))
    expect(other?.findings).toMatchObject([{ subIndication: 'HASH_FAILURE' }])
    const [alone] = await readCades(randomAccessOf(cms))
    expect(alone?.findings).toMatchObject([{ subIndication: 'SIGNED_DATA_NOT_FOUND' }])
  })

  it('finds a countersignature that was moved to another signature', async () => {
    const two = await cosigned(await signedCades(content, 'enveloping', { identity: signer }), { identity: second })
    const cms = await countersigned(two, { signer: 0 }, { identity: second })
    const [first, , last = expect.fail()] = placedSigners(parsedCms(cms))
    const moved = unsignedEdit(last, [first?.signer.unsignedList[0]?.node.raw ?? expect.fail()])
    const signatures = await found(splicedBytes(cms, splicesOf([moved])))
    const at = (position: string) => signatures.find(one => one.position.join('.') === position)
    expect(at('0.0')?.findings).toEqual([])
    expect(at('1.0')?.findings).toMatchObject([{ subIndication: 'HASH_FAILURE' }])
  })

  it('refuses octets behind the SignedData', async () => {
    const cms = Buffer.concat([await origins['ours, attached'](), Buffer.from('tail')])
    const [signature] = await found(cms)
    expect(signature?.findings).toMatchObject([{ subIndication: 'FORMAT_FAILURE' }])
    await expect(existingCades(randomAccessOf(cms), undefined, [])).rejects.toMatchObject({ code: 'CMS_UNREADABLE' })
  })

  it('says what baseline B misses', async () => {
    const stated = await signedData({ kind: 'PAdES' })
    const [signature] = await found(stated)
    expect(signature?.findings).toEqual([])
    expect(signature?.baselineViolations).toEqual(['not exactly one signing-time attribute'])
  })

  it("refuses a digest by another algorithm than the signature's", async () => {
    const before = await origins['ours, attached']()
    const { node } = parsedCms(before).signers[0] ?? expect.fail()
    const algorithm = node.children[2]?.children[0] ?? expect.fail()
    const mixed = Buffer.from(before)
    mixed[algorithm.offset + algorithm.raw.length - 1] = 3
    const [signature] = await found(mixed)
    expect(signature?.findings).toContainEqual({
      subIndication: 'FORMAT_FAILURE',
      detail: 'a digest by sha512 under a signature by sha256',
    })
  })
})
