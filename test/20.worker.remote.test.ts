// The ports through a channel: what a driver says arrives as it was said.

import { describe, expect, it } from 'vitest'
import type {
  Delivery,
  DeliveryOutcome,
  DiscoveredScanner,
  Imaging,
  PreparedPage,
  ScanEnd,
  Scanner,
  Signer,
  SigningCertificate,
  SignOutcome,
} from '../device/ports.ts'
import { deliveryHandlers, imagingHandlers, scannerHandlers } from '../drivers/worker/handlers.ts'
import { remoteDelivery, remoteImaging, remoteScanner } from '../drivers/worker/remote.ts'
import { remoteSigner } from '../drivers/worker/remote-signer.ts'
import { signerHandlers } from '../drivers/worker/signer-handlers.ts'
import { channelTo, frame, info, never, request, settings, verdict } from './20.worker.said.ts'
import { piecesOf, sizeOf, until } from './20.worker.setup.ts'
import { chunked } from './60.deliver.setup.ts'

const found: DiscoveredScanner = { name: 'F', url: 'http://[::1]/eSCL', uuid: 'u', sources: ['adf'], duplex: false }

function scannerThatEnds(end: ScanEnd, asked: unknown[] = [], pieceBytes = 100_000): Scanner {
  return {
    list: async () => [info],
    discover: async () => [found],
    async *scan(deviceId, wanted, signal) {
      asked.push(deviceId, wanted)
      try {
        for (const number of [1, 2, 3]) {
          const image = piecesOf(3, pieceBytes)
          const side = number === 2 ? ({ side: 'back', turn: 180 } as const) : ({ side: 'front' } as const)
          yield { number, ...side, mediaType: 'image/jpeg', resolution: 300, image }
        }
        return end
      } finally {
        asked.push(signal.aborted ? 'left by abort' : 'left')
      }
    },
  }
}

describe('a remote scanner', () => {
  it('tells of scanners that are not configured', async () => {
    const scanner = remoteScanner(await channelTo(scannerHandlers(scannerThatEnds({ end: 'empty' }))))
    expect(await scanner.discover()).toEqual([found])
  })

  it.each<ScanEnd>([
    { end: 'empty' },
    { end: 'limit', imagesCompleted: 3 },
    { end: 'fault', code: 'SCANNER_JAM', detail: 'sheet 4' },
  ])('yields pages with their bytes and ends as the scanner did: %o', async end => {
    const asked: unknown[] = []
    const scanner = remoteScanner(await channelTo(scannerHandlers(scannerThatEnds(end, asked))))
    expect(await scanner.list()).toEqual([info])
    const pages: unknown[] = []
    const scan = scanner.scan('escl:1', settings, never)
    for (;;) {
      const { done, value } = await scan.next()
      if (done === true) {
        expect(value).toEqual(end)
        break
      }
      const { image, ...page } = value
      pages.push({ ...page, bytes: await sizeOf(image) })
    }
    const about = { mediaType: 'image/jpeg', resolution: 300, bytes: 300_000 }
    expect(pages).toEqual([
      { number: 1, side: 'front', ...about },
      { number: 2, side: 'back', turn: 180, ...about },
      { number: 3, side: 'front', ...about },
    ])
    expect(asked).toEqual(['escl:1', settings, 'left'])
  })

  it('cancels the scan where the pages are left early', async () => {
    const asked: unknown[] = []
    const scanner = remoteScanner(await channelTo(scannerHandlers(scannerThatEnds({ end: 'empty' }, asked, 1_000_000))))
    for await (const _page of scanner.scan('escl:1', settings, never)) break
    await until(() => asked.includes('left by abort'), 'the scan to be left')
  })
})

const certificate: SigningCertificate = {
  tokenId: 'DNIe',
  keyId: '4b01',
  certificate: Buffer.from([0x30, 0x82, 0xff]),
  chain: [Buffer.from([0x30, 0x80])],
}

describe('a remote signer', () => {
  it.each<SignOutcome>([
    { outcome: 'signed', signature: Buffer.from([1, 2, 3, 255]) },
    { outcome: 'pin-wrong', tries: 'last' },
    { outcome: 'pin-locked' },
    { outcome: 'token-absent' },
    { outcome: 'token-removed' },
    { outcome: 'failed', detail: 'CKR_GENERAL_ERROR' },
  ])('hands over digest and PIN and brings back: %o', async outcome => {
    const asked: unknown[] = []
    const signer: Signer = {
      tokens: async () => [{ id: 'DNIe', label: 'DNI electrónico', pinTries: 'few' }],
      certificates: async tokenId => (tokenId === 'DNIe' ? [certificate] : []),
      sign: async ({ pin, ...request }) => {
        asked.push({ ...request, pin: Buffer.from(pin).toString() })
        return outcome
      },
      open: () => Promise.reject(new Error('was not asked for')),
    }
    const remote = remoteSigner(await channelTo(signerHandlers(signer)))
    expect(await remote.tokens()).toEqual([{ id: 'DNIe', label: 'DNI electrónico', pinTries: 'few' }])
    expect(await remote.certificates('DNIe')).toEqual([certificate])
    const digest = Buffer.alloc(32, 9)
    const request = { tokenId: 'DNIe', keyId: '4b01', algorithm: 'SHA256withRSA', digest } as const
    expect(await remote.sign({ ...request, pin: Buffer.from('1234') })).toEqual(outcome)
    expect(asked).toEqual([{ ...request, pin: '1234' }])
  })
})

