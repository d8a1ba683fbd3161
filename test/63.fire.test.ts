// FIRe's published interface by the real driver against the simulator: a signature and a batch from the digest to the CMS,
// everything that can come of a person's visit to the pages, every error number, every way in which the service can be
// away, and the exchanges as they are kept.

import { execFileSync } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, fireErrorNumbers } from '../drivers/clave/fire-errors.ts'
import { type Folder, temporaryFolder } from './50.signature.kit.ts'
import { faultOf, golden, recorded } from './63.seal.kit.ts'
import { claveDocument, type FireScene, fireScene, order, person } from './fire.kit.ts'
import type { FireFault } from './sim/fire.ts'
import { createTestPki, pem, type TestPki } from './sim/pki.ts'
import type { SealServerFault } from './sim/seal-server.ts'

let folder: Folder
let pki: TestPki
let running: FireScene | undefined

beforeAll(async () => {
  folder = await temporaryFolder()
  pki = await createTestPki({ now: Date.now() })
})
afterAll(() => folder.remove())
afterEach(async () => {
  await running?.server.stop()
  expect(running?.server.breaches() ?? []).toEqual([])
  running = undefined
})

async function scene(more: Parameters<typeof fireScene>[2] = {}): Promise<FireScene> {
  running = await fireScene(folder, pki, more)
  return running
}

/** By OpenSSL: the CMS over the content whose digest was sent. */
async function verifiedByOpenssl(cms: Uint8Array, content: string): Promise<string> {
  const file = await folder.write('signature.der', Buffer.from(cms))
  const data = await folder.write('content', content)
  const root = await folder.write('root.pem', pem('CERTIFICATE', pki.intermediate))
  const words = [
    'cms',
    '-verify',
    '-cades',
    '-inform',
    'DER',
    '-in',
    file,
    '-content',
    data,
    '-partial_chain',
    '-CAfile',
    root,
  ]
  execFileSync('openssl', [...words, '-binary', '-purpose', 'any', '-signer', `${file}.signer`], { stdio: 'pipe' })
  return execFileSync('openssl', ['x509', '-in', `${file}.signer`, '-noout', '-subject'], { encoding: 'utf8' })
}

describe('a signature', () => {
  it('is made over a digest, at the page, by the person who was named; nothing else of the document leaves', async () => {
    const { port, atPage, server } = await scene()
    const document = claveDocument()
    const { id, page } = await port.start(order, document)
    await atPage(page)
    const cms = await port.recover({ id, subject: person })
    expect(await verifiedByOpenssl(cms, 'doc-1')).toContain(`IDCES-${person}`)
    expect(await verifiedByOpenssl(cms, 'doc-2').catch(() => 'refused')).toBe('refused')
    const sent = new URLSearchParams(server.exchanges()[0]?.request.body.toString())
    expect(Buffer.from(sent.get('dat') ?? '', 'base64url')).toEqual(document.digest)
    expect(server.transactions()).toBe(0)
  })

  it('is given once', async () => {
    const { port, atPage } = await scene()
    const { id, page } = await port.start(order, claveDocument())
    await atPage(page)
    await port.recover({ id, subject: person })
    expect(await faultOf(port.recover({ id, subject: person }))).toMatch(/^CLAVE_EXPIRED/)
  })

  it.each([
    ['somebody who is not known', '11111111H', 'CLAVE_USER_UNKNOWN'],
    ['somebody without certificate', '00002', 'CLAVE_CERTIFICATE_ABSENT'],
    ['somebody blocked', '00003', 'CLAVE_CERTIFICATE_BLOCKED'],
    ['somebody registered without a proof', '00004', 'CLAVE_USER_WEAK'],
  ])('of %s ends as what it is', async (_who, subject, code) => {
    const { port, atPage } = await scene()
    const { id, page } = await port.start({ ...order, subject }, claveDocument())
    await atPage(page)
    expect(await faultOf(port.recover({ id, subject }))).toMatch(new RegExp(`^${code}: `))
    expect(await faultOf(port.recover({ id, subject }))).toMatch(/^CLAVE_EXPIRED/)
  })

  it('that the person cancels, or types three wrong passwords for, is told by either question', async () => {
    const { port, atPage } = await scene()
    const first = await port.start(order, claveDocument())
    await atPage(first.page, 'cancel')
    expect(await port.failure({ id: first.id, subject: person })).toMatchObject({ code: 'CLAVE_CANCELLED' })
    const second = await port.start(order, claveDocument())
    await atPage(second.page, 'cancel')
    expect(await faultOf(port.recover({ id: second.id, subject: person }))).toMatch(/^CLAVE_CANCELLED/)
    const third = await port.start(order, claveDocument())
    for (let n = 0; n < 2; n++) await expect(atPage(third.page, 'sign', 'wrong')).rejects.toThrow()
    await atPage(third.page, 'sign', 'wrong')
    expect(await faultOf(port.recover({ id: third.id, subject: person }))).toMatch(/^CLAVE_FAILED: .*26/)
  })

  it('that is asked for too early is over, at the service too', async () => {
    const { port, atPage, server } = await scene()
    const { id, page } = await port.start(order, claveDocument())
    expect(await faultOf(port.recover({ id, subject: person }))).toMatch(/^CLAVE_NOT_FINISHED/)
    await expect(atPage(page)).rejects.toThrow()
    expect(server.transactions()).toBe(0)
  })

  it('that nobody made in ten minutes is over', async () => {
    let now = Date.now()
    const { port, atPage } = await scene({ server: { now: () => now } })
    const { id, page } = await port.start(order, claveDocument())
    now += 601_000
    await expect(atPage(page)).rejects.toThrow()
    expect(await faultOf(port.recover({ id, subject: person }))).toMatch(/^CLAVE_EXPIRED/)
  })

  it('of one person is not told to another', async () => {
    const { port, atPage } = await scene()
    const { id, page } = await port.start(order, claveDocument())
    await atPage(page)
    expect(await faultOf(port.recover({ id, subject: '52020822C' }))).toMatch(/^CLAVE_EXPIRED/)
  })
})

