// A copy that says on each page what it is: body, right, date, state, code and where to check it, in a margin of its own
// and in the metadata. The rendition for printing is made beside it, and the copy stays as it was signed.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { program } from './cli.kit.ts'
import { readCsv } from './csv.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { approve, copyReceived, feed, open, procedure, sign, smallPile } from './walk.kit.ts'

const execute = promisify(execFile)
const body = {
  name: { ca: 'Ajuntament de Mostra', es: 'Ayuntamiento de Muestra' },
  ine10: '9821920002',
  dir3: 'L01080193',
  verificationUrl: 'https://seu.example.cat/verifica?csv={csv}',
}

describe('a signed copy with a legend', () => {
  let kiosk: Kiosk
  let copy: string
  beforeAll(async () => {
    const document = { csv: 'auto', legend: 'margin' }
    const attestation = { by: 'official' }
    const procedures = [procedure('local', { document, attestation })]
    kiosk = await startKiosk({ sheets: await smallPile(2), config: { body, procedures } })
    copy = join(kiosk.folder, 'copy.pdf')
  })
  afterAll(() => kiosk.stop())

  const textOf = async (file: string) => (await execute('pdftotext', ['-layout', file, '-'])).stdout
  const qrOf = async (file: string, page: number) => {
    const picture = join(kiosk.folder, 'page')
    await execute('pdftoppm', [
      '-png',
      '-singlefile',
      '-r',
      '200',
      '-f',
      String(page),
      '-l',
      String(page),
      file,
      picture,
    ])
    return (await execute('zbarimg', ['--quiet', '--raw', '-S*.disable', '-Sqrcode.enable', `${picture}.png`])).stdout
  }

  it('carries it on every page, beside the images as they were scanned', async () => {
    await open(kiosk, 'copy-local')
    await feed(kiosk)
    await approve(kiosk)
    expect(await sign(kiosk, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    const { pdf, images } = await copyReceived(kiosk, 0)
    await writeFile(copy, pdf)
    expect(images).toHaveLength(2)
    const text = await textOf(copy)
    for (const said of [
      'Còpia electrònica autèntica de document en paper (art. 27 Llei 39/2015) · Ajuntament de Mostra',
      'Feta per personal funcionari habilitat, que la signa',
      `Estat d’elaboració EE03 · Referència ${kiosk.screen.copy().reference}`,
      'Codi segur de verificació',
    ])
      expect(text.split(said)).toHaveLength(3)
    expect(text).toContain('Pàgina 1 de 2')
    expect(text).toContain('Pàgina 2 de 2')
  })

  it('has the same code in text, QR code, metadata and receipt, and the code is sound', async () => {
    const code = /verificació ([0-9A-Z-]{33})/.exec(await textOf(copy))?.[1] ?? ''
    expect(readCsv(code)).toBe(code)
    const address = `https://seu.example.cat/verifica?csv=${code}`
    expect((await qrOf(copy, 1)).trim()).toBe(address)
    expect((await qrOf(copy, 2)).trim()).toBe(address)
    expect((await readFile(copy)).toString('latin1')).toContain(`<eni:CSV>${code}</eni:CSV>`)
    expect(kiosk.screen.copy().result?.qr).toBe(address)
  })

  it('is printed on A4 by a rendition of its own, which names the signer and is not signed', async () => {
    const [{ id = '' } = {}] = JSON.parse(
      (await execute(process.execPath, [program, 'queue', 'list', '--json', ...configured()])).stdout,
    )
    const out = join(kiosk.folder, 'printable.pdf')
    await execute(process.execPath, [program, 'queue', 'export', id, '--printable', '--out', out, ...configured()])
    const { stdout } = await execute('pdfinfo', ['-f', '1', '-l', '2', out])
    expect(stdout).toMatch(/Page +1 size: +595\.\d+ x 841\.\d+ pts \(A4\)/)
    expect(stdout).toMatch(/Page +2 size: +595\.\d+ x 841\.\d+ pts \(A4\)/)
    expect((await textOf(out)).replace(/\s+/g, ' ')).toMatch(
      /Signada per .+ el \d{4}-\d\d-\d\d \d\d:\d\d UTC\. Representació/,
    )
    const unsigned = await execute('pdfsig', [out]).catch((thrown: { stdout: string }) => thrown)
    expect(unsigned.stdout).toContain('does not contain any signatures')
    const exported = join(kiosk.folder, 'exported.pdf')
    await execute(process.execPath, [program, 'queue', 'export', id, '--out', exported, ...configured()])
    const digest = async (file: string) =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex')
    expect(await digest(exported)).toBe(await digest(copy))
  })

  const configured = () => ['--config', kiosk.site.configFile, '--data', kiosk.site.dataFolder]
})
