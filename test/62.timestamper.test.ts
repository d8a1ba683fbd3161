// The time-stamping client against the simulated authority in each kind of access and each way of failing, and against
// openssl ts behind a few lines of HTTP, which nobody here wrote.

import { createHash } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { Fault } from '../device/errors.ts'
import { timestampQuery } from '../device/trust/timestamp-request.ts'
import { createBreakers } from '../drivers/breakers.ts'
import { createRfc3161Timestamper, type Rfc3161Options } from '../drivers/timestamper/rfc3161.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { pem } from './sim/pki.ts'
import { listen } from './sim/trust-http.ts'
import { createTrustServices, type TrustFault, type TrustServices, type TsaAccess } from './sim/trust-services.ts'

const digest = createHash('sha256').update('a signature value').digest()
const query = timestampQuery({ digestAlgorithm: 'SHA-256', digest, nonce: Buffer.alloc(16, 0x5a) })
const started: { stop(): Promise<void> }[] = []

afterEach(async () => {
  await Promise.all(started.splice(0).map(one => one.stop()))
})

async function authority(access: TsaAccess = { kind: 'URL' }): Promise<TrustServices> {
  const services = await createTrustServices({ now: () => now, access, tsaKey: 'P-256' })
  started.push(services)
  return services
}

async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<(name: string) => string> {
  const folder: Folder = await temporaryFolder()
  onTestFinished(() => folder.remove())
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder.path, name), content, { mode: 0o600 })
  }
  return name => join(folder.path, name)
}

/** The DER of the answer as openssl reads it, or the code of the fault. */
async function stamped(options: Rfc3161Options, signal?: AbortSignal): Promise<string> {
  try {
    const reply = await createRfc3161Timestamper(options).stamp(query, signal)
    const at = await folderOf({ 'reply.tsr': reply })
    const { output } = await judge('openssl', ['ts', '-reply', '-in', at('reply.tsr'), '-text'])
    return /Status: (.*)/.exec(output)?.[1] ?? output
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code
    throw thrown
  }
}

describe('an authority that asks for nothing', () => {
  it('gets the query as it is and gives the reply that openssl accepts for it', async () => {
    const { tsaUrl, pki, tsa, requests } = await authority()
    const reply = await createRfc3161Timestamper({ url: tsaUrl, kind: 'URL' }).stamp(query)
    const at = await folderOf({
      'query.tsq': query,
      'reply.tsr': reply,
      'root.pem': pem('CERTIFICATE', pki.root),
      'chain.pem': tsa.chain.map(der => pem('CERTIFICATE', der)).join(''),
    })
    const trust = ['-CAfile', at('root.pem'), '-untrusted', at('chain.pem'), '-attime', String(now / 1000)]
    const args = ['ts', '-verify', '-queryfile', at('query.tsq'), '-in', at('reply.tsr'), ...trust]
    expect(await judge('openssl', args)).toMatchObject({ code: 0, output: expect.stringContaining('Verification: OK') })
    expect(requests()[0]?.headers).toMatchObject({
      'content-type': 'application/timestamp-query',
      accept: 'application/timestamp-reply',
    })
    expect(requests()[0]?.headers.authorization).toBeUndefined()
  })

  it.each<[TrustFault, string]>([
    ['http-401', 'TSA_CREDENTIALS_REFUSED'],
    ['http-403', 'TSA_CREDENTIALS_REFUSED'],
    ['http-404', 'TIMESTAMP_REFUSED'],
    ['http-500', 'TSA_UNREACHABLE'],
    ['redirect', 'TIMESTAMP_REFUSED'],
    ['wrong-type', 'TIMESTAMP_REFUSED'],
    ['html', 'TIMESTAMP_REFUSED'],
    ['http-empty', 'TIMESTAMP_REFUSED'],
    ['empty', 'TIMESTAMP_REFUSED'],
    ['huge', 'TIMESTAMP_REFUSED'],
    ['truncated', 'TSA_UNREACHABLE'],
    ['stalls', 'TSA_UNREACHABLE'],
    ['reset', 'TSA_UNREACHABLE'],
    ['hangs', 'TSA_UNREACHABLE'],
  ])('%s is told as %s after one request', async (fault, code) => {
    const { tsaUrl, fault: fail, requests } = await authority()
    fail('tsa', fault)
    expect(await stamped({ url: tsaUrl, kind: 'URL', deadlineMs: 500 })).toBe(code)
    expect(requests()).toHaveLength(1)
  })

  it('a reply of 16 MiB is not read', async () => {
    const type = 'application/timestamp-reply'
    const listener = await listen({ port: 0, serve: () => ({ status: 200, type, body: Buffer.alloc(16 << 20) }) })
    started.push(listener)
    expect(await stamped({ url: listener.url, kind: 'URL' })).toBe('TIMESTAMP_REFUSED')
  })

  it('a refusal in the reply itself is handed on to whoever reads it', async () => {
    const { tsaUrl, fault } = await authority()
    fault('tsa', 'rejection')
    expect(await stamped({ url: tsaUrl, kind: 'URL' })).toBe('Rejected.')
  })

  it('a parameter of the content type does not matter', async () => {
    const type = 'Application/Timestamp-Reply; charset=binary'
    const listener = await listen({ port: 0, serve: () => ({ status: 200, type, body: Buffer.from('x') }) })
    started.push(listener)
    const { stamp } = createRfc3161Timestamper({ url: listener.url, kind: 'URL' })
    expect(Buffer.from(await stamp(query)).toString()).toBe('x')
  })

  it('that is away is told as such', async () => {
    const services = await authority()
    await services.stop()
    expect(await stamped({ url: services.tsaUrl, kind: 'URL' })).toBe('TSA_UNREACHABLE')
  })

  it('that is away is left alone for a moment after three tries, and is seen to be', async () => {
    const { tsaUrl, fault, requests } = await authority()
    fault('tsa', 'reset')
    const breakers = createBreakers()
    const { stamp } = createRfc3161Timestamper({ url: tsaUrl, kind: 'URL' }, breakers)
    for (let i = 0; i < 5; i += 1) await expect(stamp(query)).rejects.toMatchObject({ code: 'TSA_UNREACHABLE' })
    expect(requests()).toHaveLength(3)
    expect(breakers.resting()).toMatchObject([
      { service: 'time-stamping', host: new URL(tsaUrl).host, code: 'TSA_UNREACHABLE', leftMs: expect.any(Number) },
    ])
    fault('tsa', undefined)
    breakers.wake(new URL(tsaUrl).host)
    expect((await stamp(query)).byteLength).toBeGreaterThan(1000)
    expect(breakers.resting()).toEqual([])
  })

  it('an abort ends the wait with its own reason', async () => {
    const { tsaUrl, fault } = await authority()
    fault('tsa', 'hangs')
    const controller = new AbortController()
    const reason = new Error('somebody left')
    setTimeout(() => controller.abort(reason), 30)
    await expect(stamped({ url: tsaUrl, kind: 'URL' }, controller.signal)).rejects.toBe(reason)
  })
})

