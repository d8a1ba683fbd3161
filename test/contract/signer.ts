// What every Signer must do, whatever holds the keys: run over cards in SoftHSM and over PKCS#12 files.

import { createHash, X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { digestOf, hashName, verifySignatureValue } from '../../device/cms/algorithm.ts'
import type { SignatureAlgorithm, Signer, SigningCertificate, SignRequest } from '../../device/ports.ts'

export interface SignerUnderTest {
  readonly signer: Signer
  readonly tokenId: string
  /** PIN or password. */
  readonly pin: string
  /** Of a certificate on the token, for finding it. */
  readonly rsaCertificate: Uint8Array
  readonly ecCertificate: Uint8Array
}

const attributes = Buffer.from('the signed attributes')
const algorithms = {
  rsaCertificate: ['SHA1withRSA', 'SHA256withRSA', 'SHA512withRSA', 'SHA256withRSAandMGF1', 'SHA512withRSAandMGF1'],
  ecCertificate: ['SHA256withECDSA', 'SHA384withECDSA', 'SHA512withECDSA'],
} as const satisfies Record<string, readonly SignatureAlgorithm[]>

/** Declares the tests; `prepare` is called when they run. */
export function itIsASigner(prepare: () => SignerUnderTest): void {
  const certificateFor = async (which: 'rsaCertificate' | 'ecCertificate'): Promise<SigningCertificate> => {
    const { signer, tokenId, pin, [which]: wanted } = prepare()
    const all = await signer.certificates(tokenId, undefined, Buffer.from(pin))
    const found = all.find(({ certificate }) => Buffer.from(wanted).equals(certificate))
    if (found === undefined) throw new Error('the certificate is not on the token')
    return found
  }
  const requestFor = async (
    which: 'rsaCertificate' | 'ecCertificate',
    algorithm: SignatureAlgorithm,
  ): Promise<SignRequest> => {
    const { tokenId, keyId } = await certificateFor(which)
    const digest = createHash(hashName(digestOf(algorithm)))
      .update(attributes)
      .digest()
    return { tokenId, keyId, algorithm, digest, pin: Buffer.from(prepare().pin) }
  }
  const cases = Object.entries(algorithms).flatMap(([which, names]) => names.map(name => [which, name] as const))

  it('names its tokens and what is on them, with the issuers', async () => {
    const { signer, tokenId } = prepare()
    expect((await signer.tokens()).map(({ id }) => id)).toContain(tokenId)
    const found = await certificateFor('rsaCertificate')
    expect(found.tokenId).toBe(tokenId)
    expect(found.chain).toHaveLength(1)
    expect(found.keyId).toMatch(/^([0-9a-f]{2})+$/)
  })

  it.each(cases)('signs with the key of its %s by %s', async (which, algorithm) => {
    const request = await requestFor(which as keyof typeof algorithms, algorithm)
    const answer = await prepare().signer.sign(request)
    if (answer.outcome !== 'signed') throw new Error(JSON.stringify(answer))
    const { publicKey } = new X509Certificate(prepare()[which as keyof typeof algorithms])
    expect(verifySignatureValue(algorithm, publicKey, attributes, answer.signature)).toBe(true)
  })

  it('tells a wrong PIN, and takes the right one afterwards', async () => {
    const request = await requestFor('rsaCertificate', 'SHA256withRSA')
    const { signer } = prepare()
    expect(await signer.sign({ ...request, pin: Buffer.from('000000') })).toMatchObject({ outcome: 'pin-wrong' })
    expect(await signer.sign(request)).toMatchObject({ outcome: 'signed' })
  })

  it('tells a token and a key that are not there', async () => {
    const request = await requestFor('rsaCertificate', 'SHA256withRSA')
    const { signer } = prepare()
    expect(await signer.sign({ ...request, tokenId: 'Nobody#1' })).toEqual({ outcome: 'token-absent' })
    expect(await signer.sign({ ...request, keyId: '7777' })).toMatchObject({ outcome: 'failed' })
    await expect(signer.certificates('Nobody#1')).rejects.toMatchObject({ code: 'TOKEN_ABSENT' })
  })

  it('refuses a digest of the wrong length, and a key of the wrong kind', async () => {
    const request = await requestFor('rsaCertificate', 'SHA256withRSA')
    const { signer } = prepare()
    await expect(signer.sign({ ...request, digest: Buffer.alloc(20) })).rejects.toMatchObject({ code: 'INTERNAL' })
    const other = await requestFor('ecCertificate', 'SHA256withECDSA')
    expect(await signer.sign({ ...other, algorithm: 'SHA256withRSA' })).toMatchObject({ outcome: 'failed' })
  })

  it('begins nothing after an abort', async () => {
    const request = await requestFor('rsaCertificate', 'SHA256withRSA')
    const reason = new Error('gone')
    const { signer } = prepare()
    await expect(signer.sign(request, AbortSignal.abort(reason))).rejects.toBe(reason)
    await expect(signer.tokens(AbortSignal.abort(reason))).rejects.toBe(reason)
  })
}
