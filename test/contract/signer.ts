// What every Signer must do, whatever holds the keys: run over cards in SoftHSM and over PKCS#12 files.

import { createHash, X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { digestOf, hashName, verifySignatureValue } from '../../device/cms/algorithm.ts'
import type { SignatureAlgorithm, Signer, SigningCertificate, SigningSession, SignRequest } from '../../device/ports.ts'

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

  itOpensSessions(prepare, requestFor)

  it('begins nothing after an abort', async () => {
    const request = await requestFor('rsaCertificate', 'SHA256withRSA')
    const reason = new Error('gone')
    const { signer } = prepare()
    await expect(signer.sign(request, AbortSignal.abort(reason))).rejects.toBe(reason)
    await expect(signer.open(request, AbortSignal.abort(reason))).rejects.toBe(reason)
    await expect(signer.tokens(AbortSignal.abort(reason))).rejects.toBe(reason)
  })
}

/** Opens a session that must come about. */
export async function sessionFor(signer: Signer, request: SignRequest): Promise<SigningSession> {
  const answer = await signer.open(request)
  if (answer.outcome !== 'open') throw new Error(JSON.stringify(answer))
  return answer.session
}

function itOpensSessions(
  prepare: () => SignerUnderTest,
  requestFor: (which: 'rsaCertificate' | 'ecCertificate', algorithm: SignatureAlgorithm) => Promise<SignRequest>,
): void {
  const cases = [
    ['rsaCertificate', 'SHA256withRSA', 'SHA512withRSAandMGF1'],
    ['ecCertificate', 'SHA256withECDSA', 'SHA512withECDSA'],
  ] as const

  it.each(cases)(
    'opens a session with the key of its %s, for any algorithm of it and any number',
    async (which, ...of) => {
      const { signer, [which]: certificate } = prepare()
      const { publicKey } = new X509Certificate(certificate)
      const requests = await Promise.all(of.flatMap(name => [name, name]).map(name => requestFor(which, name)))
      const [first] = requests
      if (first === undefined) throw new Error('nothing to sign')
      const session = await sessionFor(signer, first)
      try {
        expect(session).toMatchObject({ concurrency: expect.any(Number), pinEachTime: false })
        for (const { algorithm, digest } of requests) {
          const answer = await session.sign({ algorithm, digest })
          if (answer.outcome !== 'signed') throw new Error(JSON.stringify(answer))
          expect(verifySignatureValue(algorithm, publicKey, attributes, answer.signature)).toBe(true)
        }
      } finally {
        await session.close()
      }
    },
  )

  it('makes as many signatures at once as a session allows, and more in their turn', async () => {
    const request = await requestFor('rsaCertificate', 'SHA256withRSA')
    const session = await sessionFor(prepare().signer, request)
    const { algorithm, digest } = request
    const asked = Array.from({ length: session.concurrency + 3 }, () => session.sign({ algorithm, digest }))
    expect(new Set((await Promise.all(asked)).map(({ outcome }) => outcome))).toEqual(new Set(['signed']))
    await session.close()
  })

  it('opens no session with a wrong PIN, without the token or without the key, and one afterwards', async () => {
    const request = await requestFor('rsaCertificate', 'SHA256withRSA')
    const { signer } = prepare()
    expect(await signer.open({ ...request, pin: Buffer.from('000000') })).toMatchObject({ outcome: 'pin-wrong' })
    expect(await signer.open({ ...request, tokenId: 'Nobody#1' })).toEqual({ outcome: 'token-absent' })
    expect(await signer.open({ ...request, keyId: '7777' })).toMatchObject({ outcome: 'failed' })
    await (await sessionFor(signer, request)).close()
  })

  it('has one session of a token at a time: tokens are told meanwhile, everything else waits', async () => {
    const request = await requestFor('rsaCertificate', 'SHA256withRSA')
    const { signer, tokenId } = prepare()
    const session = await sessionFor(signer, request)
    const order: string[] = []
    const noting = async <Result>(what: string, asked: Promise<Result>): Promise<Result> => {
      const result = await asked
      order.push(what)
      return result
    }
    const gone = new AbortController()
    const given = noting('nothing', signer.open(request, gone.signal)).catch((thrown: unknown) => thrown)
    const waiting = [
      noting(
        'open',
        sessionFor(signer, request).then(one => one.close()),
      ),
      noting('sign', signer.sign(request)),
      noting('certificates', signer.certificates(tokenId, undefined, request.pin)),
    ]
    expect((await signer.tokens()).map(({ id }) => id)).toContain(tokenId)
    expect(await session.sign(request)).toMatchObject({ outcome: 'signed' })
    const reason = new Error('gone')
    gone.abort(reason)
    expect(await given).toBe(reason)
    expect(order).toEqual([])
    await session.close()
    await Promise.all(waiting)
    expect(order.toSorted()).toEqual(['certificates', 'open', 'sign'])
  })

  it('signs nothing once its session is closed, which may be said again', async () => {
    const request = await requestFor('ecCertificate', 'SHA256withECDSA')
    const session = await sessionFor(prepare().signer, request)
    await Promise.all([session.close(), session.close()])
    await session.close()
    expect(await session.sign(request)).toMatchObject({ outcome: 'failed' })
    expect(await prepare().signer.sign({ ...request, pin: Buffer.from('000000') })).toMatchObject({
      outcome: 'pin-wrong',
    })
  })

  it('leaves a session usable after a digest of the wrong length, a key of the wrong kind and an abort', async () => {
    const request = await requestFor('rsaCertificate', 'SHA256withRSA')
    const session = await sessionFor(prepare().signer, request)
    await expect(session.sign({ ...request, digest: Buffer.alloc(20) })).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(await session.sign({ ...request, algorithm: 'SHA256withECDSA' })).toMatchObject({ outcome: 'failed' })
    const reason = new Error('stop')
    await expect(session.sign(request, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(await session.sign(request)).toMatchObject({ outcome: 'signed' })
    await session.close()
  })
}
