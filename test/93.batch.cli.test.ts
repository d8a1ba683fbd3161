// `compulsa batch` as a process: the documentation's own sample, all formats, failures, an interruption, a card. What it makes
// is judged by pdfsig, openssl and xmlsec1.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { smallPdf } from './50.signature.kit.ts'
import { signingLine } from './82.cli.signatures.kit.ts'
import { base64, written } from './93.batch.kit.ts'
import { program } from './cli.kit.ts'
import { askAbout } from './pdf-fixtures.ts'
import { createSoftToken } from './sim/token.ts'

const line = signingLine()
const first = ['--p12', 'first.p12', '--pass-file', 'pass', '--trust', 'trust']

interface Told {
  readonly signs: readonly {
    readonly id: string
    readonly result: string
    readonly description?: string
    readonly signature?: string
  }[]
}

const toldIn = async (name: string): Promise<Told> => JSON.parse(await readFile(line.path(name), 'utf8'))
const results = ({ signs }: Told) => signs.map(({ result }) => result)
const signatureOf = (told: Told, id: string) =>
  Buffer.from(told.signs.find(one => one.id === id)?.signature ?? '', 'base64')

async function run(name: string, batch: unknown, ...words: string[]) {
  await line.write(`${name}.json`, JSON.stringify(batch))
  return line.compulsa('batch', `${name}.json`, '--out', `${name}.result.json`, ...(words.length > 0 ? words : first))
}

async function configured(over: Readonly<Record<string, unknown>>): Promise<void> {
  const config = JSON.parse(await readFile(line.path('compulsa.json'), 'utf8'))
  await line.write('compulsa.json', JSON.stringify({ ...config, ...over }))
}

const pdfItem = async (id: string) => ({ id, datareference: base64(await smallPdf()), format: 'PAdES' })

