// Does a job on a file: signs it and raises it to the level asked for, extends what is signed, or verifies it. What was
// made is verified before it is given away: a signature that does not stand is an error and never a file.

import { splicesOf } from '../bytes.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { readCertificate } from '../trust/certificate.ts'
import type { Report, SignatureReport } from '../trust/report.ts'
import { type Extended, type ExtendRequest, type ExtendTools, extendFile } from './extend.ts'
import type { Ask, ExtendJob, Job, JobOutcome, SignJob, VerifyJob } from './job.ts'
import { type Made, signFile } from './sign.ts'
import { verifyFile } from './verify.ts'

export interface EngineTools {
  readonly input: RandomAccess
  /** The signed original of a detached signature. */
  readonly content: RandomAccess | undefined
  /** UTF-8; opens an encrypted PDF. */
  readonly password: Uint8Array | undefined
  /** Of a visible signature: a TrueType font program, and a JPEG or PNG. */
  readonly font: Uint8Array | undefined
  readonly image: Uint8Array | undefined
  ask(ask: Ask): Promise<Uint8Array>
  readonly clock: { now(): number }
  random(octets: number): Uint8Array
}

/** The job's outcome. Throws what signing, extending and verifying throw, SIGNATURE_INVALID for a result that is none. */
export async function perform(job: Job, tools: EngineTools): Promise<JobOutcome> {
  switch (job.job) {
    case 'sign':
      return written(await signed(job, tools), originalOf(job, tools), job, tools)
    case 'extend': {
      const request = { level: job.level, ...openedWith(job, tools) }
      return written(await extendFile({ file: tools.input }, request, toolsFor(job, tools)), tools.content, job, tools)
    }
    case 'verify': {
      const options = { ...openedWith(job, tools), ...judgedBy(job, tools) }
      return { outcome: 'verified', ...(await verifyFile(tools.input, options)) }
    }
  }
}

async function signed(job: SignJob, tools: EngineTools): Promise<Made & Partial<Extended>> {
  const { ask, input, content, font, image } = tools
  const made = await signFile(job, {
    input,
    content,
    font,
    image,
    password: passwordOf(tools),
    sign: (algorithm, digest) => ask({ ask: 'sign', algorithm, digest }),
    timestamps: toolsFor(job, tools),
  })
  if (job.level === 'B') return made
  const original = originalOf(job, tools)
  const request: ExtendRequest = {
    ...openedWith(job, tools),
    level: job.level,
    ...(original !== undefined && { content: original }),
  }
  return extendFile(made, request, toolsFor(job, tools))
}

/** What a detached signature is about: the input when it is new, else what was given beside it. */
function originalOf({ operation, packaging }: SignJob, { input, content }: EngineTools): RandomAccess | undefined {
  return operation === 'sign' && packaging === 'detached' ? input : content
}

function passwordOf({ password }: EngineTools): string | undefined {
  return password === undefined ? undefined : Buffer.from(password).toString('utf8')
}

function openedWith({ timestampPolicy }: Job, tools: EngineTools): Omit<ExtendRequest, 'level'> {
  const password = passwordOf(tools)
  const { content } = tools
  return {
    ...(password !== undefined && { password }),
    ...(content !== undefined && { content }),
    ...(timestampPolicy !== undefined && { policy: timestampPolicy }),
  }
}

function toolsFor({ anchors }: Job, { ask, clock, random }: EngineTools): ExtendTools {
  return {
    anchors: anchors.map(readCertificate),
    clock,
    random,
    timestamper: { stamp: query => ask({ ask: 'stamp', query }) },
    revocation: {
      ocsp: (url, query) => ask({ ask: 'ocsp', url, query }),
      fetch: (url, what) => ask({ ask: 'fetch', url, what }),
    },
  }
}

function judgedBy(job: VerifyJob, tools: EngineTools) {
  const common = { anchors: job.anchors, now: tools.clock.now() }
  return job.online ? { ...common, online: toolsFor(job, tools) } : common
}

/** The file as splices over the input, where it was made of that, and the report on it. */
async function written(
  { file, hash, answeredEarlier = [] }: Made & Partial<Extended>,
  content: RandomAccess | undefined,
  job: SignJob | ExtendJob,
  tools: EngineTools,
): Promise<JobOutcome> {
  const { report } = await verifyFile(file, {
    ...openedWith(job, tools),
    ...(content !== undefined && { content }),
    ...(hash !== undefined && { hash }),
    anchors: job.anchors,
    now: tools.clock.now(),
    revocation: 'if-present',
  })
  refuseBroken(report, job)
  const splices = splicesOf(file, tools.input)
  if (splices !== undefined) return { outcome: 'written', base: 'input', splices, report, answeredEarlier }
  const insert = await file.read(0, file.size)
  return { outcome: 'written', base: 'empty', splices: [{ offset: 0, remove: 0, insert }], report, answeredEarlier }
}

function refuseBroken(report: Report, job: SignJob | ExtendJob): void {
  const broken = report.signatures.find(one => one.integrity === 'broken')
  if (report.indication !== 'NO-SIGNATURE' && broken === undefined && report.indication !== 'TOTAL-FAILED') return
  const finding = broken?.findings[0] ?? report.findings[0] ?? report.signatures.flatMap(one => one.findings)[0]
  if (job.job === 'sign' && broken && !isOwn(broken, job)) {
    throw new Fault('SIGNATURE_BROKEN', `beside the new one, a signature does not verify: ${finding?.detail ?? ''}`)
  }
  throw new Fault('SIGNATURE_INVALID', `the result does not verify: ${finding?.detail ?? 'no signature found'}`)
}

/** Whether the signature was made just now; formats state the time to the second. */
function isOwn({ signer, claimedTime = 0 }: SignatureReport, { identity, properties }: SignJob): boolean {
  const sameSecond = Math.floor(claimedTime / 1000) === Math.floor(properties.signingTime / 1000)
  return sameSecond && signer?.sha256 === readCertificate(identity.certificate).facts.sha256
}
