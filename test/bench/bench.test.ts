// The bench measures; whether it measures right is tested here, without a clock: medians, tables, the process tree, and
// that a wrong result is never counted.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { now, signedPdf, smallPdf, temporaryFolder } from '../50.signature.kit.ts'
import { startAnswerer } from '../oracles/jobs.ts'
import { createTestPki } from '../sim/pki.ts'
import { judgeResult } from './batch.ts'
import { contenders, ours } from './contenders.ts'
import { judge } from './judge.ts'
import { judgeSigned } from './judge-signed.ts'
import { writeKeys } from './key-files.ts'
import { inSequence, runMeasured } from './measured.ts'
import { missingPackages } from './packages.ts'
import { markdown, median, ratio } from './report.ts'
import { smallScan, writeScan } from './scan-file.ts'
import { useOf, watchTree } from './tree.ts'

const mebi = 2 ** 20
/** Holds `heldBytes` in a child of its own child, says so, and ends with its input. */
const heldBytes = 64 * mebi
const holder = `const held = Buffer.alloc(${heldBytes}, 1)
  process.stdout.write('held'); process.stdin.resume().once('end', () => process.exit(held[0] - 1))`
const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(holder)}], { stdio: 'inherit' })
  .once('exit', code => process.exit(code))`

afterEach(() => vi.unstubAllEnvs())

test('the median is the middle one, or the mean of the two in the middle', () => {
  expect([median([3]), median([9, 1, 2]), median([4, 1, 3, 100]), median([])]).toEqual([3, 2, 3.5, Number.NaN])
  expect(ratio(3, 2)).toBe('1.50 ×')
})

test('a section is a Markdown table with its notes', () => {
  const text = markdown({ title: 'T', header: ['', 'a'], rows: [['x', '1']], notes: ['n'] })
  expect(text).toBe('## T\n\n|  | a |\n| --- | ---: |\n| x | 1 |\n\n- n\n')
})

test('missing programs are told as packages, each once', () => {
  vi.stubEnv('PATH', '/nowhere')
  expect(missingPackages()).toContain('libnss3-tools')
  expect(new Set(missingPackages()).size).toBe(missingPackages().length)
  vi.unstubAllEnvs()
  expect(missingPackages()).not.toContain('poppler-utils')
})

test('a process tree is measured with its grandchildren', async () => {
  const child = spawn(process.execPath, ['-e', parent], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  await once(child.stdout, 'data')
  const { peakRssBytes, peakPssBytes } = watchTree(child.pid ?? 0).stop()
  child.stdin.end()
  expect((await gone)[0]).toBe(0)
  expect(peakPssBytes).toBeGreaterThan(heldBytes)
  expect(peakRssBytes).toBeGreaterThan(peakPssBytes)
})

test('a program that fails is no measurement', async () => {
  await expect(runMeasured('sh', ['-c', 'echo why; exit 3'], { folder: '/' })).rejects.toThrow('sh ended with 3: why')
})

test('programs in sequence add their times and share the memory', () => {
  const use = { seconds: 1, cpuSeconds: 2, peakRssBytes: 30, peakPssBytes: 4 }
  expect(inSequence([use, { ...use, peakRssBytes: 10, peakPssBytes: 5 }])).toEqual({
    seconds: 2,
    cpuSeconds: 4,
    peakRssBytes: 30,
    peakPssBytes: 5,
  })
})

test('a copy counts with all its pages and a valid signature, and not without', async () => {
  const folder = await temporaryFolder()
  try {
    const identity = await (await createTestPki({ now })).signer({ key: 'RSA-2048' })
    const pdf = await signedPdf(await smallPdf(), identity)
    const good = await folder.write('signed.pdf', pdf)
    expect(await judge(good, 1)).toBe(pdf.length)
    await expect(judge(good, 2)).rejects.toThrow('has 1 pages instead of 2')
    const altered = Buffer.from(Buffer.from(pdf).toString('latin1').replace('/MediaBox', '/MedlaBox'), 'latin1')
    const bad = await folder.write('altered.pdf', altered)
    await expect(judge(bad, 1)).rejects.toThrow('is not validly signed')
    const unsigned = await folder.write('unsigned.pdf', await smallPdf())
    await expect(judge(unsigned, 1)).rejects.toThrow('Command failed: pdfsig')
  } finally {
    await folder.remove()
  }
})

test('the result of a batch counts with all its signatures and the judged ones valid, and not without', async () => {
  const folder = await temporaryFolder()
  try {
    const identity = await (await createTestPki({ now })).signer({ key: 'RSA-2048' })
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
    const pdf = base64(await signedPdf(await smallPdf(), identity))
    const one = (id: string, signature: string, result = 'DONE_AND_SAVED') => ({ id, result, signature })
    const write = (...signs: object[]) => folder.write('result.json', Buffer.from(JSON.stringify({ signs })))
    const good = await write(one('a', pdf), one('b', pdf))
    await judgeResult(good, 2)
    await expect(judgeResult(good, 3)).rejects.toThrow('2 of 3 are signed')
    await expect(judgeResult(await write(one('a', pdf), one('a', pdf)), 2)).rejects.toThrow('1 of 2 are signed')
    await expect(judgeResult(await write(one('a', pdf, 'ERROR_PRE')), 1)).rejects.toThrow('0 of 1 are signed')
    const unsigned = await write(one('a', pdf), one('b', base64(await smallPdf())))
    await expect(judgeResult(unsigned, 2)).rejects.toThrow('Command failed: pdfsig')
  } finally {
    await folder.remove()
  }
})

test('small scans weigh 200 kB and differ', async () => {
  const [one, other, again] = await Promise.all([smallScan(1), smallScan(2), smallScan(1)])
  expect([Math.round(one.length / 1000), one.equals(other), one.equals(again)]).toEqual([200, false, true])
})

const formats = [
  ['PAdES', 'scan.pdf'],
  ['CAdES', 'acta.xml'],
  ['XAdES', 'acta.xml'],
] as const

test.for(formats)('%s: our warm process signs, and a signature that is none is not counted', async ([format, name]) => {
  const folder = await temporaryFolder()
  const program = ours.start()
  try {
    const file = await folder.write('acta.xml', Buffer.from('<acta><punt>Aprovat</punt></acta>'))
    const at = (one: string) => file.replace('acta.xml', one)
    await writeScan(at('scan.pdf'), 1)
    const pki = await createTestPki({ now: Date.now() })
    const identity = await pki.signer({ key: 'P-256' })
    await writeKeys(at('.'), 'key', { identity, root: pki.root })
    const task = { verb: 'sign', format, level: 'B', algorithm: 'SHA256withECDSA' } as const
    const paths = { file: at(name), out: at('out'), signer: at('key.pem'), p12: at('key.p12'), trust: at('root.pem') }
    const order = { ...task, ...paths, tsa: 'http://127.0.0.1:1/' }
    await program.ask(ours.jobFor(order))
    await judgeSigned(order)
    await expect(judgeSigned({ ...order, out: at(name), file: at('root.pem') })).rejects.toThrow()
    const { cpuSeconds, peakRssBytes } = useOf(program.pid)
    expect(cpuSeconds).toBeGreaterThan(0)
    expect(peakRssBytes).toBeGreaterThan(mebi)
  } finally {
    await program.stop()
    await folder.remove()
  }
})

test('a contender that dies fails what it was asked and is asked for', async () => {
  const program = startAnswerer('sh', ['-c', 'read line; echo why >&2; exit 3'])
  await expect(program.ask({})).rejects.toThrow('sh ended with 3: why')
  await expect(program.ask({})).rejects.toThrow('sh ended with 3: why')
  await program.stop()
})

test('only we extend and verify in the comparison', () => {
  const task = { format: 'PAdES', level: 'LTA', algorithm: 'SHA256withRSA' } as const
  expect(contenders.filter(one => one.can({ ...task, verb: 'extend' }))).toEqual([ours])
  expect(contenders.find(({ name }) => name === 'AutoFirma')?.can({ ...task, verb: 'sign' })).toBe(false)
})
