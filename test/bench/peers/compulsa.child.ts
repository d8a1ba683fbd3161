// Our engine in a warm process, over files and over HTTP, with a key in memory or on a token: what a document worker, the network worker
// and the signing worker do together, without the way between them.

import { createPrivateKey, randomBytes } from 'node:crypto'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { perform } from '../../../device/ades/engine.ts'
import type { Ask, Job, JobOutcome } from '../../../device/ades/job.ts'
import { inOneBuffer, randomAccessOf, spliced } from '../../../device/bytes.ts'
import type { RandomAccess, Signer, SignOutcome } from '../../../device/ports.ts'
import { certificatesInPem } from '../../../device/trust/pem.ts'
import { createHttpRevocation } from '../../../drivers/revocation/http.ts'
import { createPkcs11Signer } from '../../../drivers/signer/pkcs11.ts'
import { signWithKey } from '../../../drivers/signer/soft-signature.ts'
import { createRfc3161Timestamper } from '../../../drivers/timestamper/rfc3161.ts'
import { openFile } from '../../../drivers/worker/file-access.ts'
import { answerJobs, type BenchJob, type BenchToken } from './answer-jobs.ts'

const texts = new Map<string, Promise<string>>()
const signers = new Map<string, Signer>()
const revocation = createHttpRevocation({ allowPrivate: ['127.0.0.1'] })

await answerJobs(async told => {
  const job = await jobOf(told)
  const input = await openFile(told.file)
  try {
    const tools = { input, content: undefined, password: undefined, font: undefined, image: undefined }
    const ask = await answering(told)
    const random = (octets: number) => new Uint8Array(randomBytes(octets))
    await write(told, input, await perform(job, { ...tools, ask, clock: Date, random }))
  } finally {
    await input.close()
  }
})

/** Read once, as the key and the trust of a running program are. */
function textOf(path: string): Promise<string> {
  const text = texts.get(path) ?? readFile(path, 'latin1')
  texts.set(path, text)
  return text
}

async function jobOf({ verb, format, level, algorithm, file, signer, trust }: BenchJob): Promise<Job> {
  const anchors = certificatesInPem(await textOf(trust))
  if (verb === 'verify') return { job: 'verify', anchors, online: false }
  if (verb === 'extend') return { job: 'extend', anchors, level: 'LTA' }
  const [certificate, ...chain] = certificatesInPem(await textOf(signer))
  if (certificate === undefined) throw new Error(`no certificate in ${signer}`)
  return {
    job: 'sign',
    format,
    level,
    operation: 'sign',
    packaging: format === 'CAdES' ? 'detached' : 'enveloped',
    identity: { algorithm, certificate, chain },
    properties: { signingTime: Date.now() },
    contentName: basename(file),
    target: 'LEAFS',
    pdf: {},
    anchors,
  }
}

async function answering({ signer, tsa, token }: BenchJob): Promise<(ask: Ask) => Promise<Uint8Array>> {
  const key = token === undefined ? createPrivateKey(await textOf(signer)) : undefined
  const timestamper = createRfc3161Timestamper({ url: tsa, kind: 'URL' })
  return async ask => {
    switch (ask.ask) {
      case 'sign': {
        const answer = await (key === undefined ? signOn(token, ask) : signWithKey(key, ask.algorithm, ask.digest))
        if (answer.outcome !== 'signed') throw new Error(`signing ended with ${answer.outcome}`)
        return answer.signature
      }
      case 'stamp':
        return timestamper.stamp(ask.query)
      case 'ocsp':
        return revocation.ocsp(ask.url, ask.query)
      case 'fetch':
        return revocation.fetch(ask.url, ask.what)
    }
  }
}

/** As the signing worker does it: one login, one signature, the token logged out. */
async function signOn(token: BenchToken | undefined, ask: Extract<Ask, { ask: 'sign' }>): Promise<SignOutcome> {
  if (token === undefined) throw new Error('neither key nor token')
  const { module, tokenId, pin } = token
  const signer = signers.get(module) ?? createPkcs11Signer({ modules: [{ path: module }] })
  signers.set(module, signer)
  const { algorithm, digest } = ask
  return signer.sign({ tokenId, keyId: '01', algorithm, digest, pin: Buffer.from(pin) })
}

async function write({ file, out }: BenchJob, input: RandomAccess, outcome: JobOutcome): Promise<void> {
  if (outcome.outcome === 'verified') {
    if (outcome.report.indication !== 'TOTAL-PASSED') throw new Error(JSON.stringify(outcome.report))
    return
  }
  if (outcome.outcome !== 'written') throw new Error(`the job ended with ${outcome.outcome}`)
  const { base, splices } = outcome
  const [first, ...more] = splices
  if (file === out && first?.offset === input.size && more.length === 0) await appendFile(out, first.insert)
  else await writeFile(out, inOneBuffer(spliced(base === 'input' ? input : randomAccessOf(new Uint8Array()), splices)))
}
