// Which kind of signature file some bytes are, by how they begin.

import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import type { SignatureFormat } from './request.ts'

/** Where %PDF- may stand at the latest (ISO 32000-1, annex H, implementation note 13). */
const headBytes = 1024
/** id-signedData behind the headers that a ContentInfo may begin with; octets. */
const signedDataOid = Buffer.from('06092a864886f70d010702', 'hex')
const contentInfoHead = 24

/** Throws SIGNATURE_ABSENT for what can hold no signature: neither PDF, CMS nor XML. */
export async function formatOf(file: RandomAccess): Promise<SignatureFormat> {
  const head = Buffer.from(await file.read(0, Math.min(headBytes, file.size)))
  // First, because what a CMS holds may be a PDF.
  if (head.subarray(0, contentInfoHead).includes(signedDataOid)) return 'CAdES'
  if (head.includes('%PDF-')) return 'PAdES'
  const text = head.toString('latin1').replace(/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\0\s]*/, '')
  if (text.startsWith('<')) return 'XAdES'
  if (text.startsWith('-----BEGIN ')) return 'CAdES'
  throw new Fault('SIGNATURE_ABSENT', 'the file is neither PDF, CMS nor XML')
}
