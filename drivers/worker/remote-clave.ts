// The ClaveFirma port over the channel to the net worker. What comes back has its shape checked here; signatures are judged
// by whoever uses them.

import { Buffer } from 'node:buffer'
import type {
  ClaveDocument,
  ClaveFirma,
  ClaveOrder,
  ClaveTestPages,
  ClaveTestPerson,
  ClaveTransaction,
} from '../../device/ports.ts'
import type { PortChannel } from './channel.ts'
import type { WireClaveDocument, WireClaveQuestion, WireClaveStart } from './clave-handlers.ts'
import { bytesOf } from './one-item.ts'
import { answerOf, withSignal } from './remote.ts'
import { checked } from './shapes.ts'
import { claveBatchResult, claveFailure, claveProgress, claveStarted } from './shapes-clave.ts'

/** More than a CMS with all its certificates has. */
const maxSignatureBytes = 1024 * 1024

/** A ClaveFirma in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteClave(channel: PortChannel): ClaveFirma {
  const call = (name: string, params: WireClaveStart | WireClaveQuestion | object, signal?: AbortSignal) =>
    channel.call(name, params, withSignal(signal))
  const start = (name: string, order: ClaveOrder, documents: readonly ClaveDocument[], signal?: AbortSignal) =>
    answerOf(channel, call(name, { order, documents: documents.map(wired) }, signal), answer =>
      checked(claveStarted, answer, 'transaction'),
    )
  return Object.freeze({
    start: (order: ClaveOrder, document: ClaveDocument, signal?: AbortSignal) =>
      start('claveStart', order, [document], signal),
    startBatch: (order: ClaveOrder, documents: readonly ClaveDocument[], signal?: AbortSignal) =>
      start('claveStartBatch', order, documents, signal),
    recover: (transaction: ClaveTransaction, signal?: AbortSignal) =>
      bytesOf(channel, call('claveRecover', { transaction }, signal), maxSignatureBytes),
    failure: (transaction: ClaveTransaction, signal?: AbortSignal) =>
      answerOf(channel, call('claveFailure', { transaction }, signal), answer =>
        checked(claveFailure, answer, 'failure'),
      ),
    recoverBatch: (transaction: ClaveTransaction, signal?: AbortSignal) =>
      answerOf(channel, call('claveRecoverBatch', { transaction }, signal), answer =>
        checked(claveBatchResult, answer, 'batch'),
      ),
    batchProgress: (transaction: ClaveTransaction, signal?: AbortSignal) =>
      answerOf(channel, call('claveBatchProgress', { transaction }, signal), answer =>
        checked(claveProgress, answer, 'progress'),
      ),
    recoverBatchSignature: (transaction: ClaveTransaction, documentId: string, signal?: AbortSignal) =>
      bytesOf(channel, call('claveRecoverBatchSignature', { transaction, documentId }, signal), maxSignatureBytes),
    check: (signal?: AbortSignal) => answerOf(channel, call('claveCheck', {}, signal), () => undefined),
  })
}

/** ClaveTestPages in the net worker. */
export function remoteClavePages(channel: PortChannel): ClaveTestPages {
  return Object.freeze({
    walk: (person: ClaveTestPerson, signal?: AbortSignal) =>
      answerOf(channel, channel.call('claveWalk', person, withSignal(signal)), () => undefined),
  })
}

function wired({ digest, ...document }: ClaveDocument): WireClaveDocument {
  return { ...document, digest: Buffer.from(digest).toString('base64') }
}
