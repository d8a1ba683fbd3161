// The integration tests that precede the admission to Cl@ve Firma, as they are run at a FIRe service with the people of its test
// kit: what is tried, what has to come of it, and what did. A test that fails does not end the others.

import { filledWith, prepareForAnyone } from '../ades/unknown-signer.ts'
import { appended, randomAccessOf } from '../bytes.ts'
import { asFault, type ErrorCode, Fault } from '../errors.ts'
import { openPdf } from '../pdf/document.ts'
import type { ClaveFirma, ClaveOrder, ClaveTestPages, ClaveTransaction } from '../ports.ts'
import { signerOf } from '../trust/cms-signer.ts'
import { verifyPdf } from '../trust/verify-pdf.ts'
import type { TestId } from './texts.ts'

/** Somebody of the kit. */
export interface KitPerson {
  readonly subject: string
  readonly password: string
  readonly code: string
}

export interface KitPeople {
  readonly signs: KitPerson
  readonly withoutCertificate: KitPerson
  readonly blocked: KitPerson
  readonly weaklyRegistered: KitPerson
  readonly unknown: KitPerson
}

export interface TestResult {
  readonly id: TestId
  readonly passed: boolean
  /** ISO 8601. */
  readonly at: string
  readonly milliseconds: number
  /** What came of it. */
  readonly detail: string
}

export interface OnboardingParts {
  readonly clave: ClaveFirma
  readonly pages: ClaveTestPages
  readonly people: KitPeople
  readonly order: Omit<ClaveOrder, 'subject'>
  /** A PDF to be signed. */
  readonly sample: Uint8Array
  /** DER of the authorities that people's certificates are judged by; none: they are not. */
  readonly anchors: readonly Uint8Array[]
  readonly now: () => number
  readonly signal: AbortSignal
  /** Called before each test. */
  progress(id: TestId): void
}

export interface Onboarding {
  readonly results: readonly TestResult[]
  /** The sample with the signature of the first test; undefined where it failed. */
  readonly signed: Uint8Array | undefined
}

type Test = (run: Run) => Promise<string>
interface Run extends OnboardingParts {
  keep(signed: Uint8Array): void
}

const tests: readonly (readonly [id: TestId, test: Test])[] = [
  ['service', knows],
  ['sign', signs],
  ['batch', signsBatch],
  ['cancelled', run => ends(run, run.people.signs, 'cancel', 'CLAVE_CANCELLED')],
  ['early', early],
  ['unknown', run => ends(run, run.people.unknown, 'sign', 'CLAVE_USER_UNKNOWN')],
  ['without-certificate', run => ends(run, run.people.withoutCertificate, 'sign', 'CLAVE_CERTIFICATE_ABSENT')],
  ['blocked', run => ends(run, run.people.blocked, 'sign', 'CLAVE_CERTIFICATE_BLOCKED')],
  ['weak', run => ends(run, run.people.weaklyRegistered, 'sign', 'CLAVE_USER_WEAK')],
]

/** All of them, in their order. Throws the signal's reason alone. */
export async function runOnboarding(parts: OnboardingParts): Promise<Onboarding> {
  let signed: Uint8Array | undefined
  const run: Run = {
    ...parts,
    keep: made => {
      signed = made
    },
  }
  const results: TestResult[] = []
  for (const [id, test] of tests) {
    parts.signal.throwIfAborted()
    parts.progress(id)
    const begun = parts.now()
    const { passed, detail } = await told(() => test(run), parts.signal)
    const at = new Date(begun).toISOString()
    results.push({ id, passed, at, milliseconds: parts.now() - begun, detail })
  }
  return { results, signed }
}

async function told(test: () => Promise<string>, signal: AbortSignal): Promise<Pick<TestResult, 'passed' | 'detail'>> {
  try {
    return { passed: true, detail: await test() }
  } catch (thrown) {
    signal.throwIfAborted()
    const { code, detail } = asFault(thrown)
    return { passed: false, detail: `${code}: ${detail}` }
  }
}

