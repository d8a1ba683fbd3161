// `compulsa sign`: one signature on a file, in any of the three formats and at any level, with a token, a key store, the seal of a
// body, or by a person with Cl@ve Firma. What was made is verified before it is written.

import { basename } from 'node:path'
import type { ExtraParams } from '../ades/extra-params.ts'
import { formatOf } from '../ades/format.ts'
import type { Written } from '../ades/job.ts'
import type { Packaging, SignatureFormat, SignatureLevel, SignatureOperation } from '../ades/request.ts'
import { type AwaitedOrder, awaitedBy } from '../document/awaited-order.ts'
import { filesOf, openedBy, packagingBy, signJobOf } from '../document/sign-order.ts'
import { Fault } from '../errors.ts'
import type { Report, SignatureReport } from '../trust/report.ts'
import { configOf, readable, withWorkbench } from './appliance.ts'
import { claveOptions, signsWithClave } from './clave-person.ts'
import { type PersonSigning, signedByPerson } from './clave-sign.ts'
import { extraOf, propertiesOf } from './extra.ts'
import { type Identity, signerOptions, withIdentity, withSigner } from './identity.ts'
import { contentOption, type Performed, passwordOption, perform, tellEarlier, writeMade } from './job.ts'
import { reportLines, unaskedLines } from './report-lines.ts'
import { openFile } from './scratch.ts'
import { sealIdentity, sealOption, signsWithSeal } from './seal-identity.ts'
import { anchorsFor, requireTimestamping, timestampOptions, trustOption, withTimestamping } from './trust.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const signVerb: Verb = {
  name: 'sign',
  summary:
    'Signs a file: PAdES, CAdES or XAdES, at level B, T, LT or LTA. The result is verified before it is written.',
  words: { name: 'IN', min: 1, max: 1 },
  options: {
    ...configOptions,
    out: { type: 'string', help: 'file to write', required: true },
    format: { type: 'string', help: 'pades, cades or xades (default: pades for a PDF)' },
    level: { type: 'string', help: 'b (default), t, lt or lta' },
    packaging: {
      type: 'string',
      help: 'enveloped, enveloping, internally-detached or detached (default: detached for cades, else enveloped)',
    },
    op: { type: 'string', help: 'sign (default), cosign or countersign' },
    ...signerOptions,
    ...sealOption,
    ...claveOptions,
    ...contentOption,
    ...passwordOption,
    ...timestampOptions,
    ...trustOption,
    policy: { type: 'string', help: 'agel (the AGE policy 1.9), or a JSON file with the policy' },
    extra: { type: 'string', help: 'Java properties file with extra parameters, by AutoFirma’s names' },
  },
  run,
}

async function run(call: Call): Promise<Answer> {
  const { config } = configOf(call)
  const byPerson = signsWithClave(call, config)
  const used = withTimestamping(call, withSigner(call, config))
  const format = await formatFor(call)
  const operation = call.choice('op', ['sign', 'cosign', 'countersign']) ?? 'sign'
  const { extra, filters } = await extraOf(call, format, operation)
  const asked = askedFor(call, { format, operation, extra })
  if (asked.level !== 'B') requireTimestamping(used)
  const properties = await propertiesOf(call, extra)
  const policy = used.timestamping?.policy
  const order = {
    ...asked,
    extra: { ...extra, cades: cadesFor(call, extra) },
    properties,
    anchors: await anchorsFor(call, config),
    ...(policy !== undefined && { timestampPolicy: policy }),
  }
  return await withWorkbench(used, async bench => {
    // While the signer is still being asked for its certificates.
    bench.rooms.start('document', ...(asked.level === 'B' ? [] : (['net'] as const)))
    const files = await filesOf(extra, bench.scratch)
    if (byPerson) return await signWithPerson(call, { config: used, bench, files, order })
    const work = async (signer: Identity): Promise<Answer> => {
      const contentName = basename(call.words[0] ?? '')
      const { job, ignored: theirs } = signJobOf({ ...order, identity: signer.identity, contentName })
      const outcome = await perform(job, { call, bench, files, identity: signer, ...openedBy(extra) })
      if (outcome.outcome !== 'written') throw new Fault('INTERNAL', `signing ended with ${outcome.outcome}`)
      return await finished(call, signer.holder, [...theirs, ...(filters?.unknown ?? [])], outcome)
    }
    if (signsWithSeal(call)) return await work(await sealIdentity(call, config, bench.rooms.seals()))
    return await withIdentity(call, bench.rooms.signer(), work, filters)
  })
}

