// The certificate for loopback as openssl judges it: good for this machine, for nothing else, renewed before its end, and
// kept where only the appliance reads it.

import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemRandom } from '../device/host.ts'
import { createLoopbackCertificate } from '../device/loopback-certificate.ts'
import { logInto } from './95.afirma.desk.ts'
import { rogueIdentity } from './95.afirma.rogue.ts'

const run = promisify(execFile)
const dayMs = 86_400_000
const start = Date.UTC(2026, 10, 27, 12)

let folder: string
let now: number
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-loopback-'))
  now = start
})
afterEach(() => rm(folder, { recursive: true }))

const held = (kioskId = 'k-17') =>
  createLoopbackCertificate({
    folder: join(folder, 'loopback'),
    kioskId,
    clock: { now: () => now },
    random: systemRandom,
    log: logInto([]),
  })
const pem = (der: Uint8Array) => new X509Certificate(der).toString()

/** What `openssl verify` says. */
async function verdict(certificate: string, authority: Uint8Array, ...options: string[]): Promise<string> {
  const files = { leaf: join(folder, 'leaf.pem'), root: join(folder, 'root.pem') }
  await writeFile(files.leaf, certificate)
  await writeFile(files.root, pem(authority))
  const strict = ['verify', '-x509_strict', '-purpose', 'sslserver', '-attime', String(Math.floor(now / 1000))]
  return run('openssl', [...strict, '-CAfile', files.root, ...options, files.leaf]).then(
    ({ stdout }) => stdout.trim().split(' ').at(-1) ?? '',
    error => String(error.stderr),
  )
}

const rogue = async (subjectAltName: string) =>
  (await rogueIdentity(folder, join(folder, 'loopback/authority.pem'), subjectAltName)).cert

/** The PEM blocks of a file whose label fits. */
async function blocks(file: string, label = /CERTIFICATE/): Promise<string[]> {
  const all = (await readFile(file, 'utf8')).match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? []
  return all.filter(block => label.test(block))
}

describe('the certificate', () => {
  it('is good for 127.0.0.1 and localhost, by openssl’s strict rules', async () => {
    const { cert } = held().tls()
    const authority = held().authority()
    expect(await verdict(cert, authority, '-verify_ip', '127.0.0.1')).toBe('OK')
    expect(await verdict(cert, authority, '-verify_hostname', 'localhost')).toBe('OK')
    expect(await verdict(cert, authority, '-verify_ip', '127.0.0.2')).toMatch(/IP address mismatch/)
    const { stdout } = await run('openssl', ['x509', '-in', join(folder, 'leaf.pem'), '-noout', '-text'])
    expect(stdout).toMatch(/Subject: CN = 127\.0\.0\.1/)
    expect(stdout).toMatch(/IP Address:127\.0\.0\.1, DNS:localhost/)
  })

  it('lasts less than 398 days', () => {
    const { cert } = held().tls()
    const { validFromDate, validToDate } = new X509Certificate(cert)
    expect(validToDate.getTime() - validFromDate.getTime()).toBeLessThanOrEqual(397 * dayMs)
  })

  it('comes from an authority whose constraints are critical', async () => {
    const file = join(folder, 'authority.pem')
    await writeFile(file, pem(held().authority()))
    const { stdout } = await run('openssl', ['x509', '-in', file, '-noout', '-text'])
    expect(stdout).toMatch(/Subject: CN = Compulsa loopback k-17/)
    expect(stdout).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
    expect(stdout).toMatch(
      /Name Constraints: critical\s+Permitted:\s+IP:127\.0\.0\.1\/255\.255\.255\.255\s+DNS:localhost/,
    )
    expect(stdout).toMatch(/Key Usage: critical\s+Certificate Sign\n/)
    expect(stdout).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication\n/)
  })

  it.each(['DNS:sede.example.cat', 'IP:192.168.1.10', 'IP:::1', 'DNS:localhost,DNS:example.cat'])(
    'for %s would be worth nothing, whoever had the authority’s key',
    async name => {
      // By the machine's clock, which openssl signs by.
      now = Date.now()
      const authority = held().authority()
      now += 3_600_000
      expect(await verdict(await rogue('IP:127.0.0.1'), authority)).toBe('OK')
      expect(await verdict(await rogue(name), authority)).toMatch(/permitted subtree violation/)
    },
  )
})

describe('in its folder', () => {
  const serial = () => new X509Certificate(held().tls().cert).serialNumber

  it('stays as it is until it is due, then the server’s alone is renewed', async () => {
    const [first, authority] = [serial(), held().authority()]
    now = start + 360 * dayMs
    expect(serial()).toBe(first)
    now = start + 367 * dayMs
    const second = serial()
    expect(second).not.toBe(first)
    expect(held().authority()).toEqual(authority)
    expect(await verdict(held().tls().cert, authority, '-verify_ip', '127.0.0.1')).toBe('OK')
  })

  it('is renewed with its authority long before that ends', async () => {
    const authority = held().authority()
    now = start + 3_300 * dayMs
    expect(await verdict(held().tls().cert, held().authority())).toBe('OK')
    expect(held().authority()).not.toEqual(authority)
  })

  it('is made anew where the clock stands before it, and where another authority took its place', async () => {
    const first = serial()
    now = start - 10 * dayMs
    expect(serial()).not.toBe(first)
    expect(await verdict(held().tls().cert, held().authority())).toBe('OK')
    await rm(join(folder, 'loopback/authority.pem'))
    expect(await verdict(held().tls().cert, held().authority())).toBe('OK')
  })

  it.each(['authority.pem', 'server.pem'])('is made anew where %s is damaged', async name => {
    held().tls()
    const file = join(folder, 'loopback', name)
    await chmod(file, 0o600)
    await writeFile(file, (await readFile(file)).subarray(0, 500))
    expect(await verdict(held().tls().cert, held().authority())).toBe('OK')
  })

  it('is made anew where a key belongs to another certificate', async () => {
    held().tls()
    const file = join(folder, 'loopback/authority.pem')
    const [[certificate], [key]] = [await blocks(file), await blocks(join(folder, 'loopback/server.pem'), /PRIVATE/)]
    await writeFile(file, `${certificate}\n${key}\n`)
    expect(await verdict(held().tls().cert, held().authority())).toBe('OK')
  })

  it('keeps its authority when the kiosk gets another name', async () => {
    const authority = held().authority()
    const renamed = held('k-18')
    expect(renamed.authority()).toEqual(authority)
    expect(await verdict(renamed.tls().cert, authority)).toBe('OK')
  })

  it('can be read by the appliance alone', async () => {
    held().tls()
    const inside = join(folder, 'loopback')
    expect((await readdir(inside)).sort()).toEqual(['authority.pem', 'server.pem'])
    for (const name of await readdir(inside)) expect((await stat(join(inside, name))).mode & 0o777).toBe(0o600)
    expect((await stat(inside)).mode & 0o777).toBe(0o700)
  })
})
