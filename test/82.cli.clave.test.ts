// `compulsa clave onboarding` at the simulated FIRe: every test passes and the papers say so; what a service does wrong makes its
// test fail and no other; and what `doctor` tells of the service.

import { execFileSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandLine } from './cli.kit.ts'
import { firePassword } from './sim/fire.users.ts'

const line = commandLine({ clave: {}, withoutCard: true })
const fire = () => line.site.clave ?? expect.unreachable('a site without FIRe')
const people = () => join(line.folder, 'site', 'clave-people.json')
const onboarding = (out: string, ...more: string[]) =>
  line.compulsa('clave', 'onboarding', '--out', out, '--people', people(), ...more, ...line.configured())
const jsonIn = async (...path: string[]) => JSON.parse(await readFile(join(line.folder, ...path), 'utf8'))

describe('onboarding', () => {
  it('passes at a service that is as it should be, and writes what the forms ask for', async () => {
    const attest = join(line.folder, 'attest.json')
    await writeFile(
      attest,
      JSON.stringify({ agreement: { by: 'Secretària', on: '2026-03-01', note: 'conveni <2026>' } }),
    )
    const run = await onboarding('papers', '--attest', attest)
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('bloqueado') })
    expect(await readdir(join(line.folder, 'papers'))).toEqual([
      'application.json',
      'certificate.pem',
      'evidence.html',
      'evidence.json',
      'signed.pdf',
    ])
    const evidence = await jsonIn('papers', 'evidence.json')
    expect(evidence.results.map(({ id, passed }: { id: string; passed: boolean }) => [id, passed])).toEqual(
      ['service', 'sign', 'batch', 'cancelled', 'early', 'unknown', 'without-certificate', 'blocked', 'weak'].map(
        id => [id, true],
      ),
    )
    const states = evidence.prerequisites.map(({ id, state }: { id: string; state: string }) => [id, state])
    expect(Object.fromEntries(states)).toEqual({
      agreement: 'attested',
      adhesion: 'to-attest',
      'sms-billing': 'to-attest',
      forms: 'to-attest',
      request: 'to-attest',
      tests: 'done',
      application: 'done',
      sia: 'done',
      certificate: 'done',
    })
    const application = await jsonIn('papers', 'application.json')
    expect(application.application).toMatchObject({ id: 'B244E473466F', siaCodes: ['205123'] })
    const report = execFileSync('pdfsig', ['-nocert', join(line.folder, 'papers', 'signed.pdf')], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(report.match(/Signature is Valid/g)).toHaveLength(1)
    const certificate = join(line.folder, 'papers', 'certificate.pem')
    const shown = execFileSync('openssl', ['x509', '-in', certificate, '-noout', '-fingerprint', '-sha256'])
    expect(shown.toString().replaceAll(':', '').toLowerCase()).toContain(application.certificate.sha256)
    const page = await readFile(join(line.folder, 'papers', 'evidence.html'), 'utf8')
    expect(page).toContain('conveni &#60;2026&#62;')
    expect(page).toMatch(/<html lang="es">[\s\S]*pruebas de integración[\s\S]*superada[\s\S]*por acreditar/)
    expect(page).not.toMatch(/FALTA|NO SUPERADA|undefined/)
    for (const text of [page, run.stdout, run.stderr, await readFile(certificate, 'latin1')]) {
      expect(text).not.toMatch(new RegExp(`${firePassword}|PRIVATE KEY`))
    }
    expect(fire().breaches()).toEqual([])
  })

  it('tells which test failed, and why, and goes on', async () => {
    const kit = JSON.parse(await readFile(people(), 'utf8'))
    const mixedUp = { ...kit, blocked: kit.weaklyRegistered, unknown: kit.signs }
    await writeFile(people(), JSON.stringify(mixedUp))
    await fire().fault('old-version')
    const run = await onboarding('failed', '--language', 'ca', '--json')
    await writeFile(people(), JSON.stringify(kit))
    await fire().fault(undefined)
    expect(run.code).toBe(1)
    const { results, prerequisites } = JSON.parse(run.stdout)
    const failed = results.filter(({ passed }: { passed: boolean }) => !passed)
    expect(failed).toMatchObject([
      { id: 'sign', detail: expect.stringMatching(/^SIGNATURE_INVALID: /) },
      { id: 'unknown', detail: 'CLAVE_FAILED: a signature came, and CLAVE_USER_UNKNOWN was expected' },
      { id: 'blocked', detail: expect.stringMatching(/^CLAVE_USER_WEAK: /) },
    ])
    expect(prerequisites.find(({ id }: { id: string }) => id === 'tests')).toMatchObject({ state: 'missing' })
    expect(await readdir(join(line.folder, 'failed'))).not.toContain('signed.pdf')
    expect(await readFile(join(line.folder, 'failed', 'evidence.html'), 'utf8')).toMatch(/lang="ca"[\s\S]*NO SUPERADA/)
  })

  it('wants to know what to attest, and by whom', async () => {
    const attest = join(line.folder, 'wrong.json')
    await writeFile(attest, JSON.stringify({ agreement: 'yes' }))
    expect(await onboarding('none', '--attest', attest)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^REQUEST_INVALID: .*wrong\.json: not attestations: \/agreement/),
    })
    const open = join(line.folder, 'people.json')
    await writeFile(open, await readFile(people()), { mode: 0o644 })
    const told = await line.compulsa('clave', 'onboarding', '--out', 'x', '--people', open, ...line.configured())
    expect(told.stderr).toMatch(/^FILE_UNREADABLE: .*set mode 0600/)
    expect((await line.compulsa('clave', 'start', '--out', 'x', '--people', people(), ...line.configured())).code).toBe(
      2,
    )
  })
})

it('doctor tells whether the service answers', async () => {
  const checked = async () => {
    const { stdout } = await line.compulsa('doctor', '--json', ...line.configured())
    return JSON.parse(stdout).findings.find(({ check }: { check: string }) => check === 'Cl@ve Firma')
  }
  expect(await checked()).toMatchObject({ ok: true, detail: expect.stringContaining('it knows the application') })
  await fire().fault('offline')
  expect(await checked()).toMatchObject({ ok: false, detail: expect.stringMatching(/^CLAVE_UNREACHABLE: /) })
})
