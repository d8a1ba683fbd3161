// Files that are none, places that cannot be written, and files that change under the hand, as a person meets them on the
// command line: an error by name in one line, exit 1, nothing written and nothing left behind.

import { execFile } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { writeMade } from '../device/verbs/job.ts'
import { openFile } from '../device/verbs/scratch.ts'
import { signVerb } from '../device/verbs/sign.ts'
import { readCall } from '../device/verbs/verb.ts'
import { smallPdf } from './50.signature.kit.ts'
import { program, type Run } from './cli.kit.ts'
import { createTestPki, pem, type TestIdentity } from './sim/pki.ts'

const shipped = new URL('../system/rootfs/etc/compulsa/compulsa.json', import.meta.url).pathname

let folder: string
const at = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-files-'))
  const pki = await createTestPki({ now: Date.now() })
  await mkdir(at('trust'))
  await mkdir(at('folder'))
  await writeFile(at('trust/root.pem'), pem('CERTIFICATE', pki.root))
  await writeFile(at('pass'), 'a password\n')
  await writeFile(at('empty'), '')
  await writeFile(at('in.pdf'), await smallPdf())
  await promisify(execFile)('mkfifo', [at('pipe')])
  await writeKeyStore('signer', await pki.signer())
  await writeKeyStore('early', await pki.signer({ kind: 'not-yet-valid' }))
})
afterAll(() => rm(folder, { recursive: true }))

async function writeKeyStore(name: string, { certificate, privateKey }: TestIdentity): Promise<void> {
  await writeFile(at(`${name}.pem`), pem('CERTIFICATE', certificate) + pem('PRIVATE KEY', privateKey))
  const files = ['-in', at(`${name}.pem`), '-out', at(`${name}.p12`), '-passout', `file:${at('pass')}`]
  await promisify(execFile)('openssl', ['pkcs12', '-export', ...files])
}

const compulsa = (...words: string[]) =>
  new Promise<Run>(resolve => {
    execFile(
      process.execPath,
      [program, ...words, '--config', shipped, '--trust', 'trust'],
      { cwd: folder, timeout: 20_000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        resolve({ code, stdout, stderr })
      },
    )
  })
const signed = (...words: string[]) => compulsa('sign', ...words, '--p12', 'signer.p12', '--pass-file', 'pass')
const refusal = (code: string) => ({
  code: 1,
  stdout: '',
  stderr: expect.stringMatching(new RegExp(`^${code}: .*\n$`)),
})

let before: readonly string[]
beforeEach(() => {
  before = readdirSync(folder)
})
const nothingNew = () => expect(readdirSync(folder)).toEqual(before)

describe('refused at once is', () => {
  it.each([
    ['a folder', 'folder', 'FILE_UNREADABLE'],
    ['a pipe into which nobody writes', 'pipe', 'FILE_UNREADABLE'],
    ['a device without an end', '/dev/zero', 'FILE_UNREADABLE'],
    ['a file that is not there', 'nothing', 'FILE_UNREADABLE'],
    ['an empty file', 'empty', 'SIGNATURE_ABSENT'],
  ])('%s, to be verified', async (_, file, code) => {
    const run = await compulsa('verify', file)
    expect(run).toMatchObject(refusal(code))
    if (code === 'FILE_UNREADABLE') expect(run.stderr).toContain(`${file}: `)
    nothingNew()
  })

  it.each([
    ['a folder', ['folder', '--format', 'cades']],
    ['a pipe', ['pipe', '--format', 'pades']],
    ['a device', ['/dev/zero', '--format', 'cades']],
    ['an original that is a pipe', ['in.pdf', '--format', 'cades', '--op', 'cosign', '--content', 'pipe']],
    ['a policy without an end', ['in.pdf', '--policy', '/dev/zero']],
    ['extra parameters without an end', ['in.pdf', '--extra', '/dev/zero']],
  ])('%s, to be signed', async (_, words) => {
    expect(await signed(...words, '--out', 'out')).toMatchObject(refusal('FILE_UNREADABLE'))
    nothingNew()
  })

  it('a clock before the certificate begins', async () => {
    const words = ['sign', 'in.pdf', '--out', 'out', '--p12', 'early.p12', '--pass-file', 'pass']
    expect(await compulsa(...words)).toMatchObject(refusal('CERTIFICATE_NOT_YET_VALID'))
    nothingNew()
  })

  it.each([
    ['in a folder that is not there', 'none/out.pdf'],
    ['in the place of a folder', 'folder'],
    ['in the place of a pipe', 'pipe'],
  ])('a file to be written %s', async (_, out) => {
    expect(await signed('in.pdf', '--out', out)).toMatchObject(refusal('OUTPUT_UNWRITABLE'))
    nothingNew()
    expect(statSync(at('pipe')).isFIFO()).toBe(true)
  })
})

describe('written is', () => {
  it('a file in its own place, through a link to it, which stays one', async () => {
    const original = await smallPdf()
    await writeFile(at('real.pdf'), original)
    await symlink('real.pdf', at('link.pdf'))
    expect(await signed('link.pdf', '--out', 'link.pdf')).toMatchObject({ code: 0 })
    expect(lstatSync(at('link.pdf')).isSymbolicLink()).toBe(true)
    const made = readFileSync(at('real.pdf'))
    expect(made.subarray(0, original.length).equals(original)).toBe(true)
    expect(await compulsa('verify', 'real.pdf', '--json')).toMatchObject({
      stdout: expect.stringContaining('PAdES-BASELINE-B'),
    })
  })

  it('nothing, where the file is no longer the one that was signed', async () => {
    await writeFile(at('moving'), 'as it was')
    const file = await openFile(at('moving'))
    const inputState = await file.state()
    await file.close()
    const call = readCall(signVerb, ['moving', '--out', at('moved')], {
      progress: () => undefined,
      ask: () => undefined,
      signal: AbortSignal.timeout(10_000),
    })
    const outcome = {
      outcome: 'written',
      base: 'input',
      splices: [{ offset: 9, remove: 0, insert: Buffer.from('more') }],
      report: { indication: 'TOTAL-PASSED', findings: [], signatures: [] },
      answeredEarlier: [],
      inputState,
    } as const
    const words = { ...call, words: [at('moving')] }
    await appendFile(at('moving'), '!')
    await utimes(at('moving'), 0, 0)
    const listed = readdirSync(folder)
    await expect(writeMade(words, outcome)).rejects.toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
    expect(readdirSync(folder)).toEqual(listed)
  })
})
