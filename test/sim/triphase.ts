// A page's own three-phase batch service as clienteafirma's server is one: /presign and /postsign, concurrent, documents in
// the batch itself, hand-made JSON with its escapes and without those that are missing there. It holds every request against
// the wire format, keeps what was signed, and fails in named ways.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TlsIdentity } from './tls.ts'
import { type BatchItem, compareSession, readForm, type Sent, type SentBatch, type TriSign } from './triphase.form.ts'
import { ownTriphase, type TriphaseEngine, type TriphaseOrder } from './triphase.signatures.ts'

export const triphaseFaults = [
  'presign-400',
  'presign-500',
  /** The first item is ERROR_PRE. */
  'item-error',
  /** All items are, and there is no session. */
  'all-errors',
  /** The first item is, and its description has a line break as it is. */
  'newline',
  'presign-invalid-json',
  /** The session is of items that are not in the batch. */
  'wrong-ids',
  /** Neither session nor results. */
  'says-nothing',
  /** Answers after `slowMs`. */
  'slow',
  'postsign-500',
  /** The first item is ERROR_POST. */
  'post-error',
  'postsign-newline',
  'postsign-invalid-json',
  'postsign-wrong-ids',
] as const
export type TriphaseFault = (typeof triphaseFaults)[number]

export interface TriphaseServiceOptions {
  /** Default 127.0.0.2: AutoFirma refuses 127.0.0.1. */
  readonly address?: string
  readonly tls?: TlsIdentity
  /** Default: the phases of device/ades. */
  readonly engine?: TriphaseEngine
  readonly now?: () => number
  /** Default 1000. */
  readonly slowMs?: number
}

export interface TriphaseService {
  readonly presign: string
  readonly postsign: string
  /** `name:port`, for a list of allowed hosts. */
  readonly host: string
  /** Signed documents and signatures by the id of their item. */
  readonly saved: ReadonlyMap<string, Uint8Array>
  /** What was wrong with the requests; empty for a client that keeps to the format. */
  readonly violations: readonly string[]
  /** Phases that were asked for, in order. */
  readonly asked: readonly ('presign' | 'postsign')[]
  fault(fault: TriphaseFault | undefined): void
  stop(): Promise<void>
}

interface Outcome {
  readonly id: string
  readonly result: string
  readonly description?: string
}

