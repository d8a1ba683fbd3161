// Programs that show a certificate in place of a token: openssl makes the authorities, curl is the client. Who is let in asks
// for a batch that is not there, and is told so.

import { execFile } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ServedExtender } from '../device/http/fortress.ts'
import { seeded } from './25.store.setup.ts'
import { written } from './93.batch.kit.ts'
import { type TlsStand, tlsStand } from './96.api.certificates.kit.ts'
import { type ClientFiles, createClientCa, selfSigned } from './client-ca.kit.ts'

const named = { dns: 'ledger.example' }
const names = 'DNS:ledger.example'
const letIn = { status: 404, code: 'NOT_FOUND' }
const unknown = { status: 401, code: 'CLIENT_UNKNOWN' }
const refusal = (detail: string) => ({
  status: 401,
  code: 'CLIENT_CERTIFICATE_REFUSED',
  detail: expect.stringContaining(detail),
})
const token = ['-H', 'authorization: Bearer the-token-of-the-other']
const versions = ['1.2', '1.3'] as const

const entries = ({ store }: TlsStand) =>
  store.audit.list().flatMap(({ event, details }) => (event === 'clientRefused' ? [JSON.parse(details)] : []))
const warnings = ({ logged }: TlsStand) => logged.filter(line => line.includes('a program was turned away'))

