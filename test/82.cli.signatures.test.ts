// Signing, extending and verifying on the command line, with a key store and with a card, beside trust services on
// loopback: every format to LTA, judged by other programs, and what is refused with a code and nothing written.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, smallPdf } from './50.signature.kit.ts'
import { program, type Run } from './cli.kit.ts'
import { pem } from './sim/pki.ts'
import { createTrustServices, type TrustServices } from './sim/trust-services.ts'

const shipped = new URL('../system/rootfs/etc/compulsa/compulsa.json', import.meta.url)
const xml = '<?xml version="1.0" encoding="UTF-8"?>\n<acta xmlns="urn:acta"><punt n="1">Aprovat</punt></acta>\n'

let folder: string
let services: TrustServices

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-cli-'))
  services = await createTrustServices({ now: Date.now })
  const config = { ...JSON.parse(await readFile(shipped, 'utf8')), revocation: { allowPrivate: ['127.0.0.1'] } }
  await write('compulsa.json', JSON.stringify(config))
  await execFileDone('mkdir', ['trust'])
  await write('trust/root.pem', pem('CERTIFICATE', services.pki.root))
  await write('in.pdf', await smallPdf())
  await write('in.xml', xml)
  await write('pass', 'a password\n')
  await write('wrong', 'another one\n')
  for (const [name, commonName] of [
    ['first', 'Núria Vidal'],
    ['second', 'Pere Mas'],
  ] as const) {
    const { certificate, privateKey } = await services.pki.signer({ commonName })
    await write(`${name}.pem`, pem('CERTIFICATE', certificate) + pem('PRIVATE KEY', privateKey))
    await execFileDone('openssl', [
      'pkcs12',
      '-export',
      '-in',
      `${name}.pem`,
      '-out',
      `${name}.p12`,
      '-passout',
      'file:pass',
    ])
  }
})
afterAll(async () => {
  await services.stop()
  await rm(folder, { recursive: true })
})

const write = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content)

function execFileDone(file: string, args: readonly string[]): Promise<Run> {
  return new Promise(resolve => {
    execFile(file, args, { cwd: folder }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })
}

const compulsa = (...words: string[]) =>
  execFileDone(process.execPath, [program, ...words, '--config', 'compulsa.json'])
const by = (name: string) => [
  '--p12',
  `${name}.p12`,
  '--pass-file',
  'pass',
  '--trust',
  'trust',
  '--tsa',
  services.tsaUrl,
]

async function verified(file: string, ...words: string[]) {
  const { stdout } = await compulsa('verify', file, '--trust', 'trust', '--json', ...words)
  return JSON.parse(stdout) as { indication: string; format: string; signatures: { level: string; type?: string }[] }
}

describe('a PDF', () => {
  it('is signed at LTA, signed again by somebody else, and renewed', async () => {
    expect(await compulsa('sign', 'in.pdf', '--out', 'lta.pdf', '--level', 'lta', ...by('first'))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('lta.pdf: signed by Núria Vidal'),
    })
    expect(await verified('lta.pdf')).toMatchObject({
      indication: 'TOTAL-PASSED',
      format: 'PAdES',
      signatures: [{ level: 'PAdES-BASELINE-LTA' }, { type: 'DocTimeStamp' }],
    })
    expect(await compulsa('sign', 'lta.pdf', '--out', 'two.pdf', '--level', 't', ...by('second'))).toMatchObject({
      code: 0,
    })
    const renewed = await compulsa(
      'extend',
      'two.pdf',
      '--out',
      'two-lta.pdf',
      '--level',
      'lta',
      ...by('first').slice(4),
    )
    expect(renewed).toMatchObject({ code: 0, stderr: '' })
    const report = await verified('two-lta.pdf')
    expect(report.indication).toBe('TOTAL-PASSED')
    const { stdout } = await compulsa('verify', 'two-lta.pdf', '--trust', 'trust')
    expect(stdout).toMatch(/ later +form-filling, .*\n +allowed: an invisible signature was added/)
    expect(stdout).toMatch(/ later +lta, .*\n +allowed: .*time-stamp was added/)
    expect(stdout).toContain('  Signature2: TOTAL-PASSED')
    expect(report.signatures.filter(one => one.type === 'Sig').map(one => one.level)).toEqual([
      'PAdES-BASELINE-LTA',
      'PAdES-BASELINE-LTA',
    ])
    const path = join(folder, 'two-lta.pdf')
    expect((await judge('pdfsig', ['-nocert', path])).output.match(/Signature is Valid/g)).toHaveLength(2)
    expect(await judge('qpdf', ['--check', path])).toMatchObject({ code: 0 })
  })

  it('shows its signature where the extra parameters say, and names those without effect', async () => {
    const corners = { LowerLeftX: 20, LowerLeftY: 20, UpperRightX: 180, UpperRightY: 80 }
    const placed = Object.entries(corners).map(([name, value]) => `signaturePositionOnPage${name}=${value}`)
    const text = 'layer2Text=Còpia autèntica de $$SUBJECTCN$$ $$NIF$$'
    await write('extra', [...placed, text, 'signReason=Prova', 'headless=true'].join('\n'))
    const policy = ['--policy', 'agel']
    const signed = await compulsa('sign', 'in.pdf', '--out', 'shown.pdf', '--extra', 'extra', ...policy, ...by('first'))
    expect(signed.code).toBe(0)
    expect(signed.stderr.match(/[^ ]+(?= has no effect)/g)).toEqual(['headless', 'signReason', '$$NIF$$'])
    const { output } = await judge('pdftotext', [join(folder, 'shown.pdf'), '-'])
    expect(output.replace(/\s+/g, ' ')).toContain('Còpia autèntica de Núria Vidal $$NIF$$')
  })
})

