// `compulsa batch --clave`: a person signs a batch at the simulated FIRe with as few visits as it takes; what is made is judged by
// pdfsig and openssl. Stopped by a power cut before the person has signed, or while signatures are fetched, it goes on where it was.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import { judge, smallPdf } from './50.signature.kit.ts'
import { base64, written } from './93.batch.kit.ts'
import { clavePerson, inBrowser, pageTold } from './clave.kit.ts'
import { commandLine, program, type Started } from './cli.kit.ts'

const line = commandLine({ clave: { maxDocuments: 2 }, withoutCard: true })
const fire = () => line.site.clave ?? expect.unreachable('a site without FIRe')
const at = (name: string) => join(line.folder, name)
const signs = async (page: string) => inBrowser({ site: line.site, folder: at('site') }, page)

beforeAll(async () => {
  await writeFile(at('number'), clavePerson)
  const pdf = base64(await smallPdf())
  const items = ['a', 'b'].map(id => ({ id, datareference: pdf, format: 'PAdES' }))
  await writeFile(at('two.json'), JSON.stringify(written({ singlesigns: items })))
})
afterEach(async () => {
  await fire().fault(undefined)
  expect(fire().breaches()).toEqual([])
})

function batch(name: string, ...words: string[]): Started {
  const files = ['batch', name, '--out', 'result.json', '--clave', '--number-file', 'number']
  return line.started(process.execPath, program, ...files, ...words, ...line.configured())
}

interface Told {
  readonly signs: readonly { id: string; result: string; description?: string; signature?: string }[]
}

async function told(): Promise<Told['signs']> {
  return (JSON.parse(await readFile(at('result.json'), 'utf8')) as Told).signs
}

const visits = () =>
  fire()
    .exchanges()
    .filter(({ request }) => request.body.includes('op=7&')).length

it('signs what can be signed of a digest, with as many visits as the service needs, and tells what cannot', async () => {
  const pdf = base64(await smallPdf())
  const items = [
    { id: 'pdf', datareference: pdf, format: 'PAdES', extraparams: base64('signReason=Conforme') },
    { id: 'xml', datareference: base64('<a/>'), format: 'XAdES' },
    { id: 'cms', datareference: base64('a text') },
    { id: 'roles', datareference: pdf, format: 'PAdES', extraparams: base64('signerClaimedRoles=Alcalde') },
    { id: 'last', datareference: pdf, format: 'PAdES' },
  ]
  await writeFile(at('mixed.json'), JSON.stringify(written({ singlesigns: items })))
  const run = batch('mixed.json')
  await signs(await pageTold(run))
  await signs(await pageTold(run, 1))
  const { code, stderr } = await run.ended
  expect([code, stderr]).toEqual([1, expect.stringContaining('BATCH_INCOMPLETE: 2 of 5')])
  const results = await told()
  expect(results.map(({ id, result }) => [id, result])).toEqual([
    ['pdf', 'DONE_AND_SAVED'],
    ['xml', 'ERROR_PRE'],
    ['cms', 'DONE_AND_SAVED'],
    ['roles', 'ERROR_PRE'],
    ['last', 'DONE_AND_SAVED'],
  ])
  expect(results[3]?.description).toBe('SIGNATURE_FORMAT_REFUSED: Cl@ve Firma states no claimed roles')
  expect(visits()).toBe(2)
  for (const n of [0, 4]) {
    await writeFile(at('one.pdf'), Buffer.from(results[n]?.signature ?? '', 'base64'))
    expect((await judge('pdfsig', ['-nocert', at('one.pdf')])).output).toContain('Signature is Valid')
  }
  await writeFile(at('one.p7s'), Buffer.from(results[2]?.signature ?? '', 'base64'))
  await writeFile(at('text'), 'a text')
  const { output } = await judge('openssl', [
    ...['cms', '-verify', '-cades', '-inform', 'DER', '-binary', '-in', at('one.p7s'), '-content', at('text')],
    ...['-out', at('seen'), '-CAfile', at('site/clave-authority.pem'), '-partial_chain', '-purpose', 'any'],
  ])
  expect(output).toContain('Verification successful')
})

it('a power cut while the person is away: its page is dead, and another visit signs each document once', async () => {
  const first = batch('two.json')
  const page = await pageTold(first)
  first.child.kill('SIGKILL')
  await first.ended
  const second = batch('two.json')
  await signs(await pageTold(second))
  expect((await second.ended).code).toBe(0)
  expect(fire().pages()).not.toContain(page)
  expect((await told()).map(({ result }) => result)).toEqual(['DONE_AND_SAVED', 'DONE_AND_SAVED'])
})

it('a power cut while signatures are fetched: the others are fetched of the same visit, with nobody sent away', async () => {
  const first = batch('two.json')
  const before = visits() + 1
  const page = await pageTold(first)
  await fire().fault('result-away')
  await signs(page)
  await vi.waitFor(() => expect(fetches()).toBeGreaterThan(0), 20_000)
  first.child.kill('SIGKILL')
  await first.ended
  await fire().fault(undefined)
  expect((await batch('two.json').ended).code).toBe(0)
  expect(visits()).toBe(before)
})

/** How often a signature of a batch was asked for while it could not be had. */
function fetches(): number {
  return fire()
    .exchanges()
    .filter(({ request, answer }) => request.body.includes('op=10&') && answer.status === 503).length
}

it('who cancels signs nothing, and the batch can be run again; a document that the service fails is told', async () => {
  const cancelled = batch('two.json')
  await inBrowser({ site: line.site, folder: at('site') }, await pageTold(cancelled), 'cancel')
  expect(await cancelled.ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/CLAVE_CANCELLED: /) })
  const again = batch('two.json')
  const page = await pageTold(again)
  await fire().fault('first-of-batch-fails')
  await signs(page)
  expect((await again.ended).code).toBe(1)
  expect((await told()).map(({ result, description = '' }) => [result, description.split(':')[0]])).toEqual([
    ['ERROR_PRE', 'CLAVE_FAILED'],
    ['DONE_AND_SAVED', ''],
  ])
})