async function signWithPerson(
  call: Call,
  { config, bench, files, order }: Pick<PersonSigning, 'config' | 'bench' | 'files'> & { readonly order: Ordered },
): Promise<Answer> {
  const { level, extra } = order
  const { awaited, ignored } = awaitedBy(order)
  const made = await signedByPerson({ call, config, bench, files, awaited, level, extra })
  return await finished(call, lastSigned(made.report)[0]?.signer?.holder ?? '', ignored, made)
}

/** Written, and told what has become of it. */
async function finished(
  call: Call,
  signer: string,
  unused: readonly string[],
  outcome: Written & Performed,
): Promise<Answer> {
  await writeMade(call, outcome)
  tellEarlier(call, outcome)
  const ignored = [...new Set([...unused, ...(outcome.ignored ?? [])])]
  tellEffects(call, ignored, outcome)
  return answerOf(call, signer, ignored, outcome)
}

/** What of --extra was not done, and what was done at a price. */
function tellEffects(call: Call, ignored: readonly string[], { notes = [] }: Written): void {
  for (const name of ignored) call.progress(`extra parameter ${name} has no effect`)
  for (const note of notes) call.progress(note)
}

function answerOf(
  call: Call,
  signer: string,
  ignored: readonly string[],
  { report, answeredEarlier, notes = [] }: Written,
): Answer {
  const out = call.text('out') ?? ''
  const made = lastSigned(report)
  return {
    json: { out, signer, ignored, notes, answeredEarlier, ...report },
    lines: [`${out}: signed by ${signer}`, ...made.flatMap(reportLines), ...unaskedLines(made)],
  }
}

/** What was said of the packaging on the command line goes before what the size of the content says. */
function cadesFor(call: Call, { cades }: ExtraParams): ExtraParams['cades'] {
  const { envelopBelow, ...rest } = cades
  return envelopBelow === undefined || call.text('packaging') !== undefined ? rest : cades
}

type Ordered = AwaitedOrder & Asked

interface Asked {
  readonly format: SignatureFormat
  readonly level: SignatureLevel
  readonly operation: SignatureOperation
  readonly packaging: Packaging
}

const formats = { pades: 'PAdES', cades: 'CAdES', xades: 'XAdES' } as const
const levels = { b: 'B', t: 'T', lt: 'LT', lta: 'LTA' } as const
const packagings = ['enveloped', 'enveloping', 'internally-detached', 'detached'] as const

function askedFor(
  call: Call,
  { format, operation, extra }: Pick<Asked, 'format' | 'operation'> & { readonly extra: ExtraParams },
): Asked {
  const usual = format === 'CAdES' ? 'detached' : 'enveloped'
  return {
    format,
    operation,
    level: levels[call.choice('level', ['b', 't', 'lt', 'lta']) ?? 'b'],
    packaging: call.choice('packaging', packagings) ?? packagingBy(extra, undefined, usual),
  }
}

/** A PDF is signed as such; for anything else it has to be said. */
async function formatFor(call: Call): Promise<SignatureFormat> {
  const named = call.choice('format', ['pades', 'cades', 'xades'])
  if (named !== undefined) return formats[named]
  const [path = ''] = call.words
  const file = await readable(openFile(path), path)
  try {
    if ((await formatOf(file)) === 'PAdES') return 'PAdES'
  } catch (thrown) {
    if (!(thrown instanceof Fault && thrown.code === 'SIGNATURE_ABSENT')) throw thrown
  } finally {
    await file.close()
  }
  throw new Fault('USAGE', 'the file is no PDF: sign needs --format cades or xades')
}

/** What was just made: document time-stamps behind it have their lines in the report alone. */
function lastSigned({ signatures }: Report): readonly SignatureReport[] {
  return signatures.filter(one => one.type !== 'DocTimeStamp').slice(-1)
}
