// What may be asked of a CAdES signature beyond the usual, as it comes out of the engine: a content known by its digest
// alone, one that goes inside by its size, what is said of it, and signatures beside archived ones. OpenSSL judges.

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CadesExtra } from '../device/ades/extra-cades.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { attribute } from '../device/cms/attributes.ts'
import { octetString } from '../device/cms/der.ts'
import { placedSigners, unsignedEdit } from '../device/cms/edit.ts'
import { oids } from '../device/cms/oids.ts'
import { splicedBytes, splicesOf } from '../device/cms/splice.ts'
import { type Folder, temporaryFolder } from './50.signature.kit.ts'
import { opensslVerdict, parsedCms, signedCades } from './57.cades.kit.ts'
import { createWorld } from './59.pades.kit.ts'
import { type Asked, createEngine, type Engine, signJob } from './67.engine.kit.ts'
import type { TestIdentity } from './sim/pki.ts'

const content = Buffer.from('%PDF-1.7 what is signed')
const verified = { code: 0, output: expect.stringContaining('CAdES Verification successful') }

let folder: Folder
let world: Awaited<ReturnType<typeof createWorld>>
let engine: Engine
let rsa: TestIdentity

beforeAll(async () => {
  folder = await temporaryFolder()
  world = await createWorld()
  engine = createEngine(world)
  rsa = await world.pki.signer()
})

afterAll(() => folder.remove())

const signed = (input: Uint8Array, cades: CadesExtra, asked: Asked = {}) =>
  engine.sign(input, { format: 'CAdES', packaging: 'detached', signer: rsa, cades, ...asked })
const verdict = (cms: Uint8Array, beside?: Uint8Array) =>
  opensslVerdict(folder, cms, {
    root: world.pki.root,
    time: world.clock.now(),
    ...(beside !== undefined && { content: beside }),
  })

describe('a content that is known by its digest', () => {
  const digest = (hash: string) => createHash(hash).update(content).digest()

  it.each([
    ['SHA-256', 'sha256', 'SHA256withRSA', 'B'],
    ['SHA-512', 'sha512', 'SHA512withRSA', 'B'],
    ['SHA-256', 'sha256', 'SHA256withRSA', 'LTA'],
  ] as const)('by %s is signed as the content would be', async (precalculatedHash, hash, algorithm, level) => {
    const job = signJob(world, { format: 'CAdES', packaging: 'detached', level, cades: { precalculatedHash } })
    const { certificate, chain } = rsa
    const input = randomAccessOf(digest(hash))
    const outcome = await engine.run({ ...job, identity: { algorithm, certificate, chain } }, input, { signer: rsa })
    if (outcome.outcome !== 'written') expect.fail()
    expect(outcome.base).toBe('empty')
    const cms = splicedBytes(new Uint8Array(), outcome.splices)
    expect(await verdict(cms, content)).toEqual(verified)
    expect(parsedCms(cms).layout.content).toBeUndefined()
    const report = await engine.verify(cms, content)
    expect(report.signatures[0]?.level).toBe(`CAdES-BASELINE-${level}`)
    expect((await engine.verify(cms, digest(hash))).indication).toBe('TOTAL-FAILED')
  })

  it.each([
    ['of another length', { precalculatedHash: 'SHA-256' }, Buffer.alloc(31), {}, 'REQUEST_INVALID'],
    ['by another algorithm', { precalculatedHash: 'SHA-512' }, Buffer.alloc(64), {}, 'REQUEST_INVALID'],
    [
      'inside the signature',
      { precalculatedHash: 'SHA-256' },
      Buffer.alloc(32),
      { packaging: 'enveloping' },
      'SIGNATURE_FORMAT_REFUSED',
    ],
  ] as const)('%s is refused', async (_, cades, input, asked, code) => {
    await expect(signed(input, cades, asked)).rejects.toMatchObject({ code })
  })
})

