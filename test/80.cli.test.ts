// The command line as scripts and fleets use it: exit codes, one line on stderr, JSON on request, files written whole.

import { execFileSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { printPage, prose, wordAccuracy } from './37.text.kit.ts'
import { commandLine } from './cli.kit.ts'
import { drawSheet } from './sim/paper.ts'

const verbs = [
  'serve',
  'devices',
  'scan',
  'compose',
  'calibrate',
  'sign',
  'extend',
  'verify',
  'queue',
  'audit',
  'status',
  'doctor',
]
const line = commandLine()

describe('use and misuse', () => {
  it('lists the verbs', async () => {
    const { code, stdout } = await line.compulsa('--help')
    expect(code).toBe(0)
    for (const verb of verbs) expect(stdout).toMatch(new RegExp(`^  ${verb} `, 'm'))
  })

  it.each(verbs)('%s has --help', async verb => {
    const { code, stdout } = await line.compulsa(verb, '--help')
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
    [['queue', 'drop'], 'list, show, retry, hold, discard, export'],
  ])('%j is wrong usage: exit 2', async (args, words) => {
    const { code, stderr } = await line.compulsa(...args)
    expect(stderr).toContain(words)
    expect(stderr).toMatch(/^USAGE: /)
    expect(code).toBe(2)
  })
})

describe('a configuration that cannot be used', () => {
  it('is refused by the key, with the right spelling', async () => {
    const file = join(line.folder, 'wrong.json')
    await writeFile(
      file,
      JSON.stringify({ ...JSON.parse(await readFile(line.site.configFile, 'utf8')), destinatons: [] }),
    )
    const { code, stderr } = await line.compulsa('serve', '--config', file, '--data', line.folder)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^CONFIG_INVALID: unknown key destinatons; did you mean destinations\?/)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})

describe('files', () => {
  let jpeg: string
  beforeAll(async () => {
    jpeg = join(line.folder, 'page.jpg')
    await writeFile(jpeg, await drawSheet({ seed: 5, kind: 'letter', resolution: 200 }))
    await writeFile(join(line.folder, 'pin'), `${line.site.pin}\n`)
  })

  it('composes, signs and verifies', async () => {
    expect(await line.compulsa('compose', jpeg, '--out', 'made.pdf', '--title', 'Prova', '--lang', 'ca')).toMatchObject(
      {
        code: 0,
      },
    )
    const signed = await line.compulsa(
      'sign',
      'made.pdf',
      '--out',
      'signed.pdf',
      '--pin-file',
      'pin',
      '--config',
      line.site.configFile,
    )
    expect(signed).toMatchObject({ code: 0, stdout: expect.stringContaining('Núria Vidal') })
    const trust = join(line.folder, 'site')
    const verified = await line.compulsa('verify', 'signed.pdf', '--trust', trust, '--json')
    // Nobody here tells whether the card was revoked.
    expect(verified).toMatchObject({ code: 1, stderr: expect.stringMatching(/^TRY_LATER: /) })
    expect(JSON.parse(verified.stdout)).toMatchObject({
      indication: 'INDETERMINATE',
      signatures: [{ level: 'PAdES-BASELINE-B', integrity: 'intact' }],
    })
  })

  it('tells an unsigned, an untrusted and an altered file apart, each with exit 1', async () => {
    expect(await line.compulsa('verify', 'made.pdf')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^NO-SIGNATURE: /),
    })
    expect(await line.compulsa('verify', 'signed.pdf')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('INDETERMINATE'),
    })
    const bytes = await readFile(join(line.folder, 'signed.pdf'))
    const at = bytes.indexOf('stream') + 500
    bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at)
    await writeFile(join(line.folder, 'altered.pdf'), bytes)
    const altered = await line.compulsa('verify', 'altered.pdf')
    expect(altered).toMatchObject({ code: 1, stderr: expect.stringMatching(/^HASH_FAILURE: /) })
  })

  it('writes nothing when the PIN is wrong', async () => {
    await writeFile(join(line.folder, 'wrong-pin'), '999999')
    const { code, stderr } = await line.compulsa(
      'sign',
      'made.pdf',
      '--out',
      'no.pdf',
      '--pin-file',
      'wrong-pin',
      '--config',
      line.site.configFile,
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/^PIN_WRONG: /)
    expect(stderr).not.toContain('999999')
    expect(await readdir(line.folder)).not.toContain('no.pdf')
  })

  it.each([
    [['compose', 'nothing.jpg', '--out', 'x.pdf'], 'FILE_UNREADABLE'],
    [['compose', 'pin', '--out', 'x.pdf'], 'IMAGE_UNREADABLE'],
    [['verify', 'page.jpg'], 'SIGNATURE_ABSENT'],
    [['sign', 'made.pdf', '--out', 'x.pdf', '--pin-file', 'pin', '--level', 'lta'], 'TSA_ABSENT'],
    [['sign', 'made.pdf', '--out', 'x.pdf', '--pin-file', 'pin', '--module', '/none.so'], 'TOKEN_MODULE_FAILED'],
  ])('%j fails with %s and writes nothing', async (args, code) => {
    const run = await line.compulsa(...args)
    expect(run.stderr).toMatch(new RegExp(`^${code}: `))
    expect(run.code).toBe(1)
    expect((await readdir(line.folder)).filter(name => name === 'x.pdf' || name.endsWith('.part'))).toEqual([])
  })
})

