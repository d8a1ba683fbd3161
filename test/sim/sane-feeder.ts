// A simulated office feeder below SANE: sane-feeder.c built with the system's compiler and loaded by Debian's own libsane,
// so that scanimage, saned and the driver above are the real ones.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, start } from '../../drivers/exec.ts'

const source = new URL('sane-feeder.c', import.meta.url).pathname

/** What a feeder's script may say; sane-feeder.c has the words. */
export interface FeederScript {
  /** Empty: unplugged. */
  readonly device?: string
  readonly sheets?: number
  readonly fail?: string
  readonly style?: 'switch'
  readonly openingMs?: number
  readonly afterwards?: 'double-feed' | 'cover-open'
  readonly sensors?: readonly ('page-loaded' | 'cover-open' | 'scan')[]
}

export interface SaneFeeder {
  /** For scanimage. */
  readonly environment: Readonly<Record<string, string>>
  /** Puts the device in order, but for what is named. */
  set(script?: FeederScript): void
  /** What happened at the device since it was set last. */
  log(): readonly string[]
}

/** Builds the backend once for a test file and returns the folder that libsane is to look in. */
export async function buildSaneFeeder(folder: string): Promise<string> {
  const library = join(folder, 'sane-backends')
  mkdirSync(library)
  const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O1', '-shared', '-fPIC']
  const { exit, stderr } = await run('gcc', [...flags, '-o', join(library, 'libsane-feeder.so.1'), source])
  if (exit.end !== 'exited' || exit.code !== 0) throw new Error(`gcc: ${stderr}`)
  return library
}

/** A feeder of its own below `folder`, listed as `feeder:sim:1`. */
export function createSaneFeeder(folder: string, library: string): SaneFeeder {
  const config = mkdtempSync(join(folder, 'feeder-'))
  const file = (name: string) => join(config, name)
  writeFileSync(file('dll.conf'), 'feeder\n')
  const set = ({ device = 'sim:1', sheets = 3, ...script }: FeederScript = {}) => {
    const lines = [
      ...(device === '' ? [] : [`device ${device}`]),
      `sheets ${sheets}`,
      ...(script.fail === undefined ? [] : [`fail ${script.fail}`]),
      ...(script.style === undefined ? [] : [`style ${script.style}`]),
      ...(script.openingMs === undefined ? [] : [`delay ${script.openingMs}`]),
      ...(script.afterwards === undefined ? [] : [`afterwards ${script.afterwards}`]),
      ...(script.sensors ?? ['page-loaded']).map(sensor => `${sensor} yes`),
    ]
    for (const old of ['feeder.failed', 'feeder.log']) rmSync(file(old), { force: true })
    writeFileSync(file('feeder.conf'), `${lines.join('\n')}\n`)
  }
  set()
  return Object.freeze({
    environment: { SANE_CONFIG_DIR: config, LD_LIBRARY_PATH: library },
    set,
    log: () => (existsSync(file('feeder.log')) ? readFileSync(file('feeder.log'), 'utf8').trim().split('\n') : []),
  })
}

export interface SanedServer {
  /** What SANE's net backend calls the host. */
  readonly host: string
  stop(): Promise<void>
}

/** Debian's saned in front of a feeder. SANE's network port cannot be chosen by a client, so the loopback address is. */
export function startSaned(feeder: SaneFeeder, place = 0): SanedServer {
  writeFileSync(join(feeder.environment.SANE_CONFIG_DIR ?? '', 'saned.conf'), '127.0.0.0/8\n')
  const host = `127.${77 + place}.${(process.pid >> 8) & 0xff}.${process.pid & 0xff}`
  const { environment } = feeder
  const child = start('/usr/sbin/saned', ['-l', '-b', host, '-p', '6566'], { environment, killAfterMs: 0 })
  child.stdout.resume()
  child.stderr.resume()
  return { host, stop: async () => void (await child.kill()) }
}
