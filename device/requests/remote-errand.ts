// A batch that the page's own server prepares: the kiosk asks the server what is to be signed, signs those octets with the
// person's card, and gives the values back. What the documents are is the server's word alone, and the person is told so.

import { createHash } from 'node:crypto'
import type { PageBatchRequest } from '../afirma/page-desk.ts'
import { readRemoteBatch } from '../batch/remote-batch.ts'
import {
  batchAfterPresign,
  readPostsigned,
  readPresigned,
  type TriphaseItemResult,
  tridataOf,
  triphaseResultText,
} from '../batch/triphase.ts'
import { algorithmNamed, digestOf, hashName } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import { readCertificateFilters } from '../trust/certificate-filter.ts'
import type { ErrandProgress, ErrandWork } from './errand.ts'
import type { KeyHolder } from './key-holder.ts'
import { type PageDeskParts, shownHost, siteToken, type WaitFor } from './page-record.ts'

type Services = NonNullable<PageBatchRequest['services']>

/** Throws as `PageDesk.batch`. */
export async function remoteBatch(
  request: PageBatchRequest,
  services: Services,
  waitFor: WaitFor,
  signal: AbortSignal,
  parts: PageDeskParts,
): Promise<{ readonly certificate: Uint8Array; readonly result: Uint8Array }> {
  const { maxDocuments, allowSha1 } = parts.config.batches
  const batch = readRemoteBatch(request.batch, { maxDocuments, allowSha1 })
  const filters = readCertificateFilters(request.extraParams)
  let results: readonly TriphaseItemResult[] = []
  let certificate = new Uint8Array()
  const work: ErrandWork = {
    kind: 'sign',
    fitting: certificates => filters.choose(certificates, parts.clock.now()).fitting,
    sign: async (key, tell, stopping) => {
      certificate = Uint8Array.from(key.certificate.certificate)
      const ids = batch.items.map(({ id }) => id)
      results = await threePhases({ request, services, ids, algorithm: batch.algorithm, key, tell }, stopping, parts)
    },
  }
  const documents = batch.items.map(({ id, format, operation }) => ({ name: id, format, operation, bytes: null }))
  const shown = { documents, total: documents.length, preparedElsewhere: true }
  await waitFor(request, 'batch', shown, work, signal, parts, () => ({
    event: 'pageServed',
    details: {
      site: siteToken(request.origin),
      operation: 'batch',
      documents: results.length,
      signed: results.filter(({ result }) => result === 'DONE_AND_SAVED').length,
      failed: results.filter(({ result }) => result.startsWith('ERROR')).length,
      certificateSha256: createHash('sha256').update(certificate).digest('hex'),
    },
  }))
  return { certificate, result: Buffer.from(triphaseResultText(results)) }
}

interface Phases {
  readonly request: PageBatchRequest
  readonly services: Services
  readonly ids: readonly string[]
  readonly algorithm: string
  readonly key: KeyHolder
  readonly tell: ErrandProgress
}

async function threePhases(
  { request, services, ids, algorithm: asked, key, tell }: Phases,
  signal: AbortSignal,
  { config, triphase }: PageDeskParts,
): Promise<readonly TriphaseItemResult[]> {
  const { certificate, chain } = key.certificate
  const algorithm = algorithmNamed(certificate, asked)
  if (algorithm === undefined) throw new Fault('KEY_REFUSED', `the key does not sign by ${asked}`)
  const hash = hashName(digestOf(algorithm))
  const allowedHosts = [shownHost(request.origin), ...(config.autofirma?.serviceHosts ?? [])]
  const common = { allowedHosts, batch: request.batch, certificates: [certificate, ...chain] }
  const presigned = readPresigned(await triphase.post({ ...common, url: services.presign }, signal), ids)
  for (const { id } of presigned.failed) tell(ids.indexOf(id), 'BATCH_SERVICE_FAILED')
  if (presigned.signatures.length === 0) return ids.map(id => resultOf(id, presigned.failed))
  const values: Uint8Array[] = []
  for (const { pre, itemId } of presigned.signatures) {
    values.push(await key.sign(algorithm, createHash(hash).update(pre).digest(), signal))
    tell(ids.indexOf(itemId), null)
  }
  const answer = await triphase.post(
    {
      ...common,
      url: services.postsign,
      batch: batchAfterPresign(request.batch, presigned),
      tridata: tridataOf(presigned, values),
    },
    signal,
  )
  const results = readPostsigned(answer, ids, presigned)
  for (const [number, { result }] of results.entries())
    if (result !== 'DONE_AND_SAVED') tell(number, 'BATCH_SERVICE_FAILED')
  return results
}

function resultOf(id: string, failed: readonly TriphaseItemResult[]): TriphaseItemResult {
  return failed.find(one => one.id === id) ?? { id, result: 'NOT_STARTED' }
}
