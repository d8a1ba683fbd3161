// `compulsa eni`: a PDF and its metadata as the XML of an ENI document. The signature of the PDF is looked at first, and what
// was looked at is what goes in.

import { rangeOf } from '../bytes.ts'
import { type EniSignature, writeEni } from '../eni/document.ts'
import { type GivenMetadata, readGivenMetadata } from '../eni/given-metadata.ts'
import { eniIdentifier } from '../eni/identifier.ts'
import { Fault } from '../errors.ts'
import { newIdFrom, systemRandom } from '../host.ts'
import type { Report } from '../trust/report.ts'
import { configOf, readInput, withWorkbench } from './appliance.ts'
import { type Performed, passwordOption, perform, writeFromInput } from './job.ts'
import { anchorsFor, trustOption } from './trust.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const eniVerb: Verb = {
  name: 'eni',
  summary: 'Writes the ENI document (XML, version 1.0) of a PDF: content, metadata, and what proves it (PAdES, CSV).',
  words: { name: 'IN.pdf', min: 1, max: 1 },
  options: {
    ...configOptions,
    meta: { type: 'string', help: 'JSON file with the metadata', required: true },
    out: { type: 'string', help: 'file to write', required: true },
    unsigned: { type: 'boolean', help: 'let a PDF without signature and CSV become a document without firmas' },
    ...trustOption,
    ...passwordOption,
  },
  run,
}

async function run(call: Call): Promise<Answer> {
  const { config } = configOf(call)
  const { given, warnings } = await givenBy(call)
  const anchors = await anchorsFor(call, config)
  return await withWorkbench(config, async bench => {
    const performed = await perform({ job: 'verify', anchors, online: false }, { call, bench })
    const signatures = signaturesOf(performed, given, call)
    const [organ = ''] = given.metadata.organs
    const capturedAt = new Date(given.metadata.capturedAt).toISOString()
    const identifier =
      given.metadata.identifier ?? eniIdentifier({ organ, capturedAt, unique: newIdFrom(systemRandom) })
    const metadata = { ...given.metadata, identifier }
    const eni = { metadata, format: given.format, signatures }
    await writeFromInput(call, performed.inputState, input => writeEni(eni, rangeOf(input)))
    const out = call.text('out') ?? ''
    const types = signatures.map(one => one.type)
    const { indication } = reportOf(performed)
    return {
      json: { out, identifier, signatures: types, indication, warnings },
      lines: [
        `${out}: ${identifier}, ${types.join(' and ') || 'without firmas'}`,
        ...(types.includes('TF06') ? [`  the signature of the PDF: ${indication}`] : []),
        ...warnings.map(one => `  warning  ${one}`),
      ],
    }
  })
}

/** Throws REQUEST_INVALID with every JSON path that is wrong, FILE_UNREADABLE. */
async function givenBy(call: Call): Promise<{ given: GivenMetadata; warnings: readonly string[] }> {
  const path = call.text('meta') ?? ''
  const text = (await readInput(path)).toString('utf8')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Fault('REQUEST_INVALID', `${path} is not JSON`)
  }
  const read = readGivenMetadata(json)
  if (read.outcome === 'refused') throw new Fault('REQUEST_INVALID', read.faults.join('; '))
  return read
}

/**
 * A document may be filed whose signature can no longer be validated, but never one whose signed bytes are others. Throws
 * SIGNATURE_BROKEN, SIGNATURE_ABSENT, SIGNATURE_FORMAT_REFUSED.
 */
function signaturesOf(performed: Performed, { csv }: GivenMetadata, call: Call): readonly EniSignature[] {
  const { findings, signatures } = reportOf(performed)
  const made = signatures.filter(one => one.type === 'Sig')
  const broken = signatures.find(one => one.integrity === 'broken')?.findings[0] ?? findings[0]
  if (broken !== undefined) throw new Fault('SIGNATURE_BROKEN', broken.detail)
  const proofs: EniSignature[] = [
    ...(csv === undefined ? [] : [{ type: 'TF01' as const, csv: csv.value, regulation: csv.regulation }]),
    ...(made.length === 0 ? [] : [{ type: 'TF06' as const }]),
  ]
  if (proofs.length === 0 && !call.flag('unsigned')) {
    throw new Fault(
      'SIGNATURE_ABSENT',
      'the PDF is not signed and there is no csv; --unsigned writes it without firmas',
    )
  }
  return proofs
}

function reportOf(performed: Performed): Report {
  if (performed.outcome !== 'verified') throw new Fault('INTERNAL', `verifying ended with ${performed.outcome}`)
  if (performed.format !== 'PAdES') throw new Fault('SIGNATURE_FORMAT_REFUSED', 'the content is no PDF')
  return performed.report
}