describe('an authority that asks for user and password', () => {
  const access = { kind: 'USER', user: 'ajuntament', password: 'contraseña: 123' } as const

  it('gets them from the file, and nobody else does', async () => {
    const { tsaUrl } = await authority(access)
    const at = await folderOf({ good: `${access.password}\n`, bad: 'guess\n' })
    const options = { url: tsaUrl, kind: 'USER', user: access.user } as const
    expect(await stamped({ ...options, passwordFile: at('good') })).toBe('Granted.')
    expect(await stamped({ ...options, passwordFile: at('bad') })).toBe('TSA_CREDENTIALS_REFUSED')
    expect(await stamped({ url: tsaUrl, kind: 'URL' })).toBe('TSA_CREDENTIALS_REFUSED')
  })

  it('is sent nothing where the file is not fit', async () => {
    const { tsaUrl, requests } = await authority(access)
    const at = await folderOf({ lines: 'a\nb\n', empty: '', open: `${access.password}\n` })
    await chmod(at('open'), 0o644)
    const options = { url: tsaUrl, kind: 'USER', user: access.user } as const
    for (const passwordFile of [at('lines'), at('empty'), at('missing'), at('open')]) {
      expect(await stamped({ ...options, passwordFile })).toBe('TSA_CREDENTIALS_REFUSED')
    }
    expect(requests()).toEqual([])
  })
})

