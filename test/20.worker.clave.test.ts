// Cl@ve Firma through the net worker: orders and signatures pass unchanged, faults keep their codes, and what no driver could
// have said ends the worker.

import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { ClaveFirma, ClaveTestPages } from '../device/ports.ts'
import { type Channel, openChannel } from '../drivers/worker/channel.ts'
import { claveHandlers } from '../drivers/worker/clave-handlers.ts'
import { remoteClave, remoteClavePages } from '../drivers/worker/remote-clave.ts'
import { type Handler, type Handlers, serveChannel } from '../drivers/worker/serve.ts'
import { socketPair } from './20.worker.setup.ts'
import { claveDocument, order, person } from './fire.kit.ts'

async function channelTo(handlers: Handlers): Promise<Channel> {
  const [near, far] = await socketPair()
  serveChannel({ input: far, output: far }, handlers)
  return openChannel({ input: near, output: near })
}

const transaction = { id: 'one', subject: person }
const page = 'https://fire.example/entry'
const cms = Buffer.from('3003020100', 'hex')

it('everything passes unchanged', async () => {
  const asked: unknown[] = []
  const noted = async <T>(answer: T, ...words: readonly unknown[]) => {
    asked.push(words)
    return answer
  }
  const service: ClaveFirma & ClaveTestPages = {
    start: (...words) => noted({ id: 'one', page }, ...words.slice(0, 2)),
    startBatch: (...words) => noted({ id: 'two', page }, ...words.slice(0, 2)),
    recover: one => noted(cms, one),
    failure: () => noted({ code: 'CLAVE_CANCELLED', detail: 'no' }),
    recoverBatch: () => noted({ documents: [{ id: 'a', signed: true, state: '' }] }),
    batchProgress: () => noted(0.5),
    recoverBatchSignature: (one, id) => noted(cms, one, id),
    check: () => noted(undefined),
    walk: one => noted(undefined, one),
  }
  const channel = await channelTo(claveHandlers(async () => service))
  const remote = remoteClave(channel)
  expect(await remote.start(order, claveDocument())).toEqual({ id: 'one', page })
  expect(await remote.startBatch(order, [claveDocument('a')])).toEqual({ id: 'two', page })
  expect(Buffer.from(await remote.recover(transaction))).toEqual(cms)
  expect(await remote.failure(transaction)).toEqual({ code: 'CLAVE_CANCELLED', detail: 'no' })
  expect((await remote.recoverBatch(transaction)).documents).toHaveLength(1)
  expect(await remote.batchProgress(transaction)).toBe(0.5)
  expect(Buffer.from(await remote.recoverBatchSignature(transaction, 'a'))).toEqual(cms)
  await remote.check()
  const visitor = { page, password: 'p', code: 'c', act: 'sign', returnUrl: page } as const
  await remoteClavePages(channel).walk(visitor)
  expect(asked).toEqual([
    [order, claveDocument()],
    [order, [claveDocument('a')]],
    [transaction],
    [],
    [],
    [],
    [transaction, 'a'],
    [],
    [visitor],
  ])
})

it('a fault keeps its code, and a kiosk without a service says so', async () => {
  const refused = remoteClave(
    await channelTo(new Map([['claveCheck', () => Promise.reject(new Fault('CLAVE_USER_WEAK', 'no'))]])),
  )
  await expect(refused.check()).rejects.toMatchObject({ code: 'CLAVE_USER_WEAK', detail: 'no' })
  const none = remoteClave(await channelTo(claveHandlers(undefined)))
  await expect(none.start(order, claveDocument())).rejects.toMatchObject({ code: 'CLAVE_ABSENT' })
})

describe('what no driver could have said ends the worker', () => {
  const answers: readonly (readonly [string, string, Handler])[] = [
    ['a page without TLS', 'claveStart', async () => ({ id: 'one', page: 'http://fire.example/' })],
    ['a page of the machine’s own', 'claveStart', async () => ({ id: 'one', page: 'file:///etc/passwd' })],
    ['a name that is none', 'claveStart', async () => ({ id: 'o ne', page })],
    ['more than a page', 'claveStart', async () => ({ id: 'one', page, pin: '1' })],
    ['a code that is not in the table', 'claveFailure', async () => ({ code: 'SURPRISE', detail: '' })],
    ['more than all of a batch', 'claveBatchProgress', async () => 2],
    ['no signature', 'claveRecover', async () => null],
  ]

  it.each(answers)('%s', async (_name, call, handler) => {
    const remote = remoteClave(await channelTo(new Map([[call, handler]])))
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      claveStart: () => remote.start(order, claveDocument()),
      claveFailure: () => remote.failure(transaction),
      claveBatchProgress: () => remote.batchProgress(transaction),
      claveRecover: () => remote.recover(transaction),
    }
    await expect(calls[call]?.()).rejects.toMatchObject({ code: 'FRAME_INVALID' })
    await expect(remote.check()).rejects.toMatchObject({ code: 'WORKER_LOST' })
  })
})
