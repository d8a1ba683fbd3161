// Does a job on a file: signs it and raises it to the level asked for, extends what is signed, or verifies it. What was
// made is verified before it is given away: a signature that does not stand is an error and never a file.

import { splicesOf } from '../bytes.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { readCertificate } from '../trust/certificate.ts'
import { signerOf } from '../trust/cms-signer.ts'
import type { Report } from '../trust/report.ts'
import { awaitedDigest, withAwaited } from './awaited.ts'
import { type Extended, type ExtendRequest, type ExtendTools, extendFile } from './extend.ts'
import type { Ask, CompleteJob, ExtendJob, Job, JobOutcome, SignJob, VerifyJob } from './job.ts'
import { type Made, signFile } from './sign.ts'
import { cadesPackaging, subjectOf } from './sign-cms.ts'
import { type VerifyFileOptions, verifyFile } from './verify.ts'
import { verifyExtended } from './verify-extended.ts'
import { isElsewhere } from './xades-options.ts'

export interface EngineTools {
  readonly input: RandomAccess
  /** The signed original of a detached signature. */
  readonly content: RandomAccess | undefined
  /** What the input was made of by somebody else. */
  readonly earlier?: RandomAccess | undefined
  /** UTF-8; opens an encrypted PDF. */
  readonly password: Uint8Array | undefined
  /** Of a visible signature: a TrueType font program, and a JPEG or PNG. */
  readonly font: Uint8Array | undefined
  readonly image: Uint8Array | undefined
  /** Put into a PDF before it is signed: a JPEG or PNG, and a file of any kind. */
  readonly pageImage?: Uint8Array | undefined
  readonly attachment?: Uint8Array | undefined
  ask(ask: Ask): Promise<Uint8Array>
  readonly clock: { now(): number }
  random(octets: number): Uint8Array
}

/**
 * The job's outcome. Throws what signing, extending and verifying throw, SIGNATURE_INVALID for a result that does not
 * verify, and SIGNATURE_BROKEN where the input already did not.
 */
export async function perform(job: Job, tools: EngineTools): Promise<JobOutcome> {
  switch (job.job) {
    case 'sign': {
      const used = { ...tools, input: await subjectOf(job, tools.input) }
      return written(await signed(job, used), originalOf(job, used), job, used)
    }
    case 'prepare':
      return { outcome: 'prepared', digest: await awaitedDigest(job, { ...tools, password: passwordOf(tools) }) }
    case 'complete': {
      const original = job.format === 'CAdES' ? tools.input : undefined
      const made = await withAwaited(job, { ...tools, password: passwordOf(tools) })
      const outcome = await written(await raised(made, job, original, tools), original, job, tools)
      signerOf(job.cms, outcome.report, { subject: job.subject, judged: job.anchors.length > 0 })
      return outcome
    }
    case 'extend': {
      const request = { level: job.level, ...openedWith(job, tools) }
      return written(await extendFile({ file: tools.input }, request, toolsFor(job, tools)), tools.content, job, tools)
    }
    case 'verify': {
      const options = { ...openedWith(job, tools), ...judgedBy(job, tools) }
      return { outcome: 'verified', ...(await verifyFile(tools.input, options)) }
    }
    case 'check-extended': {
      if (tools.earlier === undefined) throw new Fault('INTERNAL', 'nothing to hold the document against')
      const options = {
        ...openedWith(job, tools),
        anchors: job.anchors,
        now: job.now,
        level: job.level,
        revocation: job.level === 'T' ? 'if-present' : 'required',
      } as const
      return { outcome: 'verified', ...(await verifyExtended(tools.earlier, tools.input, options)) }
    }
  }
}

async function signed(job: SignJob, tools: EngineTools): Promise<Made & Partial<Extended>> {
  const { ask, input, content, font, image, pageImage, attachment } = tools
  const made = await signFile(job, {
    input,
    content,
    font,
    image,
    pageImage,
    attachment,
    password: passwordOf(tools),
    sign: (algorithm, digest) => ask({ ask: 'sign', algorithm, digest }),
    timestamps: toolsFor(job, tools),
  })
  return raised(made, job, originalOf(job, tools), tools)
}

/** Raised to the level that the job asks for, where that is above the one at which signatures are made. */
async function raised(
  made: Made,
  job: SignJob | CompleteJob,
  original: RandomAccess | undefined,
  tools: EngineTools,
): Promise<Made & Partial<Extended>> {
  if (job.level === 'B') return made
  const request: ExtendRequest = {
    ...openedWith(job, tools),
    level: job.level,
    ...(original !== undefined && { content: original }),
  }
  const extended = await extendFile(made, request, toolsFor(job, tools))
  return { ...extended, ...(made.ignored && { ignored: made.ignored }), ...(made.notes && { notes: made.notes }) }
}

/** What a detached signature is about: the input when it is new, else what was given beside it. */
function originalOf(job: SignJob, { input, content }: EngineTools): RandomAccess | undefined {
  if (job.operation !== 'sign' || isElsewhere(job.xades ?? {})) return content
  const packaging = job.format === 'CAdES' ? cadesPackaging(job, input.size) : job.packaging
  return packaging === 'detached' ? input : content
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
  { file, hash, answeredEarlier = [], ignored = [], notes = [] }: Made & Partial<Extended>,
  content: RandomAccess | undefined,
  job: SignJob | CompleteJob | ExtendJob,
  tools: EngineTools,
): Promise<Extract<JobOutcome, { readonly outcome: 'written' }>> {
  const options = {
    ...openedWith(job, tools),
    anchors: job.anchors,
    now: tools.clock.now(),
    revocation: 'if-present',
    strict: job.job !== 'extend' && job.pdf.formAsSigned === true,
    ...(content !== undefined && { content }),
  } as const
  const { report } = await verifyFile(file, { ...options, ...(hash !== undefined && { hash }) })
  const broken = brokenIn(report)
  if (broken !== undefined) throw await faultFor(broken, tools.input, options)
  const told = {
    report,
    answeredEarlier,
    ...(ignored.length > 0 && { ignored }),
    ...(notes.length > 0 && { notes }),
  }
  const splices = splicesOf(file, tools.input)
  if (splices !== undefined) return { outcome: 'written', base: 'input', splices, ...told }
  const insert = await file.read(0, file.size)
  return { outcome: 'written', base: 'empty', splices: [{ offset: 0, remove: 0, insert }], ...told }
}

/** Why a result must not be given away. */
function brokenIn({ indication, findings, signatures }: Report): string | undefined {
  const broken = signatures.find(one => one.integrity === 'broken')
  if (indication !== 'NO-SIGNATURE' && broken === undefined && indication !== 'TOTAL-FAILED') return undefined
  const finding = broken?.findings[0] ?? findings[0] ?? signatures.flatMap(one => one.findings)[0]
  return finding?.detail ?? 'no signature found'
}

/** SIGNATURE_BROKEN where the input was broken before anything was done to it. */
async function faultFor(broken: string, input: RandomAccess, options: VerifyFileOptions): Promise<Fault> {
  const made = new Fault('SIGNATURE_INVALID', `the result does not verify: ${broken}`)
  try {
    const { report } = await verifyFile(input, options)
    const before = report.indication === 'NO-SIGNATURE' ? undefined : brokenIn(report)
    return before === undefined ? made : new Fault('SIGNATURE_BROKEN', `it was signed before: ${before}`)
  } catch (thrown) {
    // What cannot be read as a signed file was not signed.
    if (thrown instanceof Fault) return made
    throw thrown
  }
}