describe('scan', () => {
  it('scans into a file, and refuses less than 200 ppi', async () => {
    const scanned = await line.compulsa(
      'scan',
      '--device',
      'feeder',
      '--out',
      'scan.pdf',
      '--dpi',
      '200',
      '--config',
      line.site.configFile,
      '--json',
    )
    expect(scanned).toMatchObject({ code: 0 })
    expect(JSON.parse(scanned.stdout).pages).toHaveLength(2)
    const low = await line.compulsa(
      'scan',
      '--device',
      'feeder',
      '--out',
      'low.pdf',
      '--dpi',
      '100',
      '--config',
      line.site.configFile,
    )
    expect(low).toMatchObject({ code: 1, stderr: expect.stringMatching(/^RESOLUTION_TOO_LOW: /) })
  })

  it('tells an empty feeder and an unknown device', async () => {
    const empty = await line.compulsa('scan', '--device', 'feeder', '--out', 'e.pdf', '--config', line.site.configFile)
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringMatching(/^FEEDER_EMPTY: /) })
    const unknown = await line.compulsa(
      'scan',
      '--device',
      'nobody',
      '--out',
      'e.pdf',
      '--config',
      line.site.configFile,
    )
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SCANNER_ABSENT: /) })
  })
})

describe('compose --ocr', () => {
  beforeAll(async () => {
    for (const language of ['fr', 'it'] as const) {
      await writeFile(join(line.folder, `${language}.jpg`), (await printPage({ text: prose[language] })).jpeg)
    }
  })

  it('makes a document that is found by its words', async () => {
    const words = ['compose', 'fr.jpg', 'it.jpg', '--out', 'text.pdf', '--dpi', '200', '--ocr', '--languages', 'fr,it']
    const { code, stdout } = await line.compulsa(...words, '--json')
    expect([code, JSON.parse(stdout).pages.map((page: { text: unknown }) => page.text)]).toEqual([0, [true, true]])
    const pdf = await readFile(join(line.folder, 'text.pdf'))
    const read = execFileSync('pdftotext', ['-', '-'], { input: pdf, encoding: 'utf8' })
    const [french = '', italian = ''] = read.split('\f').map(page => page.trim())
    expect(wordAccuracy(prose.fr.split(' '), french.split(/\s+/))).toBeGreaterThanOrEqual(0.85)
    expect(wordAccuracy(prose.it.split(' '), italian.split(/\s+/))).toBeGreaterThanOrEqual(0.85)
  })

  it.each([
    [['--ocr', '--languages', 'ca,xx'], 'takes some of'],
    [['--ocr', '--languages', 'ca,ca'], 'takes some of'],
    [['--languages', 'ca'], 'goes with --ocr'],
  ])('refuses %j as wrong usage', async (args, words) => {
    const { code, stderr } = await line.compulsa('compose', 'fr.jpg', '--out', 'no.pdf', ...args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
  })
})