async function knows({ clave, signal }: Run): Promise<string> {
  await clave.check(signal)
  return 'answered'
}

async function signs(run: Run): Promise<string> {
  const { clave, sample, anchors, now, signal, people } = run
  const file = randomAccessOf(sample)
  const { prepared, digest } = await prepareForAnyone(await openPdf(file), {
    properties: { signingTime: now() },
    fieldName: 'Signature1',
  })
  const order = { ...run.order, subject: people.signs.subject }
  const { id, page } = await clave.start(
    order,
    { id: 'sample', digest, title: 'Compulsa: integration test', place: 'pdf' },
    signal,
  )
  await walk(run, page, people.signs, 'sign')
  const cms = await clave.recover({ id, subject: people.signs.subject }, signal)
  const whole = appended(file, filledWith(prepared, cms))
  const report = await verifyPdf(whole, { anchors, now: now(), revocation: 'if-present', strict: true })
  const { subject } = people.signs
  signerOf(cms, report, { subject, judged: false })
  if (report.indication === 'TOTAL-FAILED') {
    throw new Fault('SIGNATURE_INVALID', report.findings[0]?.detail ?? 'the signed document does not verify')
  }
  run.keep(await whole.read(0, whole.size))
  return `PAdES, integrity intact, ${report.indication}`
}

async function signsBatch(run: Run): Promise<string> {
  const { clave, signal, people } = run
  const { subject } = people.signs
  const documents = [1, 2, 3].map(n => ({
    id: `document-${n}`,
    digest: new Uint8Array(32).fill(n),
    title: `Test ${n}`,
    place: 'pdf' as const,
  }))
  const { id, page } = await clave.startBatch({ ...run.order, subject }, documents, signal)
  await walk(run, page, people.signs, 'sign')
  const { documents: done } = await clave.recoverBatch({ id, subject }, signal)
  const failed = done.filter(one => !one.signed)
  if (failed.length > 0 || done.length !== documents.length) {
    throw new Fault('CLAVE_FAILED', `${failed.length} of ${done.length} were not signed`)
  }
  for (const document of documents) await clave.recoverBatchSignature({ id, subject }, document.id, signal)
  return `${done.length} signatures fetched`
}

/** The transaction has to end so, whatever the person does at the page. */
async function ends(run: Run, person: KitPerson, act: 'sign' | 'cancel', code: ErrorCode): Promise<string> {
  const transaction = await begun(run, person)
  await walk(run, transaction.page, person, act)
  return endedAs(run, transaction, [code])
}

/** FIRe ends a transaction that is asked for too early, by one of two numbers. */
async function early(run: Run): Promise<string> {
  const transaction = await begun(run, run.people.signs)
  return endedAs(run, transaction, ['CLAVE_NOT_FINISHED', 'CLAVE_FAILED'])
}

async function begun(
  { clave, order, signal }: Run,
  { subject }: KitPerson,
): Promise<ClaveTransaction & { page: string }> {
  const document = {
    id: 'sample',
    digest: new Uint8Array(32).fill(9),
    title: 'Compulsa: integration test',
    place: 'pdf',
  } as const
  const { id, page } = await clave.start({ ...order, subject }, document, signal)
  return { id, page, subject }
}

async function endedAs(
  { clave, signal }: Run,
  { id, subject }: ClaveTransaction,
  codes: readonly ErrorCode[],
): Promise<string> {
  const fault = await clave.recover({ id, subject }, signal).then(
    () => undefined,
    (thrown: unknown) => asFault(thrown),
  )
  if (fault === undefined) throw new Fault('CLAVE_FAILED', `a signature came, and ${codes[0]} was expected`)
  if (!codes.includes(fault.code)) throw fault
  return `${fault.code}, as expected`
}

function walk({ pages, order, signal }: Run, page: string, person: KitPerson, act: 'sign' | 'cancel'): Promise<void> {
  const { password, code } = person
  return pages.walk({ page, password, code, act, returnUrl: order.returnUrl }, signal)
}
