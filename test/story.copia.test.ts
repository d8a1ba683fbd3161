// A kiosk whose copies go to a CÒPIA service: they arrive with their ENI document and their evidence, once, also where the
// service was away, and the operator reads the code that it gave. Judged by xmllint and openssl.

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newFiles } from './60.targets.kit.ts'
import { validated, xpath } from './84.eni.kit.ts'
import { judged } from './85.evidence.kit.ts'
import { program } from './cli.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { type Copia, startCopia } from './sim/copia.ts'
import { approve, feed, open, procedure, slips } from './walk.kit.ts'

describe('a copy for a CÒPIA service', () => {
  let copia: Copia
  let files: Awaited<ReturnType<typeof newFiles<'ca' | 'key'>>>
  let kiosk: Kiosk
  beforeAll(async () => {
    copia = await startCopia()
    files = await newFiles({ ca: copia.caPem, key: copia.registered.key })
    const { url, registered } = copia
    const own = { id: 'copia', driver: 'copia', url, ens: '9821920002', user: 'kiosk', domain: registered.domain }
    const document = { type: 'TD14', origin: 'citizen', csv: 'auto' }
    kiosk = await startKiosk({
      sheets: await slips(1),
      config: {
        destinations: [{ ...own, keyFile: files.key, caFile: files.ca }],
        procedures: [procedure('none', { destinations: ['copia'], document })],
      },
    })
  })
  afterAll(async () => {
    await kiosk.stop()
    await copia.stop()
    await files.remove()
  })

  async function compulsa(...words: string[]) {
    const { configFile, dataFolder } = kiosk.site
    const args = [program, ...words, '--config', configFile, '--data', dataFolder]
    return await promisify(execFile)(process.execPath, args).catch((thrown: { stdout: string }) => thrown)
  }

  it('arrives once with all that belongs to it, although the service was down at first', async () => {
    copia.set('down')
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    await approve(kiosk)
    await expect
      .poll(() => kiosk.logged.some(line => line.includes('DESTINATION_BUSY')), { timeout: 20_000 })
      .toBe(true)
    copia.set('none')
    await expect
      .poll(
        () => {
          kiosk.clock.leap(30_000)
          return copia.received().length
        },
        { timeout: 20_000, interval: 200 },
      )
      .toBe(1)
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'delivered')
    const { claim, parts, sha256 } = copia.received()[0] ?? expect.unreachable('nothing came')
    expect(claim).toMatchObject({ ens: '9821920002', usuari: 'kiosk', signatura: 'NONE', document: { sha256 } })
    const file = join(kiosk.folder, 'eni.xml')
    await writeFile(file, parts.get('eni') ?? '')
    await validated(file)
    expect(await xpath(file, '//e:referenciaFichero')).toBe(claim.nomFitxer)
    expect(await xpath(file, '//e:TipoFirma')).toBe('TF01')
    const evidence = await judged(kiosk.folder, JSON.parse(String(parts.get('evidencies'))))
    expect(evidence).toMatchObject({ good: true, payload: { type: 'compulsa-copy-evidence' } })
    expect(JSON.stringify(evidence.payload)).toContain(sha256)
  })

  it('is told with the code of the service, and doctor knows that the kiosk is let in', async () => {
    const { copy } = kiosk.screen.view()
    const [shown, known] = await Promise.all([compulsa('queue', 'show', copy?.id ?? ''), compulsa('doctor', '--json')])
    expect(shown.stdout).toMatch(/to copia: delivered, \d+ attempts, receipt D-S1 CSV 98219200022026S1K7QF2M9X/)
    const { findings } = JSON.parse(known.stdout)
    const own = { check: 'destination copia', ok: true, detail: expect.stringContaining('it knows the kiosk') }
    expect(findings).toContainEqual(expect.objectContaining(own))
    copia.set('clockSkew')
    const refused = JSON.parse((await compulsa('doctor', '--json')).stdout)
    expect(refused.findings).toContainEqual(
      expect.objectContaining({ check: 'destination copia', ok: false, detail: expect.stringContaining('RELLOTGE') }),
    )
    expect(kiosk.logged.join('\n')).not.toContain(copia.registered.key)
  })
})
