// What a person meets on the command line when something ends in the middle of signing: the process that reads the file,
// the disk, the patience. Each is told in one line, and nothing is written or left behind.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { smallPdf } from './50.signature.kit.ts'
import { program, type Run } from './cli.kit.ts'
import { pem } from './sim/pki.ts'
import { createTrustServices, type TrustServices } from './sim/trust-services.ts'

const shipped = new URL('../system/rootfs/etc/compulsa/compulsa.json', import.meta.url)

let folder: string
let services: TrustServices
const at = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-interrupted-'))
  services = await createTrustServices({ now: Date.now })
  const config = { ...JSON.parse(await readFile(shipped, 'utf8')), revocation: { allowPrivate: ['127.0.0.1'] } }
  const { certificate, privateKey } = await services.pki.signer()
  await mkdir(at('trust'))
  await mkdir(at('small'))
  await writeFile(at('compulsa.json'), JSON.stringify(config))
  await writeFile(at('trust/root.pem'), pem('CERTIFICATE', services.pki.root))
  await writeFile(at('signer.pem'), pem('CERTIFICATE', certificate) + pem('PRIVATE KEY', privateKey))
  await writeFile(at('pass'), 'a password\n')
  await writeFile(at('in.pdf'), await smallPdf())
  const files = ['-in', at('signer.pem'), '-out', at('signer.p12'), '-passout', `file:${at('pass')}`]
  await promisify(execFile)('openssl', ['pkcs12', '-export', ...files])
})
afterAll(async () => {
  await services.stop()
  await rm(folder, { recursive: true })
})

let before: readonly string[]
beforeEach(() => {
  services.fault('tsa', undefined)
  before = readdirSync(folder)
})

function words(out: string, level: string): string[] {
  const who = ['--p12', 'signer.p12', '--pass-file', 'pass', '--config', 'compulsa.json']
  return [
    program,
    'sign',
    'in.pdf',
    '--out',
    out,
    '--level',
    level,
    '--trust',
    'trust',
    '--tsa',
    services.tsaUrl,
    ...who,
  ]
}

async function ended(child: ChildProcess): Promise<Run> {
  if (child.stdout === null || child.stderr === null) throw new Error('no output')
  const exit = once(child, 'exit')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await exit
  return { code: typeof code === 'number' ? code : -1, stdout, stderr }
}

/** A process that has been waiting for its time-stamp since just now. */
async function waiting(): Promise<{ child: ChildProcess; run: Promise<Run> }> {
  services.fault('tsa', 'hangs')
  const seen = services.requests().length
  const child = spawn(process.execPath, words('out.pdf', 't'), { cwd: folder })
  const run = ended(child)
  await expect.poll(() => services.requests().length).toBeGreaterThan(seen)
  return { child, run }
}

const told = (code: string) => ({ code: 1, stdout: '', stderr: expect.stringMatching(new RegExp(`^${code}: .*\n$`)) })

/** The processes that a process has started, by what they run. */
function childRunning(parent: number, entry: string): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').map(Number)
  const found = children.find(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(entry))
  return found ?? expect.fail(`no ${entry} among ${children}`)
}

it('the process that reads the file dies', async () => {
  const { child, run } = await waiting()
  process.kill(childRunning(child.pid ?? 0, 'worker/document.ts'), 'SIGKILL')
  expect(await run).toMatchObject(told('DOCUMENT_TOO_COMPLEX'))
  expect(readdirSync(folder)).toEqual(before)
})

it('whoever waits has enough', async () => {
  const { child, run } = await waiting()
  child.kill('SIGTERM')
  expect(await run).toMatchObject(told('INTERRUPTED'))
  expect(readdirSync(folder)).toEqual(before)
})

it('the disk is full', async () => {
  const mounted = 'mount -t tmpfs -o size=4k tmpfs small && "$@"; code=$?; ls -A small; exit $code'
  const command = ['-rm', 'sh', '-c', mounted, 'sh', process.execPath, ...words('small/out.pdf', 'b')]
  expect(await ended(spawn('unshare', command, { cwd: folder }))).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^OUTPUT_UNWRITABLE: small\/out\.pdf: no space left.*\n$/),
  })
})