describe('a batch', () => {
  const documents = [claveDocument('a'), claveDocument('b'), claveDocument('c', 'file')]

  it('is signed with one visit, and each signature fetched once', async () => {
    const { port, atPage } = await scene()
    const { id, page } = await port.startBatch(order, documents)
    const transaction = { id, subject: person }
    expect(await port.batchProgress(transaction)).toBe(0)
    await atPage(page)
    const result = await port.recoverBatch(transaction)
    expect(result.documents.map(one => [one.id, one.signed])).toEqual(documents.map(one => [one.id, true]))
    expect(await port.batchProgress(transaction)).toBe(1)
    for (const { id: document } of documents) {
      const cms = await port.recoverBatchSignature(transaction, document)
      expect(await verifiedByOpenssl(cms, document)).toContain(person)
    }
    expect(await faultOf(port.recoverBatchSignature(transaction, 'a'))).toMatch(/^CLAVE_EXPIRED: .*51/)
    expect(await faultOf(port.recoverBatchSignature(transaction, 'd'))).toMatch(/^CLAVE_REFUSED: .*53/)
    expect(await faultOf(port.recoverBatch(transaction))).toMatch(/^CLAVE_EXPIRED: .*54/)
  })

  it('tells which document failed, and goes on with the others', async () => {
    const { port, atPage, server } = await scene()
    const { id, page } = await port.startBatch(order, documents)
    await atPage(page)
    await server.fault('first-of-batch-fails')
    const {
      documents: [first, second],
    } = await port.recoverBatch({ id, subject: person })
    expect(first).toEqual({ id: 'a', signed: false, state: 'PRESIGN_ERROR' })
    expect(second?.signed).toBe(true)
    expect(await faultOf(port.recoverBatchSignature({ id, subject: person }, 'a'))).toMatch(/^CLAVE_FAILED: .*50/)
  })

  it('of too many, of two with one name, or that was not signed', async () => {
    const { port } = await scene()
    const many = Array.from({ length: 11 }, (_, i) => claveDocument(`d${i}`))
    expect(await faultOf(port.startBatch(order, many))).toMatch(/^CLAVE_REFUSED: .*43/)
    expect(await faultOf(port.startBatch(order, [claveDocument('x'), claveDocument('x')]))).toMatch(
      /^CLAVE_REFUSED: .*42/,
    )
    expect(await faultOf(port.startBatch(order, []))).toMatch(/^CLAVE_REFUSED: .*44/)
    const { id } = await port.startBatch(order, documents)
    expect(await faultOf(port.recoverBatchSignature({ id, subject: person }, 'a'))).toMatch(/^CLAVE_NOT_FINISHED: .*49/)
    expect(await faultOf(port.recoverBatch({ id, subject: person }))).toMatch(/^CLAVE_NOT_FINISHED: .*49/)
  })
})

it('every error number of the service has its code, whatever was asked', async () => {
  const { port, server } = await scene()
  for (const number of fireErrorNumbers) {
    await server.fault(`error-${number}`)
    const asked = faultOf(port.start(order, claveDocument()))
    const recovered = faultOf(port.recover({ id: 'x', subject: person }))
    const expected = new RegExp(`^${codeOf(number)}: FIRe answered \\d{3}, error ${number}$`)
    expect(await asked).toMatch(expected)
    expect(await recovered).toMatch(expected)
    await server.fault(undefined)
    // One that answers again is asked again.
    await port.check()
  }
  expect([21, 24, 38, 39, 507, 503, 510, 501].map(codeOf)).toEqual([
    'CLAVE_USER_UNKNOWN',
    'CLAVE_USER_WEAK',
    'CLAVE_CERTIFICATE_BLOCKED',
    'CLAVE_CERTIFICATE_ABSENT',
    'CLAVE_CANCELLED',
    'CLAVE_EXPIRED',
    'CLAVE_UNREACHABLE',
    'CLAVE_CREDENTIALS_REFUSED',
  ])
})

