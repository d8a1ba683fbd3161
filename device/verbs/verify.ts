// `compulsa verify`: the validation report on a PDF, as text or JSON.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../host.ts'
import { certificatesInPem } from '../trust/pem.ts'
import type { Report, SignatureReport } from '../trust/report.ts'
import { verifyPdf } from '../trust/verify-pdf.ts'
import { readable, readInput } from './appliance.ts'
import { openFile } from './scratch.ts'
import type { Answer, Call, Verb } from './verb.ts'

export const verifyVerb: Verb = {
  name: 'verify',
  summary: 'Validates the signatures of a PDF (EN 319 102-1 indications). Exit 0 only for TOTAL-PASSED.',
  words: { name: 'IN', min: 1, max: 1 },
  options: { trust: { type: 'string', help: 'folder with the trusted certificates, PEM or DER' } },
  run,
}

async function run(call: Call): Promise<Answer> {
  const [input = ''] = call.words
  const trust = call.text('trust')
  const anchors = trust === undefined ? [] : await anchorsIn(trust)
  const file = await readable(openFile(input), input)
  try {
    const report = await verifyPdf(file, { anchors, now: systemClock.now(), revocation: 'if-present' })
    const answer = {
      json: { file: input, ...report },
      lines: [`${input}: ${verdict(report)}`, ...report.signatures.flatMap(lines)],
    }
    return report.indication === 'TOTAL-PASSED' ? answer : { ...answer, failed: failureOf(report) }
  } finally {
    await file.close()
  }
}

async function anchorsIn(folder: string): Promise<readonly Uint8Array[]> {
  const names = await readable(readdir(folder), folder)
  const files = names.filter(name => /\.(pem|crt|cer|der)$/i.test(name)).sort()
  const found = await Promise.all(files.map(name => readInput(join(folder, name))))
  return found.flatMap(bytes =>
    bytes[0] === 0x30 ? [new Uint8Array(bytes)] : certificatesInPem(bytes.toString('latin1')),
  )
}

function verdict({ indication, subIndication }: Pick<Report, 'indication' | 'subIndication'>): string {
  return subIndication === undefined ? indication : `${indication} (${subIndication})`
}

function lines(signature: SignatureReport): string[] {
  const { fieldName, indication, subIndication, level, signer, claimedTime, findings, coversWholeFile } = signature
  return [
    `  ${fieldName}: ${verdict({ indication, ...(subIndication === undefined ? {} : { subIndication }) })}`,
    `    level    ${level}`,
    `    signer   ${signer?.subject ?? 'unknown'}`,
    `    claimed  ${claimedTime === undefined ? 'no time' : new Date(claimedTime).toISOString()}`,
    `    covers   ${coversWholeFile ? 'the whole file' : 'an earlier revision'}`,
    ...findings.map(({ detail }) => `    finding  ${detail}`),
  ]
}

function failureOf({ indication, subIndication }: Report): NonNullable<Answer['failed']> {
  const mend: Readonly<Record<string, string>> = {
    'NO-SIGNATURE': 'The file carries no signature.',
    'TOTAL-FAILED': 'The signature is broken; do not rely on this file.',
    INDETERMINATE:
      'The signature is intact but not all of it could be judged; name the trusted certificates with --trust.',
  }
  return { code: subIndication ?? indication, mend: mend[indication] ?? '' }
}
