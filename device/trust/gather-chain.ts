// Completes the path from a certificate to an anchor, with issuers fetched from where certificates say they are found
// (caIssuers, RFC 5280, 4.2.2.1: one DER certificate, or a certs-only CMS).

import { parseSignedData } from '../cms/parse.ts'
import { Fault } from '../errors.ts'
import { type Certificate, isIssuedBy, readableCertificates } from './certificate.ts'
import { pointersOf } from './certificate-pointers.ts'
import { buildChain, type ChainOutcome } from './chain.ts'
import { type Fetcher, type GatherPurpose, type GatherTools, nameOf } from './gather-tools.ts'
import { certificatesInPem } from './pem.ts'

export interface ChainToGather {
  readonly certificate: Certificate
  readonly candidates: readonly Certificate[]
  /** When the certificate was used; milliseconds since 1970. */
  readonly at: number
  readonly purpose: GatherPurpose
}

/** Issuers fetched for one path. */
const maxFetchedIssuers = 6
/** Issuers do not change; a day keeps a moved address from being asked for too long. */
const issuerKeptMs = 86_400_000

/**
 * Certificate first, anchor last. Throws CHAIN_INCOMPLETE, naming the certificate and the addresses asked; CERTIFICATE_EXPIRED
 * or CERTIFICATE_NOT_YET_VALID where one of the path was not valid at `at`. To judge: what there is of a path.
 */
export async function gatherChain(
  question: ChainToGather,
  tools: GatherTools,
  fetcher: Fetcher,
): Promise<readonly Certificate[]> {
  if (question.purpose === 'embed') return wholeChain(question, tools, fetcher)
  const { notBefore, notAfter } = question.certificate.facts
  const at = Math.min(Math.max(question.at, notBefore), notAfter)
  try {
    return await wholeChain({ ...question, at }, tools, fetcher)
  } catch (thrown) {
    if (thrown instanceof Fault) return [question.certificate]
    throw thrown
  }
}

async function wholeChain(
  { certificate, candidates, at }: ChainToGather,
  tools: GatherTools,
  fetcher: Fetcher,
): Promise<readonly Certificate[]> {
  const { anchors } = tools
  const known = [...candidates]
  const failures: string[] = []
  for (let fetched = 0; fetched <= maxFetchedIssuers; fetched++) {
    const path = buildChain({ certificate, candidates: known, anchors, now: at })
    if (path.chain === 'trusted') return path.certificates
    if (path.chain !== 'incomplete') throw unfit(path, at)
    const top = topOf(certificate, known)
    const issuers = await issuersOf(top, tools, fetcher, failures)
    const news = issuers.filter(one => known.every(other => other.facts.sha256 !== one.facts.sha256))
    if (news.length === 0) throw incomplete(certificate, top, failures)
    known.push(...news)
  }
  throw incomplete(certificate, topOf(certificate, known), failures)
}

/** A path that breaks a rule, or that was not valid then. */
function unfit({ chain, culprit, detail }: Extract<ChainOutcome, { culprit: Certificate }>, at: number): Fault {
  if (chain === 'constraints') return new Fault('CHAIN_INCOMPLETE', `${nameOf(culprit)}: ${detail}`)
  const code = at < culprit.facts.notBefore ? 'CERTIFICATE_NOT_YET_VALID' : 'CERTIFICATE_EXPIRED'
  return new Fault(code, `${nameOf(culprit)}: ${detail}`)
}

function incomplete(certificate: Certificate, top: Certificate, failures: readonly string[]): Fault {
  const asked = failures.length === 0 ? '' : ` (${failures.join('; ')})`
  const detail = `${nameOf(certificate)}: its path ends at ${top.facts.issuer}, which is not trusted${asked}`
  return new Fault('CHAIN_INCOMPLETE', detail)
}

/** The last certificate that is reached from `certificate` by known issuers. */
function topOf(certificate: Certificate, known: readonly Certificate[]): Certificate {
  const path = [certificate]
  for (let last = certificate; ; ) {
    const issuer = known.find(one => !path.includes(one) && isIssuedBy(last, one))
    if (issuer === undefined || path.length > maxFetchedIssuers + 2) return last
    path.push(issuer)
    last = issuer
  }
}

async function issuersOf(
  certificate: Certificate,
  { cache, clock }: GatherTools,
  fetcher: Fetcher,
  failures: string[],
): Promise<readonly Certificate[]> {
  for (const url of pointersOf(certificate).issuer) {
    const kept = cache?.get(`issuer ${url}`, clock.now())
    const fetched = kept === undefined ? await fetcher.get(url, 'issuer') : { fetch: 'done' as const, octets: kept }
    if (fetched.fetch === 'failed') {
      failures.push(fetched.detail)
      continue
    }
    const issuers = certificatesIn(fetched.octets).filter(one => isIssuedBy(certificate, one))
    if (issuers.length > 0) {
      cache?.put(`issuer ${url}`, fetched.octets, clock.now() + issuerKeptMs)
      return issuers
    }
    failures.push(`${url}: not the issuer's certificate`)
  }
  return []
}

/** What caIssuers addresses hold in practice: a DER certificate, a certs-only CMS, and, against the standard, PEM. */
function certificatesIn(octets: Uint8Array): readonly Certificate[] {
  const parsed = parseSignedData(octets)
  if (parsed.outcome === 'parsed') return readableCertificates(parsed.signedData.certificates)
  if (octets[0] === 0x30) return readableCertificates([octets])
  const text = Buffer.from(octets).toString('latin1')
  return text.includes('-----BEGIN CERTIFICATE-----') ? readableCertificates(certificatesInPem(text)) : []
}
