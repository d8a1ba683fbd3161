// The two phases of a batch at a three-phase service in a row, signed by a key in memory.

import { createPrivateKey, sign } from 'node:crypto'
import {
  batchAfterPresign,
  readPostsigned,
  readPresigned,
  type TriphaseItemResult,
  tridataOf,
  triphaseResultText,
} from '../device/batch/triphase.ts'
import { algorithmNamed, digestOf, hashName } from '../device/cms/algorithm.ts'
import type { TriphaseServer } from '../device/ports.ts'
import type { TestIdentity } from './sim/pki.ts'
import type { TriphaseService } from './sim/triphase.ts'

export interface TestBatch {
  readonly algorithm: string
  readonly singlesigns: readonly { readonly id: string }[]
}

/** The signs of the result. Throws what the port and the reading of its answers throw. */
export async function signAtService(
  { post }: TriphaseServer,
  service: Pick<TriphaseService, 'presign' | 'postsign' | 'host'>,
  batch: TestBatch,
  { certificate, chain, privateKey }: TestIdentity,
): Promise<readonly TriphaseItemResult[]> {
  const json = Buffer.from(JSON.stringify(batch))
  const ids = batch.singlesigns.map(({ id }) => id)
  const common = { allowedHosts: [service.host], certificates: [certificate, ...chain] }
  const presigned = readPresigned(await post({ ...common, url: service.presign, batch: json }), ids)
  if (presigned.signatures.length === 0) return presigned.failed
  const algorithm = algorithmNamed(certificate, batch.algorithm)
  if (algorithm === undefined) throw new Error(`no algorithm ${batch.algorithm}`)
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  const values = presigned.signatures.map(({ pre }) => sign(hashName(digestOf(algorithm)), pre, key))
  const answer = await post({
    ...common,
    url: service.postsign,
    batch: batchAfterPresign(json, presigned),
    tridata: tridataOf(presigned, values),
  })
  return JSON.parse(triphaseResultText(readPostsigned(answer, ids, presigned))).signs
}
