// Time-stamps in CAdES files as others may have put them there: a hash index of an older standard, one by another
// algorithm, none at all, a content-time-stamp among the signed attributes.

import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { archiveTimestampImprint, atsHashIndexV3, tokenWithHashIndex } from '../device/cms/archive-timestamp.ts'
import { readWhole } from '../device/cms/asn1.ts'
import { attribute } from '../device/cms/attributes.ts'
import { octetString, sequence, setOf } from '../device/cms/der.ts'
import { placedSigners, unsignedEdit } from '../device/cms/edit.ts'
import { oids } from '../device/cms/oids.ts'
import { assemble, signingIntent } from '../device/cms/signing-intent.ts'
import { splicedBytes, splicesOf } from '../device/cms/splice.ts'
import { readCades } from '../device/trust/read-cades.ts'
import { acceptTimestamp, timestampQuery } from '../device/trust/timestamp-request.ts'
import { readTimestampToken } from '../device/trust/timestamp-token.ts'
import { now } from './50.signature.kit.ts'
import { parsedCms, properties, signedCades, valueBy } from './57.cades.kit.ts'
import { createTestPki, type TestIdentity } from './sim/pki.ts'
import { timestampReply } from './sim/tsa.ts'

const content = Buffer.from('the signed original')
const contentDigest = createHash('sha256').update(content).digest()

let signer: TestIdentity
let tsa: TestIdentity
let cms: Uint8Array

beforeAll(async () => {
  const pki = await createTestPki({ now })
  signer = await pki.signer()
  tsa = await pki.signer({ kind: 'time-stamping' })
  cms = await signedCades(content, 'detached', { identity: signer })
})

function tokenOver(digest: Uint8Array): Uint8Array {
  const query = { digestAlgorithm: 'SHA-256', digest, nonce: Uint8Array.of(1, 2, 3) } as const
  return acceptTimestamp(timestampReply(timestampQuery(query), tsa, { now }), query, { now }).der
}

function withUnsigned(bytes: Uint8Array, type: string, value: Uint8Array): Uint8Array {
  const [placed = expect.fail()] = placedSigners(parsedCms(bytes))
  return splicedBytes(bytes, splicesOf([unsignedEdit(placed, [attribute(type, value)])]))
}

/** The signature with an archive time-stamp whose imprint is right for the index that is given. */
function archived(index: Uint8Array, put: (token: Uint8Array) => Uint8Array): Uint8Array {
  const signedData = parsedCms(cms)
  const [info = expect.fail()] = signedData.signers
  const imprint = archiveTimestampImprint(signedData, info, { hash: 'sha256', contentDigest, hashIndex: index })
  return withUnsigned(cms, oids.archiveTimestampV3, put(tokenOver(imprint)))
}

async function only(bytes: Uint8Array) {
  const [found] = await readCades(randomAccessOf(bytes), randomAccessOf(content))
  return found?.timestamps[0] ?? expect.fail()
}

function imprintOf(token: Uint8Array): Uint8Array {
  const read = readTimestampToken(token)
  return read.outcome === 'read' ? Uint8Array.from(read.token.imprint.digest) : expect.fail()
}

const indexIn = (token: Uint8Array, index: Uint8Array) => tokenWithHashIndex(token, index) ?? expect.fail()

describe('an archive time-stamp', () => {
  it('with a hash index of its own algorithm is sound', async () => {
    const signedData = parsedCms(cms)
    const index = atsHashIndexV3(signedData, signedData.signers[0] ?? expect.fail(), 'sha256')
    const stamp = await only(archived(index, token => indexIn(token, index)))
    expect(stamp.findings).toEqual([])
    expect(Uint8Array.from(await stamp.imprint('sha256'))).toEqual(imprintOf(stamp.token))
  })

  it('with a hash index by another algorithm is not', async () => {
    const signedData = parsedCms(cms)
    const index = atsHashIndexV3(signedData, signedData.signers[0] ?? expect.fail(), 'sha1')
    const stamp = await only(archived(index, token => indexIn(token, index)))
    expect(stamp.findings).toMatchObject([{ subIndication: 'FORMAT_FAILURE' }])
  })

  it('without a hash index is not', async () => {
    const stamp = await only(archived(new Uint8Array(), token => token))
    expect(stamp.findings).toMatchObject([{ subIndication: 'FORMAT_FAILURE' }])
  })

  it('with two hash indexes is not', async () => {
    const signedData = parsedCms(cms)
    const index = atsHashIndexV3(signedData, signedData.signers[0] ?? expect.fail(), 'sha256')
    const stamp = await only(archived(index, token => indexIn(indexIn(token, index), index)))
    expect(stamp.findings).toMatchObject([{ subIndication: 'FORMAT_FAILURE' }])
  })

  it('covers whole attributes by the older ats-hash-index, whose algorithm is SHA-256 unless it says another', async () => {
    const stamped = withUnsigned(cms, '1.2.3.4', octetString(Uint8Array.of(1)))
    const signedData = parsedCms(stamped)
    const [info = expect.fail()] = signedData.signers
    const digests = (values: readonly Uint8Array[]) =>
      sequence(...values.map(value => octetString(createHash('sha256').update(value).digest())))
    const certificates = signedData.layout.certificates?.children.map(({ raw }) => raw) ?? []
    const index = sequence(digests(certificates), sequence(), digests(info.unsignedList.map(({ node }) => node.raw)))
    const imprint = archiveTimestampImprint(signedData, info, { hash: 'sha256', contentDigest, hashIndex: index })
    const token = tokenOver(imprint)
    const [placed = expect.fail()] = placedSigners(parsedCms(token))
    const older = splicedBytes(token, splicesOf([unsignedEdit(placed, [attribute(oids.atsHashIndex, index)])]))
    const stamp = await only(withUnsigned(stamped, oids.archiveTimestampV3, older))
    expect(stamp.findings).toEqual([])
    expect(stamp.covers?.certificates.length).toBe(certificates.length)
    const changed = withUnsigned(
      withUnsigned(cms, '1.2.3.4', octetString(Uint8Array.of(2))),
      oids.archiveTimestampV3,
      older,
    )
    expect((await only(changed)).findings).toMatchObject([{ subIndication: 'HASH_FAILURE' }])
  })
})

describe('a content-time-stamp', () => {
  it('is about the content', async () => {
    const { certificate, chain } = signer
    const intent = signingIntent({
      ...{ certificate, chain, properties, algorithm: 'SHA256withRSA', documentDigest: contentDigest },
      kind: 'CAdES-detached',
    })
    const set = readWhole(Buffer.from(intent.signedAttributes, 'base64')) ?? expect.fail()
    const stamp = attribute(oids.contentTimestamp, tokenOver(contentDigest))
    const more = setOf([...set.children.map(({ raw }) => raw), stamp])
    const stated = { ...intent, signedAttributes: Buffer.from(more).toString('base64') }
    const found = await only(assemble(stated, valueBy(signer, stated)))
    expect(found.kind).toBe('content')
    expect(Uint8Array.from(await found.imprint('sha256'))).toEqual(Uint8Array.from(contentDigest))
    expect(imprintOf(found.token)).toEqual(Uint8Array.from(contentDigest))
  })
})
