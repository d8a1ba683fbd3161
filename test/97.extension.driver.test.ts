// The driver against the simulated service, which holds every request against the published contract: what it sends, how
// it knows and renews its token, and what it makes of every way in which the service fails.

import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ExtensionOrder } from '../device/ports.ts'
import { createFortressExtender } from '../drivers/extender/fortress.ts'
import { faultOf, type ServiceStand, serviceStand } from './97.extension.kit.ts'
import { readExtendRequest } from './sim/fortress.contract.ts'
import type { FortressFault } from './sim/fortress.raise.ts'

const orderOf = (bytes: Uint8Array, more: Partial<ExtensionOrder> = {}): ExtensionOrder => ({
  format: 'PAdES',
  level: 'LT',
  packaging: 'enveloped',
  document: { name: 'copy.pdf', bytes },
  ...more,
})

function lastBody({ fortress }: ServiceStand): string {
  return fortress.requests().findLast(({ path }) => path.endsWith('/extend'))?.body ?? ''
}

describe('an honest service', () => {
  it('gets a request by the contract and gives the document', async () => {
    const stand = await serviceStand()
    const signed = await stand.signed()
    const answer = await createFortressExtender(stand.options()).extend(orderOf(signed))
    expect(Buffer.from(answer.document).subarray(0, signed.length).equals(signed)).toBe(true)
    expect(answer.document.length).toBeGreaterThan(signed.length)
    expect(answer.reference).toMatch(/^[0-9a-f]{32}$/)
    expect(stand.fortress.problems()).toEqual([])
    expect(stand.fortress.requests().map(({ path, status }) => [path, status])).toEqual([
      ['/fortress/oauth2/v1/token', 200],
      ['/fortress/api/v1/signature/extend', 200],
    ])
  })

  it('sees no secret in a URL', async () => {
    const stand = await serviceStand()
    await createFortressExtender(stand.options()).extend(orderOf(await stand.signed()))
    for (const { url, path } of stand.fortress.requests()) expect(url).toBe(path)
  })

  it('may answer with a list of one', async () => {
    const stand = await serviceStand()
    stand.fortress.answerAsList(true)
    const signed = await stand.signed()
    const { document } = await createFortressExtender(stand.options()).extend(orderOf(signed))
    expect(document.length).toBeGreaterThan(signed.length)
  })

  it('is asked for one token for many documents, and for another before that ends', async () => {
    let now = 0
    const stand = await serviceStand()
    const extender = createFortressExtender(stand.options({ now: () => now }))
    const order = orderOf(await stand.signed(), { level: 'T' })
    await Promise.all([extender.extend(order), extender.extend(order)])
    await extender.extend(order)
    expect(stand.fortress.asked('token')).toBe(1)
    now = (3599 - 61) * 1000
    await extender.extend(order)
    expect(stand.fortress.asked('token')).toBe(1)
    now += 2000
    await extender.extend(order)
    expect(stand.fortress.asked('token')).toBe(2)
  })

  it('that forgot the token in the middle is asked once more', async () => {
    const stand = await serviceStand()
    const extender = createFortressExtender(stand.options())
    const order = orderOf(await stand.signed(), { level: 'T' })
    await extender.extend(order)
    stand.fortress.fault('token-expired')
    await extender.extend(order)
    expect([stand.fortress.asked('token'), stand.fortress.asked('extend')]).toEqual([2, 3])
  })

  it('says so when it knows the kiosk', async () => {
    const stand = await serviceStand()
    const extender = createFortressExtender(stand.options())
    await extender.enter()
    stand.fortress.fault('client-unknown')
    expect((await faultOf(extender.enter())).code).toBe('EXTENDER_CREDENTIALS_REFUSED')
  })
})

