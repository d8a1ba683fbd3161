// The command line as scripts and fleets use it: exit codes, one line on stderr, JSON on request, files written whole.

import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PoweredKiosk, power } from './power.kit.ts'
import { drawSheet } from './sim/paper.ts'
import { type Site, startSite } from './sim/site.ts'
import { smallPile } from './walk.kit.ts'

const program = new URL('../device/cli.ts', import.meta.url).pathname
const verbs = ['serve', 'devices', 'scan', 'compose', 'sign', 'verify', 'queue', 'audit', 'status', 'doctor']

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

let folder: string
let site: Site

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-cli-'))
  site = await startSite({ folder: join(folder, 'site'), sheets: await smallPile(2) })
})
afterAll(async () => {
  await site.stop()
  await rm(folder, { recursive: true })
})

function compulsa(...args: string[]): Promise<Run> {
  return new Promise(resolve => {
    execFile(process.execPath, [program, ...args], { cwd: folder }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })
}

const configured = () => ['--config', site.configFile, '--data', site.dataFolder]

describe('use and misuse', () => {
  it('lists the verbs', async () => {
    const { code, stdout } = await compulsa('--help')
    expect(code).toBe(0)
    for (const verb of verbs) expect(stdout).toMatch(new RegExp(`^  ${verb} `, 'm'))
  })

  it.each(verbs)('%s has --help', async verb => {
    const { code, stdout } = await compulsa(verb, '--help')
    expect(code).toBe(0)
    expect(stdout).toContain(`compulsa ${verb}`)
    expect(stdout).toContain('--json')
  })

  it.each([
    [['scna'], 'did you mean scan?'],
    [['scan', '--out', 'a.pdf'], 'needs --device'],
    [['compose', 'a.jpg', '--out', 'a.pdf', '--colr', 'bw'], 'did you mean --colour?'],
    [['compose', '--out', 'a.pdf'], 'needs IMAGE'],
    [['scan', '--device', 'x', '--out', 'a.pdf', '--dpi', 'many'], '--dpi takes a whole number'],
    [['queue', 'drop'], 'list, show, retry, hold, export'],
  ])('%j is wrong usage: exit 2', async (args, words) => {
    const { code, stderr } = await compulsa(...args)
    expect(stderr).toContain(words)
    expect(stderr).toMatch(/^USAGE: /)
    expect(code).toBe(2)
  })
})

describe('a configuration that cannot be used', () => {
  it('is refused by the key, with the right spelling', async () => {
    const file = join(folder, 'wrong.json')
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(site.configFile, 'utf8')), destinatons: [] }))
    const { code, stderr } = await compulsa('serve', '--config', file, '--data', folder)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^CONFIG_INVALID: unknown key destinatons; did you mean destinations\?/)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})

describe('files', () => {
  let jpeg: string
  beforeAll(async () => {
    jpeg = join(folder, 'page.jpg')
    await writeFile(jpeg, await drawSheet({ seed: 5, kind: 'letter', resolution: 200 }))
    await writeFile(join(folder, 'pin'), `${site.pin}\n`)
  })

  it('composes, signs and verifies', async () => {
    expect(await compulsa('compose', jpeg, '--out', 'made.pdf', '--title', 'Prova', '--lang', 'ca')).toMatchObject({
      code: 0,
    })
    const signed = await compulsa(
      'sign',
      'made.pdf',
      '--out',
      'signed.pdf',
      '--pin-file',
      'pin',
      '--config',
      site.configFile,
    )
    expect(signed).toMatchObject({ code: 0, stdout: expect.stringContaining('Núria Vidal') })
    const trust = join(folder, 'site')
    const verified = await compulsa('verify', 'signed.pdf', '--trust', trust, '--json')
    expect(verified.code).toBe(0)
    expect(JSON.parse(verified.stdout)).toMatchObject({
      indication: 'TOTAL-PASSED',
      signatures: [{ level: 'PAdES-BASELINE-B' }],
    })
  })

  it('tells an unsigned, an untrusted and an altered file apart, each with exit 1', async () => {
    expect(await compulsa('verify', 'made.pdf')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^NO-SIGNATURE: /),
    })
    expect(await compulsa('verify', 'signed.pdf')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('INDETERMINATE'),
    })
    const bytes = await readFile(join(folder, 'signed.pdf'))
    const at = bytes.indexOf('stream') + 500
    bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at)
    await writeFile(join(folder, 'altered.pdf'), bytes)
    const altered = await compulsa('verify', 'altered.pdf')
    expect(altered).toMatchObject({ code: 1, stderr: expect.stringMatching(/^HASH_FAILURE: /) })
  })

  it('writes nothing when the PIN is wrong', async () => {
    await writeFile(join(folder, 'wrong-pin'), '999999')
    const { code, stderr } = await compulsa(
      'sign',
      'made.pdf',
      '--out',
      'no.pdf',
      '--pin-file',
      'wrong-pin',
      '--config',
      site.configFile,
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/^PIN_WRONG: /)
    expect(stderr).not.toContain('999999')
    expect(await readdir(folder)).not.toContain('no.pdf')
  })

  it.each([
    [['compose', 'nothing.jpg', '--out', 'x.pdf'], 'FILE_UNREADABLE'],
    [['compose', 'pin', '--out', 'x.pdf'], 'IMAGE_UNREADABLE'],
    [['verify', 'page.jpg'], 'PDF_UNREADABLE'],
    [['sign', 'made.pdf', '--out', 'x.pdf', '--pin-file', 'pin', '--level', 'lta'], 'SIGNATURE_FORMAT_REFUSED'],
    [['sign', 'made.pdf', '--out', 'x.pdf', '--pin-file', 'pin', '--module', '/none.so'], 'TOKEN_MODULE_FAILED'],
  ])('%j fails with %s and writes nothing', async (args, code) => {
    const run = await compulsa(...args)
    expect(run.stderr).toMatch(new RegExp(`^${code}: `))
    expect(run.code).toBe(1)
    expect((await readdir(folder)).filter(name => name === 'x.pdf' || name.endsWith('.part'))).toEqual([])
  })
})

