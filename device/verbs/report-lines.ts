// A validation report as text for a terminal: what a person wants to know of each signature, and every finding.

import type { CertificateState, Report, SignatureReport, TimestampReport } from '../trust/report.ts'
import type { SignedScope } from '../trust/xades-scope.ts'

/** Indication and, in brackets, sub-indication. */
export function verdict({ indication, subIndication }: Pick<Report, 'indication' | 'subIndication'>): string {
  return subIndication === undefined ? indication : `${indication} (${subIndication})`
}

const moment = (time: number) => new Date(time).toISOString()

/** The lines on one signature. */
export function reportLines(one: SignatureReport): string[] {
  const { bestSignatureTime, claimedTime, policy, signer } = one
  return [
    `  ${one.fieldName ?? one.format}: ${verdict(one)}`,
    ...(one.type === 'DocTimeStamp' ? [] : [row('level', one.level)]),
    row('signer', signer?.subject ?? 'unknown'),
    ...(claimedTime === undefined ? [] : [row('claimed', moment(claimedTime))]),
    row('time', `${moment(bestSignatureTime.time)} by ${timeSources[bestSignatureTime.source]}`),
    ...(policy === undefined ? [] : [row('policy', policy.id)]),
    ...(one.countersignature === true ? [row('over', 'the value of another signature')] : []),
    ...(one.scopes ?? []).slice(0, maxScopes).map(scopeRow),
    ...one.timestamps.map(timestampRow),
    ...one.certificates.map(stateRow),
    ...(one.coversWholeFile === undefined
      ? []
      : [row('covers', one.coversWholeFile ? 'the whole file' : 'an earlier revision')]),
    ...(one.changes ?? []).flatMap(changeRows),
    ...one.findings.map(({ subIndication, detail }) => row('finding', `${subIndication}: ${detail}`)),
  ]
}

/** Making a signature passes what nobody was asked about (`revocation: if-present`); verifying does not, and says so. */
export function unaskedLines(signatures: readonly SignatureReport[]): string[] {
  const unknown = signatures.some(one => one.certificates.some(({ status }) => status === 'unknown'))
  return unknown ? ['  whether certificates were revoked was not asked: verify --online does'] : []
}

const row = (name: string, text: string) => `    ${name.padEnd(9)}${text}`

const timeSources = {
  'signature-time-stamp': 'its signature time-stamp',
  'archive-time-stamp': 'an archive time-stamp',
  validation: 'this validation',
} as const

/** References that are told of one signature. */
const maxScopes = 8

function scopeRow({ uri, kind, name }: SignedScope): string {
  const about = { document: 'the document', object: 'what it holds', element: 'a part', outside: 'a file of its own' }
  const named = name === undefined ? '' : ` <${name}>`
  return row('over', `${about[kind]}${named}${uri ? `, ${uri}` : ''}`)
}

function timestampRow(stamp: TimestampReport): string {
  const time = stamp.time === undefined ? 'unreadable' : moment(stamp.time)
  return row('stamp', `${stamp.kind} ${time} ${stamp.signer?.holder ?? ''} ${verdict(stamp)}`)
}

function stateRow({ subject, status, source, from, thisUpdate, revokedAt }: CertificateState): string {
  const told = source === undefined ? '' : ` by ${source}${from === 'signature' ? ' in the signature' : ''}`
  const when = thisUpdate === undefined ? '' : ` of ${moment(thisUpdate)}`
  const since = revokedAt === undefined ? '' : ` since ${moment(revokedAt)}`
  return row('state', `${status}${since}${told}${when}: ${subject}`)
}

/** Kinds of changes that are told of one revision; the JSON has them all. */
const maxChangeRows = 8

/** What one later revision changed, like changes as one, those that are not allowed first. */
function changeRows({ level, changes, revisionEnd }: NonNullable<SignatureReport['changes']>[number]): string[] {
  const counts = new Map<string, number>()
  for (const { allowed, what, why } of changes) {
    const text = `${allowed ? 'allowed' : 'NOT ALLOWED'}: ${what} (${why})`
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  const kinds = [...counts].map(([text, count]) => (count === 1 ? text : `${text}, ${count} times`))
  const more = kinds.length - maxChangeRows
  return [
    row('later', `${level}, in the revision up to byte ${revisionEnd}`),
    ...kinds.slice(0, maxChangeRows).map(text => row('', `  ${text}`)),
    ...(more > 0 ? [row('', `  and ${more} more, in --json`)] : []),
  ]
}