describe('a request', () => {
  const types = ['PAdES', 'CAdES', 'XAdES'].flatMap(format => ['T', 'LT', 'LTA'].map(level => ({ format, level })))
  it.each(types)('names $format at $level', async ({ format, level }) => {
    const stand = await serviceStand()
    stand.fortress.fault('invalid-request')
    const order = orderOf(Buffer.from('x'), { format, level } as Partial<ExtensionOrder>)
    await faultOf(createFortressExtender(stand.options()).extend(order))
    expect(JSON.parse(lastBody(stand)).extendSignatureConfigurations[0].signatureType).toBe(
      `${format.toUpperCase()}_${level}`,
    )
    expect(stand.fortress.problems()).toEqual([])
  })

  it('has documents by content and by URL, a detached original, and every packaging', async () => {
    const stand = await serviceStand()
    stand.fortress.fault('invalid-request')
    const extender = createFortressExtender(stand.options())
    const byUrl = { name: 'a.csig', url: 'https://files.example.org/a.csig' }
    const original = { name: 'a.txt', bytes: Buffer.from('é') }
    await faultOf(extender.extend(orderOf(original.bytes, { document: byUrl, original, packaging: 'detached' })))
    expect(JSON.parse(lastBody(stand)).extendSignatureConfigurations[0]).toMatchObject({
      document: byUrl,
      original: { name: 'a.txt', bytesB64: 'w6k=' },
      packaging: 'DETACHED',
    })
    await faultOf(extender.extend(orderOf(original.bytes, { packaging: 'enveloping' })))
    expect(lastBody(stand)).toContain('"packaging":"ENVELOPING"')
    expect(stand.fortress.problems()).toEqual([])
  })

  it.each([
    [{ type: 'URL' }, {}],
    [
      { type: 'USER', user: 'kiosk', passwordFile: 'password' },
      { user: 'kiosk', password: 'of the authority' },
    ],
    [{ type: 'CERTIFICATE', certificateCode: 'c-1' }, { certificateCode: 'c-1' }],
    [
      { type: 'CERTIFICATE_TLS', certificateCode: 'c-1', passwordFile: 'password' },
      { certificateCode: 'c-1', password: 'of the authority' },
    ],
  ] as const)('tells of an authority %j', async (given, sent) => {
    const stand = await serviceStand()
    stand.fortress.fault('invalid-request')
    const passwordFile = join(stand.folder, 'password')
    await writeFile(passwordFile, 'of the authority\n', { mode: 0o600 })
    const url = 'https://tsa.example.org/'
    const tsa = { url, ...given, ...('passwordFile' in given && { passwordFile }) }
    await faultOf(createFortressExtender(stand.options({ tsa })).extend(orderOf(Buffer.from('x'))))
    expect(JSON.parse(lastBody(stand)).extendSignatureConfigurations[0].tsa).toEqual({ type: given.type, url, ...sent })
    expect(stand.fortress.problems()).toEqual([])
  })

  it('has user, algorithm and policy where they are configured', async () => {
    const stand = await serviceStand()
    stand.fortress.fault('invalid-request')
    const policy = {
      id: '2.16.724.1.3.1.1.2.1.9',
      description: 'AGE',
      digestAlgorithm: 'SHA1',
      digestValueB64: 'G7roucf600+f03r/o0bAOQ6WAs0=',
      contentHintsDescription: 'a copy',
      contentHintsType: '1.2.840.113549.1.7.1',
    }
    const manner = { userCode: 'u-1', signatureAlgorithm: 'RSA_SHA256', policy }
    await faultOf(createFortressExtender(stand.options(manner)).extend(orderOf(Buffer.from('x'))))
    const body = JSON.parse(lastBody(stand))
    expect(body.userCode).toBe('u-1')
    expect(body.extendSignatureConfigurations[0]).toMatchObject({ signatureAlgorithm: 'RSA_SHA256', policy })
    expect(readExtendRequest(lastBody(stand))).toHaveLength(1)
    expect(stand.fortress.problems()).toEqual([])
  })

  it('larger than is allowed is not sent', async () => {
    const stand = await serviceStand()
    const extender = createFortressExtender(stand.options({ maxBytes: 1000 }))
    expect(await faultOf(extender.extend(orderOf(Buffer.alloc(1001))))).toMatchObject({ code: 'EXTENSION_REFUSED' })
    expect(stand.fortress.requests()).toEqual([])
  })
})

