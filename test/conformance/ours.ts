// Our engine for a conformance run: the jobs that the product itself does, with the run's keys as the token, its TSA and
// whatever its certificates point to.

import { createPrivateKey, randomBytes, randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type EngineTools, perform } from '../../device/ades/engine.ts'
import { readExtraParams } from '../../device/ades/extra-params.ts'
import { xadesFor } from '../../device/ades/extra-xades.ts'
import type { Ask, Job, JobOutcome, SignJob } from '../../device/ades/job.ts'
import { randomAccessOf, rangeOf, spliced } from '../../device/bytes.ts'
import { statedBy } from '../../device/document/sign-order.ts'
import { systemClock } from '../../device/host.ts'
import type { Report } from '../../device/trust/report.ts'
import { createHttpRevocation } from '../../drivers/revocation/http.ts'
import { signWithKey } from '../../drivers/signer/soft-signature.ts'
import { createRfc3161Timestamper } from '../../drivers/timestamper/rfc3161.ts'
import type { Pki, SignerName } from '../oracles/pki.ts'
import type { Engine, ExtendCall, SignCall, Verified, VerifyCall } from './engine.ts'

/** One grey pixel. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
)
const font = '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'
/** All that a signature can show and put on pages: whatever of it a judge minds is seen. */
const appearance = {
  rectangle: [40, 40, 240, 100],
  pages: 'all',
  text: 'Signat per Ç. Oració',
  fontSize: 10,
  slanted: true,
  underlined: true,
  colour: [255, 0, 0],
  rotation: 180,
} as const
const pageImage = { pages: 'all', rectangle: [40, 120, 80, 140] } as const

export function ourEngine(pki: Pki): Engine {
  const answer = answersOf(pki)
  const anchors = [pki.anchor()]

  async function run(job: Job, { file, content }: VerifyCall | ExtendCall | SignCall, signer?: SignerName) {
    const tools: EngineTools = {
      input: randomAccessOf(await readFile(file)),
      content: content === undefined ? undefined : randomAccessOf(await readFile(content)),
      password: undefined,
      font: await readFile(font),
      image: picture,
      pageImage: picture,
      ask: ask => answer(ask, signer),
      clock: systemClock,
      random: octets => randomBytes(octets),
    }
    return { outcome: await perform(job, tools), input: tools.input }
  }

  return Object.freeze({
    sign: async (call: SignCall) => {
      await write(call.out, await run(signJob(call, pki), call, call.signer))
    },
    extend: async (call: ExtendCall) => {
      await write(call.out, await run({ job: 'extend', level: call.level, anchors }, call))
    },
    verify: async (call: VerifyCall) => {
      const { outcome } = await run({ job: 'verify', online: call.online, anchors }, call)
      if (outcome.outcome !== 'verified') throw new Error(`verifying ended with ${outcome.outcome}`)
      return verifiedBy(outcome.report)
    },
  })
}

/** What a job asks for while it runs. */
function answersOf(pki: Pki): (ask: Ask, signer: SignerName | undefined) => Promise<Uint8Array> {
  const timestampers = [pki.tsa, pki.tsaEc].map(url => createRfc3161Timestamper({ kind: 'URL', url }))
  const revocation = createHttpRevocation({ allowPrivate: [new URL(pki.tsa).host] })
  // EC signers are time-stamped by the EC authority, everybody else by the RSA one.
  const stampedBy = (signer: SignerName | undefined) => {
    const chosen = timestampers[signer !== undefined && /^p\d/.test(signer) ? 1 : 0]
    if (chosen === undefined) throw new Error('no authority')
    return chosen
  }
  return async (ask, signer) => {
    switch (ask.ask) {
      case 'stamp':
        return stampedBy(signer).stamp(ask.query)
      case 'ocsp':
        return revocation.ocsp(ask.url, ask.query)
      case 'fetch':
        return revocation.fetch(ask.url, ask.what)
      case 'sign': {
        if (signer === undefined) throw new Error('only signing asks for a signature value')
        const signed = signWithKey(createPrivateKey(pki.privateKey(signer)), ask.algorithm, ask.digest)
        if (signed.outcome !== 'signed') throw new Error(`${signer}: ${signed.outcome}`)
        return signed.signature
      }
    }
  }
}

function signJob(call: SignCall, pki: Pki): SignJob {
  const { format, level, operation, algorithm, signer, policy, visible = false, certify = false } = call
  const extra = readExtraParams(new Map(Object.entries(call.parameters ?? {})), format, operation)
  const packaging = extra.packaging ?? call.packaging
  const [certificate, ...chain] = pki.chain(signer)
  return {
    job: 'sign',
    format,
    level,
    operation,
    packaging,
    identity: { algorithm, certificate, chain },
    properties: { ...statedBy(extra, Date.now()), ...(policy !== undefined && { policy }) },
    cades: extra.cades,
    ...(extra.xades && { xades: xadesFor(extra.xades, { operation, packaging }).xades }),
    contentName: basename(call.content ?? call.file),
    target: 'LEAFS',
    anchors: [pki.anchor()],
    pdf: {
      fieldName: `Signature-${randomUUID()}`,
      ...(visible && { visible: appearance, pageImage }),
      ...(certify && { certificationLevel: 1 }),
    },
  }
}

async function write(path: string, { outcome, input }: { outcome: JobOutcome; input: EngineTools['input'] }) {
  if (outcome.outcome !== 'written') throw new Error(`signing ended with ${outcome.outcome}`)
  const base = outcome.base === 'input' ? input : randomAccessOf(new Uint8Array())
  const chunks: Uint8Array[] = []
  for await (const chunk of rangeOf(spliced(base, outcome.splices))) chunks.push(chunk)
  await writeFile(path, Buffer.concat(chunks))
}

function verifiedBy(report: Report): Verified {
  const { indication, subIndication, signatures, findings } = report
  const all = [
    ...findings,
    ...signatures.flatMap(signature => [
      ...signature.findings,
      ...signature.timestamps.flatMap(stamp => stamp.findings),
    ]),
  ]
  return {
    indication,
    ...(subIndication !== undefined && { subIndication }),
    levels: signatures
      .filter(({ type }) => type !== 'DocTimeStamp')
      .map(({ level }) => level)
      .sort(),
    words: all.map(finding => `${finding.subIndication}: ${finding.detail}`).join('; '),
  }
}