describe('a service', () => {
  const away: readonly (readonly [SealServerFault | FireFault, string])[] = [
    ['offline', 'CLAVE_UNREACHABLE'],
    ['http-500', 'CLAVE_UNREACHABLE'],
    ['busy', 'CLAVE_UNREACHABLE'],
    ['html', 'CLAVE_UNREACHABLE'],
    ['slow', 'CLAVE_UNREACHABLE'],
    ['wrong-tls-name', 'CLAVE_UNTRUSTED'],
    ['plain-page', 'CLAVE_REFUSED'],
  ]
  it.each(away)('that is %s is %s', async (fault, code) => {
    const { port, server } = await scene({ driver: { deadlineMs: 300 } })
    await server.fault(fault)
    expect(await faultOf(port.start(order, claveDocument()))).toMatch(new RegExp(`^${code}: `))
  })

  it.each([
    ['pending', 'CLAVE_FAILED'],
    ['no-signature', 'CLAVE_FAILED'],
    ['half-answer', 'CLAVE_UNREACHABLE'],
  ] as const)('whose result is %s gives no signature', async (fault, code) => {
    const { port, atPage, server } = await scene()
    const { id, page } = await port.start(order, claveDocument())
    await atPage(page)
    await server.fault(fault)
    expect(await faultOf(port.recover({ id, subject: person }))).toMatch(new RegExp(`^${code}: `))
  })

  it('that loses its voice after signing is asked for the signature alone', async () => {
    const { port, atPage, server } = await scene()
    const { id, page } = await port.start(order, claveDocument())
    await atPage(page)
    await server.fault('result-away')
    expect(await faultOf(port.recover({ id, subject: person }))).toMatch(/^CLAVE_UNREACHABLE: /)
    await server.fault(undefined)
    expect(await verifiedByOpenssl(await port.recover({ id, subject: person }), 'doc-1')).toContain(person)
    expect(server.signatures()).toBe(1)
  })

  it('that does not answer three times is left alone for a moment; one that asks for that, for as long as it says', async () => {
    const { port, server } = await scene()
    await server.fault('http-500')
    for (let n = 0; n < 3; n++) await faultOf(port.start(order, claveDocument()))
    await server.fault(undefined)
    expect(await faultOf(port.start(order, claveDocument()))).toMatch(/FIRe did not answer a moment ago$/)
    const another = await scene()
    await another.server.fault('busy')
    await faultOf(another.port.start(order, claveDocument()))
    await another.server.fault(undefined)
    expect(await another.port.start(order, claveDocument()).catch(thrown => thrown.retryAfterMs)).toBeGreaterThan(
      100_000,
    )
  })
})

describe('who the kiosk is', () => {
  it('is known by its certificate and its application', async () => {
    const { port } = await scene()
    await expect(port.check()).resolves.toBeUndefined()
    const { port: nameless, server } = await fireScene(folder, pki, { driver: { applicationId: 'another' } })
    expect(await faultOf(nameless.check())).toMatch(/^CLAVE_CREDENTIALS_REFUSED: .*501/)
    expect(await faultOf(nameless.start(order, claveDocument()))).toMatch(/^CLAVE_CREDENTIALS_REFUSED: .*501/)
    await server.stop()
  })

  it('is not told with a key that others can read, or without one', async () => {
    const { options, port } = await scene()
    await chmod(options.keyFile ?? '', 0o644)
    expect(await faultOf(port.check())).toMatch(/^CLAVE_CREDENTIALS_REFUSED: the key file .* mode 0600$/)
    await chmod(options.keyFile ?? '', 0o600)
    await folder.write('client.pem', '')
    expect(await faultOf(port.check())).toMatch(/^CLAVE_CREDENTIALS_REFUSED: /)
  })
})

it('the exchanges are the ones that are kept', async () => {
  const { port, atPage, server } = await scene()
  const { id, page } = await port.start(order, claveDocument())
  await atPage(page)
  const cms = await port.recover({ id, subject: person })
  const batch = await port.startBatch(order, [claveDocument('a')])
  await atPage(batch.page)
  await port.recoverBatch({ id: batch.id, subject: person })
  await port.recoverBatchSignature({ id: batch.id, subject: person }, 'a')
  await port.failure({ id: batch.id, subject: person })
  const served = server.exchanges().filter(({ request }) => request.path.endsWith('/fireService'))
  const text = JSON.stringify(recorded(served))
    .replaceAll(/[0-9a-f]{36}/g, '<transaction>')
    .replaceAll(/subjectref=[\w-]+/g, 'subjectref=<reference>')
    .replaceAll(/https:\/\/127\.0\.0\.1:\d+/g, 'https://fire')
    .replaceAll(new RegExp(`<${cms.length} octets>|<\\d+ octets>`, 'g'), '<octets>')
  const now: unknown = JSON.parse(text)
  expect(now).toEqual(await golden('fire/service.json', now))
})
