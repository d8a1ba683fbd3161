// The command line with the seal of a body as its signer: a file and a batch, whose digests go to the service together; what
// is made is judged by openssl and pdfsig. And where the seals of the table stand, by `doctor`.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { judge, smallPdf } from './50.signature.kit.ts'
import { digestsSent } from './63.seal.kit.ts'
import { commandLine } from './cli.kit.ts'
import { procedure } from './walk.kit.ts'

const ens = '9821920002'
const line = commandLine({ seal: true, config: { procedures: [procedure('seal')] } })
const seal = () => line.site.seal ?? expect.unreachable('a site without a seal service')
const at = (name: string) => join(line.folder, name)

describe('compulsa sign --seal', () => {
  it('signs a PDF that pdfsig finds valid', async () => {
    await writeFile(at('in.pdf'), await smallPdf())
    const words = ['sign', 'in.pdf', '--out', 'out.pdf', '--seal', ens, ...line.configured()]
    const { code, stdout, stderr } = await line.compulsa(...words)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('signed by Segell de l’Ajuntament (sample)')
    const { output } = await judge('pdfsig', ['-nocert', at('out.pdf')])
    expect(output).toContain('Signature is Valid')
  })

  it('signs CMS that openssl verifies up to the seal’s authority', async () => {
    await writeFile(at('text'), 'a text')
    const words = [
      'sign',
      'text',
      '--out',
      'text.p7s',
      '--format',
      'cades',
      '--seal',
      ens,
      '--algorithm',
      'SHA512withRSA',
    ]
    expect((await line.compulsa(...words, ...line.configured())).code).toBe(0)
    const trusted = ['-CAfile', at('site/seal-authority.pem'), '-purpose', 'any']
    const { output } = await judge('openssl', [
      ...['cms', '-verify', '-inform', 'DER', '-binary', '-in', at('text.p7s'), '-content', at('text')],
      ...['-out', at('verified'), ...trusted],
    ])
    expect(output).toMatch(/CMS Verification successful/i)
  })

  it('refuses a seal beside a token, and a body without one', async () => {
    const both = await line.compulsa(
      'sign',
      'in.pdf',
      '--out',
      'no.pdf',
      '--seal',
      ens,
      '--pin-file',
      'pin',
      ...line.configured(),
    )
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('--seal goes without --pin-file')])
    const none = await line.compulsa('sign', 'in.pdf', '--out', 'no.pdf', '--seal', '0000000000', ...line.configured())
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('SEAL_ABSENT')])
  })

  it('says why the service does not sign, without any secret', async () => {
    await seal().fault('another-key')
    const { code, stderr } = await line.compulsa(
      'sign',
      'in.pdf',
      '--out',
      'no.pdf',
      '--seal',
      ens,
      ...line.configured(),
    )
    await seal().fault(undefined)
    expect(code).toBe(1)
    expect(stderr).toContain('SIGNATURE_INVALID')
    expect(stderr).not.toContain('the secret of the kiosk')
  })
})

describe('compulsa batch --seal', () => {
  it('signs all of it, each digest once', async () => {
    const pdf = await smallPdf()
    const another = (i: number) => Buffer.concat([pdf, Buffer.from(`%${i}\n`)]).toString('base64')
    const singlesigns = Array.from({ length: 12 }, (_, i) => ({
      id: `d${i}`,
      datareference: another(i),
      format: 'PAdES',
    }))
    const batch = { algorithm: 'SHA256', format: 'PAdES', suboperation: 'sign', stoponerror: false, singlesigns }
    await writeFile(at('lote.json'), JSON.stringify(batch))
    const before = seal().exchanges().length
    const { code } = await line.compulsa(
      'batch',
      'lote.json',
      '--out',
      'result.json',
      '--seal',
      ens,
      ...line.configured(),
    )
    expect(code).toBe(0)
    const told: { signs: { result: string; signature: string }[] } = JSON.parse(
      await readFile(at('result.json'), 'utf8'),
    )
    expect(told.signs.map(one => one.result)).toEqual(singlesigns.map(() => 'DONE_AND_SAVED'))
    await writeFile(at('last.pdf'), Buffer.from(told.signs.at(-1)?.signature ?? '', 'base64'))
    expect((await judge('pdfsig', ['-nocert', at('last.pdf')])).output).toContain('Signature is Valid')
    const sent = digestsSent(seal().exchanges().slice(before))
    expect(sent).toHaveLength(12)
    expect(new Set(sent).size).toBe(12)
    expect(seal().breaches()).toEqual([])
  })
})

describe('compulsa doctor', () => {
  const checked = async () => {
    const { stdout } = await line.compulsa('doctor', ...line.configured(), '--json')
    const told: { findings: { check: string; ok: boolean; detail: string }[] } = JSON.parse(stdout)
    return told.findings.find(({ check }) => check === `seal of ${ens}`)
  }

  it('tells whose seal it is and how long it lasts, or why there is none', async () => {
    expect(await checked()).toMatchObject({
      ok: true,
      detail: 'trustedx: Segell de l’Ajuntament (sample), 699 days left',
    })
    await seal().fault('no-token-is-good')
    expect(await checked()).toMatchObject({ ok: false, detail: expect.stringContaining('SEAL_CREDENTIALS_REFUSED') })
    await seal().fault(undefined)
  })
})
