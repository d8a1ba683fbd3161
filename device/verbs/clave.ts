// `compulsa clave onboarding`: the integration tests that precede the admission to Cl@ve Firma, at the configured service, and the
// papers that its two forms ask for.

import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import Type from 'typebox'
import Value from 'typebox/value'
import { type KitPeople, type KitPerson, runOnboarding } from '../clave/onboarding.ts'
import { applicationData, type Papers, papersAsHtml, papersAsText } from '../clave/papers.ts'
import { type Attestation, attestable, prerequisites } from '../clave/prerequisites.ts'
import { type PaperLanguage, paperLanguages, paperWords } from '../clave/texts.ts'
import type { Config } from '../config/config.ts'
import { asFault, Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import { readAnchors } from '../main.ts'
import { targetSheet } from '../pdf/target-sheet.ts'
import { certificatesInPem } from '../trust/pem.ts'
import { version } from '../version.ts'
import { configOf, readable, readInput, withWorkbench, writeOutput } from './appliance.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const claveVerb: Verb = {
  name: 'clave',
  summary:
    'onboarding: runs the integration tests of Cl@ve Firma at the configured FIRe service, and writes the evidence and the data for the forms.',
  words: { name: 'onboarding', min: 1, max: 1 },
  options: {
    ...configOptions,
    out: { type: 'string', help: 'folder for evidence, data and certificate', required: true },
    people: { type: 'string', help: 'JSON file with the people of the test kit, mode 0600', required: true },
    attest: { type: 'string', help: `JSON file: ${attestable.join(', ')}, each {"by", "on", "note"}` },
    language: { type: 'string', help: 'of the papers: es (default), ca, en' },
    certificate: { type: 'string', help: 'PEM of the public certificate, where the configured file is PKCS#12' },
  },
  run,
}

const strict = { additionalProperties: false } as const
const Text = Type.String({ minLength: 1, maxLength: 200 })
const Person = Type.Object({ subject: Text, password: Text, code: Text }, strict)
const People = Type.Object(
  { signs: Person, withoutCertificate: Person, blocked: Person, weaklyRegistered: Person, unknown: Person },
  strict,
)
const Attested = Type.Object(
  { by: Text, on: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), note: Type.Optional(Text) },
  strict,
)
const Attestations = Type.Object(Object.fromEntries(attestable.map(id => [id, Type.Optional(Attested)])), strict)

/** Nobody is sent there: the walk ends at it. */
const returnUrl = 'https://localhost/compulsa-onboarding'

async function run(call: Call): Promise<Answer> {
  if (call.words[0] !== 'onboarding') throw new Fault('USAGE', `clave takes onboarding, not ${call.words[0]}`)
  const { config } = configOf(call)
  if (config.clave === undefined) throw new Fault('CLAVE_ABSENT', 'the configuration has no clave')
  const people = await peopleIn(call.text('people') ?? '')
  const attestations = await attestationsIn(call.text('attest'))
  const siaCodes = codesOf(config)
  const language = call.choice('language', paperLanguages) ?? 'es'
  const words = paperWords(language)
  const { results, signed } = await withWorkbench(config, async ({ rooms }) =>
    runOnboarding({
      clave: rooms.clave(),
      pages: rooms.claveTestPages(),
      people,
      order: { language: 'es', returnUrl },
      sample: targetSheet(['es']),
      anchors: await readAnchors(config),
      now: systemClock.now,
      signal: call.signal,
      progress: id => call.progress(words.test(id)),
    }),
  )
  const certificate = await certificateOf(config, call.text('certificate'))
  const found = {
    results,
    applicationId: config.clave.applicationId,
    siaCodes,
    withoutSia: proceduresOf(config).flatMap(({ id, document }) => (document.sia === undefined ? [id] : [])),
    certificateFault: certificate.fault,
  }
  const papers: Papers = {
    at: new Date(systemClock.now()).toISOString(),
    version,
    service: config.clave.url,
    results,
    prerequisites: prerequisites(found, attestations),
    application: applicationData(config, siaCodes, certificate.der),
  }
  const out = call.text('out') ?? ''
  await written(out, papers, { language, certificate: certificate.pem, signed })
  return answerOf(papers, [...papersAsText(papers, words), '', `written to ${out}`])
}

