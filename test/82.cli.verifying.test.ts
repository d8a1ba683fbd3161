// Verifying on the command line: what does not pass, and what a person is told that is missing.

import { mkdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { signingLine } from './82.cli.signatures.kit.ts'
import { pem } from './sim/pki.ts'

const line = signingLine()

describe('verifying', () => {
  it('does not pass what follows the last revision, nor what was changed', async () => {
    await line.compulsa('sign', 'in.pdf', '--out', 'good.pdf', ...line.by('first'))
    const good = await readFile(line.path('good.pdf'))
    await line.write('junk.pdf', Buffer.concat([good, Buffer.from('JUNK')]))
    const changed = Buffer.from(good)
    changed[100] = (changed[100] ?? 0) ^ 1
    await line.write('changed.pdf', changed)
    expect(await line.verified('good.pdf', '--online')).toMatchObject({ indication: 'TOTAL-PASSED' })
    expect(await line.verified('junk.pdf', '--online')).toMatchObject({
      indication: 'TOTAL-FAILED',
      subIndication: 'FORMAT_FAILURE',
    })
    const run = await line.compulsa('verify', 'changed.pdf', '--trust', 'trust')
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/^(HASH_FAILURE|PDF_UNREADABLE|FORMAT_FAILURE): /)
  })

  it.each([
    ['in.pdf', []],
    ['in.xml', ['--format', 'cades', '--packaging', 'enveloping']],
    ['in.xml', ['--format', 'xades']],
  ])('does not pass %s signed %j for another content that is given', async (file, words) => {
    await line.compulsa('sign', file, '--out', 'whole', ...words, ...line.by('first'))
    await line.write('other', 'another content')
    expect(await line.verified('whole', '--online')).toMatchObject({ indication: 'TOTAL-PASSED' })
    expect(await line.verified('whole', '--online', '--content', 'other')).toMatchObject({
      indication: 'INDETERMINATE',
      findings: [{ detail: expect.stringContaining('content that was given') }],
    })
  })

  it('passes a signature that envelops just the content that is given', async () => {
    const words = ['--format', 'cades', '--packaging', 'enveloping']
    await line.compulsa('sign', 'in.xml', '--out', 'whole', ...words, ...line.by('first'))
    const report = await line.verified('whole', '--online', '--content', 'in.xml')
    expect(report).toMatchObject({ indication: 'TOTAL-PASSED' })
  })

  it('is left what making a signature did not ask', async () => {
    await mkdir(line.path('near'))
    await line.write('near/ca.pem', pem('CERTIFICATE', line.services.pki.intermediate))
    const words = ['sign', 'in.pdf', '--out', 'made.pdf', ...line.by('first')]
    const { stdout } = await line.compulsa(...words, '--trust', 'near')
    expect(stdout).toContain('Signature1: TOTAL-PASSED')
    expect(stdout).toMatch(/ was not asked: verify --online does\n$/)
    expect((await line.compulsa(...words, '--level', 'lt')).stdout).not.toContain('was not asked')
  })

  it('says what is missing', async () => {
    await line.compulsa('sign', 'in.xml', '--out', 'b.p7s', '--format', 'cades', ...line.by('first'))
    const alone = await line.compulsa('verify', 'b.p7s', '--trust', 'trust')
    expect(alone).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SIGNED_DATA_NOT_FOUND: .*--content/) })
    const untrusted = await line.compulsa('verify', 'b.p7s', '--content', 'in.xml')
    expect(untrusted).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^NO_CERTIFICATE_CHAIN_FOUND: .*--trust/),
    })
  })
})