describe('what goes wrong', () => {
  it.each<[FortressFault, string]>([
    ['client-unknown', 'EXTENDER_CREDENTIALS_REFUSED'],
    ['invalid-token', 'EXTENDER_CREDENTIALS_REFUSED'],
    ['invalid-request', 'EXTENSION_REFUSED'],
    ['http-500', 'EXTENDER_UNAVAILABLE'],
    ['busy', 'EXTENDER_UNAVAILABLE'],
    ['slow', 'EXTENDER_UNAVAILABLE'],
    ['reset', 'EXTENDER_UNAVAILABLE'],
    ['cut', 'EXTENDER_UNAVAILABLE'],
    ['html', 'EXTENSION_INVALID'],
    ['not-json', 'EXTENSION_INVALID'],
    ['no-bytes', 'EXTENSION_INVALID'],
    ['not-base64', 'EXTENSION_INVALID'],
    ['list-of-two', 'EXTENSION_INVALID'],
    ['error-with-200', 'EXTENSION_REFUSED'],
    ['huge', 'EXTENSION_INVALID'],
  ])('%s is %s', async (fault, code) => {
    const stand = await serviceStand()
    stand.fortress.fault(fault)
    const extender = createFortressExtender(stand.options({ deadlineMs: 1500 }))
    const thrown = await faultOf(extender.extend(orderOf(await stand.signed())))
    expect(thrown.code).toBe(code)
    expect(thrown.detail).not.toMatch(/simulated|secret of|copy\.pdf|https:|JVBERi/)
    expect(stand.fortress.asked('extend')).toBeLessThanOrEqual(2)
  })

  it('a server that nobody vouches for gets nothing', async () => {
    const stand = await serviceStand()
    const { caFile: _, ...options } = stand.options()
    const thrown = await faultOf(createFortressExtender(options).extend(orderOf(Buffer.from('x'))))
    expect(thrown.code).toBe('EXTENDER_UNTRUSTED')
    expect(stand.fortress.requests()).toEqual([])
  })

  it('a secret that others can read is not used', async () => {
    const stand = await serviceStand()
    const options = stand.options()
    await chmod(options.clientSecretFile, 0o640)
    const thrown = await faultOf(createFortressExtender(options).extend(orderOf(Buffer.from('x'))))
    expect(thrown).toMatchObject({ code: 'EXTENDER_CREDENTIALS_REFUSED', detail: expect.stringContaining('0600') })
    expect(stand.fortress.requests()).toEqual([])
  })

  it('a secret that was refused is shown once, until there is another or time has passed', async () => {
    let now = 0
    const stand = await serviceStand()
    const options = stand.options({ now: () => now })
    await writeFile(options.clientSecretFile, 'a wrong one')
    const extender = createFortressExtender(options)
    const order = orderOf(await stand.signed(), { level: 'T' })
    for (let i = 0; i < 3; i++) await faultOf(extender.extend(order))
    expect(stand.fortress.asked('token')).toBe(1)
    now += 600_000
    await faultOf(extender.extend(order))
    expect(stand.fortress.asked('token')).toBe(2)
    await writeFile(options.clientSecretFile, stand.fortress.client.secret)
    await extender.extend(order)
  })

  it('a service that is down is left alone, and one tries when its time has come', async () => {
    let now = 0
    const stand = await serviceStand()
    const extender = createFortressExtender(stand.options({ now: () => now }))
    const order = orderOf(await stand.signed(), { level: 'T' })
    stand.fortress.fault('http-500')
    for (let i = 0; i < 6; i++) await faultOf(extender.extend(order))
    expect(stand.fortress.asked('extend')).toBe(3)
    now += 15_000
    await Promise.all([1, 2, 3].map(() => faultOf(extender.extend(order))))
    expect(stand.fortress.asked('extend')).toBe(4)
    stand.fortress.fault(undefined)
    now += 30_000
    await extender.extend(order)
    await extender.extend(order)
  })

  it('a service that says for how long is obeyed', async () => {
    let now = 0
    const stand = await serviceStand()
    const extender = createFortressExtender(stand.options({ now: () => now }))
    stand.fortress.fault('busy')
    const order = orderOf(await stand.signed())
    await expect(extender.extend(order)).rejects.toMatchObject({ retryAfterMs: 60_000 })
    now += 59_000
    await expect(extender.extend(order)).rejects.toMatchObject({ retryAfterMs: 1_000 })
    expect(stand.fortress.asked('extend')).toBe(1)
    now += 1_000
    await faultOf(extender.extend(order))
    expect(stand.fortress.asked('extend')).toBe(2)
  })

  it('an abort ends the wait, and is no failure of the service', async () => {
    const stand = await serviceStand()
    stand.fortress.fault('slow')
    const extender = createFortressExtender(stand.options())
    const stop = new AbortController()
    const asked = extender.extend(orderOf(await stand.signed()), stop.signal)
    setTimeout(() => stop.abort(new Error('left')), 50)
    await expect(asked).rejects.toThrow('left')
  })

  it.each(['http://127.0.0.1/', 'https://a:b@example.org/', 'https://example.org/?x', 'nothing'])(
    '%s is no address of a service',
    async url => {
      const stand = await serviceStand()
      expect(() => createFortressExtender(stand.options({ url }))).toThrow('CONFIG_INVALID')
    },
  )
})
