// Signing, extending and verifying on the command line, with a key store and with a card, beside trust services on
// loopback: every format to LTA, judged by other programs, and what is refused with a code and nothing written.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { judge } from './50.signature.kit.ts'
import { signingLine } from './82.cli.signatures.kit.ts'
import { pem } from './sim/pki.ts'

const line = signingLine()

describe('a PDF', () => {
  it('is signed at LTA, signed again by somebody else, and renewed', async () => {
    expect(
      await line.compulsa('sign', 'in.pdf', '--out', 'lta.pdf', '--level', 'lta', ...line.by('first')),
    ).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('lta.pdf: signed by Núria Vidal'),
    })
    expect(await line.verified('lta.pdf')).toMatchObject({
      indication: 'TOTAL-PASSED',
      format: 'PAdES',
      signatures: [{ level: 'PAdES-BASELINE-LTA' }, { type: 'DocTimeStamp' }],
    })
    expect(
      await line.compulsa('sign', 'lta.pdf', '--out', 'two.pdf', '--level', 't', ...line.by('second')),
    ).toMatchObject({
      code: 0,
    })
    const renewed = await line.compulsa(
      'extend',
      'two.pdf',
      '--out',
      'two-lta.pdf',
      '--level',
      'lta',
      ...line.by('first').slice(4),
    )
    expect(renewed).toMatchObject({ code: 0, stdout: expect.stringContaining('extended to LTA'), stderr: '' })
    const asItWas = ['two-lta.pdf', '--out', 'same.pdf', '--level', 't', ...line.by('first').slice(4)]
    expect((await line.compulsa('extend', ...asItWas)).stdout).toMatch(/^same\.pdf: nothing to add, it has T or more\n/)
    expect(await readFile(line.path('same.pdf'))).toEqual(await readFile(line.path('two-lta.pdf')))
    const report = await line.verified('two-lta.pdf')
    expect(report.indication).toBe('TOTAL-PASSED')
    const { stdout } = await line.compulsa('verify', 'two-lta.pdf', '--trust', 'trust')
    expect(stdout).toMatch(/ later +form-filling, .*\n +allowed: an invisible signature was added/)
    expect(stdout).toMatch(/ later +lta, .*\n +allowed: .*time-stamp was added/)
    expect(stdout).toContain('  Signature2: TOTAL-PASSED')
    expect(report.signatures.filter(one => one.type === 'Sig').map(one => one.level)).toEqual([
      'PAdES-BASELINE-LTA',
      'PAdES-BASELINE-LTA',
    ])
    const path = line.path('two-lta.pdf')
    expect((await judge('pdfsig', ['-nocert', path])).output.match(/Signature is Valid/g)).toHaveLength(2)
    expect(await judge('qpdf', ['--check', path])).toMatchObject({ code: 0 })
  })

  it('shows its signature where the extra parameters say, and names those without effect', async () => {
    const corners = { LowerLeftX: 20, LowerLeftY: 20, UpperRightX: 180, UpperRightY: 80 }
    const placed = Object.entries(corners).map(([name, value]) => `signaturePositionOnPage${name}=${value}`)
    const text = 'layer2Text=Còpia autèntica de $$SUBJECTCN$$ $$NIF$$'
    await line.write('extra', [...placed, text, 'signReason=Prova', 'headless=true', 'serverUrl=https://x'].join('\n'))
    const policy = ['--policy', 'agel']
    const signed = await line.compulsa(
      'sign',
      'in.pdf',
      '--out',
      'shown.pdf',
      '--extra',
      'extra',
      ...policy,
      ...line.by('first'),
    )
    expect(signed.code).toBe(0)
    expect(signed.stderr.match(/[^ ]+(?= has no effect)/g)).toEqual(['serverUrl', 'signReason', '$$NIF$$'])
    const { output } = await judge('pdftotext', [line.path('shown.pdf'), '-'])
    expect(output.replace(/\s+/g, ' ')).toContain('Còpia autèntica de Núria Vidal $$NIF$$')
  })
})

