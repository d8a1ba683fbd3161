// XAdES signatures raised to T, LT and LTA, and renewed, end to end in a small world of trust: what is there keeps its bytes
// and still verifies for xmlsec1, the judge finds the level, and what is broken, unsigned or incomplete is refused.

import { createPrivateKey, sign } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Packaging } from '../device/ades/request.ts'
import { assembleXades, prepareXades, type XadesIntent } from '../device/ades/xades.ts'
import { prepareXadesCosignature, prepareXadesCountersignatures } from '../device/ades/xades-cosign.ts'
import { type ExtendXadesRequest, extendXades } from '../device/ades/xades-extend.ts'
import { randomAccessOf, spliced, splicesOf } from '../device/bytes.ts'
import { mergeEvidence } from '../device/trust/evidence.ts'
import { judgeSignature } from '../device/trust/judge.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { readBytes } from './58.xml.xades.kit.ts'
import { createWorld, type World } from './59.pades.kit.ts'

const content = Buffer.from(
  '<?xml version="1.0" encoding="UTF-8"?>\n<a:doc xmlns:a="urn:a" xmlns="urn:d"><b>é</b></a:doc>',
)
const packagings = ['enveloped', 'enveloping', 'internally-detached', 'detached'] as const

let folder: Folder
let world: World

beforeAll(async () => {
  folder = await temporaryFolder()
  await folder.write('content.xml', content)
})
beforeEach(async () => {
  world = await createWorld()
})
afterAll(() => folder.remove())

let made = 0

function request(packaging: Packaging) {
  const { certificate, chain } = world.signer
  const properties = { signingTime: now, contentFormat: { mimeType: 'text/xml' } }
  const id = `sig${++made}`
  return {
    algorithm: 'SHA256withECDSA',
    certificate,
    chain,
    packaging,
    id,
    contentUri: 'content.xml',
    properties,
  } as const
}

async function finished(base: Uint8Array, intents: readonly XadesIntent[]): Promise<Buffer> {
  const key = createPrivateKey({ key: Buffer.from(world.signer.privateKey), format: 'der', type: 'pkcs8' })
  const over = intents[0]?.place.base === 'empty' ? new Uint8Array() : base
  const splices = intents.flatMap(intent => [
    ...assembleXades(intent, sign('sha256', Buffer.from(intent.signedInfo, 'base64'), key)),
  ])
  const file = spliced(randomAccessOf(over), splices)
  return Buffer.from(await file.read(0, file.size))
}

async function signed(packaging: Packaging): Promise<Buffer> {
  return finished(content, [await prepareXades(randomAccessOf(content), request(packaging))])
}

async function extended(bytes: Uint8Array, level: ExtendXadesRequest['level'], more: Partial<ExtendXadesRequest> = {}) {
  const file = randomAccessOf(bytes)
  const result = await extendXades(file, { level, content: randomAccessOf(content), ...more }, world)
  const whole = Buffer.from(await result.file.read(0, result.file.size))
  // Nothing that was there is gone or changed but an empty-element tag that had to open.
  for (const { remove } of splicesOf(result.file, file) ?? [{ remove: 99 }]) expect(remove).toBeLessThanOrEqual(2)
  return whole
}

async function verdicts(bytes: Uint8Array) {
  const found = await readBytes(bytes, { content: randomAccessOf(content) })
  const extra = mergeEvidence(...found.map(({ evidence }) => evidence))
  const options = { anchors: world.anchors, now: world.time, extra }
  return Promise.all(found.map(one => judgeSignature(one, options)))
}

async function xmlsec(bytes: Uint8Array): Promise<string> {
  const path = await folder.write('extended.xml', bytes)
  const ids = [
    'http://uri.etsi.org/01903/v1.3.2#:SignedProperties',
    'http://www.w3.org/2000/09/xmldsig#:Object',
    'Content',
  ]
  const named = ids.flatMap(id => ['--id-attr:Id', id])
  return (await judge('xmlsec1', ['--verify', '--insecure', ...named, path], folder.path)).output
}