describe('a certificate', () => {
  it('is as good as a token, by TLS 1.2 and 1.3, and so is the next one of that name; a token does without', async () => {
    const stand = await tlsStand(named)
    const files = await stand.ca.issue({ names: `URI:urn:x,${names.toUpperCase()}` })
    const renewed = await stand.ca.issue({ subject: '/CN=another name', names, purpose: null })
    for (const one of [files, renewed])
      for (const version of versions)
        expect(await stand.curl(one, [`--tlsv${version}`, '--tls-max', version])).toMatchObject(letIn)
    expect(await stand.curl(undefined, token)).toMatchObject(letIn)
    const answer = await stand.curl(undefined)
    expect(answer).toMatchObject(unknown)
    expect(answer.headers).toMatch(/^www-authenticate: Bearer\r?$/im)
    const json = ['-H', 'content-type: application/json', '-d', JSON.stringify(written())]
    const { status, id } = await stand.curl(files, json, '/api/v1/batches')
    expect(status).toBe(201)
    const place = `/api/v1/batches/${id}`
    expect(await stand.curl(renewed, [], place)).toMatchObject({ status: 200, id })
    expect(await stand.curl(undefined, token, place)).toMatchObject(letIn)
  })

  it('that is not good, or nobody’s, is refused and says why, with a good token too', async () => {
    const stand = await tlsStand(named)
    const { ca, folder } = stand
    const stranger = { certificateFile: join(folder, 'stranger.pem'), keyFile: join(folder, 'stranger.key') }
    await selfSigned(stranger, '/CN=ledger.example')
    const elsewhere = await createClientCa(join(folder, 'elsewhere'))
    const cases: readonly (readonly [ClientFiles, object])[] = [
      [stranger, refusal('DEPTH_ZERO_SELF_SIGNED_CERT: it is not issued by')],
      [await elsewhere.issue({ names }), refusal('it is not issued by an authority of api.tls.clientCaFile')],
      [await ca.issue({ names, until: '20260101000000Z', from: '20250101000000Z' }), refusal('CERT_HAS_EXPIRED')],
      [await ca.issue({ names, from: '20990101000000Z', until: '20990201000000Z' }), refusal('CERT_NOT_YET_VALID')],
      [await ca.issue({ names, purpose: 'serverAuth' }), refusal('not for clients (clientAuth)')],
      [await ca.issue({ names: 'DNS:other.example' }), unknown],
      [await ca.issue({ names: 'DNS:*.example' }), unknown],
      [await ca.issue({ names: 'email:ledger.example,URI:ledger.example', subject: '/CN=ledger.example' }), unknown],
    ]
    for (const [files, told] of cases) expect(await stand.curl(files, token)).toMatchObject(told)
    // One line of each kind a minute, however often somebody knocks.
    expect(warnings(stand)).toHaveLength(2)
    stand.clock.leap(60_001)
    await stand.curl(stranger)
    expect(entries(stand)).toEqual([
      { code: 'CLIENT_CERTIFICATE_REFUSED', attempts: 1, certificateSha256: await fingerprint(stranger) },
      { code: 'CLIENT_UNKNOWN', attempts: 1, certificateSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { code: 'CLIENT_CERTIFICATE_REFUSED', attempts: 5, certificateSha256: await fingerprint(stranger) },
    ])
    expect(stand.logged.join('\n')).not.toMatch(/ledger\.example|the-token/)
  })

  it('stands beside a token of its own client alone, and no header stands for it', async () => {
    const stand = await tlsStand(named)
    const files = await stand.ca.issue({ names })
    const pem = encodeURIComponent(readFileSync(files.certificateFile, 'utf8'))
    for (const name of ['X-Client-Cert', 'X-SSL-Client-Cert', 'Client-Cert', 'X-Forwarded-Client-Cert'])
      expect(await stand.curl(undefined, ['-H', `${name}: ${pem}`])).toMatchObject(unknown)
    for (const wrong of ['Bearer a-wrong-token-that-nobody-has', 'Basic bGVkZ2VyOng=', 'Bearer'])
      expect(await stand.curl(files, ['-H', `authorization: ${wrong}`])).toMatchObject(unknown)
    expect(await stand.curl(files, token)).toMatchObject({ ...unknown, detail: expect.stringContaining('two clients') })
  })

  it('is known by attributes of its subject too, each of which stands there once', async () => {
    const stand = await tlsStand({ subject: { CN: 'Diputació, "Llibre"', O: 'Diputació' } })
    const issue = (subject: string) => stand.ca.issue({ subject })
    const right = '/C=ES/O=Diputació/CN=Diputació, "Llibre"'
    expect(await stand.curl(await issue(right))).toMatchObject(letIn)
    for (const other of [`${right}/CN=x`, '/CN=Diputació, "Llibre"', '/O=Diputació/CN=Diputació, "llibre"'])
      expect(await stand.curl(await issue(other))).toMatchObject(unknown)
  })

  it('of somebody’s own making is its own authority, once it is among them', async () => {
    const stand = await tlsStand({ subject: { CN: 'alone' } })
    const own = { certificateFile: join(stand.folder, 'own.pem'), keyFile: join(stand.folder, 'own.key') }
    await selfSigned(own, '/CN=alone')
    expect(await stand.curl(own)).toMatchObject(refusal('it is not issued by an authority'))
    appendFileSync(stand.ca.caFile, readFileSync(own.certificateFile))
    expect(await stand.curl(own)).toMatchObject(letIn)
  })

  it('that fits two clients is neither’s', async () => {
    const clients = [
      { id: 'ledger', certificate: named },
      { id: 'other', certificate: { subject: { CN: 'x' } } },
    ]
    const stand = await tlsStand(named, { config: { clients } })
    expect(await stand.curl(await stand.ca.issue({ subject: '/CN=x' }))).toMatchObject(letIn)
    expect(await stand.curl(await stand.ca.issue({ subject: '/CN=x', names }))).toMatchObject(unknown)
  })
})

describe('where signatures are raised as Fortress does it', () => {
  it('stands for the secret, and then the access token opens nothing without it', async () => {
    const authority = { kind: 'URL', url: 'https://tsa.example/' }
    const extender: ServedExtender = { extend: async () => ({ reference: 'r', document: Buffer.from('raised') }) }
    const clients = ['ledger', 'other'].map(id => ({ id, certificate: { dns: `${id}.example` } }))
    const extension = { extender, authority, maxBytes: 1000, random: seeded('fortress') }
    const stand = await tlsStand(named, { config: { clients }, extension })
    const [files, others] = [await stand.ca.issue({ names }), await stand.ca.issue({ names: 'DNS:other.example' })]
    const form = 'grant_type=client_credentials&scope=client&redirect_uri=https%3A%2F%2Fx.example'
    const tokenFor = (shown: ClientFiles | undefined, id: string, more = '') =>
      stand.curl(shown, ['-d', `${form}&client_id=${id}${more}`], '/oauth2/v1/token')
    expect(await tokenFor(undefined, 'ledger')).toMatchObject({ status: 400, error: 'invalid_request' })
    expect(await tokenFor(files, 'other')).toMatchObject({ status: 401, error: 'invalid_client' })
    expect(await tokenFor(files, 'ledger', '&client_secret=wrong')).toMatchObject({ status: 401 })
    const { status, access_token: held } = await tokenFor(files, 'ledger')
    expect(status).toBe(200)
    const document = { bytesB64: Buffer.from('signed').toString('base64'), name: 'contrato.pdf' }
    const tsa = { type: authority.kind, url: authority.url }
    const order = { document, signatureType: 'PADES_T', packaging: 'ENVELOPED', tsa }
    const body = [
      '-H',
      'content-type: application/json',
      '-d',
      JSON.stringify({ extendSignatureConfigurations: [order] }),
    ]
    const extend = (shown: ClientFiles | undefined) =>
      stand.curl(shown, [...body, '-H', `authorization: Bearer ${held}`], '/api/v1/signature/extend')
    expect(await extend(files)).toMatchObject({ status: 200, ref: 'r', bytesB64: 'cmFpc2Vk' })
    for (const shown of [undefined, others])
      expect(await extend(shown)).toMatchObject({ status: 401, error: 'invalid_token' })
  })
})

/** GET on a connection that stays open. */
function openConnection(stand: TlsStand, files: ClientFiles | undefined, maxVersion: 'TLSv1.2' | 'TLSv1.3') {
  const shown = files && { cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) }
  const ca = readFileSync(stand.serverCaFile)
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca, maxVersion, ...shown })
  onTestFinished(() => agent.destroy())
  const ports = new Set<number | undefined>()
  const get = () =>
    new Promise<{ readonly status: number | undefined; readonly connections: number }>((resolve, reject) => {
      const sent = request(new URL('/api/v1/batches/x', stand.url), { agent }, answer => {
        ports.add(answer.socket.localPort)
        answer.resume().on('end', () => resolve({ status: answer.statusCode, connections: ports.size }))
      })
      sent.on('error', reject).end()
    })
  return { get }
}