function answerOf(papers: Papers, lines: readonly string[]): Answer {
  const failed = papers.results.filter(({ passed }) => !passed).length
  if (failed === 0) return { json: papers, lines }
  return {
    json: papers,
    lines,
    failed: { code: 'CLAVE_TESTS', mend: `${failed} of ${papers.results.length} tests failed.` },
  }
}

interface Made {
  readonly language: PaperLanguage
  readonly certificate: string | undefined
  readonly signed: Uint8Array | undefined
}

async function written(folder: string, papers: Papers, { language, certificate, signed }: Made): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((thrown: unknown) => {
    throw new Fault('OUTPUT_UNWRITABLE', `${folder}: ${asFault(thrown).detail}`, { cause: thrown })
  })
  const { application, results, prerequisites: needed, ...about } = papers
  const words = paperWords(language)
  const evidence = {
    ...about,
    results: results.map(one => ({ ...one, title: words.test(one.id) })),
    prerequisites: needed.map(one => ({ ...one, title: words.prerequisite(one.id) })),
  }
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
  const files: Readonly<Record<string, string | Uint8Array | undefined>> = {
    'evidence.json': json(evidence),
    'evidence.html': papersAsHtml(papers, language),
    'application.json': json(application),
    'certificate.pem': certificate,
    'signed.pdf': signed,
  }
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined) continue
    await writeOutput(join(folder, name), typeof content === 'string' ? Buffer.from(content) : content)
  }
}

function proceduresOf({ procedures }: Config) {
  return procedures.filter(({ signature }) => signature.mode === 'clave')
}

function codesOf(config: Config): readonly string[] {
  return [...new Set(proceduresOf(config).flatMap(({ document }) => document.sia ?? []))]
}

/** The first certificate of the file, and nothing else of it: a key may stand beside. */
async function certificateOf({ clave }: Config, given: string | undefined) {
  const path = given ?? clave?.certificateFile
  if (path === undefined) return { fault: 'no certificate is configured; give it with --certificate' }
  try {
    const [der] = certificatesInPem(await readFile(path, 'latin1'))
    if (der === undefined) return { fault: `${path} holds no certificate` }
    const lines = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
    return { der, pem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, fault: undefined }
  } catch (thrown) {
    return { fault: `${path}: ${asFault(thrown).detail}; give the public part with --certificate` }
  }
}

async function peopleIn(path: string): Promise<KitPeople> {
  const { mode } = await readable(stat(path), path)
  if ((mode & 0o077) !== 0)
    throw new Fault('FILE_UNREADABLE', `${path} can be read by others than its owner; set mode 0600`)
  const people = await jsonIn(path)
  if (!Value.Check(People, people))
    throw malformed(path, 'the five people of the test kit', Value.Errors(People, people))
  return people satisfies Record<string, KitPerson>
}

async function attestationsIn(path: string | undefined): Promise<Readonly<Record<string, Attestation>>> {
  if (path === undefined) return {}
  const given = await jsonIn(path)
  if (!Value.Check(Attestations, given)) throw malformed(path, 'attestations', Value.Errors(Attestations, given))
  return given as Readonly<Record<string, Attestation>>
}

function malformed(path: string, what: string, errors: readonly { instancePath: string; message: string }[]): Fault {
  const [first] = errors
  return new Fault('REQUEST_INVALID', `${path}: not ${what}: ${first?.instancePath ?? ''} ${first?.message ?? ''}`)
}

async function jsonIn(path: string): Promise<unknown> {
  const text = (await readInput(path)).toString('utf8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Fault('FILE_UNREADABLE', `${path}: not JSON`, { cause })
  }
}