describe.each(packagings)('a signature, %s', packaging => {
  it.each(['T', 'LT', 'LTA'] as const)('reaches %s, and what was signed still verifies', async level => {
    const whole = await extended(await signed(packaging), level)
    expect(await verdicts(whole)).toMatchObject([{ level, integrity: 'intact', baselineViolations: [] }])
    expect(await xmlsec(whole)).toMatch(/^OK/m)
  })

  it('passes without the network at LTA, and its renewal long after its first authority has ended', async () => {
    const first = await extended(await signed(packaging), 'LTA')
    expect(await verdicts(first)).toMatchObject([{ indication: 'TOTAL-PASSED', level: 'LTA' }])
    world.time = now + 30 * 86_400_000
    const second = await extended(first, 'LTA')
    const [verdict] = await verdicts(second)
    expect(verdict).toMatchObject({ indication: 'TOTAL-PASSED', level: 'LTA', bestSignatureTime: { time: now } })
    expect(verdict?.timestamps.map(one => [one.kind, one.indication])).toEqual([
      ['signature', 'TOTAL-PASSED'],
      ['archive', 'TOTAL-PASSED'],
      // Of the newest nothing is inside yet.
      ['archive', 'INDETERMINATE'],
    ])
  })
})

describe('several signatures', () => {
  it('are all raised, countersignatures kept', async () => {
    const one = await signed('enveloped')
    const two = await finished(one, [await prepareXadesCosignature(randomAccessOf(one), request('enveloped'))])
    const all = await finished(
      two,
      await prepareXadesCountersignatures(randomAccessOf(two), request('enveloped'), 'LEAFS'),
    )
    const levels = (await verdicts(await extended(all, 'LTA'))).map(({ level, indication }) => [level, indication])
    expect(levels).toEqual([
      ['LTA', 'TOTAL-PASSED'],
      ['B', 'TOTAL-PASSED'],
      ['LTA', 'TOTAL-PASSED'],
      ['B', 'TOTAL-PASSED'],
    ])
  })

  it('are not stamped again where they are stamped', async () => {
    const stamped = await extended(await signed('enveloped'), 'T')
    world.asked.length = 0
    expect(Buffer.compare(await extended(stamped, 'T'), stamped)).toBe(0)
    expect(world.asked).toEqual([])
  })
})

describe('an archive time-stamp', () => {
  it('proves nothing any more when what it covers changes', async () => {
    const text = (await extended(await signed('enveloped'), 'LTA')).toString()
    const [value] = /<xades:EncapsulatedOCSPValue>[^<]*/.exec(text) ?? []
    const [token] = /<xades:EncapsulatedTimeStamp[^>]*>([^<]*)/.exec(text) ?? []
    expect(value).toBeDefined()
    expect(token).toBeDefined()
    const without = text.replace(/<xades:RevocationValues.*?<\/xades:RevocationValues>/s, '')
    const [verdict] = await verdicts(Buffer.from(without))
    expect(verdict?.level).not.toBe('LTA')
    expect(verdict?.timestamps.at(-1)?.indication).toBe('TOTAL-FAILED')
  })
})

describe('nothing is extended', () => {
  const refused = (code: string) => expect.objectContaining({ code })

  it('that is not signed', async () => {
    await expect(extended(content, 'T')).rejects.toThrow(refused('SIGNATURE_ABSENT'))
  })

  it('that is broken', async () => {
    const broken = Buffer.from((await signed('enveloped')).toString().replace('<b>é', '<b>è'))
    await expect(extended(broken, 'T')).rejects.toThrow(refused('SIGNATURE_BROKEN'))
    expect(world.asked).toEqual([])
  })

  it('that is XMLDSig alone', async () => {
    const bare = (await signed('enveloping')).toString().replace(/<ds:Object><xades.*<\/ds:Object>/s, '')
    await expect(extended(Buffer.from(bare), 'T')).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/SIGNATURE_(FORMAT_REFUSED|BROKEN)/) }),
    )
  })

  it('to LTA without the original that it is over', async () => {
    const file = randomAccessOf(await signed('detached'))
    await expect(extendXades(file, { level: 'LTA' }, world)).rejects.toThrow(refused('CONTENT_ABSENT'))
  })

  it.each([
    ['wrong-imprint', 'TIMESTAMP_INVALID'],
    ['wrong-nonce', 'TIMESTAMP_INVALID'],
    ['rejection', 'TIMESTAMP_REFUSED'],
  ] as const)('with a time-stamp that is %s', async (timestamp, code) => {
    world.faults = { timestamp }
    await expect(extended(await signed('enveloped'), 'T')).rejects.toThrow(refused(code))
  })

  it('to LT while nobody tells the state of its certificates', async () => {
    world.faults = { offline: true }
    await expect(extended(await signed('enveloped'), 'LT')).rejects.toThrow(refused('REVOCATION_UNAVAILABLE'))
  })
})
