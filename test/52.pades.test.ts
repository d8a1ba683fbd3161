// A PDF signed with a card, from the choice of the certificate to the finished file, judged by Poppler, OpenSSL, qpdf and
// then by our own verifier; and what happens when the card, the PIN or the certificate is not as it should be.

import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { digestToSign } from '../device/cms/signing-intent.ts'
import { openPdf } from '../device/pdf/document.ts'
import { listSignatures } from '../device/pdf/signatures.ts'
import type { SignOutcome } from '../device/ports.ts'
import { selectSigningCertificate } from '../device/trust/signing-certificate.ts'
import { verifyPdf } from '../device/trust/verify-pdf.ts'
import { createPkcs11Signer } from '../drivers/signer/pkcs11.ts'
import {
  type Folder,
  finish,
  type Intended,
  intend,
  judge,
  now,
  smallPdf,
  temporaryFolder,
} from './50.signature.kit.ts'
import { createTestPki, pem, type SignerRequest, type TestPki } from './sim/pki.ts'
import { createSoftToken, type SoftToken, softHsmModule } from './sim/token.ts'

const cards = {
  RSA: { key: 'RSA-2048' },
  EC: { key: 'P-256' },
  expired: { kind: 'expired', key: 'P-256' },
  'not yet valid': { kind: 'not-yet-valid', key: 'P-256' },
  'weak key': { key: 'RSA-1024' },
  'not for signing': { kind: 'not-for-signing', key: 'P-256' },
} as const satisfies Record<string, SignerRequest>
type CardName = keyof typeof cards

const signer = createPkcs11Signer({ modules: [{ path: softHsmModule }] })
const tokens = new Map<CardName, SoftToken>()
let folder: Folder
let pki: TestPki
let pdf: Uint8Array

beforeAll(async () => {
  folder = await temporaryFolder()
  pki = await createTestPki({ now })
  pdf = await smallPdf()
  await folder.write('root.pem', pem('CERTIFICATE', pki.root))
  for (const name of Object.keys(cards).filter(isCard)) {
    const entries = [{ identity: await pki.signer(cards[name]) }]
    const token = await createSoftToken({ folder: folder.path, label: name, entries })
    tokens.set(name, token)
    process.env['SOFTHSM2_CONF'] = token.environment.SOFTHSM2_CONF
  }
})

afterAll(async () => {
  delete process.env['SOFTHSM2_CONF']
  await folder.remove()
})

function isCard(name: string): name is CardName {
  return Object.hasOwn(cards, name)
}

function token(name: CardName): SoftToken {
  const found = tokens.get(name)
  if (found === undefined) throw new Error(`no card ${name}`)
  return found
}

async function choose(name: CardName) {
  const candidates = await signer.certificates(token(name).tokenId)
  return selectSigningCertificate({ candidates, now })
}

/** Choice and intent, as they stand when the PIN is asked for. */
async function prepare(name: CardName, original: Uint8Array): Promise<Intended & { readonly keyId: string }> {
  const choice = await choose(name)
  if (choice.choice === 'refused') throw new Error(choice.detail)
  const { candidate, algorithm } = choice
  return { ...(await intend(original, candidate, algorithm)), keyId: candidate.keyId }
}

function ask(
  name: CardName,
  { intent, keyId }: Awaited<ReturnType<typeof prepare>>,
  pin: string,
): Promise<SignOutcome> {
  const { tokenId } = token(name)
  const { algorithm } = intent
  return signer.sign({ tokenId, keyId, algorithm, digest: digestToSign(intent), pin: Buffer.from(pin) })
}

async function signWith(name: CardName, original: Uint8Array): Promise<Uint8Array> {
  const prepared = await prepare(name, original)
  const answer = await ask(name, prepared, token(name).pin)
  if (answer.outcome !== 'signed') throw new Error(answer.outcome)
  return finish(original, prepared, answer.signature)
}

