// What the screen shows of a document that is printed for the person before it.
//
// Calls of the screen, beside those that view.ts lists:
//
// POST /screen/print/receipt                   of the copy in hand, when it is finished
// POST /screen/print/cancel                    withdraws it
// POST /screen/print/answer                    {cameOut}: where nobody but the person knows
// POST /screen/print/close                     what has come of it was read

import type { ErrorCode } from '../errors.ts'

export interface PrintView {
  readonly what: 'form' | 'receipt'
  /** `unsure`: the person is asked whether it has come out. */
  readonly step: 'preparing' | 'sending' | 'printing' | 'printed' | 'failed' | 'unsure'
  /** What keeps it from going on, which a person may mend; or why it was not printed. */
  readonly code: ErrorCode | null
  /** Pages that are out; null where the printer does not tell. */
  readonly pages: number | null
}
