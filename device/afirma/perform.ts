// Carries an operation out at the desk and puts its result into the answer's words. Failures are thrown as they come;
// session.ts has their codes.

import { batchAnswer, certificateAnswer, filesAnswer, savedAnswer, signatureAnswer } from './answers.ts'
import type { Operation } from './operations.ts'
import type { PageDesk } from './page-desk.ts'

export interface PerformParts {
  readonly desk: PageDesk
  readonly origin: string
  /** What the page is told of this session: the version and its own protocol events. */
  readonly history: () => string
  readonly signal: AbortSignal
}

/** The answer. Throws the faults of the desk. */
export async function perform(operation: Operation, parts: PerformParts): Promise<string> {
  const { desk, origin, signal } = parts
  switch (operation.kind) {
    case 'sign':
      return sign(operation, parts)
    case 'batch': {
      const { certificate, result } = await desk.batch({ origin, ...operation.request }, signal)
      return batchAnswer(result, operation.withCertificate ? certificate : undefined)
    }
    case 'certificate':
      return certificateAnswer(await desk.selectCertificate({ origin, extraParams: operation.extraParams }, signal))
    case 'save': {
      const { kind: _, ...file } = operation
      await desk.save({ origin, ...file }, signal)
      return savedAnswer
    }
    case 'load': {
      const { kind: _, ...wanted } = operation
      return filesAnswer(await desk.load({ origin, ...wanted }, signal))
    }
    case 'log':
      return parts.history()
  }
}

async function sign(
  { request, saveAs }: Extract<Operation, { kind: 'sign' }>,
  { desk, origin, signal }: PerformParts,
): Promise<string> {
  const signed = await desk.sign({ origin, ...request }, signal)
  if (saveAs !== undefined) {
    const name = saveAs.name ?? signed.fileName ?? 'firma'
    await desk.save({ origin, name, data: signed.signature }, signal)
  }
  return signatureAnswer(signed)
}
