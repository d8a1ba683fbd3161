// The interface of the extension service as this kiosk serves it: to our own driver, which was held against the published
// contract, and to requests by hand with the page's own field names. What comes out is judged by pdfsig and qpdf.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { verifyExtended } from '../device/ades/verify-extended.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { createFortressExtender } from '../drivers/extender/fortress.ts'
import { judge, temporaryFolder } from './50.signature.kit.ts'
import { faultOf, signedBy } from './97.extension.kit.ts'
import { type ServedStand, servedStand } from './97.extension.served.kit.ts'
import { startKiosk } from './kiosk.kit.ts'
import { apiUrl } from './requests.kit.ts'
import { listen } from './sim/trust-http.ts'
import { slips } from './walk.kit.ts'

describe('our own driver as the client', () => {
  it.each(['T', 'LT', 'LTA'] as const)('has a PDF raised to %s', async level => {
    const stand = await servedStand()
    const bytes = await stand.signed()
    const document = { name: 'contrato.pdf', bytes }
    const extender = createFortressExtender(stand.client)
    const answer = await extender.extend({ format: 'PAdES', level, packaging: 'enveloped', document })
    expect(answer.reference).not.toBe('')
    const options = { anchors: [stand.trust.pki.root], now: Date.now(), level, revocation: 'if-present' } as const
    const { report } = await verifyExtended(randomAccessOf(bytes), randomAccessOf(answer.document), options)
    expect([report.indication, report.signatures[0]?.level]).toEqual(['TOTAL-PASSED', `PAdES-BASELINE-${level}`])
    const folder = await temporaryFolder()
    const file = join(folder.path, 'made.pdf')
    await folder.write('made.pdf', answer.document)
    expect(await judge('qpdf', ['--check', file])).toMatchObject({ code: 0 })
    expect((await judge('pdfsig', ['-nocert', file])).output).toMatch(/Signature is Valid/)
    await folder.remove()
    const [entry] = stand.store.audit.list().filter(({ event }) => event === 'extensionServed')
    expect(JSON.parse(entry?.details ?? '{}')).toMatchObject({ client: 'ledger', format: 'PAdES', level })
  })

  it('is told of a TSA that is away as of something that passes', async () => {
    const stand = await servedStand()
    stand.trust.fault('tsa', 'reset')
    const document = { name: 'a.pdf', bytes: await stand.signed() }
    const order = { format: 'PAdES', level: 'T', packaging: 'enveloped', document } as const
    expect((await faultOf(createFortressExtender(stand.client).extend(order))).code).toBe('EXTENDER_UNAVAILABLE')
  })

  it('is refused with a wrong secret, and with that of another client', async () => {
    const stand = await servedStand()
    for (const client of [{ clientId: 'other' }, { clientSecretFile: join(stand.folder, 'other') }]) {
      const extender = createFortressExtender({ ...stand.client, ...client })
      expect((await faultOf(extender.enter())).code).toBe('EXTENDER_CREDENTIALS_REFUSED')
    }
    await createFortressExtender(stand.client).enter()
  })

  it('gets another token when the first has ended', async () => {
    const stand = await servedStand()
    const extender = createFortressExtender(stand.client)
    const document = { name: 'a.pdf', bytes: await stand.signed() }
    const order = { format: 'PAdES', level: 'T', packaging: 'enveloped', document } as const
    await extender.extend(order)
    stand.clock.leap(3_600_000)
    await extender.extend(order)
  })
})

/** Requests by hand. */
type Served = Pick<ServedStand, 'url' | 'trust' | 'secret' | 'logged'>

