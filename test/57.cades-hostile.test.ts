// CAdES files that somebody has tampered with, with a fixed seed: reading ends with a refusal by name or with findings,
// never with a crash, and no change of content, signed attributes or signature value goes unseen.

import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { readWhole } from '../device/cms/asn1.ts'
import { tlv } from '../device/cms/der.ts'
import { assemble, signingIntent } from '../device/cms/signing-intent.ts'
import { splicedBytes, splicesOf } from '../device/cms/splice.ts'
import { Fault } from '../device/errors.ts'
import { readCades } from '../device/trust/read-cades.ts'
import { now } from './50.signature.kit.ts'
import { cosigned, countersigned, parsedCms, signedCades, valueBy } from './57.cades.kit.ts'
import { createTestPki, type TestIdentity } from './sim/pki.ts'

const content = Buffer.from('a content that nobody may change')

let attached: Uint8Array
let signer: TestIdentity

beforeAll(async () => {
  const pki = await createTestPki({ now })
  signer = await pki.signer()
  const second = await pki.signer({ key: 'P-256' })
  const two = await cosigned(await signedCades(content, 'enveloping', { identity: signer }), { identity: second })
  attached = await countersigned(two, 'tree', { identity: second })
})

/** The findings, or the code of the refusal; anything else that is thrown fails the test. */
async function outcome(cms: Uint8Array): Promise<readonly string[]> {
  try {
    const found = await readCades(randomAccessOf(cms))
    return found.flatMap(({ findings }) => findings.map(({ subIndication }) => subIndication))
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'CMS_UNREADABLE') return [thrown.code]
    throw thrown
  }
}

/** Numerical Recipes' generator: the same changes everywhere. */
function seeded(seed: number): (bound: number) => number {
  let state = seed
  return bound => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

/** Offsets of what every signature protects, from the first octet of content or value. */
function protectedOffsets(): number[] {
  const { layout, signers } = parsedCms(attached)
  const values = signers.flatMap(({ signedFields }) => signedFields.filter(({ tag }) => tag === 0xa0 || tag === 0x04))
  const extents = values.map(node => ({ offset: node.offset + node.headerLength, length: node.contentLength }))
  return [...(layout.content ?? []), ...extents].flatMap(({ offset, length }) =>
    Array.from({ length }, (_, index) => offset + index),
  )
}

describe('a changed file', () => {
  it('is as it was before anything is changed', async () => {
    expect(await outcome(attached)).toEqual([])
  })

  it('never passes with another content, attribute or value', async () => {
    const random = seeded(31)
    const offsets = protectedOffsets()
    for (let round = 0; round < 250; round++) {
      const changed = Buffer.from(attached)
      const at = offsets[random(offsets.length)] ?? expect.fail()
      changed[at] = (changed[at] ?? 0) ^ (1 << random(8))
      expect((await outcome(changed)).length, `octet ${at}`).toBeGreaterThan(0)
    }
  })

  it('never crashes the reader', async () => {
    const random = seeded(57)
    for (let round = 0; round < 500; round++) {
      const changed = Buffer.from(attached.subarray(0, random(3) === 0 ? random(attached.length) : attached.length))
      for (let change = 0; change <= random(6) && changed.length > 0; change++) {
        changed[random(changed.length)] = random(256)
      }
      await outcome(changed)
    }
  })
})

describe('signed attributes in another order than DER', () => {
  /** The first signature's attributes the other way round. */
  function reversed(attributes: readonly Uint8Array[]): Uint8Array {
    return Buffer.concat(attributes.toReversed())
  }

  it('hold where the value is over their DER, as RFC 5652 has it', async () => {
    const changed = Buffer.from(attached)
    const signed = parsedCms(attached).signers[0]?.signedFields.find(({ tag }) => tag === 0xa0) ?? expect.fail()
    changed.set(reversed(signed.children.map(({ raw }) => raw)), signed.offset + signed.headerLength)
    expect(parsedCms(changed).signers[0]?.sortedAttributes).toBeDefined()
    expect(await outcome(changed)).toEqual([])
  })

  it('hold where the value is over them as they stand', async () => {
    const documentDigest = createHash('sha256').update(content).digest()
    const { certificate, chain } = signer
    const intent = signingIntent({ certificate, chain, algorithm: 'SHA256withRSA', documentDigest })
    const set = readWhole(Buffer.from(intent.signedAttributes, 'base64')) ?? expect.fail()
    const unsorted = tlv(0x31, reversed(set.children.map(({ raw }) => raw)))
    const written = { ...intent, signedAttributes: Buffer.from(unsorted).toString('base64') }
    const cms = assemble(written, valueBy(signer, written))
    const [found] = await readCades(randomAccessOf(cms), randomAccessOf(content))
    expect(found?.findings).toEqual([])
  })
})

describe('a file made to cost', () => {
  it('is refused for more signatures than anybody would judge', async () => {
    const { layout, signers } = parsedCms(attached)
    const one = signers[1]?.node.raw ?? expect.fail()
    const path = [layout.contentInfo, layout.explicit, layout.signedData, layout.signerInfos]
    const insert = Buffer.concat(Array.from({ length: 1000 }, () => one))
    const at = layout.signerInfos.offset + layout.signerInfos.headerLength
    expect(await outcome(splicedBytes(attached, splicesOf([{ path, at, remove: 0, insert }])))).toEqual([
      'CMS_UNREADABLE',
    ])
  })

  const nested = (depth: number) => {
    let inner: Uint8Array = tlv(0x04, content)
    for (let level = 0; level < depth; level++) inner = tlv(0x24, inner)
    return inner
  }

  it.each([
    ['a content in pieces within pieces', () => nested(5000)],
    ['sequences without an end', () => Buffer.from('3080'.repeat(20_000), 'hex')],
    ['a length that no file has', () => Buffer.from('3086ffffffffffff0609', 'hex')],
    ['PEM without an end', () => Buffer.from('-----BEGIN CMS-----\nMIIB')],
    ['PEM of nothing', () => Buffer.from('-----BEGIN PKCS7-----\n\n-----END PKCS7-----\n')],
  ])('%s is refused at once', async (_, make) => {
    expect(await outcome(make())).toEqual(['CMS_UNREADABLE'])
  })
})
