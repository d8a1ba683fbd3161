// A file that is signed at a service which is told a digest alone, in its two halves: the digest, and the file with what came back.
// A PDF is prepared anew for the second, which comes to the same digest; beside any other file the CMS lies as it is.

import { appended, randomAccessOf } from '../bytes.ts'
import { fileAsContent } from '../cms/content.ts'
import { openPdf } from '../pdf/document.ts'
import { contentDigests } from './content-digests.ts'
import type { AwaitedSignature, CompleteJob } from './job.ts'
import { type Made, notesOn, padesContent, refuseUnknown, type SignTools } from './sign.ts'
import { filledWith, prepareForAnyone } from './unknown-signer.ts'

type AwaitedTools = Omit<SignTools, 'sign' | 'timestamps' | 'content'>

/** SHA-256 of what will be signed. Throws what reading the file and preparing it throw. */
export async function awaitedDigest(job: AwaitedSignature, tools: AwaitedTools): Promise<Uint8Array> {
  if (job.format === 'CAdES') return contentDigests(fileAsContent(tools.input)).of('sha256')
  return (await preparedPdf(job, tools)).digest
}

/** The file with the signature that came; one that has changed since makes it a signature over something else. */
export async function withAwaited(job: CompleteJob, tools: AwaitedTools): Promise<Made> {
  const { cms } = job
  if (job.format === 'CAdES') return { file: randomAccessOf(cms) }
  const { document, content, prepared, hash } = await preparedPdf(job, tools)
  const update = filledWith(prepared, cms)
  return {
    file: appended(tools.input, update),
    hash: hash.append(update, prepared),
    notes: await notesOn(document, content),
  }
}

async function preparedPdf({ pdf, properties }: AwaitedSignature, tools: AwaitedTools) {
  const { input, password } = tools
  const document = await openPdf(input, { repair: true, ...(password !== undefined && { password }) })
  if (pdf.knownSignaturesOnly) await refuseUnknown(document)
  const content = padesContent(pdf, properties, tools)
  return { document, content, ...(await prepareForAnyone(document, content)) }
}
