// What no driver could have said is refused, and the worker that said it is given up.

import { describe, expect, it } from 'vitest'
import type { openChannel } from '../drivers/worker/channel.ts'
import { remoteDelivery, remoteImaging, remoteScanner } from '../drivers/worker/remote.ts'
import { remoteSigner } from '../drivers/worker/remote-signer.ts'
import type { Handler } from '../drivers/worker/serve.ts'
import { channelTo, frame, info, never, request, settings, verdict } from './20.worker.said.ts'
import { piecesOf } from './20.worker.setup.ts'

describe('what no driver says', () => {
  const tiny = { kind: 'original', encoding: 'jpeg', width: 1, height: 1, straightenDegrees: 0, frame }
  const lies: readonly (readonly [string, string, Handler, (c: ReturnType<typeof openChannel>) => Promise<unknown>])[] =
    [
      [
        'an unknown state of a scanner',
        'list',
        async () => [{ ...info, state: 'melted' }],
        c => remoteScanner(c).list(),
      ],
      ['a field that the port does not know', 'list', async () => [{ ...info, x: 1 }], c => remoteScanner(c).list()],
      [
        'a page numbered 0',
        'scan',
        async (_p, { emit }) => emit({ number: 0, side: 'front' }),
        c => remoteScanner(c).scan('d', settings, never).next(),
      ],
      [
        'a scan that ends with the code of another step',
        'scan',
        async () => ({ end: 'fault', code: 'PIN_LOCKED', detail: '' }),
        c => remoteScanner(c).scan('d', settings, never).next(),
      ],
      [
        'a certificate that is not base64',
        'certificates',
        async () => [{ tokenId: 't', keyId: '00', certificate: '<>', chain: [] }],
        c => remoteSigner(c).certificates('t'),
      ],
      [
        'a signature that was not asked for as one',
        'sign',
        async () => ({ outcome: 'signed' }),
        c =>
          remoteSigner(c).sign({
            tokenId: 't',
            keyId: '00',
            algorithm: 'SHA256withRSA',
            digest: Buffer.alloc(32),
            pin: Buffer.from('1'),
          }),
      ],
      [
        'a receipt without a digest',
        'deliver',
        async () => ({ outcome: 'delivered', receipt: { reference: 'r', receivedAt: '' } }),
        c =>
          remoteDelivery(c).deliver(
            {
              destinationId: 'd',
              idempotencyKey: 'k',
              fileName: 'f',
              mediaType: 'application/pdf',
              bytes: 0,
              sha256: '',
              metadata: {},
              body: piecesOf(0, 0),
            },
            never,
          ),
      ],
      [
        'a prepared page without its bytes',
        'prepare',
        async () => ({ verdict, rendition: tiny }),
        c => remoteImaging(c).prepare(piecesOf(0, 0), request),
      ],
      [
        'a preview larger than a screen can want',
        'prepare',
        async (_p, { emit }) => {
          await emit({ part: 'preview' }, piecesOf(200, 65_536))
          return { verdict, rendition: tiny }
        },
        c => remoteImaging(c).prepare(piecesOf(0, 0), request),
      ],
      [
        'a page that stands on its head for straightness',
        'prepare',
        async (_p, { emit }) => {
          await emit({ part: 'preview' }, piecesOf(1, 10))
          return { verdict, rendition: { ...tiny, straightenDegrees: 180 } }
        },
        c => remoteImaging(c).prepare(piecesOf(0, 0), request),
      ],
      ['an item where a result is due', 'list', async (_p, { emit }) => emit(1), c => remoteScanner(c).list()],
    ]

  it.each(lies)('%s is FRAME_INVALID and ends the worker', async (_what, method, handler, ask) => {
    const channel = await channelTo(new Map([[method, handler]]))
    await expect(ask(channel)).rejects.toMatchObject({ code: 'FRAME_INVALID' })
    expect(await channel.closed).toMatchObject({ code: 'FRAME_INVALID' })
  })
})