describe('any file', () => {
  it('gets a detached CAdES at LTA beside it, and another signature in that', async () => {
    const one = ['--format', 'cades', '--level', 'lta', ...line.by('first')]
    expect(await line.compulsa('sign', 'in.pdf', '--out', 'one.p7s', ...one)).toMatchObject({ code: 0 })
    const more = ['--op', 'cosign', '--content', 'in.pdf', '--format', 'cades', ...line.by('second')]
    expect(await line.compulsa('sign', 'one.p7s', '--out', 'two.p7s', ...more)).toMatchObject({ code: 0, stderr: '' })
    expect(await line.verified('two.p7s', '--content', 'in.pdf', '--online')).toMatchObject({
      indication: 'TOTAL-PASSED',
      format: 'CAdES',
      signatures: [{ level: 'CAdES-BASELINE-LTA' }, { level: 'CAdES-BASELINE-B' }],
    })
    const openssl = await judge('openssl', [
      ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', line.path('two.p7s')],
      ...[
        '-content',
        line.path('in.pdf'),
        '-CAfile',
        line.path('trust/root.pem'),
        '-purpose',
        'any',
        '-out',
        '/dev/null',
      ],
      ...['-certfile', await intermediate()],
    ])
    expect(openssl.output).toContain('successful')
  })

  it('is named in a signature of its own as it is called, whatever characters that takes', async () => {
    const name = 'acta #3?100%.xml'
    await line.write(name, 'anything')
    const detached = ['--format', 'xades', '--packaging', 'detached']
    await line.compulsa('sign', name, '--out', 'o.xml', ...detached, ...line.by('first'))
    expect(await readFile(line.path('o.xml'), 'utf8')).toContain(' URI="acta%20%233%3F100%25.xml"')
    expect(await line.verified('o.xml', '--content', name, '--online')).toMatchObject({ indication: 'TOTAL-PASSED' })
  })

  it('that is XML gets XAdES at LTA, countersigned, with the policy of the administration', async () => {
    const words = ['--format', 'xades', '--level', 'lta', '--policy', 'agel', ...line.by('first')]
    expect(await line.compulsa('sign', 'in.xml', '--out', 'one.xml', ...words)).toMatchObject({ code: 0, stderr: '' })
    const over = ['--format', 'xades', '--op', 'countersign', ...line.by('second')]
    expect(await line.compulsa('sign', 'one.xml', '--out', 'two.xml', ...over)).toMatchObject({ code: 0, stderr: '' })
    expect(await line.verified('two.xml', '--online')).toMatchObject({
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
  await line.write('intermediate.pem', pem('CERTIFICATE', line.services.pki.intermediate))
  return line.path('intermediate.pem')
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
    const run = await line.compulsa('sign', ...words, '--out', 'refused')
    expect(run.stderr).toMatch(new RegExp(`^${fault}: `))
    expect(run.code).toBe(code)
    expect(existsSync(line.path('refused'))).toBe(false)
  })

  it('when the authority gives a time-stamp of something else', async () => {
    line.services.fault('tsa', 'wrong-imprint')
    const run = await line.compulsa('sign', 'in.pdf', '--out', 'refused', '--level', 't', ...line.by('first'))
    line.services.fault('tsa', undefined)
    expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/^TIMESTAMP_INVALID: /) })
    expect(existsSync(line.path('refused'))).toBe(false)
  })

  it('when a signature that is there already would not verify beside the new one', async () => {
    await line.compulsa('sign', 'in.xml', '--out', 'one.xml', '--format', 'xades', ...line.by('first'))
    const one = await readFile(line.path('one.xml'), 'utf8')
    expect(one).toContain('Aprovat')
    await line.write('broken.xml', one.replace('Aprovat', 'Denegat'))
    for (const operation of ['cosign', 'countersign']) {
      const words = ['broken.xml', '--out', 'refused', '--format', 'xades', '--op', operation]
      const run = await line.compulsa('sign', ...words, ...line.by('second'))
      expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SIGNATURE_BROKEN: /) })
      expect(existsSync(line.path('refused'))).toBe(false)
    }
  })

  it('when a file to be extended is not signed', async () => {
    const run = await line.compulsa(
      'extend',
      'in.pdf',
      '--out',
      'refused',
      '--level',
      't',
      '--tsa',
      line.services.tsaUrl,
    )
    expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SIGNATURE_ABSENT: /) })
  })
})
