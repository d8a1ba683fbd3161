// Copies into a bucket that is not ours: our driver puts them into moto's, boto3 reads them out, and the promises of a
// delivery are held against it: once for a key, never written over, a receipt that names what lies there.

import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { DeliveryOutcome } from '../../device/ports.ts'
import { createS3Delivery } from '../../drivers/delivery/s3.ts'
import { s3Transport } from '../../drivers/delivery/s3-transport.ts'
import { type HeldObject, type Moto, startMoto } from '../oracles/moto.ts'
import type { Tally } from './outcome.ts'

const bucket = 'copies'
const sizes = [0, 1, 65_536, 12_000_000]

interface Copy {
  readonly key: string
  readonly bytes: Buffer
}

export async function runBuckets(folder: string, tally: Tally): Promise<void> {
  const moto = await startMoto(folder)
  try {
    const deliver = await kioskFor(moto, folder)
    const copies = sizes.map((size, i) => ({ key: `copy-${i}`, bytes: randomBytes(size) }))
    for (const copy of copies) {
      const first = await deliver(copy)
      const again = await deliver(copy)
      const other = await deliver({ ...copy, bytes: randomBytes(copy.bytes.length + 1) })
      const told = (what: string, accepted: boolean, words: unknown) =>
        tally.add({
          row: what,
          name: `${what}, ${copy.bytes.length} bytes`,
          judge: 'moto',
          verdict: { accepted, words: JSON.stringify(words) },
        })
      told('delivered', first.outcome === 'delivered', first)
      told('the same again: the same receipt', JSON.stringify(again) === JSON.stringify(first), again)
      told('other bytes: refused', other.outcome === 'refused', other)
    }
    const held = await moto.read(bucket)
    for (const { key, bytes } of copies) {
      const object = held[`in/${key}.pdf`]
      const name = `read back, ${bytes.length} bytes`
      tally.add({
        row: 'read back',
        name,
        judge: 'boto3',
        verdict: { accepted: isCopy(object, bytes), words: JSON.stringify(object ?? null) },
      })
    }
  } finally {
    await moto.stop()
  }
}

async function kioskFor(moto: Moto, folder: string): Promise<(copy: Copy) => Promise<DeliveryOutcome>> {
  const { url, region, accessKeyId, secretKey, caPem } = moto
  const [caFile, secretKeyFile] = [join(folder, 'bucket-ca.pem'), join(folder, 'bucket-secret')]
  await writeFile(caFile, caPem)
  await writeFile(secretKeyFile, secretKey, { mode: 0o600 })
  const credentials = { accessKeyId, secretAccessKey: secretKey }
  const requestHandler = s3Transport({ ca: caPem })
  const client = new S3Client({ endpoint: url, region, credentials, forcePathStyle: true, requestHandler })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  const destination = { id: 'bucket', url, region, bucket, folder: 'in', accessKeyId, secretKeyFile, caFile }
  const delivery = createS3Delivery({ destinations: [destination] })
  return ({ key, bytes }) =>
    delivery.deliver(
      {
        destinationId: 'bucket',
        idempotencyKey: key,
        fileName: `${key}.pdf`,
        mediaType: 'application/pdf',
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        metadata: { reference: key },
        body: pieces(bytes),
      },
      new AbortController().signal,
    )
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

function isCopy(object: HeldObject | undefined, bytes: Buffer): boolean {
  const sha256 = createHash('sha256').update(bytes)
  const digest = sha256.copy().digest('base64')
  return object?.sha256 === sha256.digest('hex') && object.checksum === digest && object.type === 'application/pdf'
}
