// The engine from outside, in memory: jobs on bytes, answered by a software key and by whatever services and time a test
// has made up.

import { perform } from '../device/ades/engine.ts'
import type { Ask, Job, JobOutcome, SignJob } from '../device/ades/job.ts'
import type { SignatureLevel } from '../device/ades/request.ts'
import { randomAccessOf, spliced } from '../device/bytes.ts'
import { suggestedAlgorithm } from '../device/cms/algorithm.ts'
import type { RandomAccess, Revocation, SignatureAlgorithm, Timestamper } from '../device/ports.ts'
import type { Report } from '../device/trust/report.ts'
import { signWithKey } from '../drivers/signer/soft-signature.ts'
import type { TestIdentity } from './sim/pki.ts'
import { privateKeyOf } from './sim/signed-object.ts'

/** What the engine runs in: the worlds of test/56.trust.kit.ts and test/59.pades.kit.ts are. */
export interface World {
  readonly pki: { readonly root: Uint8Array }
  readonly signer: TestIdentity
  readonly clock: { now(): number }
  readonly timestamper: Timestamper
  readonly revocation: Revocation
}

export interface Asked extends Partial<Omit<SignJob, 'job' | 'identity'>> {
  readonly signer?: TestIdentity
  /** The signed original of a detached signature. */
  readonly content?: Uint8Array
}

export interface Engine {
  sign(input: Uint8Array, asked?: Asked): Promise<Buffer>
  extend(input: Uint8Array, level: Exclude<SignatureLevel, 'B'>, content?: Uint8Array): Promise<Buffer>
  verify(input: Uint8Array, content?: Uint8Array): Promise<Report>
  /** Any job on any file; what is asked goes to the world's services, and signatures are by `signer`. */
  run(job: Job, input: RandomAccess, more?: { content?: RandomAccess; signer?: TestIdentity }): Promise<JobOutcome>
}

/** A job that signs, with the usual of everything that is not said. */
export function signJob(world: World, { signer = world.signer, content: _, ...asked }: Asked = {}): SignJob {
  const { certificate, chain } = signer
  return {
    job: 'sign',
    format: 'PAdES',
    level: 'B',
    operation: 'sign',
    packaging: 'enveloped',
    identity: { algorithm: suggestedAlgorithm(certificate), certificate, chain },
    properties: { signingTime: world.clock.now() },
    contentName: 'content.xml',
    target: 'LEAFS',
    pdf: {},
    anchors: [world.pki.root],
    ...asked,
  }
}

/** `password` opens encrypted PDFs. */
export function createEngine(world: World, password?: string): Engine {
  const anchors = [world.pki.root]
  const valueBy = (signer: TestIdentity, algorithm: SignatureAlgorithm, digest: Uint8Array) => {
    const made = signWithKey(privateKeyOf(signer), algorithm, digest)
    if (made.outcome !== 'signed') throw new Error('the software key does not sign')
    return made.signature
  }
  let octet = 0
  const random = (octets: number) => Uint8Array.from({ length: octets }, () => (octet = (octet * 5 + 3) % 251))
  const answer = async (ask: Ask, signer: TestIdentity): Promise<Uint8Array> => {
    if (ask.ask === 'sign') return valueBy(signer, ask.algorithm, ask.digest)
    if (ask.ask === 'stamp') return world.timestamper.stamp(ask.query)
    return ask.ask === 'ocsp' ? world.revocation.ocsp(ask.url, ask.query) : world.revocation.fetch(ask.url, ask.what)
  }
  const run: Engine['run'] = (job, input, { content, signer = world.signer } = {}) =>
    perform(job, {
      input,
      content,
      password: password === undefined ? undefined : Buffer.from(password),
      font: undefined,
      image: undefined,
      ask: ask => answer(ask, signer),
      clock: world.clock,
      random,
    })
  const beside = (content: Uint8Array | undefined) =>
    content === undefined ? {} : { content: randomAccessOf(content) }
  const written = async (job: Job, bytes: Uint8Array, more: Parameters<Engine['run']>[2]) => {
    const input = randomAccessOf(bytes)
    const outcome = await run(job, input, more)
    if (outcome.outcome !== 'written') throw new Error('nothing was written')
    const made = spliced(outcome.base === 'input' ? input : randomAccessOf(new Uint8Array()), outcome.splices)
    return Buffer.from(await made.read(0, made.size))
  }
  return Object.freeze({
    run,
    sign: (input, asked = {}) =>
      written(signJob(world, asked), input, {
        ...beside(asked.content),
        ...(asked.signer && { signer: asked.signer }),
      }),
    extend: (input, level, content) => written({ job: 'extend', level, anchors }, input, beside(content)),
    async verify(input, content) {
      const outcome = await run({ job: 'verify', online: true, anchors }, randomAccessOf(input), beside(content))
      if (outcome.outcome !== 'verified') throw new Error('no verdict')
      return outcome.report
    },
  } satisfies Engine)
}
