// Which certificates a page lets a person sign with, by the parameters that AutoFirma has for it: `filter`, `filters` or
// `filters.1` and so on, each of criteria that must all be met, any of the numbered ones being enough. As in AutoFirma a
// criterion that is not known excludes nothing; but it is named, and then the person chooses, however few there are.

import type { SigningCertificate } from '../ports.ts'
import { readableCertificates } from './certificate.ts'
import { type Criterion, criterionOf, type FilterCandidate, isValidAt } from './certificate-criteria.ts'

export interface CertificateChoice {
  /** In the order of the candidates. */
  readonly fitting: readonly SigningCertificate[]
  /** Exactly one fits, and the page wants it taken without a question. */
  readonly automatic: boolean
}

export interface CertificateFilters {
  /** Criteria that are not known or malformed, and parameters that others have left without effect. */
  readonly unknown: readonly string[]
  /** Candidates that cannot be read do not fit; `now` is in milliseconds since 1970. */
  choose(candidates: readonly SigningCertificate[], now: number): CertificateChoice
}

/** Characters of a criterion that is told. */
const maxTold = 80
const maxCriteria = 100

/** Where nobody asks for anything, what has expired or is not valid yet is hidden (ETSI TS 119 102-1, 5.2). */
const validNow: Criterion = { meets: ({ certificate }, _all, now) => isValidAt(certificate, now) }

/** What the parameters ask for, where they ask for anything of the certificate. */
export function filtersIn(params: ReadonlyMap<string, string>): CertificateFilters | undefined {
  return [...params.keys()].some(name => /^filter(s(\.\d+)?)?$/.test(name)) ? readCertificateFilters(params) : undefined
}

/** What the parameters ask for; never throws, because a page's mistake must not keep a person from signing. */
export function readCertificateFilters(params: ReadonlyMap<string, string>): CertificateFilters {
  const unknown: string[] = []
  const used = namesUsed(params)
  for (const name of params.keys()) {
    if (/^filters?$|^filters\.\d+$/.test(name) && !used.includes(name)) unknown.push(name.slice(0, maxTold))
  }
  const groups = used.map(name => groupOf(params.get(name) ?? '', unknown))
  const alternatives = groups.length === 0 ? [[validNow]] : groups
  const unasked =
    params.get('headless')?.toLowerCase() === 'true' || params.get('mandatoryCertSelection')?.toLowerCase() === 'false'
  return Object.freeze({
    unknown: Object.freeze(unknown),
    choose: (candidates: readonly SigningCertificate[], now: number) => {
      const read = candidates.flatMap(readCandidate)
      const all = read.map(({ candidate }) => candidate)
      const meets = (candidate: FilterCandidate) =>
        alternatives.some(criteria => criteria.every(criterion => criterion.meets(candidate, all, now)))
      const fitting = read.filter(({ candidate }) => meets(candidate)).map(({ signing }) => signing)
      return { fitting, automatic: unasked && unknown.length === 0 && fitting.length === 1 }
    },
  })
}

/** `filter` goes before `filters`, and that before numbered ones, which count from 1 without a gap. */
function namesUsed(params: ReadonlyMap<string, string>): readonly string[] {
  const single = ['filter', 'filters'].find(name => params.has(name))
  if (single !== undefined) return [single]
  const names: string[] = []
  while (params.has(`filters.${names.length + 1}`)) names.push(`filters.${names.length + 1}`)
  return names
}

/** Without any criterion that is known it asks for nothing. */
function groupOf(text: string, unknown: string[]): readonly Criterion[] {
  const criteria: Criterion[] = []
  for (const part of text.split(';').filter(one => one.trim() !== '')) {
    const criterion = criteria.length < maxCriteria ? criterionOf(part) : undefined
    if (criterion === undefined) unknown.push(part.trim().slice(0, maxTold))
    else criteria.push(criterion)
  }
  return criteria.length === 0 ? [validNow] : criteria
}

function readCandidate(signing: SigningCertificate) {
  const [certificate] = readableCertificates([signing.certificate])
  if (certificate === undefined) return []
  return [{ signing, candidate: { certificate, chain: readableCertificates(signing.chain) } }]
}
