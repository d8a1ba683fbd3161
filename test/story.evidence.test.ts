// Whoever asks later how a copy was made gets an answer that this kiosk has signed: which scanner, which official, every
// digest on the way. And the copy as an ENI document, whose identifier is the one inside of the PDF.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { version } from '../device/version.ts'
import { contentIn, validated, xpath } from './84.eni.kit.ts'
import { type Judged, judged } from './85.evidence.kit.ts'
import { program } from './cli.kit.ts'
import { readCsv } from './csv.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { approve, copyReceived, feed, open, procedure, sign, smallPile } from './walk.kit.ts'

const execute = promisify(execFile)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('a copy that was signed, extended and delivered', () => {
  let kiosk: Kiosk
  let id: string
  let pdf: Buffer
  let images: Buffer[]
  let evidence: Judged

  const exported = async (name: string, ...words: string[]) => {
    const file = join(kiosk.folder, name)
    const configured = ['--config', kiosk.site.configFile, '--data', kiosk.site.dataFolder]
    await execute(process.execPath, [program, 'queue', 'export', id, '--out', file, ...words, ...configured])
    return file
  }

  beforeAll(async () => {
    const procedures = [
      procedure('local', {
        document: { type: 'TD14', csv: 'auto', csvPattern: 'ine-date', sia: '994106' },
        attestation: { by: 'official', register: 'Registre de personal habilitat' },
        signature: { level: 'LTA' },
      }),
    ]
    kiosk = await startKiosk({ sheets: await smallPile(2), trustServices: true, config: { procedures } })
    await open(kiosk, 'copy-local')
    await feed(kiosk)
    await approve(kiosk)
    expect(await sign(kiosk, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    id = kiosk.screen.copy().id
    ;({ pdf, images } = await copyReceived(kiosk, 0))
    evidence = await judged(
      kiosk.folder,
      JSON.parse(await readFile(await exported('evidence.json', '--evidence'), 'utf8')),
    )
  })
  afterAll(() => kiosk.stop())

  it('has evidence whose signature openssl verifies', () => expect(evidence.good).toBe(true))

  it('tells who made it, by what right and with what', () => {
    expect(evidence.payload).toMatchObject({
      document: {
        id,
        documentType: 'TD14',
        sia: '994106',
        identifier: expect.stringMatching(/^ES_[A-Z0-9]{9}_\d{4}_[A-Z0-9]{30}$/),
      },
      kiosk: { id: 'simulated-kiosk', version },
      action: {
        by: 'official',
        register: 'Registre de personal habilitat',
        certificate: {
          certificateSha256: expect.toSatisfy((one: string) => kiosk.site.certificates.map(sha256).includes(one)),
          subject: expect.stringContaining('CN='),
        },
      },
      source: { nature: 'original', elaborationState: 'EE03' },
      paper: 'returned',
      deliveries: [{ destination: 'archive', state: 'delivered', receipt: { sha256: sha256(pdf) } }],
    })
  })

  it('tells the digest of each image as it was scanned, and of the copy after each step', () => {
    const { pages, steps } = evidence.payload as {
      pages: { scanned: { sha256: string } }[]
      steps: { bytes: number; sha256: string }[]
    }
    expect(pages).toMatchObject([
      { number: 1, sheet: 1, scanner: { id: 'feeder', driver: 'escl' }, resolution: 200, untouched: true },
      { number: 2, sheet: 2, scannedAt: expect.stringMatching(/Z$/) },
    ])
    expect(pages.map(one => one.scanned.sha256)).toEqual(images.map(sha256))
    expect(steps).toMatchObject([
      { step: 'composed', level: null },
      { step: 'signed', level: 'B', provenAt: null },
      { step: 'extended', level: 'T', provenAt: expect.stringMatching(/Z$/) },
      { step: 'extended', level: 'LTA', provenAt: expect.stringMatching(/Z$/), clock: { source: 'unknown' } },
    ])
    expect(steps.at(-1)?.sha256).toBe(sha256(pdf))
    // Whatever came later was appended.
    for (const { bytes, sha256: digest } of steps) expect(sha256(pdf.subarray(0, bytes))).toBe(digest)
  })

  it('is an ENI document by the schemas, with the PDF and its identifier', async () => {
    const file = await exported('eni.xml', '--eni')
    await validated(file)
    expect(await contentIn(file)).toEqual(pdf)
    const { document } = evidence.payload as { document: { identifier: string; csv: string } }
    expect(await xpath(file, '//e:Identificador')).toBe(document.identifier)
    expect(pdf.toString('latin1')).toContain(`<eni:Identificador>${document.identifier}</eni:Identificador>`)
    expect(await xpath(file, '//e:firma[1]/e:TipoFirma')).toBe('TF01')
    expect(await xpath(file, '//e:firma[2]/e:TipoFirma')).toBe('TF06')
    expect(await xpath(file, '//e:TipoDocumental')).toBe('TD14')
    expect(await xpath(file, '//e:NombreFormato')).toBe('PDF/A')
    const csv = await xpath(file, '//e:ValorCSV')
    expect({ csv, sound: readCsv(csv) }).toEqual({ csv: document.csv, sound: csv })
    expect(csv.replaceAll('-', '')).toMatch(/^\d{18}[0-9A-Z]{27}$/)
  })

  it('is one file at a time', async () => {
    await writeFile(join(kiosk.folder, 'both'), '')
    await expect(exported('both', '--eni', '--evidence')).rejects.toMatchObject({ code: 2 })
    expect(await readFile(join(kiosk.folder, 'both'), 'utf8')).toBe('')
  })
})
