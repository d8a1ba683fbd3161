// `compulsa sign --extra`: what AutoFirma's parameters ask of a CAdES signature and of the certificate, from a file of
// properties to a file that OpenSSL or `compulsa verify` judges.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { signingLine } from './82.cli.signatures.kit.ts'

const line = signingLine()

async function signed(input: string, properties: readonly string[], ...words: string[]) {
  await line.write('extra', properties.join('\n'))
  const options = ['--format', 'cades', '--extra', 'extra', ...words, ...line.by('first')]
  return line.compulsa('sign', input, '--out', 'out.p7s', ...options)
}

describe('extra parameters', () => {
  it('put a small content inside under the policy of the administration, unless the command line says otherwise', async () => {
    const passed = { indication: 'TOTAL-PASSED', format: 'CAdES' }
    expect(await signed('in.pdf', ['expPolicy=FirmaAGE'])).toMatchObject({ code: 0, stderr: '' })
    expect(await line.verified('out.p7s', '--online')).toMatchObject(passed)
    expect(await signed('in.pdf', ['expPolicy=FirmaAGE'], '--packaging', 'detached')).toMatchObject({ code: 0 })
    expect(await line.verified('out.p7s', '--online')).not.toMatchObject(passed)
    expect(await line.verified('out.p7s', '--content', 'in.pdf', '--online')).toMatchObject(passed)
  })

  it('sign a content by its digest', async () => {
    const digest = createHash('sha256')
      .update(await readFile(line.path('in.pdf')))
      .digest()
    await line.write('digest', digest)
    expect(await signed('digest', ['precalculatedHashAlgorithm=SHA-256'])).toMatchObject({ code: 0, stderr: '' })
    const words = ['--content', 'in.pdf', '--online']
    expect(await line.verified('out.p7s', ...words)).toMatchObject({ indication: 'TOTAL-PASSED' })
    const short = await signed('in.xml', ['precalculatedHashAlgorithm=SHA-256'])
    expect(short).toMatchObject({ code: 1, stderr: expect.stringContaining('REQUEST_INVALID') })
  })

  it('choose the certificate, and what of that is not understood is named', async () => {
    const found = await signed('in.pdf', ['filters.1=dnie:', 'filters.2=subject.rfc2254:(cn=N\u00faria*);colour:red'])
    expect(found).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('extra parameter colour:red has no effect'),
    })
    const none = await signed('in.pdf', ['filter=subject.contains:Pere'])
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('CERTIFICATE_NOT_FITTING') })
  })
})
