// `compulsa sign --clave`: a person signs a file at the simulated FIRe, in a browser on this machine or by a terminal and a phone;
// what comes back is judged by pdfsig and openssl. And everything that keeps it from being signed, with nothing left open.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { judge, smallPdf } from './50.signature.kit.ts'
import { atPhone, clavePerson, inBrowser, pageTold } from './clave.kit.ts'
import { commandLine, program, type Run, type Started } from './cli.kit.ts'

const line = commandLine({ clave: {}, withoutCard: true, trustServices: true })
const fire = () => line.site.clave ?? expect.unreachable('a site without FIRe')
const at = (name: string) => join(line.folder, name)
const there = () => ({ site: line.site, folder: at('site') })

beforeAll(async () => {
  await writeFile(at('in.pdf'), await smallPdf())
  await writeFile(at('text'), 'a text')
  await writeFile(at('number'), ` ${clavePerson.toLowerCase()} \n`)
})
afterEach(async () => {
  await fire().fault(undefined)
  expect([fire().transactions(), fire().breaches()]).toEqual([0, []])
})

const sign = (...words: string[]): Started => {
  const more = ['--clave', '--number-file', 'number', ...line.configured()]
  return line.started(process.execPath, program, 'sign', ...words, ...more)
}

describe('a person in a browser on this machine', () => {
  it('signs a PDF, and is led back', async () => {
    const run = sign('in.pdf', '--out', 'out.pdf', '--json')
    await inBrowser(there(), await pageTold(run))
    const { code, stdout, stderr } = await run.ended
    expect([code, stderr.split('\n').length]).toEqual([0, 3])
    expect(stderr).toContain('https://')
    expect(JSON.parse(stdout)).toMatchObject({
      signer: expect.stringContaining(clavePerson),
      indication: 'TOTAL-PASSED',
    })
    expect((await judge('pdfsig', ['-nocert', at('out.pdf')])).output).toContain('Signature is Valid')
    const original = await readFile(at('in.pdf'))
    expect((await readFile(at('out.pdf'))).subarray(0, original.length)).toEqual(original)
  })

  it('signs any file by CMS that openssl verifies, that states its time, and is raised to the level asked for', async () => {
    const run = sign('text', '--out', 'text.p7s', '--format', 'cades', '--level', 'lt')
    await inBrowser(there(), await pageTold(run))
    expect(await run.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('CAdES-BASELINE-LT') })
    const trusted = ['-CAfile', at('site/clave-authority.pem'), '-partial_chain', '-purpose', 'any']
    const { output } = await judge('openssl', [
      ...['cms', '-verify', '-cades', '-inform', 'DER', '-binary', '-in', at('text.p7s'), '-content', at('text')],
      ...['-out', at('verified'), ...trusted],
    ])
    expect(output).toMatch(/Verification successful/)
    const shown = await judge('openssl', ['cms', '-cmsout', '-print', '-inform', 'DER', '-in', at('text.p7s')])
    expect(shown.output).toContain('signingTime')
  })

  it.each([
    ['cancels', 'cancel', undefined, /^CLAVE_CANCELLED: /],
    ['is followed by a signature of somebody else', 'sign', 'another-person', /^CLAVE_OTHER_PERSON: /],
    ['is followed by a CMS that a PDF must not have', 'sign', 'old-version', /^SIGNATURE_INVALID: /],
  ] as const)('%s: nothing is written', async (_what, act, fault, told) => {
    const run = sign('in.pdf', '--out', 'never.pdf')
    const page = await pageTold(run)
    await fire().fault(fault)
    await inBrowser(there(), page, act)
    const { code, stderr } = await run.ended
    expect([code, stderr.split('\n').at(-2)]).toEqual([1, expect.stringMatching(told)])
    await expect(readFile(at('never.pdf'))).rejects.toThrow('ENOENT')
  })
})

/** Two lines typed at a terminal: the number, and Enter once `signs` is over. */
async function atTerminal(words: readonly string[], signs: (page: string) => Promise<void>): Promise<Run> {
  const command = [process.execPath, program, 'sign', ...words, '--clave', ...line.configured()].join(' ')
  const run = line.started('script', '-qfec', command, '/dev/null')
  run.child.stdin?.write(`${clavePerson}\n`)
  await signs(await pageTold(run))
  run.child.stdin?.write('\n')
  return run.ended
}

describe('at a terminal', () => {
  it('the number is asked for, the page is shown for a phone, and Enter says that they have signed, beside the signature of before', async () => {
    const { code, stdout } = await atTerminal(['out.pdf', '--out', 'phone.pdf'], page => atPhone(there(), page))
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/DNI or NIE[\s\S]*https:[\s\S]*Press Enter[\s\S]*signed by/),
    ])
    const { output } = await judge('pdfsig', ['-nocert', at('phone.pdf')])
    expect(output.match(/Signature is Valid/g)).toHaveLength(2)
  })

  it('Enter before they have ends the transaction, and says so', async () => {
    const { code, stdout } = await atTerminal(['in.pdf', '--out', 'early.pdf'], async () => undefined)
    expect([code, stdout]).toEqual([1, expect.stringContaining('CLAVE_NOT_FINISHED')])
  })
})

it('Ctrl-C ends the transaction at the service', async () => {
  const run = sign('in.pdf', '--out', 'x')
  await pageTold(run)
  run.child.kill('SIGINT')
  expect(await run.ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/INTERRUPTED: stopped by SIGINT/) })
})

describe('nobody is asked', () => {
  it.each([
    [['in.pdf', '--out', 'x', '--seal', '9821920002'], 2, '--clave goes without --seal'],
    [['text', '--out', 'x', '--format', 'xades'], 1, 'SIGNATURE_FORMAT_REFUSED'],
    [['text', '--out', 'x', '--format', 'cades', '--packaging', 'enveloping'], 1, 'SIGNATURE_FORMAT_REFUSED'],
  ])('for %j', async (words, code, told) => {
    expect(await sign(...words).ended).toMatchObject({ code, stderr: expect.stringContaining(told) })
  })

  it('for a number whose letter does not fit, and without one where nobody can type it', async () => {
    await writeFile(at('wrong'), '50751129A\n')
    const words = ['sign', 'in.pdf', '--out', 'x', '--clave', ...line.configured()]
    expect(await line.compulsa(...words, '--number-file', 'wrong')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^IDENTITY_NUMBER_INVALID: /),
    })
    expect(await line.compulsa(...words)).toMatchObject({ code: 2, stderr: expect.stringContaining('--number-file') })
  })
})
