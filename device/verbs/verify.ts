// `compulsa verify`: the validation report on a file, as text or JSON.

import type { VerifyJob } from '../ades/job.ts'
import { Fault } from '../errors.ts'
import type { Report, SubIndication } from '../trust/report.ts'
import { configOf, withWorkbench } from './appliance.ts'
import { contentOption, passwordOption, perform } from './job.ts'
import { reportLines, verdict } from './report-lines.ts'
import { anchorsFor, trustOption } from './trust.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const verifyVerb: Verb = {
  name: 'verify',
  summary:
    'Validates the signatures of a PDF, CMS or XML file (EN 319 102-1 indications). Exit 0 only for TOTAL-PASSED.',
  words: { name: 'IN', min: 1, max: 1 },
  options: {
    ...configOptions,
    ...trustOption,
    ...contentOption,
    ...passwordOption,
    online: { type: 'boolean', help: 'ask for issuers and revocation that the signature does not hold' },
  },
  run,
}

async function run(call: Call): Promise<Answer> {
  const { config } = configOf(call)
  const [input = ''] = call.words
  const job: VerifyJob = { job: 'verify', anchors: await anchorsFor(call, config), online: call.flag('online') }
  return await withWorkbench(config, async bench => {
    const outcome = await perform(job, { call, bench })
    if (outcome.outcome !== 'verified') throw new Fault('INTERNAL', `verifying ended with ${outcome.outcome}`)
    const { format, report } = outcome
    const answer = {
      json: { file: input, format, ...report },
      lines: [
        `${input}: ${verdict(report)}`,
        ...report.findings.map(({ subIndication, detail }) => `  finding  ${subIndication}: ${detail}`),
        ...report.signatures.flatMap(reportLines),
      ],
    }
    return report.indication === 'TOTAL-PASSED' ? answer : { ...answer, failed: failureOf(report) }
  })
}

function failureOf({ indication, subIndication }: Report): NonNullable<Answer['failed']> {
  const mend = (subIndication && mends[subIndication]) ?? general[indication] ?? ''
  return { code: subIndication ?? indication, mend }
}

const mends: Partial<Readonly<Record<SubIndication, string>>> = {
  SIGNED_DATA_NOT_FOUND: 'Give the signed original with --content.',
  NO_CERTIFICATE_CHAIN_FOUND: 'Name the trusted certificates with --trust; ask for missing issuers with --online.',
  TRY_LATER:
    'The signature is intact, but nothing in it tells whether its certificates were revoked; ask with --online.',
  REVOKED_NO_POE:
    'The certificate was revoked, and nothing proves that it signed before that; do not rely on the signature.',
  REVOKED_CA_NO_POE: 'An authority was revoked, and nothing proves that the signature is older; do not rely on it.',
  OUT_OF_BOUNDS_NO_POE:
    'Nothing proves that the signature was made while its certificate was valid; do not rely on it.',
  OUT_OF_BOUNDS_NOT_REVOKED:
    'Nothing proves that the signature was made while its certificate was valid; do not rely on it.',
  CRYPTO_CONSTRAINTS_FAILURE_NO_POE:
    'The signature rests on an algorithm that is too weak today; do not rely on it without other proof of its age.',
}

const general: Readonly<Record<string, string>> = {
  'NO-SIGNATURE': 'The file carries no signature.',
  'TOTAL-FAILED': 'The signature is broken; do not rely on this file.',
  INDETERMINATE: 'The findings say what is missing or not allowed; until then, do not rely on the signature.',
}
