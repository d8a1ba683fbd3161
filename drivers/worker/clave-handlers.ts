// The net worker's side of Cl@ve Firma. Digests are Base64 in calls; a signature comes back as the bytes of the call's only
// item. Where no service is configured every call ends with CLAVE_ABSENT.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type {
  ClaveDocument,
  ClaveFirma,
  ClaveOrder,
  ClaveTestPages,
  ClaveTestPerson,
  ClaveTransaction,
} from '../../device/ports.ts'
import { tellBytes } from './one-item.ts'
import type { Handler, Handlers } from './serve.ts'

/** A document on the wire. */
export interface WireClaveDocument extends Omit<ClaveDocument, 'digest'> {
  readonly digest: string
}

export interface WireClaveStart {
  readonly order: ClaveOrder
  readonly documents: readonly WireClaveDocument[]
}

export interface WireClaveQuestion {
  readonly transaction: ClaveTransaction
  readonly documentId?: string
}

/** The service is asked for with the first call. */
export function claveHandlers(service: (() => Promise<ClaveFirma & ClaveTestPages>) | undefined): Handlers {
  const clave = () => {
    if (service === undefined) throw new Fault('CLAVE_ABSENT', 'no FIRe service is configured')
    return service()
  }
  const told: Readonly<Record<string, Handler>> = {
    claveStart: async (params, { signal }) => {
      const { order, documents } = params as WireClaveStart
      const [document] = documents.map(documentOf)
      if (document === undefined) throw new Fault('INTERNAL', 'nothing to sign')
      return (await clave()).start(order, document, signal)
    },
    claveStartBatch: async (params, { signal }) => {
      const { order, documents } = params as WireClaveStart
      return (await clave()).startBatch(order, documents.map(documentOf), signal)
    },
    claveRecover: async (params, context) =>
      tellBytes(context, await (await clave()).recover(transactionOf(params), context.signal)),
    claveFailure: async (params, { signal }) => (await clave()).failure(transactionOf(params), signal),
    claveRecoverBatch: async (params, { signal }) => (await clave()).recoverBatch(transactionOf(params), signal),
    claveBatchProgress: async (params, { signal }) => (await clave()).batchProgress(transactionOf(params), signal),
    claveRecoverBatchSignature: async (params, context) => {
      const { transaction, documentId = '' } = params as WireClaveQuestion
      const port = await clave()
      return tellBytes(context, await port.recoverBatchSignature(transaction, documentId, context.signal))
    },
    claveWalk: async (params, { signal }) => {
      await (await clave()).walk(params as ClaveTestPerson, signal)
      return null
    },
    claveCheck: async (_params, { signal }) => {
      await (await clave()).check(signal)
      return null
    },
  }
  return new Map(Object.entries(told))
}

function documentOf({ digest, ...document }: WireClaveDocument): ClaveDocument {
  return { ...document, digest: Buffer.from(digest, 'base64') }
}

function transactionOf(params: unknown): ClaveTransaction {
  return (params as WireClaveQuestion).transaction
}
