// `compulsa extend --service`: what the service gives back is written when it is the file raised, and nothing is written
// when it is not; this machine stands in where it is told to, and the command says so. Judged by qpdf, pdfsig and openssl.

import { readFile, rm } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { judge } from './50.signature.kit.ts'
import { signingLine } from './82.cli.signatures.kit.ts'
import { type ServiceStand, startServiceStand } from './97.extension.kit.ts'

const line = signingLine()
let stand: ServiceStand & { stop(): Promise<void> }
const documents = new Map<string, Uint8Array>()

beforeAll(async () => {
  stand = await startServiceStand({ documents }, line.services)
  const least = JSON.parse(await readFile(line.path('compulsa.json'), 'utf8'))
  const common = { ...least, trust: ['trust/root.pem'], extension: { service: stand.service } }
  await line.write('service.json', JSON.stringify(common))
  const timestamping = { url: line.services.tsaUrl }
  const standing = { ...common, timestamping, extension: { service: stand.service, fallback: 'local' } }
  await line.write('standing.json', JSON.stringify(standing))
  for (const [input, out, ...how] of [
    ['in.pdf', 'signed.pdf', '--format', 'pades'],
    ['in.xml', 'signed.csig', '--format', 'cades', '--packaging', 'detached'],
    ['in.xml', 'signed.xml', '--format', 'xades', '--packaging', 'enveloped'],
  ] as const) {
    const made = await line.compulsa('sign', input, '--out', out, ...how, '--level', 'b', ...line.by('first'))
    expect(made).toMatchObject({ code: 0 })
  }
})
afterAll(() => stand.stop())
beforeEach(async () => {
  stand.fortress.fault(undefined)
  await rm(line.path('raised'), { force: true })
})

const extend = (input: string, level: string, config: string, ...more: string[]) =>
  line.compulsaBy(config, 'extend', input, '--out', 'raised', '--level', level, '--service', ...more)

describe('compulsa extend --service', () => {
  it('has a PDF raised to LTA, sound to qpdf and pdfsig', async () => {
    const run = await extend('signed.pdf', 'lta', 'service.json', '--json')
    expect(run).toMatchObject({ code: 0 })
    expect(JSON.parse(run.stdout)).toMatchObject({ by: 'service', reference: expect.stringMatching(/^[0-9a-f]{32}$/) })
    expect(await line.verified('raised')).toMatchObject({
      indication: 'TOTAL-PASSED',
      signatures: [{ level: 'PAdES-BASELINE-LTA' }, { type: 'DocTimeStamp' }, { type: 'DocTimeStamp' }],
    })
    expect(await judge('qpdf', ['--check', line.path('raised')])).toMatchObject({ code: 0 })
    expect((await judge('pdfsig', ['-nocert', line.path('raised')])).output).toMatch(/Signature is Valid/)
    expect(stand.fortress.problems()).toEqual([])
  })

  it('sends a detached signature with its original', async () => {
    expect(await extend('signed.csig', 'lt', 'service.json', '--content', 'in.xml')).toMatchObject({ code: 0 })
    const verdict = await line.verified('raised', '--content', 'in.xml')
    expect(verdict.signatures).toMatchObject([{ level: 'CAdES-BASELINE-LT' }])
    const words = ['cms', '-verify', '-inform', 'DER', '-noverify', '-binary', '-content', line.path('in.xml')]
    expect(await judge('openssl', [...words, '-in', line.path('raised'), '-out', '/dev/null'])).toMatchObject({
      code: 0,
    })
  })

  it('has an XML raised', async () => {
    const run = await extend('signed.xml', 't', 'service.json')
    expect(run.stdout).toMatch(/^raised: extended to T by the service, which calls it [0-9a-f]{32}\n/)
    expect((await line.verified('raised')).signatures).toMatchObject([{ level: 'XAdES-BASELINE-T' }])
  })

  it('may tell where the service fetches the document, and holds the answer against the file', async () => {
    const url = 'https://files.example.org/signed.pdf'
    documents.set(url, await readFile(line.path('signed.pdf')))
    expect(await extend('signed.pdf', 't', 'service.json', '--document-url', url)).toMatchObject({ code: 0 })
    const { body } = stand.fortress.requests().at(-1) ?? { body: '' }
    expect(body).toContain(url)
    expect(body).not.toContain('bytesB64')
    documents.set(url, Buffer.from(await readFile(line.path('signed.pdf'))).fill(0x20, 100, 110))
    expect(await extend('signed.pdf', 't', 'service.json', '--document-url', url)).toMatchObject({ code: 1 })
  })

  it.each([
    ['one-byte', 'EXTENSION_INVALID'],
    ['cades-for-pades', 'EXTENSION_INVALID'],
    ['invalid-request', 'EXTENSION_REFUSED'],
    ['http-500', 'EXTENDER_UNAVAILABLE'],
    ['client-unknown', 'EXTENDER_CREDENTIALS_REFUSED'],
  ] as const)('writes nothing after %s: %s', async (fault, code) => {
    stand.fortress.fault(fault)
    const run = await extend('signed.pdf', 'lt', 'service.json')
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining(code) })
    await expect(readFile(line.path('raised'))).rejects.toThrow('ENOENT')
  })

  it('stands in where it is told to, and says so', async () => {
    stand.fortress.fault('one-byte')
    const told = await extend('signed.pdf', 'lt', 'standing.json')
    expect(told).toMatchObject({ code: 0, stderr: expect.stringMatching(/EXTENSION_INVALID.*it is done here/) })
    const run = await extend('signed.pdf', 'lt', 'standing.json', '--json')
    expect(JSON.parse(run.stdout)).toMatchObject({ by: 'local', declined: { code: 'EXTENSION_INVALID' } })
    expect((await line.verified('raised')).signatures).toMatchObject([{ level: 'PAdES-BASELINE-LT' }, {}])
  })

  it('needs a service that is configured', async () => {
    const run = await extend('signed.pdf', 'lt', 'compulsa.json')
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('EXTENDER_ABSENT') })
  })
})

describe('compulsa doctor', () => {
  const finding = async () => {
    const { stdout } = await line.compulsaBy('service.json', 'doctor', '--json')
    const { findings }: { findings: { check: string }[] } = JSON.parse(stdout)
    return findings.find(({ check }) => check === 'extension service')
  }

  it('says whether the service knows the kiosk, and sends no document', async () => {
    const asked = stand.fortress.asked('extend')
    expect(await finding()).toMatchObject({ ok: true, detail: expect.stringContaining('it knows the kiosk') })
    stand.fortress.fault('client-unknown')
    expect(await finding()).toMatchObject({
      ok: false,
      detail: expect.stringContaining('EXTENDER_CREDENTIALS_REFUSED'),
    })
    expect(stand.fortress.asked('extend')).toBe(asked)
  })
})