describe('a revoked certificate', () => {
  it('is refused from when the list says so, without a restart, on open connections and resumed ones too', async () => {
    const stand = await tlsStand(named, { crl: true })
    const [files, others] = [await stand.ca.issue({ names }), await stand.ca.issue({ names })]
    for (const version of versions) {
      const open = openConnection(stand, files, `TLSv${version}`)
      expect(await open.get()).toEqual({ status: 404, connections: 1 })
      expect(await open.get()).toEqual({ status: 404, connections: 1 })
      writeFileSync(stand.crlFile, await stand.ca.crl())
      // What is judged anew is asked to come again, which a client whose certificate is good does.
      expect(await open.get()).toEqual({ status: 503, connections: 1 })
      expect(await open.get()).toEqual({ status: 404, connections: 2 })
    }
    const resumed = join(stand.folder, 'session')
    expect(await resume(stand, ['-tls1_2', '-sess_out', resumed], files)).toMatchObject({ status: 404, reused: false })
    expect(await resume(stand, ['-tls1_2', '-sess_in', resumed], files)).toMatchObject({ status: 404, reused: true })
    await stand.ca.revoke(files)
    writeFileSync(stand.crlFile, await stand.ca.crl())
    expect(await resume(stand, ['-tls1_2', '-sess_in', resumed], files)).toMatchObject({ status: 401, reused: false })
    expect(await stand.curl(files)).toMatchObject(refusal('CERT_REVOKED: the certificate is revoked'))
    expect(await stand.curl(others)).toMatchObject(letIn)
    writeFileSync(stand.crlFile, 'half a fi')
    expect(await stand.curl(others)).toMatchObject(letIn)
    expect(await stand.curl(files)).toMatchObject(refusal('CERT_REVOKED'))
    expect(stand.logged.filter(line => line.includes('new TLS files'))).toHaveLength(1)
    writeFileSync(stand.crlFile, await stand.ca.crl('20260101000000Z'))
    expect(await stand.curl(others)).toMatchObject(refusal('CRL_HAS_EXPIRED: api.tls.clientCrlFile is out of date'))
    expect(await stand.curl(undefined, token)).toMatchObject(letIn)
  })
})

/** GET by openssl's own client. */
async function resume(stand: TlsStand, options: readonly string[], files?: ClientFiles) {
  const shown = files === undefined ? [] : ['-cert', files.certificateFile, '-key', files.keyFile]
  const { host } = new URL(stand.url)
  const text = await new Promise<string>((resolve, reject) => {
    const given = ['s_client', '-connect', host, '-CAfile', stand.serverCaFile, '-ign_eof', ...options, ...shown]
    const child = execFile('openssl', given, (error, stdout) => (error === null ? resolve(stdout) : reject(error)))
    child.stdin?.end('GET /api/v1/batches/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  })
  return { status: Number(/HTTP\/1\.1 (\d+)/.exec(text)?.[1]), reused: /^Reused, /m.test(text) }
}

describe('a resumed connection', () => {
  it.each(['-tls1_2', '-tls1_3'])(
    'shows what its first one showed, and nothing where that showed nothing: %s',
    async version => {
      const stand = await tlsStand(named)
      const files = await stand.ca.issue({ names })
      const [shown, bare] = [join(stand.folder, 'shown'), join(stand.folder, 'bare')]
      expect(await resume(stand, [version, '-sess_out', shown], files)).toEqual({ status: 404, reused: false })
      expect(await resume(stand, [version, '-sess_in', shown], files)).toEqual({ status: 404, reused: true })
      expect(await resume(stand, [version, '-sess_out', bare])).toEqual({ status: 401, reused: false })
      expect(await resume(stand, [version, '-sess_in', bare])).toEqual({ status: 401, reused: true })
      // Longer than any certificate of this test: nothing is judged anew, and the time is looked at all the same.
      stand.clock.leap(31 * 86_400_000)
      expect(await resume(stand, [version, '-sess_in', shown], files)).toEqual({ status: 401, reused: true })
    },
  )
})

async function fingerprint({ certificateFile }: ClientFiles): Promise<string> {
  const text = await new Promise<string>((resolve, reject) => {
    const given = ['x509', '-in', certificateFile, '-noout', '-fingerprint', '-sha256']
    execFile('openssl', given, (error, stdout) => (error === null ? resolve(stdout) : reject(error)))
  })
  return text.trim().split('=')[1]?.replaceAll(':', '').toLowerCase() ?? ''
}
