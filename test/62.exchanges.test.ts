// The exchanges with services that others publish, as they are kept in test/recordings: time-stamps, what certificates point to,
// documents behind references, services of pages, callbacks. What is DER is kept as openssl reads it, without what is another
// at each run.

import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { readCertificate } from '../device/trust/certificate.ts'
import { ocspRequest } from '../device/trust/ocsp-request.ts'
import { timestampQuery } from '../device/trust/timestamp-request.ts'
import { createWebhooks } from '../drivers/callback/webhook.ts'
import { createHttpReferences } from '../drivers/reference/http.ts'
import { createHttpRevocation } from '../drivers/revocation/http.ts'
import { createRfc3161Timestamper } from '../drivers/timestamper/rfc3161.ts'
import { createHttpTriphase } from '../drivers/triphase/http.ts'
import { judge, now, temporaryFolder } from './50.signature.kit.ts'
import { newFiles } from './60.targets.kit.ts'
import { golden } from './63.seal.kit.ts'
import { type Asked, listen } from './94.hosts.kit.ts'
import { signAtService } from './94.triphase.kit.ts'
import { certificateList } from './sim/crl.ts'
import { ocspReply } from './sim/ocsp.ts'
import { createTestPki } from './sim/pki.ts'
import { createTriphaseService } from './sim/triphase.ts'
import { timestampReply } from './sim/tsa.ts'

const pki = await createTestPki({ now })
const signer = await pki.signer({ key: 'P-256' })
const folder = await temporaryFolder()
afterAll(() => folder.remove())

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Uint8Array
}
type Told = (bytes: Uint8Array) => unknown

/** A server, and what it was asked and answered as it is kept; `request` and `answer` tell their bodies. */
async function recording(serve: (asked: Asked) => Promise<Answer>, request: Told, answer: Told, address?: string) {
  const kept: { readonly request: object; readonly answer: object }[] = []
  const respond = async (asked: Asked, response: ServerResponse) => {
    const { method, path, body } = asked
    const { host: _, ...headers } = asked.headers
    const given = await serve(asked)
    kept.push({
      request: { method, path, headers: sameEachTime(headers), body: await request(body) },
      answer: { status: given.status, type: given.type, body: await answer(given.body) },
    })
    response.writeHead(given.status, { 'content-type': given.type }).end(given.body)
  }
  const { port } = await listen(respond, address)
  return { kept, port, base: `http://${address ?? '127.0.0.1'}:${port}` }
}

/** That there is a length, and which way the kiosk is known. */
function sameEachTime(headers: Asked['headers']): object {
  const fields = Object.entries(headers).map(([name, value]) => {
    if (name === 'content-length') return [name, '…']
    return [name, name === 'authorization' ? String(value).replace(/ .*/, ' …') : value]
  })
  return Object.fromEntries(fields)
}

const text: Told = bytes => Buffer.from(bytes).toString('utf8')

/** What openssl says of DER, line by line, where it is the same at each run. */
function byOpenssl(program: readonly string[], changing: RegExp): Told {
  return async bytes => {
    const { output } = await judge('openssl', [...program, await folder.write('der', bytes)])
    const lines = output.split('\n').map(line => line.trimEnd())
    return lines.filter(line => !/^(Using configuration from .*)?$/.test(line) && !changing.test(line))
  }
}

it('with a time-stamping authority', async () => {
  const tsa = await pki.signer({ kind: 'time-stamping', key: 'P-256', commonName: 'Test TSA' })
  const type = 'application/timestamp-reply'
  const stamp = async ({ body }: Asked) => ({ status: 200, type, body: timestampReply(body, tsa, { now }) })
  const reply = byOpenssl(['ts', '-reply', '-text', '-in'], /^Serial number/)
  const { kept, base } = await recording(stamp, byOpenssl(['ts', '-query', '-text', '-in'], /^$/), reply)
  const files = await newFiles({ password: 'a-password' })
  onTestFinished(() => files.remove())
  const digest = createHash('sha256').update('a signature value').digest()
  const query = timestampQuery({ digestAlgorithm: 'SHA-256', digest, nonce: Buffer.alloc(16, 0x5a), policy: '1.2.3.4' })
  const user = { kind: 'USER', user: 'kiosk', passwordFile: files.password } as const
  for (const access of [{ kind: 'URL' }, user] as const) {
    await createRfc3161Timestamper({ url: `${base}/tsa`, ...access }).stamp(query)
  }
  expect(kept).toEqual(await golden('tsa/stamp.json', kept))
})

