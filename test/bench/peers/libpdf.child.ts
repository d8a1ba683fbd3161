// @libpdf/core in a warm process, with the same key by the same cryptography as ours: Node's own.

import { createPrivateKey, sign } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { certificatesInPem } from '../../../device/trust/pem.ts'
import { answerJobs, type BenchJob } from './answer-jobs.ts'

/** The part of the library that is used here. */
interface LibPdf {
  readonly PDF: { load(bytes: Uint8Array): Promise<{ sign(options: unknown): Promise<{ bytes: Uint8Array }> }> }
  readonly HttpTimestampAuthority: new (url: string) => unknown
}

const [, , entry = ''] = process.argv
const { PDF, HttpTimestampAuthority } = (await import(pathToFileURL(entry).href)) as LibPdf
const signers = new Map<string, unknown>()

await answerJobs(async ({ level, algorithm, file, out, signer: path, tsa }) => {
  const signer = signers.get(path) ?? (await signerOf(algorithm, path))
  signers.set(path, signer)
  const beyond = {
    timestampAuthority: new HttpTimestampAuthority(tsa),
    longTermValidation: true,
    archivalTimestamp: true,
  }
  const pdf = await PDF.load(await readFile(file))
  const { bytes } = await pdf.sign({ signer, level: `B-${level}`, ...(level === 'LTA' && beyond) })
  await writeFile(out, bytes)
})

async function signerOf(algorithm: BenchJob['algorithm'], path: string): Promise<unknown> {
  const text = await readFile(path, 'latin1')
  const key = createPrivateKey(text)
  const [certificate, ...certificateChain] = certificatesInPem(text)
  const kind =
    algorithm === 'SHA256withRSA'
      ? { keyType: 'RSA', signatureAlgorithm: 'RSASSA-PKCS1-v1_5' }
      : { keyType: 'EC', signatureAlgorithm: 'ECDSA' }
  return {
    certificate,
    certificateChain,
    ...kind,
    sign: async (data: Uint8Array, digest: string) => new Uint8Array(sign(digest.replace('-', ''), data, key)),
  }
}
