// The form of an order, signed with a card that its person has already: an errand of the signing desk like those of pages and
// programs, whose document is the form and whose signature, an attached CAdES at level B, is what is handed in.

import type { Batch } from '../batch/batch.ts'
import { createMemoryLedger } from '../batch/memory-ledger.ts'
import { Fault } from '../errors.ts'
import { type BatchErrandParts, documentsOf, signBatch } from './batch-errand.ts'
import type { ErrandEnd, SigningDesk } from './errand.ts'

export interface FormSigning {
  /** Puts the form before the person; `ended` hears the signature, or null where there is none. Throws KIOSK_BUSY. */
  sign(
    form: { readonly name: string; readonly pdf: Uint8Array },
    order: string,
    ended: (signed: Uint8Array | null) => void,
  ): void
}

export function createFormSigning(parts: BatchErrandParts & { readonly desk: SigningDesk }): FormSigning {
  const sign: FormSigning['sign'] = ({ name, pdf }, order, ended) => {
    const batch = batchOf(name, pdf)
    const ledger = createMemoryLedger()
    const documents = async function* () {
      for (const item of batch.items) yield { item, data: pdf }
    }
    parts.desk.begin({
      asker: { kind: 'order', name: order },
      operation: 'sign',
      documents: documentsOf(batch),
      total: 1,
      preparedElsewhere: false,
      files: [],
      several: false,
      work: {
        kind: 'sign',
        fitting: certificates => certificates,
        sign: async (key, tell, signal) => {
          await signBatch({ batch, ledger, documents }, key, tell, signal, parts)
          const outcome = ledger.outcome(0)
          if (outcome?.outcome === 'failed') throw new Fault(outcome.code, outcome.detail)
        },
      },
      ended: (end: ErrandEnd) => {
        if (end.end === 'finished') void collected(ledger.signature(0)).then(ended)
        else ended(null)
      },
    })
  }
  return Object.freeze({ sign })
}

function batchOf(id: string, { byteLength: bytes }: Uint8Array): Batch {
  const extraParams = new Map<string, string>()
  const what = { format: 'CAdES', packaging: 'enveloping', operation: 'sign', source: { kind: 'data', bytes } } as const
  const items = [{ number: 0, id, extraParams, ...what }]
  return { algorithm: 'SHA256', stopOnError: false, concurrentTimeoutMs: null, extraParams, items, sha256: '' }
}

async function collected(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(Uint8Array.from(piece))
  return Buffer.concat(pieces)
}