describe('a content', () => {
  it.each([
    [content.length + 1, true],
    [content.length, false],
  ])('goes inside where it has less than %i octets: %s', async (envelopBelow, inside) => {
    const cms = await signed(content, { envelopBelow })
    expect(await verdict(cms, inside ? undefined : content)).toEqual(verified)
    expect(parsedCms(cms).layout.content !== undefined).toBe(inside)
  })

  const said = (cms: Uint8Array, signer = 0) => {
    const attributes = parsedCms(cms).signers[signer]?.attributes
    const mimeType = attributes?.get(oids.mimeType)?.[0]?.[0]?.content
    const hints = attributes?.get(oids.contentHints)?.[0]?.[0]?.children ?? []
    return {
      mimeType: mimeType && Buffer.from(mimeType).toString(),
      hints: hints.map(({ oid, content: octets }) => oid ?? Buffer.from(octets).toString()),
    }
  }
  const detected = { mimeType: 'detected', hints: { type: 'detected' } } as const
  const pdfType = '1.2.840.10003.5.109.1'

  it.each([
    ['a PDF', content, detected, 'application/pdf', [pdfType]],
    ['XML', Buffer.from('\ufeff<?xml version="1.0"?><a/>'), detected, 'text/xml', ['1.2.840.10003.5.109.10']],
    ['a PNG', Buffer.from('89504e470d0a1a0a', 'hex'), detected, 'image/png', ['1.2.840.10003.5.109.7']],
    ['anything else', Buffer.from('what?'), detected, 'application/octet-stream', [oids.data]],
    ['nothing', Buffer.alloc(0), detected, 'application/octet-stream', [oids.data]],
    [
      'what it was said to be',
      content,
      { mimeType: 'text/csv', hints: { type: '1.2.3', description: 'Acta' } },
      'text/csv',
      ['Acta', '1.2.3'],
    ],
    [
      'what its identifier stands for',
      Buffer.from('?'),
      { mimeType: 'detected', hints: { type: '1.2.840.10003.5.109.5' } },
      'image/gif',
      ['1.2.840.10003.5.109.5'],
    ],
    ['nothing but its type', content, { hints: { type: 'detected' } }, undefined, [pdfType]],
    ['nothing, where nobody asks', content, undefined, undefined, []],
  ] as const)('is called %s', async (_, input, wish, mimeType, hints) => {
    const cms = await signed(input, wish === undefined ? {} : { content: wish })
    expect(said(cms)).toEqual({ mimeType, hints })
    expect(await verdict(cms, input)).toEqual(verified)
  })

  it('is called by a further signature what the first called it, and by a countersignature nothing', async () => {
    const first = await signed(content, { content: { mimeType: 'text/csv', hints: { type: '1.2.3' } } })
    const second = await signed(first, { content: detected }, { operation: 'cosign', content })
    expect(said(second, 1)).toEqual({ mimeType: 'text/csv', hints: ['1.2.3'] })
    const silent = await signed(content, {})
    expect(said(await signed(silent, { content: detected }, { operation: 'cosign', content }), 1)).toEqual({
      mimeType: 'application/pdf',
      hints: [pdfType],
    })
    const third = await signed(second, { content: detected }, { operation: 'countersign' })
    const [countersignature] = parsedCms(third).signers[0]?.countersignatures ?? []
    expect([...(countersignature?.attributes.keys() ?? [])]).not.toContain(oids.mimeType)
    expect([...(countersignature?.attributes.keys() ?? [])]).not.toContain(oids.contentHints)
    expect(await verdict(third, content)).toEqual(verified)
  })

  it('is not known by its digest to a further signature', async () => {
    const first = await signed(content, {})
    const second = await signed(first, { precalculatedHash: 'SHA-512' }, { operation: 'cosign', content })
    expect(await verdict(second, content)).toEqual(verified)
  })
})

describe('beside an archive time-stamp that any addition breaks', () => {
  async function archived(): Promise<Uint8Array> {
    const cms = await signedCades(content, 'enveloping', {
      identity: rsa,
      properties: { signingTime: world.clock.now() },
    })
    const [placed = expect.fail()] = placedSigners(parsedCms(cms))
    const edit = unsignedEdit(placed, [attribute(oids.archiveTimestampV2, octetString(Uint8Array.of(1)))])
    return splicedBytes(cms, splicesOf([edit]))
  }

  it.each(['cosign', 'countersign'] as const)('a %s is made where that is allowed', async operation => {
    const before = await archived()
    await expect(signed(before, {}, { operation })).rejects.toMatchObject({ code: 'SIGNATURE_FORMAT_REFUSED' })
    const after = await signed(before, { breakArchives: true }, { operation })
    expect(placedSigners(parsedCms(after))).toHaveLength(2)
    expect(await verdict(after)).toEqual(verified)
  })
})
