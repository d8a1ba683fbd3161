// What PAdES baseline B asks of a signature dictionary and of the CMS in it (ETSI EN 319 142-1, 6.3), in words where it is
// not met; and what no CMS in a PDF may look like at all (ISO 32000-2, 12.8.3.3).

import { oids } from '../cms/oids.ts'
import type { ParsedSignedData } from '../cms/parse.ts'
import type { ParsedSigner } from '../cms/signer-info.ts'
import type { PdfSignature } from '../pdf/signatures.ts'
import { readableCertificates } from './certificate.ts'
import { onlyValue, signerCertificate } from './signed-data.ts'

/** Reasons for which the CMS cannot be what this SubFilter says, whatever the level. */
export function shapeProblems(signedData: ParsedSignedData, subFilter: string): string[] {
  const digestInside = subFilter === 'adbe.pkcs7.sha1'
  return named([
    subFilter === 'adbe.x509.rsa_sha1' && 'SubFilter adbe.x509.rsa_sha1 holds no CMS',
    signedData.trailingData && 'octets follow the SignedData inside /Contents',
    signedData.signers.length !== 1 && `${signedData.signers.length} SignerInfos instead of one`,
    signedData.attached && !digestInside && 'the SignedData holds a content of its own',
    digestInside && !signedData.attached && 'the SignedData holds no digest',
    signedData.contentType !== oids.data && `content type ${signedData.contentType} instead of id-data`,
  ])
}

/** Entries of the signature dictionary. */
export function dictionaryViolations(signature: PdfSignature): string[] {
  return named([
    signature.subFilter !== 'ETSI.CAdES.detached' && `SubFilter ${signature.subFilter || 'missing'}`,
    signature.filter === '' && 'Filter missing',
    signature.signingTime === undefined && 'M missing',
    signature.hasCert && 'Cert present',
  ])
}

/** Attributes of the SignerInfo, and the certificates beside it. */
export function attributeViolations(signedData: ParsedSignedData, signer: ParsedSigner, pdf: PdfSignature): string[] {
  const count = (oid: string) => signer.attributes.get(oid)?.length ?? 0
  const explained = count(oids.commitmentType) > 0 || count(oids.signaturePolicy) > 0
  return named([
    count(oids.signingTime) > 0 && 'the CMS has a signing-time attribute',
    onlyValue(signer, oids.signingCertificateV2) === undefined && 'not exactly one signing-certificate-v2 attribute',
    count(oids.signingCertificate) > 0 && 'signing-certificate stands beside signing-certificate-v2',
    count(oids.signaturePolicy) > 1 && 'more than one signature-policy-identifier',
    explained && pdf.reason !== undefined && 'Reason stands beside a commitment type or a signature policy',
    signerCertificate(signer, readableCertificates(signedData.certificates)) === undefined &&
      'the certificate of the signer is not in the CMS',
  ])
}

function named(problems: readonly (string | false)[]): string[] {
  return problems.filter(problem => problem !== false)
}