describe('an authority that asks for a certificate', () => {
  async function scene() {
    const services = await authority({ kind: 'CERTIFICATE' })
    const { tls, tsaUrl: url } = services
    if (tls === undefined) throw new Error('no TLS')
    const at = await folderOf({
      'ca.pem': tls.caPem,
      'client.pem': tls.client.cert,
      'client.key': tls.client.key,
      'both.pem': tls.client.cert + tls.client.key,
      password: 'p12 secret\n',
    })
    const output = ['-out', at('client.p12'), '-passout', `file:${at('password')}`]
    await judge('openssl', ['pkcs12', '-export', '-in', at('both.pem'), ...output])
    await judge('openssl', [
      'pkcs8',
      '-topk8',
      '-in',
      at('client.key'),
      '-out',
      at('locked.key'),
      '-passout',
      `file:${at('password')}`,
    ])
    return { services, at, options: { url, caFile: at('ca.pem') } }
  }

  it('takes one without a password, from PEM', async () => {
    const { at, options } = await scene()
    const certificate = { ...options, kind: 'CERTIFICATE' } as const
    const [certificateFile, keyFile] = [at('client.pem'), at('client.key')]
    expect(await stamped({ ...certificate, certificateFile, keyFile })).toBe('Granted.')
    expect(await stamped({ ...certificate, certificateFile: at('both.pem') })).toBe('Granted.')
  })

  it('takes one with a password, from PKCS#12 or encrypted PEM', async () => {
    const { at, options } = await scene()
    const certificate = { ...options, kind: 'CERTIFICATE_TLS', passwordFile: at('password') } as const
    expect(await stamped({ ...certificate, certificateFile: at('client.p12') })).toBe('Granted.')
    const [certificateFile, keyFile] = [at('client.pem'), at('locked.key')]
    expect(await stamped({ ...certificate, certificateFile, keyFile })).toBe('Granted.')
  })

  it('turns away who shows none, and is not asked where the certificate cannot be used', async () => {
    const { services, at, options } = await scene()
    expect(await stamped({ ...options, kind: 'URL' })).toBe('TSA_CREDENTIALS_REFUSED')
    await writeFile(at('wrong'), 'guess\n', { mode: 0o600 })
    const certificate = { ...options, kind: 'CERTIFICATE_TLS', certificateFile: at('client.p12') } as const
    const asked = createRfc3161Timestamper({ ...certificate, passwordFile: at('wrong') }).stamp(query)
    await expect(asked).rejects.toMatchObject({
      code: 'TSA_CREDENTIALS_REFUSED',
      detail: expect.not.stringContaining('guess'),
    })
    expect(services.requests()).toEqual([])
  })

  it('is not shown a key that others can read, alone or beside its certificate', async () => {
    const { services, at, options } = await scene()
    await Promise.all(['client.key', 'both.pem', 'client.p12'].map(name => chmod(at(name), 0o640)))
    const certificate = { ...options, kind: 'CERTIFICATE' } as const
    const [certificateFile, keyFile] = [at('client.pem'), at('client.key')]
    expect(await stamped({ ...certificate, certificateFile, keyFile })).toBe('TSA_CREDENTIALS_REFUSED')
    expect(await stamped({ ...certificate, certificateFile: at('both.pem') })).toBe('TSA_CREDENTIALS_REFUSED')
    const locked = { certificateFile: at('client.p12'), passwordFile: at('password') }
    expect(await stamped({ ...options, kind: 'CERTIFICATE_TLS', ...locked })).toBe('TSA_CREDENTIALS_REFUSED')
    expect(services.requests()).toEqual([])
  })

  it('is not trusted without its CA, or with one that is not there', async () => {
    const { at, options } = await scene()
    const certificate = { kind: 'CERTIFICATE', url: options.url, certificateFile: at('both.pem') } as const
    expect(await stamped(certificate)).toBe('TSA_UNTRUSTED')
    expect(await stamped({ ...certificate, caFile: at('client.key') })).toBe('TSA_UNTRUSTED')
  })
})

describe('a configuration that cannot be meant', () => {
  it.each<[Partial<Rfc3161Options>, string]>([
    [{ url: 'https://user:secret@tsa.example/' }, 'plain'],
    [{ url: 'ldap://tsa.example/' }, 'plain'],
    [{ url: 'tsa.example' }, 'plain'],
    [{ kind: 'USER', user: 'u' }, 'passwordFile'],
    [{ kind: 'CERTIFICATE' }, 'certificateFile'],
    [{ kind: 'CERTIFICATE_TLS', certificateFile: 'a' }, 'passwordFile'],
    [{ kind: 'CERTIFICATE', certificateFile: 'a', url: 'http://tsa.example/' }, 'https'],
  ])('%o is refused at once', (wrong, because) => {
    const create = () => createRfc3161Timestamper({ kind: 'URL', url: 'https://tsa.example/', ...wrong })
    expect(create).toThrow(because)
    expect(create).not.toThrow('secret')
  })
})

describe('openssl ts as the authority', () => {
  it('understands the query, and its reply passes through unchanged', async () => {
    const { pki, tsa } = await authority()
    const at = await folderOf({
      'tsa.pem': pem('CERTIFICATE', tsa.certificate),
      'tsa.key': pem('PRIVATE KEY', tsa.privateKey),
      'chain.pem': pem('CERTIFICATE', pki.intermediate),
      serial: '01\n',
    })
    const settings = ['digests = sha256', 'signer_digest = sha256', 'ess_cert_id_alg = sha256', 'accuracy = secs:1']
    const files = [`certs = ${at('chain.pem')}`, `signer_cert = ${at('tsa.pem')}`, `signer_key = ${at('tsa.key')}`]
    const config = ['[tsa]', `serial = ${at('serial')}`, 'default_policy = 1.2.3.4', ...settings, ...files].join('\n')
    await writeFile(at('ts.cnf'), config)
    await writeFile(at('query.tsq'), query)
    const section = ['-config', at('ts.cnf'), '-section', 'tsa']
    await judge('openssl', ['ts', '-reply', ...section, '-queryfile', at('query.tsq'), '-out', at('reply.tsr')])
    const made = await readFile(at('reply.tsr'))
    const type = 'application/timestamp-reply'
    const bodies: Buffer[] = []
    const serve = (_incoming: unknown, body: Buffer) => {
      bodies.push(body)
      return { status: 200, type, body: made }
    }
    const listener = await listen({ port: 0, serve })
    started.push(listener)
    const reply = await createRfc3161Timestamper({ url: listener.url, kind: 'URL' }).stamp(query)
    expect(Buffer.from(reply).equals(made)).toBe(true)
    expect(bodies).toEqual([Buffer.from(query)])
    const verified = await judge('openssl', ['ts', '-reply', '-in', at('reply.tsr'), '-text'])
    expect(verified.output).toContain('Status: Granted.')
  })
})
