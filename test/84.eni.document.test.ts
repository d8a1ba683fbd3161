// ENI documents as XML: valid by the schemas of the norm, the content byte for byte, however it arrives and however large.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EniDocument, eniNamespaces, writeEni } from '../device/eni/document.ts'
import type { XmlElement } from '../device/xml/node.ts'
import { parseXml } from '../device/xml/parse.ts'
import { contentIn, validated, xpath } from './84.eni.kit.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-eni-'))
})
afterAll(() => rm(folder, { recursive: true }))

const metadata = {
  identifier: 'ES_L01080193_2026_COMPULSA0000000000000000000001',
  organs: ['L01080193', 'A09002970'],
  capturedAt: Date.UTC(2026, 2, 1, 10, 0, 0, 123),
  origin: 'administration',
  elaborationState: 'EE04',
  sourceIdentifier: 'ES_<&>_\u0000',
  documentType: 'TD51',
} as const
const document: EniDocument = {
  metadata,
  format: 'PDF/A',
  signatures: [{ type: 'TF01', csv: 'ABCD-1234', regulation: 'Resolució d’1 de març & <altres>' }, { type: 'TF06' }],
}

async function* pieces(bytes: Uint8Array, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function written(of: EniDocument, bytes: Uint8Array, length = 7): Promise<string> {
  const file = join(folder, `${Math.round(performance.now() * 1000)}.xml`)
  await writeFile(file, writeEni(of, pieces(bytes, length)))
  return file
}

const content = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37) & 0xff)

describe('an ENI document', () => {
  it('is valid and says what it was told', async () => {
    const file = await written(document, content)
    await validated(file)
    const of = (path: string) => xpath(file, `/e:documento/${path}`)
    expect(await of('e:metadatos/e:VersionNTI')).toBe(eniNamespaces.enidoc)
    expect(await of('e:metadatos/e:Identificador')).toBe(metadata.identifier)
    expect(await of('e:metadatos/e:Organo[2]')).toBe('A09002970')
    expect(await of('e:metadatos/e:FechaCaptura')).toBe('2026-03-01T10:00:00Z')
    expect(await of('e:metadatos/e:OrigenCiudadanoAdministracion')).toBe('1')
    expect(await of('e:metadatos/e:EstadoElaboracion/e:ValorEstadoElaboracion')).toBe('EE04')
    expect(await of('e:metadatos/e:EstadoElaboracion/e:IdentificadorDocumentoOrigen')).toBe('ES_<&>_ ')
    expect(await of('e:metadatos/e:TipoDocumental')).toBe('TD51')
    expect(await of('e:contenido/e:NombreFormato')).toBe('PDF/A')
    const signature = (n: number, path: string) => of(`e:firmas/e:firma[${n}]/${path}`)
    expect(await signature(1, 'e:TipoFirma')).toBe('TF01')
    expect(await signature(1, 'e:ContenidoFirma/e:CSV/e:ValorCSV')).toBe('ABCD-1234')
    expect(await signature(1, 'e:ContenidoFirma/e:CSV/e:RegulacionGeneracionCSV')).toBe(
      'Resolució d’1 de març & <altres>',
    )
    expect(await signature(2, 'e:TipoFirma')).toBe('TF06')
    const reference = await signature(2, 'e:ContenidoFirma/e:FirmaConCertificado/e:ReferenciaFirma')
    expect(reference).toBe(`#${await of('e:contenido/@Id')}`)
  })

  it.each([1, 2, 3, 7, 64, 1000])('holds its content byte for byte when it comes by %d', async length => {
    for (const size of [0, 1, 2, 3, 998, 999, 1000]) {
      const bytes = content.subarray(0, size)
      expect(await contentIn(await written(document, bytes, length))).toEqual(Buffer.from(bytes))
    }
  })

  it('may have no signatures, and no source', async () => {
    const { sourceIdentifier: _none, ...plain } = metadata
    const file = await written({ metadata: { ...plain, origin: 'citizen' }, format: 'PDF', signatures: [] }, content)
    await validated(file)
    expect(await xpath(file, 'count(//e:firmas)')).toBe('0')
    expect(await xpath(file, '//e:OrigenCiudadanoAdministracion')).toBe('0')
    expect(await xpath(file, 'count(//e:IdentificadorDocumentoOrigen)')).toBe('0')
  })

  it('of what the schema does not know is refused by the judge', async () => {
    await expect(
      validated(await written({ ...document, metadata: { ...metadata, documentType: 'TD70' } }, content)),
    ).rejects.toThrow('TD70')
  })

  it('is read back by our own reader', async () => {
    const parts: Uint8Array[] = []
    for await (const part of writeEni(document, pieces(content, 100))) parts.push(part)
    const { root } = parseXml(Buffer.concat(parts))
    const elements = (of: XmlElement) => of.children.filter(node => node.kind === 'element')
    const [contained] = elements(root)
    const [binary] = contained === undefined ? [] : elements(contained)
    const [text] = binary?.children ?? []
    expect({ namespace: binary?.namespace, local: binary?.local }).toEqual({
      namespace: eniNamespaces.enifile,
      local: 'ValorBinario',
    })
    expect(Buffer.from(text?.kind === 'text' ? text.value : '', 'base64')).toEqual(Buffer.from(content))
  })

  it('of 24 MB is valid, and never all of it in memory', async () => {
    const piece = new Uint8Array(1 << 20).fill(0x5a)
    let asked = 0
    let largest = 0
    async function* large() {
      for (; asked < 24; asked += 1) yield piece
    }
    async function* watched() {
      for await (const part of writeEni(document, large())) {
        largest = Math.max(largest, part.length)
        yield part
      }
    }
    const file = join(folder, 'large.xml')
    await writeFile(file, watched())
    expect(largest).toBeLessThan(2 << 20)
    await validated(file)
    expect((await contentIn(file)).length).toBe(24 << 20)
  })
})