describe.each(['RSA', 'EC'] as const)('a PDF signed with an %s card', name => {
  let signed: Uint8Array
  let path: string

  beforeAll(async () => {
    signed = await signWith(name, pdf)
    path = await folder.write(`${name}.pdf`, signed)
  })

  it('keeps the original as its beginning', () => {
    expect(Buffer.from(signed.subarray(0, pdf.length)).equals(pdf)).toBe(true)
  })

  it('is sound for qpdf', async () => {
    expect(await judge('qpdf', ['--check', path])).toMatchObject({ code: 0 })
  })

  it('is signed for Poppler', async () => {
    const { output } = await judge('pdfsig', ['-nocert', path])
    expect(output).toContain('Signature is Valid')
    expect(output).toContain('ETSI.CAdES.detached')
    expect(output).toContain('Total document signed')
  })

  it('has a CMS that OpenSSL verifies up to the root', async () => {
    const [signature] = await listSignatures(await openPdf(randomAccessOf(signed)))
    if (signature?.structure !== 'sound') throw new Error('no sound signature')
    const [, before, after] = signature.byteRange
    const cms = await folder.write(`${name}.der`, signature.contents)
    const content = await folder.write(
      `${name}.bin`,
      Buffer.concat([signed.subarray(0, before), signed.subarray(after)]),
    )
    const input = ['-inform', 'DER', '-in', cms, '-content', content, '-CAfile', `${folder.path}/root.pem`]
    const options = ['-binary', '-purpose', 'any', '-attime', String(now / 1000), '-out', '/dev/null']
    expect((await judge('openssl', ['cms', '-verify', ...input, ...options])).output).toContain('successful')
  })

  it('is PAdES-BASELINE-B and passes', async () => {
    const report = await verifyPdf(randomAccessOf(signed), { anchors: [pki.root], now, revocation: 'if-present' })
    expect(report).toMatchObject({ indication: 'TOTAL-PASSED', findings: [] })
    expect(report.signatures).toMatchObject([
      {
        fieldName: 'Signature1',
        level: 'PAdES-BASELINE-B',
        integrity: 'intact',
        claimedTime: now,
        coversWholeFile: true,
      },
    ])
    expect(report.signatures[0]?.signer?.holder).toBe('Test signer')
    expect(report.signatures[0]?.chain).toHaveLength(3)
  })
})

describe('a second signature', () => {
  it('leaves the first one valid', async () => {
    const both = await signWith('EC', await signWith('RSA', pdf))
    const report = await verifyPdf(randomAccessOf(both), { anchors: [pki.root], now, revocation: 'if-present' })
    expect(report.indication).toBe('TOTAL-PASSED')
    expect(report.signatures.map(one => one.coversWholeFile)).toEqual([false, true])
    const { output } = await judge('pdfsig', ['-nocert', await folder.write('both.pdf', both)])
    expect(output.match(/Signature is Valid/g)).toHaveLength(2)
  })
})

describe('after a power loss', () => {
  it('the stored intent gives the file that would have been', async () => {
    const prepared = await prepare('RSA', pdf)
    const stored = await folder.write('intent.json', JSON.stringify(prepared.intent))
    const first = await ask('RSA', prepared, token('RSA').pin)
    const resumed = { ...prepared, intent: JSON.parse(await readFile(stored, 'utf8')) }
    const second = await ask('RSA', resumed, token('RSA').pin)
    if (first.outcome !== 'signed' || second.outcome !== 'signed') throw new Error('not signed')
    const files = [finish(pdf, prepared, first.signature), finish(pdf, resumed, second.signature)]
    expect(Buffer.compare(files[0] ?? pdf, files[1] ?? pdf)).toBe(0)
  })
})

describe('no signature is made', () => {
  it('with a wrong PIN', async () => {
    const prepared = await prepare('RSA', pdf)
    expect(await ask('RSA', prepared, '999999')).toMatchObject({ outcome: 'pin-wrong' })
  })

  it('with another card than the one that was chosen', async () => {
    const prepared = await prepare('RSA', pdf)
    const answer = await ask('EC', prepared, token('EC').pin)
    expect(answer.outcome).toBe('failed')
  })

  it('when another key answers', async () => {
    const prepared = await prepare('EC', pdf)
    const answer = await ask(
      'EC',
      { ...prepared, intent: { ...prepared.intent, signedAttributes: 'AAAA' } },
      token('EC').pin,
    )
    if (answer.outcome !== 'signed') throw new Error(answer.outcome)
    const finishing = () => finish(pdf, prepared, answer.signature)
    expect(finishing).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }))
  })

  it.each([
    ['expired', 'CERTIFICATE_EXPIRED'],
    ['not yet valid', 'CERTIFICATE_NOT_YET_VALID'],
    ['weak key', 'KEY_REFUSED'],
    ['not for signing', 'CERTIFICATE_ABSENT'],
  ] as const)('with a card that is %s: %s', async (name, code) => {
    expect(await choose(name)).toMatchObject({ choice: 'refused', code })
  })
})
