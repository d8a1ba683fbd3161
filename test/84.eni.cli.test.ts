// `compulsa eni`: the signature of the PDF decides what the document says of itself; what is wrong is told and nothing written.

import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { signingLine } from './82.cli.signatures.kit.ts'
import { contentIn, validated, xpath } from './84.eni.kit.ts'

const line = signingLine()
const csv = { value: '0123-4567', regulation: 'Resolució de prova' }
const meta = {
  organs: ['L01080193'],
  capturedAt: '2026-03-01T10:00:00Z',
  origin: 'citizen',
  elaborationState: 'EE03',
  sourceNature: 'original',
  documentType: 'TD14',
}

async function eni(input: string, given: object, ...words: string[]) {
  await line.write('meta.json', JSON.stringify(given))
  return line.compulsa('eni', input, '--meta', 'meta.json', '--out', 'out.xml', ...words)
}

const types = async () => {
  const file = line.path('out.xml')
  await validated(file)
  return [await xpath(file, '//e:firma[1]/e:TipoFirma'), await xpath(file, '//e:firma[2]/e:TipoFirma')]
}

beforeAll(async () => {
  const made = await line.compulsa('sign', 'in.pdf', '--out', 'signed.pdf', ...signedB())
  expect(made).toMatchObject({ code: 0 })
})

function signedB() {
  return ['--format', 'pades', '--level', 'b', ...line.by('first').slice(0, 6)]
}

describe('compulsa eni', () => {
  it('tells a PAdES signature, and holds the PDF as it is', async () => {
    const done = await eni('signed.pdf', meta, '--trust', 'trust', '--json')
    expect(done).toMatchObject({ code: 0 })
    const { identifier, signatures, warnings } = JSON.parse(done.stdout)
    expect({ signatures, warnings }).toEqual({ signatures: ['TF06'], warnings: [] })
    expect(identifier).toMatch(/^ES_L01080193_2026_[0-9A-Z]{30}$/)
    expect(await types()).toEqual(['TF06', ''])
    const file = line.path('out.xml')
    expect(await contentIn(file)).toEqual(await readFile(line.path('signed.pdf')))
    expect(await xpath(file, '//e:Identificador')).toBe(identifier)
    expect(await xpath(file, '//e:NombreFormato')).toBe('PDF')
    expect(await xpath(file, '//e:ValorEstadoElaboracion')).toBe('EE03')
  })

  it('tells a code, and both', async () => {
    expect(await eni('in.pdf', { ...meta, csv })).toMatchObject({ code: 0 })
    expect(await types()).toEqual(['TF01', ''])
    expect(await eni('signed.pdf', { ...meta, csv, format: 'PDF/A' })).toMatchObject({ code: 0 })
    expect(await types()).toEqual(['TF01', 'TF06'])
    expect(await xpath(line.path('out.xml'), '//e:RegulacionGeneracionCSV')).toBe(csv.regulation)
    expect(await xpath(line.path('out.xml'), '//e:NombreFormato')).toBe('PDF/A')
  })

  it('keeps the identifier that is given, and warns', async () => {
    const identifier = 'ES_L01080193_2010_A1'
    const done = await eni('signed.pdf', { ...meta, identifier, documentType: 'TD51' })
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/warning.*documentType[\s\S]*warning.*identifier/),
    })
    expect(await xpath(line.path('out.xml'), '//e:Identificador')).toBe(identifier)
  })

  it('without a proof is refused, or made without firmas where that is asked for', async () => {
    const refused = await eni('in.pdf', meta)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SIGNATURE_ABSENT: .*--unsigned/) })
    expect(await eni('in.pdf', meta, '--unsigned')).toMatchObject({ code: 0 })
    expect(await types()).toEqual(['', ''])
  })
})

describe('refused, and nothing is written', () => {
  const refusal = async (input: string, given: object, ...words: string[]) => {
    await writeFile(line.path('out.xml'), 'as it was')
    const done = await eni(input, given, ...words)
    expect(await readFile(line.path('out.xml'), 'utf8')).toBe('as it was')
    return done
  }

  it('metadata, every path at once', async () => {
    const done = await refusal('signed.pdf', { ...meta, organs: ['X'], sourceNature: 'copy', extra: 1 })
    expect(done).toMatchObject({ code: 1, stderr: expect.stringMatching(/^REQUEST_INVALID: \$\.extra: /) })
    const codes = await refusal('signed.pdf', { ...meta, organs: ['X'], sourceNature: 'copy' })
    expect(codes.stderr).toMatch(/^REQUEST_INVALID: \$\.organs\[0\]: .*; \$\.elaborationState: /)
    await line.write('meta.json', '{')
    const broken = await line.compulsa('eni', 'signed.pdf', '--meta', 'meta.json', '--out', 'no.xml')
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringMatching(/^REQUEST_INVALID: meta\.json is not JSON/) })
    expect(existsSync(line.path('no.xml'))).toBe(false)
  })

  it('a PDF whose signed bytes are others', async () => {
    const bytes = await readFile(line.path('signed.pdf'))
    bytes[bytes.indexOf('%PDF-') + 10] = 0x41
    await line.write('altered.pdf', bytes)
    const done = await refusal('altered.pdf', meta)
    expect(done).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SIGNATURE_BROKEN: /) })
  })

  it('what is no PDF, signed or not', async () => {
    for (const word of ['--unsigned', '--json']) {
      const done = await refusal('in.xml', { ...meta, csv }, word)
      expect(done).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SIGNATURE_FORMAT_REFUSED: .* no PDF/) })
    }
  })
})
