// Seals through the net worker: requests and values pass unchanged, faults keep their codes, and what no driver could have
// said is refused.

import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { ByteStream, SealRequest, SealService } from '../device/ports.ts'
import { type Channel, openChannel } from '../drivers/worker/channel.ts'
import { remoteSeals } from '../drivers/worker/remote-seal.ts'
import { sealHandlers } from '../drivers/worker/seal-handlers.ts'
import { type Handler, type Handlers, serveChannel } from '../drivers/worker/serve.ts'
import { socketPair } from './20.worker.setup.ts'

async function channelTo(handlers: Handlers): Promise<Channel> {
  const [near, far] = await socketPair()
  serveChannel({ input: far, output: far }, handlers)
  return openChannel({ input: near, output: near })
}

const seal = { service: 'aoc', identity: 'seal' } as const
const request: SealRequest = {
  ...seal,
  algorithm: 'SHA256withRSA',
  certificate: Buffer.from('a certificate'),
  digests: [Buffer.alloc(32, 1), Buffer.alloc(32, 2)],
}
const pdf = Buffer.alloc(500_000, '%PDF')

async function* inTwo(): ByteStream & AsyncGenerator<Uint8Array> {
  yield pdf.subarray(0, 1000)
  yield pdf.subarray(1000)
}

describe('through a channel', () => {
  it('everything passes unchanged', async () => {
    const asked: unknown[] = []
    const service: SealService = {
      identities: async name => [name, 'seal'],
      certificate: async ({ service: tokenId, identity: keyId }) => {
        return { tokenId, keyId, certificate: Buffer.from('end'), chain: [Buffer.from('issuer')] }
      },
      sign: async one => {
        asked.push(one)
        return [Buffer.from('one'), Buffer.from('two')]
      },
      sealPdf: async ({ pdf: stream, ...one }) => {
        const chunks: Uint8Array[] = []
        for await (const chunk of stream) chunks.push(chunk)
        asked.push(one)
        return Buffer.concat([...chunks, Buffer.from('sealed')])
      },
    }
    const remote = remoteSeals(await channelTo(sealHandlers(async () => service)))
    expect(await remote.identities('aoc')).toEqual(['aoc', 'seal'])
    expect(await remote.certificate(seal)).toEqual({
      tokenId: 'aoc',
      keyId: 'seal',
      certificate: Buffer.from('end'),
      chain: [Buffer.from('issuer')],
    })
    expect(await remote.sign(request)).toEqual([Buffer.from('one'), Buffer.from('two')])
    const sealed = await remote.sealPdf({ ...seal, bytes: pdf.length, pdf: inTwo() })
    expect(Buffer.concat([pdf, Buffer.from('sealed')]).equals(sealed)).toBe(true)
    expect(asked).toEqual([request, { ...seal, bytes: pdf.length }])
  })

  it('a fault keeps its code', async () => {
    const refuse = () => Promise.reject(new Fault('SEAL_REFUSED', 'no'))
    const service: SealService = { identities: refuse, certificate: refuse, sign: refuse, sealPdf: refuse }
    const remote = remoteSeals(await channelTo(sealHandlers(async () => service)))
    await expect(remote.sign(request)).rejects.toMatchObject({ code: 'SEAL_REFUSED', detail: 'no' })
    await expect(remote.certificate(seal)).rejects.toMatchObject({ code: 'SEAL_REFUSED' })
  })
})

describe('what no driver could have said ends the worker', () => {
  const answers: readonly (readonly [string, string, Handler])[] = [
    ['too few values', 'seal', async () => ['AAAA']],
    ['values that are no Base64', 'seal', async () => ['AAAA', 'no base64']],
    ['something else than values', 'seal', async () => ({ values: [] })],
    ['a certificate without its chain', 'sealCertificate', async () => ({ certificate: 'AAAA' })],
    ['more than a certificate', 'sealCertificate', async () => ({ certificate: 'AAAA', chain: [], key: 'AAAA' })],
    ['no document', 'sealPdf', async () => null],
    [
      'a document that grew too much',
      'sealPdf',
      async (_params, { emit }) => {
        await emit(
          null,
          (async function* () {
            yield Buffer.alloc(6 << 20)
          })(),
        )
        return null
      },
    ],
  ]

  it.each(answers)('%s', async (_name, call, handler) => {
    const channel = await channelTo(new Map([[call, handler]]))
    const remote = remoteSeals(channel)
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      seal: () => remote.sign(request),
      sealCertificate: () => remote.certificate(seal),
      sealPdf: () => remote.sealPdf({ ...seal, bytes: pdf.length, pdf: inTwo() }),
    }
    await expect(calls[call]?.()).rejects.toMatchObject({ code: 'FRAME_INVALID' })
    await expect(remote.sign(request)).rejects.toMatchObject({ code: 'WORKER_LOST' })
  })
})