describe('scan', () => {
  it('scans into a file, and refuses less than 200 ppi', async () => {
    const scanned = await compulsa(
      'scan',
      '--device',
      'feeder',
      '--out',
      'scan.pdf',
      '--dpi',
      '200',
      '--config',
      site.configFile,
      '--json',
    )
    expect(scanned).toMatchObject({ code: 0 })
    expect(JSON.parse(scanned.stdout).pages).toHaveLength(2)
    const low = await compulsa(
      'scan',
      '--device',
      'feeder',
      '--out',
      'low.pdf',
      '--dpi',
      '100',
      '--config',
      site.configFile,
    )
    expect(low).toMatchObject({ code: 1, stderr: expect.stringMatching(/^RESOLUTION_TOO_LOW: /) })
  })

  it('tells an empty feeder and an unknown device', async () => {
    const empty = await compulsa('scan', '--device', 'feeder', '--out', 'e.pdf', '--config', site.configFile)
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringMatching(/^FEEDER_EMPTY: /) })
    const unknown = await compulsa('scan', '--device', 'nobody', '--out', 'e.pdf', '--config', site.configFile)
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SCANNER_ABSENT: /) })
  })
})

describe('beside a running appliance', () => {
  let kiosk: PoweredKiosk
  beforeAll(async () => {
    kiosk = await power(site)
    await kiosk.screen.post('/screen/copy', { procedureId: 'plain-copy', language: 'ca' })
  })
  afterAll(() => kiosk.cut())

  it('status asks it, queue and audit read beside it', async () => {
    const status = await compulsa('status', ...configured(), '--json')
    expect(JSON.parse(status.stdout)).toMatchObject({ kiosk: 'simulated-kiosk', documents: { gathering: 1 } })
    const listed = JSON.parse((await compulsa('queue', 'list', ...configured(), '--json')).stdout)
    expect(listed).toMatchObject([{ stage: 'gathering' }])
    const shown = await compulsa('queue', 'show', listed[0].id, ...configured())
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('documentOpened') })
    expect(await compulsa('audit', 'verify', ...configured())).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('intact'),
    })
    expect(await compulsa('queue', 'show', 'NOBODY', ...configured())).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^NOT_FOUND/),
    })
  })

  it('a second appliance on the same data is refused', async () => {
    const second = await compulsa('serve', ...configured(), '--port', '0')
    expect(second).toMatchObject({ code: 1, stderr: expect.stringMatching(/DATA_FOLDER_IN_USE: /) })
  })

  it('a port that is taken is refused by its number', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const refused = await compulsa(
      'serve',
      '--config',
      site.configFile,
      '--data',
      join(folder, 'other'),
      '--port',
      String(port),
    )
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(new RegExp(`PORT_TAKEN: port ${port} `))
    server.close()
  })
})

describe('without an appliance', () => {
  it('status says so', async () => {
    expect(await compulsa('status', '--config', site.configFile, '--data', join(folder, 'nowhere'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^APPLIANCE_ABSENT: /),
    })
  })

  it('data of a newer version are refused and left alone', async () => {
    const { default: Database } = await import('better-sqlite3')
    const data = join(folder, 'newer')
    expect((await startAndStop(data)).code).toBe(0)
    const database = new Database(join(data, 'data', 'compulsa.sqlite'))
    database.pragma('user_version = 4711')
    database.close()
    const refused = await compulsa('serve', '--config', site.configFile, '--data', data, '--port', '0')
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/DATABASE_NEWER: .*4711/) })
  })

  it('doctor names what it checked and what mends it', async () => {
    const { stdout } = await compulsa('doctor', ...configured(), '--json')
    const { findings }: { findings: { check: string; ok: boolean; mend: string }[] } = JSON.parse(stdout)
    for (const check of [
      'runtime',
      'scanimage',
      'sharp',
      'configuration',
      'data folder',
      'scanner feeder',
      'token modules',
    ]) {
      expect(findings.find(one => one.check === check)).toMatchObject({ ok: true })
    }
    const broken = await compulsa('doctor', '--config', join(folder, 'none.json'))
    expect(broken).toMatchObject({ code: 1, stdout: expect.stringContaining('CONFIG_UNREADABLE') })
  })
})

/** Until the screen answers, then SIGINT. */
function startAndStop(data: string): Promise<Run> {
  return new Promise(resolve => {
    const child = execFile(
      process.execPath,
      [program, 'serve', '--config', site.configFile, '--data', data, '--port', '0'],
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : -1, stdout, stderr })
      },
    )
    child.stdout?.on('data', chunk => {
      if (String(chunk).includes('Screen: ')) child.kill('SIGINT')
    })
  })
}