describe('a batch on the command line', () => {
  it('that is the documentation’s sample runs, its Windows paths looked up in the configured folder', async () => {
    await mkdir(line.path('in'))
    for (const name of ['test_fichero1.pdf', 'test_fichero2.pdf'])
      await writeFile(line.path(`in/${name}`), await smallPdf())
    await configured({ batches: { folders: ['in'] } })
    const sample = await readFile(new URL('./recordings/autofirma/lote.json', import.meta.url), 'utf8')
    const { code, stderr } = await run('sample', JSON.parse(sample))
    expect([code, stderr]).toEqual([0, expect.stringContaining('2 of 2')])
    const told = await toldIn('sample.result.json')
    expect(results(told)).toEqual(['DONE_AND_SAVED', 'DONE_AND_SAVED'])
    const signed = signatureOf(told, '7725374e-728d-4a33-9db9-3a4efea4cead')
    const judged = ['--verify', '--insecure', '--id-attr:Id', 'Object', '--id-attr:Id', 'SignedProperties', 'FILE']
    expect(await askAbout(signed, 'xmlsec1', ...judged)).toBe('')
    expect(await askAbout(signatureOf(told, '93d1531c-cd32-4c8e-8cc8-1f1cfe66f64a'), 'pdfsig', 'FILE')).toContain(
      'Signature is Valid',
    )
  })

  it('makes each format and tells a broken document without leaving out the others', async () => {
    const large = 'a large document, '.repeat(40_000)
    const items = [
      await pdfItem('pdf'),
      { id: 'no-pdf', datareference: base64('nothing of the kind'), format: 'PAdES' },
      { id: 'cms', datareference: base64(large), extraparams: base64('mode=implicit\nunheardOf=1') },
      { id: 'xml', datareference: base64('<a><b/></a>'), format: 'XAdES Enveloped' },
    ]
    const { code, stderr } = await run('mixed', written({ singlesigns: items }))
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^BATCH_INCOMPLETE: 1 of 4.*no-pdf: PDF_UNREADABLE/m)])
    const told = await toldIn('mixed.result.json')
    expect(told.signs.map(({ id, result }) => [id, result])).toEqual([
      ['pdf', 'DONE_AND_SAVED'],
      ['no-pdf', 'ERROR_PRE'],
      ['cms', 'DONE_AND_SAVED'],
      ['xml', 'DONE_AND_SAVED'],
    ])
    expect(told.signs[2]?.description).toBe('extra parameters without effect: unheardOf')
    const content = await askAbout(
      signatureOf(told, 'cms'),
      'openssl',
      ...['cms', '-verify', '-inform', 'DER', '-noverify', '-binary', '-in', 'FILE'],
    )
    expect(content).toContain(large)
    const judged = ['--verify', '--insecure', '--id-attr:Id', 'SignedProperties', 'FILE']
    expect(await askAbout(signatureOf(told, 'xml'), 'xmlsec1', ...judged)).toBe('')
    expect(existsSync(line.path('mixed.result.json.part'))).toBe(false)
  })

  it('cosigns what is signed', async () => {
    const item = { id: 'cms', datareference: base64('content'), extraparams: base64('mode=implicit') }
    const one = await run('one', written({ singlesigns: [item] }))
    const datareference = (await toldIn('one.result.json')).signs[0]?.signature
    const both = await run('both', written({ suboperation: 'cosign', singlesigns: [{ ...item, datareference }] }))
    expect([one.code, both.code]).toEqual([0, 0])
    const signed = signatureOf(await toldIn('both.result.json'), 'cms')
    const given = ['-inform', 'DER', '-in', 'FILE']
    expect(await askAbout(signed, 'openssl', 'cms', '-verify', ...given, '-noverify', '-binary')).toContain('content')
    const told = await askAbout(signed, 'openssl', 'cms', '-cmsout', '-print', ...given)
    expect(told.match(/d\.issuerAndSerialNumber/g)).toHaveLength(2)
  })

  it('that stops on error undoes what was signed, and writes nothing of it into the folder', async () => {
    const items = [
      await pdfItem('a'),
      { id: 'b', datareference: base64('no pdf'), format: 'PAdES' },
      await pdfItem('c'),
    ]
    const batch = written({ stoponerror: true, singlesigns: items })
    const { code } = await run('stop', batch, ...first, '--save-to', 'stopped')
    expect([code, results(await toldIn('stop.result.json'))]).toEqual([1, ['SKIPPED', 'ERROR_PRE', 'SKIPPED']])
    expect(await readdir(line.path('stopped'))).toEqual([])
  })

  it('saves the signatures into a folder and tells codes alone', async () => {
    const batch = written({ singlesigns: [await pdfItem('../a b'), { id: 'c', datareference: base64('x') }] })
    const { code } = await run('saved', batch, ...first, '--save-to', 'made')
    expect(code).toBe(0)
    expect((await toldIn('saved.result.json')).signs.map(one => Object.keys(one))).toEqual([
      ['id', 'result'],
      ['id', 'result'],
    ])
    expect((await readdir(line.path('made'))).sort()).toEqual(['00001-.._a_b.pdf', '00002-c.csig'])
  })

  it.each([
    ['an empty list', written({ singlesigns: [] }), /^BATCH_INVALID: bad\.json|^BATCH_INVALID: \$\.singlesigns/],
    ['SHA-1', written({ algorithm: 'SHA1withRSA' }), /^ALGORITHM_REFUSED: \$\.algorithm/],
  ])('is refused before anything is signed: %s', async (_what, batch, told) => {
    const { code, stderr } = await run('bad', batch)
    expect([code, stderr]).toEqual([1, expect.stringMatching(told)])
    expect(existsSync(line.path('bad.result.json')) || existsSync(line.path('bad.result.json.part'))).toBe(false)
  })

  it('takes SHA-1 where it is explicitly allowed', async () => {
    const { code } = await run('sha1', written({ algorithm: 'SHA1withRSA' }), ...first, '--allow-sha1')
    expect(code).toBe(0)
  })

  it('needs a secret and an output', async () => {
    expect((await line.compulsa('batch', 'mixed.json')).code).toBe(2)
    const { code, stderr } = await run('mute', written(), '--p12', 'first.p12')
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^USAGE: .*--pass-file/)])
  })
})

