// The other end of a program that answers jobs (test/oracles/jobs.ts), for the contenders that run in Node.

import { createInterface } from 'node:readline'

/** What the bench tells of one piece of work; paths, and PEM behind them. */
export interface BenchJob {
  readonly id: number
  readonly verb: 'sign' | 'extend' | 'verify'
  readonly format: 'PAdES' | 'CAdES' | 'XAdES'
  readonly level: 'B' | 'LTA'
  readonly algorithm: 'SHA256withRSA' | 'SHA256withECDSA'
  readonly file: string
  /** The same as `file`: it is appended to. */
  readonly out: string
  /** Private key, its certificate and the issuer's. */
  readonly signer: string
  readonly trust: string
  readonly tsa: string
  /** Where the key is to be used from; absent: from a file. SOFTHSM2_CONF is in the environment. */
  readonly token?: BenchToken
}

/** A PKCS#11 token that holds the same key and certificates, its key by the identifier 01. */
export interface BenchToken {
  readonly module: string
  readonly label: string
  readonly pin: string
  /** As the Signer port names it. */
  readonly tokenId: string
}

/** One job a line in, one answer a line out, in order, until standard input ends. */
export async function answerJobs(work: (job: BenchJob) => Promise<void>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const job = JSON.parse(line) as BenchJob
    console.log(JSON.stringify(await answerTo(job, work)))
  }
}

async function answerTo(job: BenchJob, work: (job: BenchJob) => Promise<void>) {
  try {
    await work(job)
    return { id: job.id, answer: {} }
  } catch (thrown) {
    return { id: job.id, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) }
  }
}