describe('any file', () => {
  it('gets a detached CAdES at LTA beside it, and another signature in that', async () => {
    const one = ['--format', 'cades', '--level', 'lta', ...by('first')]
    expect(await compulsa('sign', 'in.pdf', '--out', 'one.p7s', ...one)).toMatchObject({ code: 0 })
    const more = ['--op', 'cosign', '--content', 'in.pdf', '--format', 'cades', ...by('second')]
    expect(await compulsa('sign', 'one.p7s', '--out', 'two.p7s', ...more)).toMatchObject({ code: 0, stderr: '' })
    expect(await verified('two.p7s', '--content', 'in.pdf', '--online')).toMatchObject({
      indication: 'TOTAL-PASSED',
      format: 'CAdES',
      signatures: [{ level: 'CAdES-BASELINE-LTA' }, { level: 'CAdES-BASELINE-B' }],
    })
    const openssl = await judge('openssl', [
      ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', join(folder, 'two.p7s')],
      ...[
        '-content',
        join(folder, 'in.pdf'),
        '-CAfile',
        join(folder, 'trust/root.pem'),
        '-purpose',
        'any',
        '-out',
        '/dev/null',
      ],
      ...['-certfile', await intermediate()],
    ])
    expect(openssl.output).toContain('successful')
  })

  it('that is XML gets XAdES at LTA, countersigned, with the policy of the administration', async () => {
    const words = ['--format', 'xades', '--level', 'lta', '--policy', 'agel', ...by('first')]
    expect(await compulsa('sign', 'in.xml', '--out', 'one.xml', ...words)).toMatchObject({ code: 0, stderr: '' })
    const over = ['--format', 'xades', '--op', 'countersign', ...by('second')]
    expect(await compulsa('sign', 'one.xml', '--out', 'two.xml', ...over)).toMatchObject({ code: 0, stderr: '' })
    expect(await verified('two.xml', '--online')).toMatchObject({
      indication: 'TOTAL-PASSED',
      format: 'XAdES',
      signatures: [
        { level: 'XAdES-BASELINE-LTA', policy: { id: '2.16.724.1.3.1.1.2.1.9' } },
        { level: 'XAdES-BASELINE-B' },
      ],
    })
  })
})

/** OpenSSL finds no issuers by itself. */
async function intermediate(): Promise<string> {
  await write('intermediate.pem', pem('CERTIFICATE', services.pki.intermediate))
  return join(folder, 'intermediate.pem')
}