it('with a responder, and for a list and an issuer', async () => {
  const { intermediate } = pki.authorities
  const responder = await pki.signer({ kind: 'ocsp-responder', key: 'P-256' })
  const answers: Readonly<Record<string, (query: Buffer) => Pick<Answer, 'type' | 'body'>>> = {
    '/ocsp': query => ({ type: 'application/ocsp-response', body: ocspReply(query, responder, { now }) }),
    '/ca.crl': () => ({
      type: 'application/pkix-crl',
      body: certificateList(intermediate, { now, revoked: new Map() }),
    }),
    '/ca.cer': () => ({ type: 'application/pkix-cert', body: intermediate.certificate }),
  }
  const serve = async ({ path, body }: Asked) => ({ status: 200, body, type: '', ...answers[path]?.(body) })
  const query = byOpenssl(['ocsp', '-text', '-reqin'], /(Hash|Serial Number): /)
  const { kept, base } = await recording(
    serve,
    bytes => (bytes.byteLength === 0 ? '' : query(bytes)),
    bytes => `<${bytes.byteLength > 0 ? 'DER' : ''}>`,
  )
  const { ocsp, fetch } = createHttpRevocation({ allowPrivate: ['127.0.0.1'] })
  const [certificate, issuer] = [readCertificate(signer.certificate), readCertificate(intermediate.certificate)]
  const question = { certificate, issuer, nonce: Buffer.alloc(16, 0x5a) }
  await ocsp(`${base}/ocsp`, ocspRequest(question))
  await fetch(`${base}/ca.crl`, 'crl')
  await fetch(`${base}/ca.cer`, 'issuer')
  expect(kept).toEqual(await golden('revocation/evidence.json', kept))
})

it('with whoever has a document that is to be signed', async () => {
  const serve = async () => ({ status: 200, type: 'application/pdf', body: Buffer.from('%PDF-1.7 to be signed') })
  const { kept, base } = await recording(serve, text, text)
  const hosts = ['127.0.0.1']
  await createHttpReferences({ hosts, allowPrivate: hosts, maxBytes: 1000 }).fetch(`${base}/dir/a.pdf?token=t#page=2`)
  expect(kept).toEqual(await golden('references/document.json', kept))
})

it('with the signing service of a page', async () => {
  const service = await createTriphaseService({ now: () => now })
  onTestFinished(() => service.stop())
  const behind = new URL(service.presign).origin
  const forward = async ({ path, body, headers }: Asked) => {
    const type = headers['content-type'] ?? ''
    const answer = await fetch(`${behind}${path}`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': type },
    })
    const given = answer.headers.get('content-type') ?? ''
    return { status: answer.status, type: given, body: Buffer.from(await answer.arrayBuffer()) }
  }
  const address = '127.0.0.2'
  const { kept, base, port } = await recording(
    forward,
    formIn,
    bytes => withoutValues(JSON.parse(String(text(bytes)))),
    address,
  )
  const place = { presign: `${base}/presign`, postsign: `${base}/postsign`, host: `${address}:${port}` }
  const document = Buffer.from('Un document qualsevol.').toString('base64')
  const singlesigns = [{ id: 'beside', datareference: document, format: 'CAdES', suboperation: 'sign' }]
  const batch = { algorithm: 'SHA256', format: 'CAdES', suboperation: 'sign', stoponerror: false, singlesigns }
  await signAtService(createHttpTriphase({ allowPrivate: [address] }), place, batch, signer)
  expect(service.violations).toEqual([])
  expect(kept).toEqual(await golden('three-phase/batch.json', kept))
})

it('with a program that is called back', async () => {
  const { kept, base, port } = await recording(
    async () => ({ status: 204, type: '', body: Buffer.alloc(0) }),
    text,
    text,
  )
  const files = await newFiles({ secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` })
  onTestFinished(() => files.remove())
  const hosts = [`127.0.0.1:${port}`]
  const { call } = createWebhooks({
    clients: [{ id: 'ledger', hosts, allowPrivate: hosts, callbackSecretFile: files.secret }],
  })
  const body = '{"sessionID":"S","state":"ready","at":"2026-06-15T10:00:00.000Z","document":{"sha256":"…"},"why":null}'
  await call({ client: 'ledger', url: `${base}/hook?x=1`, id: 'N1', at: now, body })
  expect(kept).toEqual(await golden('callback/notice.json', kept))
})

/** The fields of the form out of their URL-safe Base64. */
function formIn(body: Uint8Array): unknown {
  const fields = [...new URLSearchParams(Buffer.from(body).toString('latin1'))]
  const decoded = (value: string) => Buffer.from(value, 'base64url').toString('utf8')
  return Object.fromEntries(
    fields.map(([name, value]) => [
      name,
      name === 'certs' ? value.split(';').map(() => '<certificate>') : withoutValues(JSON.parse(decoded(value))),
    ]),
  )
}

/** What is to be signed, what was signed, and what holds a session together are others at each run. */
function withoutValues(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map(one => withoutValues(one))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutValues(one, key)]))
  }
  return /^(PRE|PK1|TIME|PID|SESSION|BASE)$/i.test(name) ? `<${name}>` : value
}
