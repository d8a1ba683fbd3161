// Whom a CMS with one signature names, for whoever has that signature verified elsewhere.

import { parseSignedData } from '../cms/parse.ts'
import { type Certificate, readableCertificates } from './certificate.ts'
import { attributeOfName } from './distinguished-name.ts'
import { signerCertificate } from './signed-data.ts'

const serialNumber = '2.5.4.5'

/** The certificate of the only signer; undefined where there is not one signer, or no certificate of theirs. */
export function cmsSigner(cms: Uint8Array): Certificate | undefined {
  const outcome = parseSignedData(cms)
  if (outcome.outcome !== 'parsed') return undefined
  const { signers, certificates } = outcome.signedData
  const [signer, ...more] = signers
  return signer === undefined || more.length > 0
    ? undefined
    : signerCertificate(signer, readableCertificates(certificates))
}

/**
 * The number of the person's identity document in a certificate, in capitals: `IDCES-` and the number in the subject's
 * serialNumber (ETSI EN 319 412-1, 5.1.3), or the number alone, as the DNI electrónico has it. Undefined where it tells none.
 */
export function personNumber({ fields }: Certificate): string | undefined {
  const text = attributeOfName(fields.subject, serialNumber)?.trim().toUpperCase()
  return /^(?:IDCES-|PNOES-|)([0-9A-Z]+)$/.exec(text ?? '')?.[1]
}