/** One batch at a time. */
export async function createTriphaseService(options: TriphaseServiceOptions = {}): Promise<TriphaseService> {
  const { address = '127.0.0.2', tls, now = Date.now, slowMs = 1_000 } = options
  const engine = options.engine ?? ownTriphase(now)
  const saved = new Map<string, Uint8Array>()
  const violations: string[] = []
  const asked: ('presign' | 'postsign')[] = []
  let fault: TriphaseFault | undefined
  let before: { json: string; issued: TriSign[]; results: BatchItem[] } | undefined

  async function presign(sent: Sent): Promise<string> {
    const { issued, results } = await prepareAll(sent, engine, fault)
    before = { json: sent.json, issued, results }
    if (fault === 'says-nothing') return '{}'
    if (fault === 'wrong-ids')
      return preAnswer(
        sent.batch,
        issued.map(one => ({ ...one, id: 'x', signid: 'y' })),
        results,
      )
    const answer = preAnswer(sent.batch, issued, results)
    return fault === 'presign-invalid-json' ? answer.slice(0, -2) : answer
  }

  async function postsign(sent: Sent): Promise<string> {
    if (before === undefined) throw new Error('postsign before presign')
    compareSession(sent, before, violations)
    const outcomes = await completeAll(sent, engine, fault, saved)
    if (fault === 'postsign-wrong-ids')
      return `{"signs":[${outcomes.map(one => textOf({ ...one, id: `${one.id}x` }))}]}`
    const answer = `{"signs":[${outcomes.map(textOf)}]}`
    return fault === 'postsign-invalid-json' ? answer.slice(0, -2) : answer
  }

  const server = tls === undefined ? createServer() : createSecureServer(tls)
  server.on('request', async (incoming, answer) => {
    const body = await buffer(incoming)
    const phase = incoming.url === '/presign' ? 'presign' : 'postsign'
    asked.push(phase)
    try {
      if (incoming.url !== '/presign' && incoming.url !== '/postsign') throw new Error(`no service at ${incoming.url}`)
      const sent = readForm(incoming, body, phase, violations)
      if (fault === 'slow') await new Promise(resolve => setTimeout(resolve, slowMs))
      const status = fault === 'presign-400' && phase === 'presign' ? 400 : fault === `${phase}-500` ? 500 : 200
      const text = status === 200 ? await (phase === 'presign' ? presign(sent) : postsign(sent)) : 'at java.lang.Thread'
      answer.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' }).end(text)
    } catch (thrown) {
      violations.push(`${phase}: ${String(thrown)}`)
      answer.writeHead(400).end()
    }
  })
  server.listen(0, address)
  await once(server, 'listening')
  const host = `${address}:${(server.address() as AddressInfo).port}`
  const base = `${tls === undefined ? 'http' : 'https'}://${host}`
  return Object.freeze({
    presign: `${base}/presign`,
    postsign: `${base}/postsign`,
    host,
    saved,
    violations,
    asked,
    fault: (next: TriphaseFault | undefined) => {
      fault = next
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

/** All are tried; where the batch stops on error and one fails, the others are skipped and the session is empty. */
async function prepareAll({ batch, certificates }: Sent, engine: TriphaseEngine, fault: TriphaseFault | undefined) {
  const issued: TriSign[] = []
  const errors = new Map<string, string>()
  for (const [index, item] of batch.singlesigns.entries()) {
    const broken = fault === 'all-errors' || (index === 0 && (fault === 'item-error' || fault === 'newline'))
    try {
      if (broken) throw new Error(fault === 'newline' ? 'no document:\n\tat "java"' : 'no document')
      issued.push(...(await engine.presign(orderOf(batch, item, certificates))))
    } catch (thrown) {
      errors.set(item.id, thrown instanceof Error ? thrown.message : String(thrown))
    }
  }
  const failed = (id: string) => ({ id, result: 'ERROR_PRE', description: errors.get(id) ?? '' })
  if (batch.stoponerror !== true || errors.size === 0) return { issued, results: [...errors.keys()].map(failed) }
  const results = batch.singlesigns.map(({ id }) => (errors.has(id) ? failed(id) : { id, result: 'SKIPPED' }))
  return { issued: [], results }
}

async function completeAll(
  { batch, certificates, tridata }: Sent,
  engine: TriphaseEngine,
  fault: TriphaseFault | undefined,
  saved: Map<string, Uint8Array>,
): Promise<readonly Outcome[]> {
  const made = new Map<string, Uint8Array>()
  const outcomes: Outcome[] = []
  for (const [index, item] of batch.singlesigns.entries()) {
    const { id, result, description } = item
    if (result !== undefined) {
      outcomes.push({ id, result, ...(description !== undefined && { description }) })
      continue
    }
    try {
      if (index === 0 && fault === 'post-error') throw new Error('no space')
      if (index === 0 && fault === 'postsign-newline') throw new Error('no space\non the disk')
      const signs = tridata?.signinfo.filter(sign => sign.signid === id || sign.id === id) ?? []
      made.set(id, await engine.postsign(orderOf(batch, item, certificates), signs))
      outcomes.push({ id, result: 'DONE_AND_SAVED' })
    } catch (thrown) {
      outcomes.push({
        id,
        result: 'ERROR_POST',
        description: thrown instanceof Error ? thrown.message : String(thrown),
      })
    }
  }
  const stopped = batch.stoponerror === true && outcomes.some(({ result }) => result !== 'DONE_AND_SAVED')
  if (!stopped) for (const [id, bytes] of made) saved.set(id, bytes)
  return stopped ? outcomes.map(one => (made.has(one.id) ? { id: one.id, result: 'SKIPPED' } : one)) : outcomes
}

function orderOf(batch: SentBatch, item: BatchItem, certificates: readonly Uint8Array[]): TriphaseOrder {
  const extraParams = Buffer.from(item.extraparams ?? batch.extraparams ?? '', 'base64').toString('utf8')
  return {
    id: item.id,
    data: Buffer.from(item.datareference ?? '', 'base64'),
    format: (item.format ?? batch.format ?? '').toLowerCase(),
    operation: item.suboperation ?? batch.suboperation ?? '',
    algorithm: batch.algorithm,
    extraParams,
    certificates,
  }
}

function preAnswer(batch: SentBatch, issued: readonly TriSign[], results: readonly Outcome[]): string {
  const td = JSON.stringify({ format: batch.format, signs: issued.map(one => ({ signinfo: [one] })) })
  const parts = [
    ...(issued.length === 0 ? [] : [`"td":${td}`]),
    ...(results.length === 0 ? [] : [`"results":[${results.map(textOf)}]`]),
  ]
  return `{${parts}}`
}

/** As the services write it by hand: a line break goes as it is. */
function textOf({ id, result, description }: Outcome): string {
  const escaped = (text: string) => text.replace(/[\\"]/g, '\\$&')
  const more = description === undefined ? '' : `,"description":"${escaped(description)}"`
  return `{"id":"${escaped(id)}","result":"${result}"${more}}`
}
