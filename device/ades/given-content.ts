// Whether the content that was given beside a file is what its signatures are about. One that holds what it signs says
// nothing about any other file, however well it verifies.

import { timingSafeEqual } from 'node:crypto'
import { contentOf, fileAsContent } from '../cms/content.ts'
import type { OpenedCms } from '../cms/open.ts'
import type { RandomAccess } from '../ports.ts'
import type { Finding } from '../trust/report.ts'
import type { SignedScope } from '../trust/xades-scope.ts'
import { contentDigests } from './content-digests.ts'

/** For a PDF, which holds all that is signed. */
export const notInPdf: Finding = strange(
  'the signatures of a PDF are about the PDF, not about the content that was given',
)

/** A CMS that envelops its content: the given one has to be the same. */
export async function strangeToCms(opened: OpenedCms, given: RandomAccess): Promise<Finding[]> {
  const inside = opened.signedData.layout.content === undefined ? undefined : contentOf(opened)
  if (inside === undefined) return []
  const contents = [inside, fileAsContent(given)].map(content => contentDigests(content).of('sha256'))
  const [enveloped, beside] = await Promise.all(contents)
  const same = enveloped && beside && timingSafeEqual(enveloped, beside)
  return same ? [] : [strange('the signature envelops something else than the content that was given')]
}

/** An XML whose signatures refer to nothing outside of it. */
export function strangeToXml(scopes: readonly SignedScope[]): Finding[] {
  if (scopes.some(({ kind }) => kind === 'outside')) return []
  return [strange('the signatures are about what the document holds, not about the content that was given')]
}

function strange(detail: string): Finding {
  return { subIndication: 'SIG_CONSTRAINTS_FAILURE', detail }
}
