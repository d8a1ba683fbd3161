// Reading SignedData in DER and BER, from a buffer and from a file by ranges: both ways must tell the same, content that
// OpenSSL put in must come out again, and what is cut off or put together wrongly must be a reason and nothing else.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { eachPiece } from '../device/cms/content.ts'
import { type ParsedSignedData, parseSignedData, readSignedDataFrom } from '../device/cms/parse.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { createTestPki, pem } from './sim/pki.ts'

/** More than two chunks of whoever reads it. */
const content = Buffer.alloc(2_500_000, 'octets of a content ')
const forms = {
  'DER, attached': ['-nodetach'],
  'BER, attached': ['-nodetach', '-stream'],
  'DER, detached': [],
  'by key identifier': ['-keyid', '-nodetach'],
  'RSASSA-PSS': ['-nodetach', '-keyopt', 'rsa_padding_mode:pss'],
} as const
type Form = keyof typeof forms
const names = Object.keys(forms) as Form[]

let folder: Folder
let made: ReadonlyMap<string, Uint8Array>

beforeAll(async () => {
  folder = await temporaryFolder()
  const pki = await createTestPki({ now })
  const signer = await pki.signer()
  const certificate = await folder.write('signer.pem', pem('CERTIFICATE', signer.certificate))
  const key = await folder.write('key.pem', pem('PRIVATE KEY', signer.privateKey))
  const input = await folder.write('content.bin', content)
  const samples = new Map<string, Uint8Array>()
  for (const name of names) {
    const out = join(folder.path, 'made.der')
    const { code, output } = await judge('openssl', [
      ...['cms', '-sign', '-binary', '-cades', '-outform', 'DER', '-in', input, '-signer', certificate, '-inkey', key],
      ...[...forms[name], '-out', out],
    ])
    if (code !== 0) throw new Error(output)
    samples.set(name, await readFile(out))
  }
  made = samples
})

afterAll(() => folder.remove())

function sample(name: Form): Uint8Array {
  const bytes = made.get(name)
  if (bytes === undefined) throw new Error(`no sample ${name}`)
  return bytes
}

function parsed(bytes: Uint8Array): ParsedSignedData {
  const outcome = parseSignedData(bytes)
  if (outcome.outcome !== 'parsed') throw new Error(outcome.detail)
  return outcome.signedData
}

async function parsedFile(bytes: Uint8Array): Promise<ParsedSignedData> {
  const outcome = await readSignedDataFrom(randomAccessOf(bytes))
  if (outcome.outcome !== 'parsed') throw new Error(outcome.detail)
  return outcome.signedData
}

/** What both ways of reading must agree on. */
function facts({ layout, certificates, signers, trailingData, contentType, attached }: ParsedSignedData) {
  const { contentInfo, explicit, signedData, encapContentInfo, content: extents, end } = layout
  return {
    ...{ contentInfo, explicit, signedData, encapContentInfo, extents, end, trailingData, contentType, attached },
    certificates: certificates.map(der => Buffer.from(der).toString('hex')),
    signers: signers.map(({ node, signature }) => [node.offset, Buffer.from(signature).toString('hex')]),
  }
}

describe('from a buffer and from a file', () => {
  it.each(names)('%s reads the same', async name => {
    expect(facts(await parsedFile(sample(name)))).toEqual(facts(parsed(sample(name))))
  })

  it.each(names)('%s stands where its elements say', name => {
    const bytes = sample(name)
    const { layout, signers } = parsed(bytes)
    const elements = [layout.version, layout.digestAlgorithms, layout.eContentType, layout.signerInfos]
    for (const node of [...elements, ...signers.flatMap(signer => [signer.node, ...signer.signedFields])]) {
      expect(bytes.subarray(node.offset, node.offset + node.raw.length)).toEqual(Buffer.from(node.raw))
    }
    expect(layout.end).toBe(bytes.length)
  })

  it.each(['DER, attached', 'BER, attached'] as const)('%s gives its content back', async name => {
    const { layout, content: whole } = await parsedFile(sample(name))
    expect(whole).toBeUndefined()
    const chunks: Uint8Array[] = []
    const signed = { file: randomAccessOf(sample(name)), extents: layout.content ?? [] }
    await eachPiece(signed, piece => chunks.push(Uint8Array.from(piece)))
    expect(Buffer.concat(chunks).equals(content)).toBe(true)
    expect(Buffer.from(parsed(sample(name)).content ?? []).equals(content)).toBe(true)
  })

  it('takes no more of a file than its structure when the content is in one piece', async () => {
    const bytes = sample('DER, attached')
    let read = 0
    const file = randomAccessOf(bytes)
    await readSignedDataFrom({
      size: file.size,
      read: async (offset, length) => {
        read += length
        return file.read(offset, length)
      },
    })
    expect(read).toBeLessThan(100_000)
  })
})

describe('signers', () => {
  it('are named by key identifier too', () => {
    const [signer] = parsed(sample('by key identifier')).signers
    expect(signer?.sid).toBeUndefined()
    expect(signer?.keyIdentifier?.length).toBe(20)
  })

  it('keep the parameters of RSASSA-PSS', () => {
    const [signer] = parsed(sample('RSASSA-PSS')).signers
    expect(signer?.signatureParameters?.children.length).toBeGreaterThan(0)
  })
})

describe('what is malformed', () => {
  it.each(names)('%s cut off anywhere is a reason', async name => {
    const bytes = sample(name)
    const places = Array.from({ length: 120 }, (_, step) => Math.floor((bytes.length * step) / 120))
    for (const length of places) {
      expect(parseSignedData(bytes.subarray(0, length)).outcome).toBe('malformed')
      expect((await readSignedDataFrom(randomAccessOf(bytes.subarray(0, length)))).outcome).toBe('malformed')
    }
  })

  it('zero padding is none, anything else behind it is told', async () => {
    const bytes = sample('DER, detached')
    const padded = Buffer.concat([bytes, Buffer.alloc(100_000)])
    expect(parsed(padded).trailingData).toBe(false)
    const trailed = Buffer.concat([padded, Buffer.of(1)])
    expect(parsed(trailed).trailingData).toBe(true)
    expect((await parsedFile(trailed)).trailingData).toBe(true)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('not a signature at all')],
    ['another structure', Buffer.from('3003020101', 'hex')],
  ])('%s is a reason', (_, bytes) => {
    expect(parseSignedData(bytes).outcome).toBe('malformed')
  })
})