describe('a remote delivery', () => {
  const sha256 = 'ab'.repeat(32)

  it.each<DeliveryOutcome>([
    { outcome: 'delivered', receipt: { reference: 'R-1', sha256, receivedAt: '2026-01-01T00:00:00Z' } },
    { outcome: 'later', code: 'DESTINATION_BUSY', detail: '503', retryAfterMs: 1_000 },
    { outcome: 'refused', code: 'DESTINATION_REFUSED', detail: '422' },
  ])('carries the body and brings back: %o', async outcome => {
    const asked: unknown[] = []
    const delivery: Delivery = {
      deliver: async ({ body, ...request }) => {
        asked.push({ ...request, received: await sizeOf(body) })
        return outcome
      },
    }
    const request = {
      destinationId: 'registry',
      idempotencyKey: 'k-1',
      fileName: 'còpia.pdf',
      mediaType: 'application/pdf',
      bytes: 2_000_000,
      sha256,
      metadata: { title: 'Títol' },
    } as const
    const remote = remoteDelivery(await channelTo(deliveryHandlers(delivery)))
    expect(await remote.deliver({ ...request, body: piecesOf(4, 500_000) }, never)).toEqual(outcome)
    expect(asked).toEqual([{ ...request, received: 2_000_000 }])
  })

  it('carries what goes beside the copy, each whole, ahead of it', async () => {
    const attachments = [
      { kind: 'eni', bytes: Buffer.alloc(70_001, 1) },
      { kind: 'evidence', bytes: Buffer.alloc(1_500_000, 2) },
    ] as const
    const asked: unknown[] = []
    const delivery: Delivery = {
      deliver: async ({ body, ...request }) => {
        const received = []
        for await (const piece of body) received.push(piece)
        asked.push({ ...request, received: Buffer.concat(received) })
        return { outcome: 'refused', code: 'DESTINATION_REFUSED', detail: '' }
      },
    }
    const own = {
      destinationId: 'copia',
      idempotencyKey: 'k',
      fileName: 'a.pdf',
      mediaType: 'application/pdf',
    } as const
    const request = { ...own, bytes: 300_000, sha256, metadata: {}, attachments }
    const handlers = deliveryHandlers(delivery)
    const remote = remoteDelivery(await channelTo(handlers))
    await remote.deliver({ ...request, body: piecesOf(3, 100_000) }, never)
    let whole = Buffer.alloc(0)
    for await (const piece of piecesOf(3, 100_000)) whole = Buffer.concat([whole, piece])
    // However the bytes are cut on their way.
    const announced = attachments.map(({ kind, bytes }) => ({ kind, size: bytes.length }))
    const all = Buffer.concat([...attachments.map(({ bytes }) => bytes), whole])
    for (const pieceBytes of [all.length, 65_537]) {
      const input = chunked(all, pieceBytes)
      await handlers.get('deliver')?.({ ...request, attachments: announced }, { input, signal: never } as never)
    }
    expect(asked).toHaveLength(3)
    for (const { received, ...rest } of asked as readonly { readonly received: Buffer }[]) {
      expect(rest).toEqual(request)
      expect(received.equals(whole)).toBe(true)
    }
  })
})

describe('a remote imaging', () => {
  it.each<PreparedPage['rendition']>([
    { kind: 'original', encoding: 'jpeg', width: 2480, height: 3508, straightenDegrees: -0.7, frame },
    {
      kind: 'encoded',
      encoding: 'ccitt-g4',
      width: 2480,
      height: 3508,
      straightenDegrees: 0,
      frame: { left: 0, top: 0, width: 2480, height: 3508 },
      bytes: Buffer.alloc(700_000, 3),
    },
  ])('brings back verdict, preview and rendition ($kind)', async rendition => {
    const page = { verdict, preview: Buffer.alloc(300_000, 1), rendition }
    const imaging: Imaging = { prepare: async image => ((await sizeOf(image)) === 5_000_000 ? page : Promise.reject()) }
    const remote = remoteImaging(await channelTo(imagingHandlers(imaging)))
    expect(await remote.prepare(piecesOf(50, 100_000), request)).toEqual(page)
  })
})
