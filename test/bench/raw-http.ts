// What a receiver takes at best: curl, several transfers at once over connections that it keeps, each transfer with the header
// fields of a delivery and a key of its own.

import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runMeasured, type Use } from './measured.ts'

export interface RawTransfers {
  readonly folder: string
  readonly caFile: string
  /** One for each transfer. */
  readonly requests: readonly { readonly url: string; readonly options: readonly string[] }[]
  readonly body: Uint8Array
  /** Transfers at once. */
  readonly parallel: number
}

/** Throws where one of them was not answered with success. */
export async function curlAll({ folder, caFile, requests, body, parallel }: RawTransfers): Promise<Use> {
  const file = join(folder, 'body.pdf')
  await writeFile(file, body)
  const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`
  const configuration = requests.map(({ url, options }) =>
    [
      `url = ${quoted(url)}`,
      `cacert = ${quoted(caFile)}`,
      'fail',
      'silent',
      'show-error',
      'output = "/dev/null"',
      ...options,
    ]
      .join('\n')
      .replaceAll('{file}', file),
  )
  const configFile = join(folder, 'curl')
  await writeFile(configFile, configuration.join('\nnext\n'))
  const args = [
    '--parallel',
    '--parallel-immediate',
    '--parallel-max',
    String(parallel),
    '--no-progress-meter',
    '--fail-early',
    '--config',
    configFile,
  ]
  return runMeasured('curl', args, { folder })
}

/** A delivery by the contract at the head of drivers/delivery/https.ts. */
export function rawDelivery(url: string, key: string, body: Uint8Array): RawTransfers['requests'][number] {
  const fields = [
    'Content-Type: application/pdf',
    'Accept: application/json',
    `Content-Digest: sha-256=:${createHash('sha256').update(body).digest('base64')}:`,
    'Content-Disposition: attachment; filename="raw.pdf"',
    `Idempotency-Key: "${key}"`,
    `Compulsa-Metadata: :${Buffer.from('{"reference":"raw"}').toString('base64')}:`,
  ]
  const quoted = fields.map(field => `header = "${field.replaceAll('"', '\\"')}"`)
  return { url, options: ['request = "POST"', 'data-binary = "@{file}"', ...quoted] }
}