function byHand(stand: Served) {
  const form = (over: Readonly<Record<string, string>> = {}) =>
    new URLSearchParams({
      scope: 'client',
      redirect_uri: 'https://ledger.example.org/',
      client_id: 'ledger',
      client_secret: stand.secret,
      grant_type: 'client_credentials',
      ...over,
    })
  const called = async (path: string, init: RequestInit) => {
    const response = await fetch(new URL(path, stand.url), { method: 'POST', ...init })
    return { status: response.status, body: JSON.parse(await response.text()) as Record<string, string> }
  }
  const token = async () => (await called('/oauth2/v1/token', { body: form() })).body['access_token'] ?? ''
  const extend = async (body: unknown, authorization?: string) =>
    called('/api/v1/signature/extend', {
      headers: { 'content-type': 'application/json', authorization: authorization ?? `Bearer ${await token()}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  return { form, called, token, extend }
}

function asked(stand: Served, bytes: Uint8Array, over: object = {}) {
  const configuration = {
    document: { bytesB64: Buffer.from(bytes).toString('base64'), name: 'contrato.pdf' },
    signatureType: 'PADES_LT',
    signatureAlgorithm: 'RSA_SHA256',
    packaging: 'ENVELOPED',
    tsa: { type: 'URL', url: stand.trust.tsaUrl },
    ...over,
  }
  return { extendSignatureConfigurations: [configuration] }
}

describe('a token', () => {
  it('comes by form and, as the published example has it, by query', async () => {
    const stand = await servedStand({ plain: true })
    const { form, called } = byHand(stand)
    const answer = { access_token: expect.stringMatching(/^[0-9a-f]{40}$/), token_type: 'Bearer', expires_in: 3599 }
    expect(await called('/oauth2/v1/token', { body: form() })).toEqual({ status: 200, body: answer })
    expect(await called(`/oauth2/v1/token?${form()}`, {})).toEqual({ status: 200, body: answer })
    expect(stand.logged.join('')).not.toContain(stand.secret)
  })

  it.each<readonly [Readonly<Record<string, string>>, number, string]>([
    [{ grant_type: 'password' }, 400, 'invalid_request'],
    [{ scope: 'profile' }, 400, 'invalid_request'],
    [{ redirect_uri: '' }, 400, 'invalid_request'],
    [{ client_id: 'nobody' }, 401, 'invalid_client'],
    [{ client_id: 'other' }, 401, 'invalid_client'],
    [{ client_secret: 'a-secret-that-nobody-has' }, 401, 'invalid_client'],
  ])('is refused for %j', async (over, status, error) => {
    const { form, called } = byHand(await servedStand({ plain: true }))
    const answer = await called('/oauth2/v1/token', { body: form(over) })
    expect(answer).toMatchObject({ status, body: { error, error_description: expect.any(String) } })
    expect(JSON.stringify(answer)).not.toContain('a-secret-that')
  })

  it('of this interface opens no other, nor the other way', async () => {
    const stand = await servedStand({ plain: true })
    const { token, extend } = byHand(stand)
    const headers = { authorization: `Bearer ${await token()}` }
    expect((await fetch(new URL('/api/v1/batches/x', stand.url), { headers })).status).toBe(401)
    const own = await extend(asked(stand, Buffer.from('x')), `Bearer ${stand.secret}`)
    expect(own).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
  })

  it('ends, and is wanted', async () => {
    const stand = await servedStand({ plain: true })
    const { token, extend } = byHand(stand)
    const held = await token()
    stand.clock.leap(3_599_000)
    for (const authorization of [`Bearer ${held}`, '', 'Bearer x', `Basic ${held}`]) {
      const answer = await extend(asked(stand, Buffer.from('x')), authorization)
      expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
    }
  })
})

describe('a request by hand', () => {
  it('is answered with ref and bytesB64', async () => {
    const stand = await servedStand({ plain: true })
    const bytes = await stand.signed()
    const { status, body } = await byHand(stand).extend({ userCode: 'u', ...asked(stand, bytes) })
    expect(status).toBe(200)
    expect(Object.keys(body).sort()).toEqual(['bytesB64', 'ref'])
    const made = Buffer.from(body['bytesB64'] ?? '', 'base64')
    expect(made.subarray(0, bytes.length).equals(bytes)).toBe(true)
    expect(made.includes('/DSS')).toBe(true)
  })

  it.each<readonly [string, object, string]>([
    ['a type of signature that there is not', { signatureType: 'PADES_B' }, 'signatureType'],
    ['the type of another file', { signatureType: 'CADES_T' }, 'signatureType'],
    ['no packaging', { packaging: undefined }, 'packaging'],
    ['a strange packaging', { packaging: 'BESIDE' }, 'packaging'],
    ['detached without original', { packaging: 'DETACHED' }, 'original'],
    ['an original with another packaging', { original: { name: 'a', bytesB64: 'AAAA' } }, 'original'],
    ['another authority', { tsa: { type: 'URL', url: 'https://testservices.viafirma.com/via-tsa/tsa' } }, 'tsa'],
    ['no authority', { tsa: undefined }, 'tsa'],
    ['a policy', { policy: { id: '1.2.3' } }, 'policy'],
    ['no document', { document: undefined }, 'document'],
    ['a document with neither', { document: { name: 'a' } }, 'document'],
    ['a document with both', { document: { name: 'a', bytesB64: 'AAAA', url: 'https://x/' } }, 'document'],
    ['no Base64', { document: { name: 'a', bytesB64: '*' } }, 'bytesB64'],
    ['a document without signature', { document: { name: 'a', bytesB64: 'AAAA' } }, 'SIGNATURE_ABSENT'],
    ['an algorithm that there is not', { signatureAlgorithm: 'RSA_MD5' }, 'signatureAlgorithm'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    [
      'a URL to a host that is not configured',
      { document: { name: 'a', url: 'https://x.example/' } },
      'REFERENCE_REFUSED',
    ],
  ])('with %s is refused by name', async (_what, over, named) => {
    const stand = await servedStand({ plain: true })
    const answer = await byHand(stand).extend(asked(stand, await stand.signed(), over))
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(answer.body['error_description']).toContain(named)
    expect(stand.trust.requests().filter(({ service }) => service === 'tsa')).toEqual([])
  })

  it('that is no JSON, or of several documents, is refused', async () => {
    const stand = await servedStand({ plain: true })
    const { extend } = byHand(stand)
    const one = asked(stand, Buffer.from('x')).extendSignatureConfigurations
    for (const body of [
      '{',
      '[]',
      '{"extendSignatureConfigurations":[]}',
      { extendSignatureConfigurations: [...one, ...one] },
    ])
      expect(await extend(body)).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  it('that is too large is refused before it is read', async () => {
    const stand = await servedStand({ plain: true, extension: { maxMegabytes: 1 } })
    const answer = await byHand(stand).extend(asked(stand, Buffer.alloc(2 * 2 ** 20)))
    expect(answer).toMatchObject({ status: 413, body: { error: 'invalid_request' } })
    const within = await byHand(stand).extend(asked(stand, Buffer.alloc(2 ** 20 + 1)))
    expect(within).toMatchObject({ status: 400, body: { error_description: expect.stringContaining('maxMegabytes') } })
  })

  it('fetches a document from a host that references may lead to', async () => {
    let held: Buffer = Buffer.alloc(0)
    const files = await listen({ port: 0, serve: () => ({ status: 200, type: 'application/pdf', body: held }) })
    const { host } = new URL(files.url)
    const stand = await servedStand({ plain: true, batches: { hosts: [host], allowPrivate: [host] } })
    held = await stand.signed()
    const document = { name: 'a.pdf', url: `${files.url}a.pdf` }
    const { status, body } = await byHand(stand).extend(asked(stand, held, { document, signatureType: 'PADES_T' }))
    await files.stop()
    expect([status, Buffer.from(body['bytesB64'] ?? '', 'base64').length > held.length]).toEqual([200, true])
  })

  it('for a signature that is broken is refused', async () => {
    const stand = await servedStand({ plain: true })
    const bytes = await stand.signed()
    bytes[200] = (bytes[200] ?? 0) ^ 1
    const answer = await byHand(stand).extend(asked(stand, bytes))
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })
})

describe('where the configuration does not open it', () => {
  it('it needs an authority and trust', async () => {
    const { parseConfig } = await import('../device/config.ts')
    const least = {
      body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
      procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
    }
    const api = { port: 0, clients: [{ id: 'a', tokenFile: 'a' }], extension: {} }
    expect(() => parseConfig({ ...least, api })).toThrow(/api.extension needs timestamping; api.extension needs trust/)
  })
})

describe('a running kiosk', () => {
  it('serves it where the configuration opens it', async () => {
    const folder = await temporaryFolder()
    onTestFinished(() => folder.remove())
    const tokenFile = join(folder.path, 'token')
    await writeFile(tokenFile, 'the-token-of-the-ledger', { mode: 0o600 })
    const api = { port: 0, clients: [{ id: 'ledger', tokenFile }], extension: {} }
    const kiosk = await startKiosk({ sheets: await slips(1), trustServices: true, config: { api } })
    onTestFinished(() => kiosk.stop())
    const { trust } = kiosk.site
    if (trust === undefined) throw new Error('no trust services')
    const stand = { url: apiUrl(kiosk), trust, secret: 'the-token-of-the-ledger', logged: kiosk.logged }
    const { status, body } = await byHand(stand).extend(
      asked(stand, await signedBy(trust), { signatureType: 'PADES_T' }),
    )
    expect([status, body['error']]).toEqual([200, undefined])
  })
})
