// Where a certificate says that its state and its issuer are found: authorityInfoAccess and cRLDistributionPoints
// (RFC 5280, 4.2.2.1 and 4.2.1.13). Only http and https; points that speak for other issuers or some reasons are left out.

import type { Asn1Node } from '../cms/asn1.ts'
import { type Certificate, extensionIds } from './certificate.ts'

export interface CertificatePointers {
  /** OCSP responders. */
  readonly ocsp: readonly string[]
  /** caIssuers. */
  readonly issuer: readonly string[]
  readonly crl: readonly string[]
}

const ocspMethod = '1.3.6.1.5.5.7.48.1'
const caIssuersMethod = '1.3.6.1.5.5.7.48.2'
const uriTag = 0x86
const maxPointers = 8
const maxUrlLength = 2048

/** In the order of the certificate, which is the issuer's preference. */
export function pointersOf({ fields }: Certificate): CertificatePointers {
  const accesses = fields.extensions.get(extensionIds.authorityInfoAccess)?.value?.children ?? []
  const byMethod = (method: string) =>
    urls(accesses.filter(({ children }) => children[0]?.oid === method).flatMap(({ children }) => children[1] ?? []))
  return { ocsp: byMethod(ocspMethod), issuer: byMethod(caIssuersMethod), crl: listUrls(fields.extensions) }
}

function listUrls(extensions: Certificate['fields']['extensions']): readonly string[] {
  const points = extensions.get(extensionIds.cRLDistributionPoints)?.value?.children ?? []
  const whole = points.filter(({ children }) => children.length === 1 && children[0]?.tag === 0xa0)
  return urls(whole.flatMap(({ children }) => children[0]?.children[0]?.children ?? []))
}

function urls(names: readonly Asn1Node[]): readonly string[] {
  return names
    .filter(({ tag, content }) => tag === uriTag && content.length <= maxUrlLength)
    .map(({ content }) => Buffer.from(content).toString('latin1'))
    .filter(url => /^https?:\/\//i.test(url) && URL.canParse(url))
    .slice(0, maxPointers)
}
