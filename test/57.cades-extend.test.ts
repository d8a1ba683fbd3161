// Extending CAdES files from end to end in a small world of trust: what goes in is what the judge and OpenSSL then find,
// for ours and for somebody else's, and a file that must not be extended is refused by name.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ExtendCadesRequest, extendCades } from '../device/ades/cades-extend.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { additionEdits } from '../device/cms/edit.ts'
import { splicedBytes, splicesOf } from '../device/cms/splice.ts'
import { judgeSignature } from '../device/trust/judge.ts'
import { readCades } from '../device/trust/read-cades.ts'
import { type Folder, now, temporaryFolder } from './50.signature.kit.ts'
import { createWorld, type World } from './56.trust.kit.ts'
import {
  cosigned,
  countersigned,
  keepsOctetsOf,
  opensslSigned,
  opensslVerdict,
  parsedCms,
  signedCades,
  wholeOf,
} from './57.cades.kit.ts'

const content = Buffer.from('the signed original')
const other = Buffer.from('another original')

let folder: Folder
let world: World

beforeAll(async () => {
  folder = await temporaryFolder()
  world = await createWorld()
})

afterAll(() => folder.remove())

function tools() {
  const { anchors, revocation, timestamper, clock } = world
  return { anchors, revocation, timestamper, clock, random: (octets: number) => new Uint8Array(octets).fill(7) }
}

function extended(cms: Uint8Array, request: ExtendCadesRequest) {
  return extendCades(randomAccessOf(cms), request, tools())
}

async function verdicts(cms: Uint8Array) {
  const { anchors } = world
  const found = await readCades(randomAccessOf(cms), randomAccessOf(content))
  return Promise.all(found.map(one => judgeSignature(one, { anchors, now })))
}

const origins = {
  'ours, detached': () => signedCades(content, 'detached', { identity: world.signer }),
  'ours, attached': () => signedCades(content, 'enveloping', { identity: world.signer }),
  'of OpenSSL, BER': () => opensslSigned(folder, world.signer, content, ['-nodetach', '-stream']),
  'cosigned and countersigned': async () => {
    const identity = await world.pki.signer({ key: 'RSA-2048', commonName: 'Second signer' })
    const two = await cosigned(await signedCades(content, 'enveloping', { identity: world.signer }), { identity })
    return countersigned(two, { signer: 0 }, { identity })
  },
} as const
const names = Object.keys(origins) as (keyof typeof origins)[]

describe('extending', () => {
  it.each(names)('a signature %s reaches T, LT, LTA, and is renewed', async name => {
    const before = await origins[name]()
    let file: Uint8Array = before
    for (const level of ['T', 'LT', 'LTA', 'LTA'] as const) {
      file = await wholeOf((await extended(file, { level, content: randomAccessOf(content) })).file)
      const [verdict] = await verdicts(file)
      if (level !== 'T') expect(verdict).toMatchObject({ indication: 'TOTAL-PASSED', level })
      const detached = name === 'ours, detached' ? { content } : {}
      expect((await opensslVerdict(folder, file, { root: world.pki.root, ...detached })).output).toContain('successful')
    }
    expect(keepsOctetsOf(before, file)).toBe(true)
  })

  it('reaches LTA at once, with the content read once', async () => {
    const cms = await origins['ours, detached']()
    let reads = 0
    const counted = randomAccessOf(content)
    const beside = {
      size: counted.size,
      read: (offset: number, length: number) => {
        reads += 1
        return counted.read(offset, length)
      },
    }
    const { file } = await extended(cms, { level: 'LTA', content: beside })
    expect(reads).toBe(1)
    expect((await verdicts(await wholeOf(file)))[0]).toMatchObject({ indication: 'TOTAL-PASSED', level: 'LTA' })
  })

  it('changes nothing of a signature that is at level T already', async () => {
    const once = await wholeOf((await extended(await origins['ours, attached'](), { level: 'T' })).file)
    expect(await wholeOf((await extended(once, { level: 'T' })).file)).toEqual(once)
  })

  it('covers a certificate that stands twice', async () => {
    const cms = await origins['ours, attached']()
    const { layout, certificates } = parsedCms(cms)
    const set = layout.certificates ?? expect.fail()
    const path = [layout.contentInfo, layout.explicit, layout.signedData, set]
    const at = set.offset + set.headerLength
    const twice = splicedBytes(cms, splicesOf([{ path, at, remove: 0, insert: certificates[0] ?? expect.fail() }]))
    const { file } = await extended(twice, { level: 'LTA' })
    expect((await verdicts(await wholeOf(file)))[0]).toMatchObject({ indication: 'TOTAL-PASSED', level: 'LTA' })
  })
})

describe('what is refused', () => {
  it('a detached signature at LTA without the original', async () => {
    const cms = await origins['ours, detached']()
    await expect(extended(cms, { level: 'LTA' })).rejects.toMatchObject({ code: 'CONTENT_ABSENT' })
    await expect(extended(cms, { level: 'LT' })).resolves.toBeDefined()
  })

  it('an original that is another one', async () => {
    const cms = await origins['ours, detached']()
    const request = { level: 'T', content: randomAccessOf(other) } as const
    await expect(extended(cms, request)).rejects.toMatchObject({ code: 'SIGNATURE_BROKEN' })
  })

  it('a signature value that does not verify', async () => {
    const cms = Buffer.from(await origins['ours, attached']())
    const value = parsedCms(cms).signers[0]?.signedFields.at(-1) ?? expect.fail()
    cms[value.offset + 20] = (cms[value.offset + 20] ?? 0) ^ 1
    await expect(extended(cms, { level: 'T' })).rejects.toMatchObject({ code: 'SIGNATURE_BROKEN' })
  })

  it('a signature without its certificate', async () => {
    const cms = await origins['ours, attached']()
    const { layout } = parsedCms(cms)
    const set = layout.certificates ?? expect.fail()
    const edit = {
      path: [layout.contentInfo, layout.explicit, layout.signedData],
      at: set.offset,
      remove: set.raw.length,
      insert: new Uint8Array(),
    }
    const bare = splicedBytes(cms, splicesOf([edit]))
    await expect(extended(bare, { level: 'LT' })).rejects.toMatchObject({ code: 'CHAIN_INCOMPLETE' })
  })

  it('a file without any signature', async () => {
    const cms = await origins['ours, attached']()
    const { layout } = parsedCms(cms)
    const [info = expect.fail()] = layout.signerInfos.children
    const path = [layout.contentInfo, layout.explicit, layout.signedData, layout.signerInfos]
    const edit = { path, at: info.offset, remove: info.raw.length, insert: new Uint8Array() }
    const bare = splicedBytes(cms, splicesOf([edit]))
    await expect(extended(bare, { level: 'T' })).rejects.toMatchObject({ code: 'SIGNATURE_ABSENT' })
    expect(additionEdits(parsedCms(bare), {})).toEqual([])
  })
})
