// The thread in which one odd PDF is opened and signed with a dummy signature; it answers with an OddAnswer.

import { parentPort, workerData } from 'node:worker_threads'
import { randomAccessOf } from '../../device/bytes.ts'
import { Fault } from '../../device/errors.ts'
import { openPdf } from '../../device/pdf/document.ts'
import { createDraft } from '../../device/pdf/draft.ts'
import { fillContents } from '../../device/pdf/signature-dictionary.ts'
import { prepareSignature } from '../../device/pdf/signature-field.ts'
import { listSignatures } from '../../device/pdf/signatures.ts'
import type { OddAnswer } from './odd-pdfs.ts'

interface OddQuestion {
  readonly original: Uint8Array
  readonly password?: string
}

async function answer({ original, password }: OddQuestion): Promise<OddAnswer> {
  try {
    const document = await openPdf(randomAccessOf(original), {
      repair: true,
      ...(password !== undefined && { password }),
    })
    const prepared = await prepareSignature(createDraft(document), {
      kind: 'signature',
      fieldName: 'Signature',
      reservedBytes: 2000,
      signingTime: Date.UTC(2026, 2, 4),
    })
    const filled = fillContents(prepared, Uint8Array.of(0x30, 3, 2, 1, 0))
    if (filled.outcome !== 'filled') return { outcome: 'crash', detail: filled.outcome }
    const bytes = Buffer.concat([original, filled.update])
    const found = (
      await listSignatures(await openPdf(randomAccessOf(bytes), password === undefined ? {} : { password }))
    ).at(-1)
    if (found?.structure !== 'sound') return { outcome: 'crash', detail: 'our own signature is not found sound' }
    return { outcome: 'signed', bytes, repaired: document.repaired }
  } catch (thrown) {
    if (thrown instanceof Fault) return { outcome: 'refused', detail: `${thrown.code}: ${thrown.detail}` }
    return { outcome: 'crash', detail: String(thrown) }
  }
}

parentPort?.postMessage(await answer(workerData as OddQuestion))