describe('nothing is written, and it is said why,', () => {
  it.each([
    ['with a wrong password', ['in.pdf', '--p12', 'first.p12', '--pass-file', 'wrong'], 1, 'KEY_STORE_UNREADABLE'],
    ['without any secret', ['in.pdf', '--p12', 'first.p12'], 2, 'USAGE'],
    ['with a secret that belongs to a card', ['in.pdf', '--p12', 'first.p12', '--pin-file', 'pass'], 2, 'USAGE'],
    ['for a file that is no PDF and no format', ['in.xml', '--p12', 'first.p12', '--pass-file', 'pass'], 2, 'USAGE'],
    [
      'with SHA-1 that nobody allowed',
      ['in.pdf', '--p12', 'first.p12', '--pass-file', 'pass', '--algorithm', 'SHA1withRSA'],
      2,
      'USAGE',
    ],
    [
      'with an algorithm of another key',
      ['in.pdf', '--p12', 'first.p12', '--pass-file', 'pass', '--algorithm', 'SHA256withECDSA'],
      1,
      'KEY_REFUSED',
    ],
    [
      'at T without an authority',
      ['in.pdf', '--p12', 'first.p12', '--pass-file', 'pass', '--level', 't'],
      1,
      'TSA_ABSENT',
    ],
    [
      'at T by what is no address',
      ['in.pdf', '--p12', 'first.p12', '--pass-file', 'pass', '--level', 't', '--tsa', 'ftp://example.org/'],
      2,
      'USAGE',
    ],
    ['for a folder', ['trust', '--format', 'cades', '--p12', 'first.p12', '--pass-file', 'pass'], 1, 'FILE_UNREADABLE'],
    [
      'with no such policy',
      ['in.pdf', '--p12', 'first.p12', '--pass-file', 'pass', '--policy', 'in.xml'],
      1,
      'POLICY_UNUSABLE',
    ],
    [
      'for XML around no XML',
      ['in.pdf', '--p12', 'first.p12', '--pass-file', 'pass', '--format', 'xades'],
      1,
      'XML_UNREADABLE',
    ],
    [
      'for a PDF inside its own signature',
      ['in.pdf', '--p12', 'first.p12', '--pass-file', 'pass', '--packaging', 'detached'],
      1,
      'SIGNATURE_FORMAT_REFUSED',
    ],
  ])('%s', async (_, words, code, fault) => {
    const run = await compulsa('sign', ...words, '--out', 'refused')
    expect(run.stderr).toMatch(new RegExp(`^${fault}: `))
    expect(run.code).toBe(code)
    expect(existsSync(join(folder, 'refused'))).toBe(false)
  })

  it('when the authority gives a time-stamp of something else', async () => {
    services.fault('tsa', 'wrong-imprint')
    const run = await compulsa('sign', 'in.pdf', '--out', 'refused', '--level', 't', ...by('first'))
    services.fault('tsa', undefined)
    expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/^TIMESTAMP_INVALID: /) })
    expect(existsSync(join(folder, 'refused'))).toBe(false)
  })

  it('when a signature that is there already would not verify beside the new one', async () => {
    await compulsa('sign', 'in.xml', '--out', 'one.xml', '--format', 'xades', ...by('first'))
    const one = await readFile(join(folder, 'one.xml'), 'utf8')
    expect(one).toContain('Aprovat')
    await write('broken.xml', one.replace('Aprovat', 'Denegat'))
    for (const operation of ['cosign', 'countersign']) {
      const words = ['broken.xml', '--out', 'refused', '--format', 'xades', '--op', operation]
      const run = await compulsa('sign', ...words, ...by('second'))
      expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SIGNATURE_BROKEN: /) })
      expect(existsSync(join(folder, 'refused'))).toBe(false)
    }
  })

  it('when a file to be extended is not signed', async () => {
    const run = await compulsa('extend', 'in.pdf', '--out', 'refused', '--level', 't', '--tsa', services.tsaUrl)
    expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SIGNATURE_ABSENT: /) })
  })
})

describe('verifying', () => {
  it('does not pass what follows the last revision, nor what was changed', async () => {
    await compulsa('sign', 'in.pdf', '--out', 'good.pdf', ...by('first'))
    const good = await readFile(join(folder, 'good.pdf'))
    await write('junk.pdf', Buffer.concat([good, Buffer.from('JUNK')]))
    const changed = Buffer.from(good)
    changed[100] = (changed[100] ?? 0) ^ 1
    await write('changed.pdf', changed)
    expect(await verified('good.pdf', '--online')).toMatchObject({ indication: 'TOTAL-PASSED' })
    expect(await verified('junk.pdf', '--online')).toMatchObject({
      indication: 'TOTAL-FAILED',
      subIndication: 'FORMAT_FAILURE',
    })
    const run = await compulsa('verify', 'changed.pdf', '--trust', 'trust')
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/^(HASH_FAILURE|PDF_UNREADABLE|FORMAT_FAILURE): /)
  })

  it.each([
    ['in.pdf', []],
    ['in.xml', ['--format', 'cades', '--packaging', 'enveloping']],
    ['in.xml', ['--format', 'xades']],
  ])('does not pass %s signed %j for another content that is given', async (file, words) => {
    await compulsa('sign', file, '--out', 'whole', ...words, ...by('first'))
    await write('other', 'another content')
    expect(await verified('whole', '--online')).toMatchObject({ indication: 'TOTAL-PASSED' })
    expect(await verified('whole', '--online', '--content', 'other')).toMatchObject({
      indication: 'INDETERMINATE',
      findings: [{ detail: expect.stringContaining('content that was given') }],
    })
  })

  it('passes a signature that envelops just the content that is given', async () => {
    const words = ['--format', 'cades', '--packaging', 'enveloping']
    await compulsa('sign', 'in.xml', '--out', 'whole', ...words, ...by('first'))
    const report = await verified('whole', '--online', '--content', 'in.xml')
    expect(report).toMatchObject({ indication: 'TOTAL-PASSED' })
  })

  it('says what is missing', async () => {
    await compulsa('sign', 'in.xml', '--out', 'b.p7s', '--format', 'cades', ...by('first'))
    const alone = await compulsa('verify', 'b.p7s', '--trust', 'trust')
    expect(alone).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SIGNED_DATA_NOT_FOUND: .*--content/) })
    const untrusted = await compulsa('verify', 'b.p7s', '--content', 'in.xml')
    expect(untrusted).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^NO_CERTIFICATE_CHAIN_FOUND: .*--trust/),
    })
  })
})
