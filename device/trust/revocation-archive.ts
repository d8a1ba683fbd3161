// Revocation values that PDF signatures older than the DSS carry among their signed attributes: Adobe's
// adbe-revocationInfoArchival (ISO 32000-1, 12.8.3.3.2). Read for what it may prove; never written.

import { oids } from '../cms/oids.ts'
import type { ParsedSigner } from '../cms/signer-info.ts'
import type { Evidence } from './evidence.ts'

const crlsTag = 0xa0
const ocspsTag = 0xa1

/** SEQUENCE { crl [0] EXPLICIT SEQUENCE OF CRL, ocsp [1] EXPLICIT SEQUENCE OF OCSPResponse, … }, all optional. */
export function readRevocationArchive(signer: ParsedSigner): Evidence {
  const fields = (signer.attributes.get(oids.revocationInfoArchival) ?? []).flat().flatMap(value => value.children)
  const values = (tag: number) =>
    fields
      .filter(field => field.tag === tag)
      .flatMap(field => field.children[0]?.children ?? [])
      .map(value => value.raw)
  return { certificates: [], ocsps: values(ocspsTag), crls: values(crlsTag) }
}
