// The same work by programs of Debian: scanimage over sane-airscan from the same scanner, img2pdf, and poppler's pdfsig
// with a key in an NSS database. It straightens nothing, stores nothing durably or encrypted, and its key lies in a file:
// pdfsig 22.12 crashes at its end when the key is on a PKCS#11 token, and refuses -etsi (PAdES) for new signatures.

import { execFile } from 'node:child_process'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sRgbProfile } from '../../device/pdf/icc.ts'
import { airscanConfiguration } from '../30.scan.setup.ts'
import { createTestPki, pem } from '../sim/pki.ts'
import { judge } from './judge.ts'
import { inSequence, type MeasuredRun, runMeasured, type Use } from './measured.ts'
import type { Pile, Surroundings } from './surroundings.ts'

const run = promisify(execFile)
const nickname = 'bench'
const passphrase = 'bench'

export interface Peer {
  readonly saneFolder: string
  readonly nssFolder: string
  /** Debian installs the one that img2pdf looks for nowhere: ours is lent. */
  readonly profileFile: string
}

export interface PeerRequest {
  readonly peer: Peer
  readonly surroundings: Surroundings
  readonly pile: Pile
  readonly sheets: number
  /** New for each run. */
  readonly folder: string
}

export interface PeerRun extends Use {
  /** Seconds of each program. */
  readonly scanimage: number
  readonly img2pdf: number
  readonly pdfsig: number
  readonly bytes: number
}

/** SANE's configuration and an NSS database with a key and its trusted root, in `folder`. */
export async function preparePeer(folder: string, scannerUrl: string): Promise<Peer> {
  const peer = {
    saneFolder: join(folder, 'sane'),
    nssFolder: join(folder, 'nss'),
    profileFile: join(folder, 'sRGB.icc'),
  }
  for (const one of [peer.saneFolder, peer.nssFolder]) await mkdir(one, { recursive: true })
  await writeFile(peer.profileFile, sRgbProfile())
  for (const [name, text] of Object.entries(airscanConfiguration(scannerUrl)))
    await writeFile(join(peer.saneFolder, name), text)
  const pki = await createTestPki({ now: Date.now() })
  const { certificate, privateKey } = await pki.signer({ commonName: 'Bench' })
  const file = (name: string) => join(folder, name)
  await writeFile(file('key.pem'), pem('PRIVATE KEY', privateKey), { mode: 0o600 })
  await writeFile(file('certificate.pem'), pem('CERTIFICATE', certificate))
  const key = ['-inkey', file('key.pem'), '-in', file('certificate.pem'), '-name', nickname]
  await run('openssl', ['pkcs12', '-export', ...key, '-passout', `pass:${passphrase}`, '-out', file('key.p12')])
  await run('certutil', ['-N', '-d', `sql:${peer.nssFolder}`, '--empty-password'])
  await run('pk12util', ['-i', file('key.p12'), '-W', passphrase, '-d', `sql:${peer.nssFolder}`])
  return peer
}

/** One pile through the three programs; throws when the signed copy is not as it must be. */
export async function runPeer({ peer, surroundings, pile, sheets, folder }: PeerRequest): Promise<PeerRun> {
  await mkdir(folder, { recursive: true })
  await surroundings.load(pile, sheets)
  const scan = await scanWithSane(peer, folder)
  const images = (await readdir(folder)).filter(name => name.endsWith('.jpg')).sort()
  const pdf = await runMeasured('img2pdf', ['--pdfa', peer.profileFile, '--output', 'copy.pdf', ...images], { folder })
  const sign = await runMeasured(
    'pdfsig',
    ['-nssdir', peer.nssFolder, '-add-signature', '-no-ocsp', '-nick', nickname, 'copy.pdf', 'signed.pdf'],
    { folder },
  )
  const bytes = await judge(join(folder, 'signed.pdf'), sheets)
  await rm(folder, { recursive: true })
  const use = inSequence([scan, pdf, sign])
  return { ...use, scanimage: scan.seconds, img2pdf: pdf.seconds, pdfsig: sign.seconds, bytes }
}

function scanWithSane({ saneFolder }: Peer, folder: string): Promise<MeasuredRun> {
  const page = ['--resolution', '300', '--mode', 'Color', '-x', '210', '-y', '297']
  return runMeasured(
    'scanimage',
    ['--device-name=airscan:e0:sim', '--source=ADF', ...page, '--format=jpeg', '--batch=page-%03d.jpg'],
    { folder, environment: { SANE_CONFIG_DIR: saneFolder } },
  )
}