describe('an interrupted batch', () => {
  it('goes on where it was, each signature made once', async () => {
    const batch = written({}, 60)
    await line.write('long.json', JSON.stringify(batch))
    const words = ['batch', 'long.json', '--out', 'long.result.json', ...first, '--config', 'compulsa.json']
    const child = spawn(process.execPath, [program, ...words], {
      cwd: line.path('.'),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const exited = new Promise(resolve => child.once('exit', resolve))
    for await (const piece of child.stderr) if (/\b1\d of 60/.test(String(piece))) break
    child.kill('SIGKILL')
    await exited
    const before = await readFile(line.path('long.result.json.part'))
    expect(existsSync(line.path('long.result.json'))).toBe(false)
    const { code, stderr } = await line.compulsa(...words.slice(0, -2))
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^(\d+) of 60 were done before/)])
    const told = await toldIn('long.result.json')
    expect(results(told)).toEqual(Array(60).fill('DONE_AND_SAVED'))
    const kept = told.signs.filter(one => before.includes(signatureOf(told, one.id)))
    expect(kept.length).toBe(Number(/^(\d+) of/.exec(stderr)?.[1]))
    expect(kept.length).toBeGreaterThanOrEqual(10)
    expect(existsSync(line.path('long.result.json.part'))).toBe(false)
  })

  it('cut anywhere in its journal makes the very same signatures again', async () => {
    const batch = written({}, 4)
    const { code } = await run('cut', batch)
    expect(code).toBe(0)
    const whole = await toldIn('cut.result.json')
    const journal = await journalOf('cut', batch)
    for (const size of [0, 30, 200, Math.floor(journal.length / 2), journal.length - 1]) {
      await line.write('cut.result.json.part', journal.subarray(0, size))
      expect((await run('cut', batch)).code).toBe(0)
      const again = await toldIn('cut.result.json')
      expect(again.signs.map(({ id, result }) => [id, result])).toEqual(
        whole.signs.map(({ id, result }) => [id, result]),
      )
    }
  })

  it('is not mixed up with another', async () => {
    await journalOf('mine', written({}, 2))
    const { code, stderr } = await run('mine', written({}, 3))
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^OUTPUT_UNWRITABLE: .*another batch/)])
    expect((await stat(line.path('mine.result.json.part'))).size).toBeGreaterThan(0)
  })
})

/** What the journal of a batch holds just before its result is written: the folder of the result cannot be written. */
async function journalOf(name: string, batch: unknown): Promise<Buffer> {
  await mkdir(line.path(`${name}.folder/${name}.result.json`), { recursive: true })
  await line.write(`${name}.json`, JSON.stringify(batch))
  const out = `${name}.folder/${name}.result.json`
  const { code, stderr } = await line.compulsa('batch', `${name}.json`, '--out', out, ...first)
  expect([code, stderr]).toEqual([1, expect.stringContaining('OUTPUT_UNWRITABLE')])
  const journal = await readFile(line.path(`${out}.part`))
  await line.write(`${name}.result.json.part`, journal)
  return journal
}

describe('a batch with a card', () => {
  it('is signed with one login, and one PIN that is refused ends it with nothing lost', async () => {
    const identity = await line.services.pki.signer({ commonName: 'Marta Roca' })
    const card = await createSoftToken({ folder: line.path('card'), entries: [{ identity }] })
    const config = JSON.parse(await readFile(line.path('compulsa.json'), 'utf8'))
    const { devices } = config
    await configured({ devices: { ...devices, tokenModules: [card.modulePath], environment: card.environment } })
    await line.write('pin', `${card.pin}\n`)
    await line.write('bad-pin', '000000\n')
    const batch = written({ singlesigns: await Promise.all([0, 1, 2].map(n => pdfItem(`doc-${n}`))) })
    const wrong = await run('card', batch, '--token', card.label, '--pin-file', 'bad-pin')
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/^PIN_WRONG/)])
    const { code } = await run('card', batch, '--token', card.label, '--pin-file', 'pin')
    expect(code).toBe(0)
    const told = await toldIn('card.result.json')
    for (const { id } of told.signs)
      expect(await askAbout(signatureOf(told, id), 'pdfsig', 'FILE')).toContain('Signature is Valid')
  })
})
