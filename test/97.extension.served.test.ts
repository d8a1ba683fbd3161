// The interface of the extension service as this kiosk serves it: to our own driver, which was held against the published
// contract, and to requests by hand with the page's own field names. What comes out is judged by pdfsig and qpdf.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { verifyExtended } from '../device/ades/verify-extended.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { createFortressExtender } from '../drivers/extender/fortress.ts'
import { judge, temporaryFolder } from './50.signature.kit.ts'
import { faultOf } from './97.extension.kit.ts'
import { asked, byHand, servedStand } from './97.extension.served.kit.ts'
import { pem } from './sim/pki.ts'
import { listen } from './sim/trust-http.ts'

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

  it('of somebody unknown is refused before its body is looked at', async () => {
    const stand = await servedStand({ plain: true, extension: { maxMegabytes: 1 } })
    const answer = await byHand(stand).extend(asked(stand, Buffer.alloc(2 * 2 ** 20)), 'Bearer nobody')
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
  })

  it('beyond what the memory shall hold is put off', async () => {
    const stand = await servedStand({ plain: true })
    stand.trust.fault('tsa', 'hangs')
    const { called, token, extend } = byHand(stand)
    const bytes = await stand.signed()
    const gone = new AbortController()
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${await token()}` }
    const init = { headers, body: JSON.stringify(asked(stand, bytes)), signal: gone.signal }
    const waiting = [1, 2, 3, 4].map(() => called('/api/v1/signature/extend', init).catch(() => undefined))
    await expect.poll(() => stand.trust.requests().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(4)
    expect(await extend(asked(stand, bytes))).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    gone.abort()
    await Promise.all(waiting)
    stand.trust.fault('tsa', undefined)
    await expect.poll(async () => (await extend(asked(stand, bytes))).status, { timeout: 10_000 }).toBe(200)
  })

  it('for a signature that has no baseline level is refused, not called raised', async () => {
    const stand = await servedStand({ plain: true })
    const { certificate, chain, privateKey } = await stand.trust.pki.signer()
    const [key, signed] = [join(stand.folder, 'key.pem'), join(stand.folder, 'signed.p7')]
    const certificates = [certificate, ...chain].map(der => pem('CERTIFICATE', der)).join('')
    await writeFile(key, pem('PRIVATE KEY', privateKey) + certificates)
    const words = [
      'cms',
      '-sign',
      '-nodetach',
      '-binary',
      '-outform',
      'DER',
      '-signer',
      key,
      '-in',
      key,
      '-out',
      signed,
    ]
    expect(await judge('openssl', words)).toMatchObject({ code: 0 })
    const over = { signatureType: 'CADES_T', packaging: 'ENVELOPING' }
    const answer = await byHand(stand).extend(asked(stand, await readFile(signed), over))
    expect(answer).toMatchObject({
      status: 400,
      body: { error_description: expect.stringContaining('cannot be reached') },
    })
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
