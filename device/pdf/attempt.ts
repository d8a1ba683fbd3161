// Reading what may be unreadable. Judging a document means looking at places that its author got wrong, on purpose or
// not; there "cannot be read" is a fact about the file, and only there.

import { Fault } from '../errors.ts'

/** What `read` gives, or undefined where the file cannot be read as it says it is (PDF_UNREADABLE). */
export async function readable<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read()
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'PDF_UNREADABLE') return undefined
    throw thrown
  }
}
