// The servers of the configuration behind a channel: what is found out about them arrives as it is, and what nobody could have
// found out ends the worker.

import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { Peers, RestingService } from '../device/ports.ts'
import { peerHandlers } from '../drivers/worker/peer-handlers.ts'
import { remotePeers } from '../drivers/worker/remote-peers.ts'
import { channelTo } from './20.worker.said.ts'

const pin = `sha256/${'A'.repeat(43)}=`
const seal = { service: 'seal', id: 'one', host: 'seal.example:443', sinceMs: 5, leftMs: 0 } as const

describe('peers behind a channel', () => {
  it('tell keys, entries and pauses, and are woken', async () => {
    const asked: unknown[] = []
    const resting: readonly RestingService[] = [
      { ...seal, code: 'SEAL_UNREACHABLE' },
      { ...seal, service: 'revocation', id: 'ocsp', host: '[::1]:80', code: 'REVOCATION_UNAVAILABLE' },
      { ...seal, service: 'references', id: 'batches', host: `${'a'.repeat(253)}:65535`, code: 'TLS_PIN_MISMATCH' },
      { ...seal, service: 'three-phase', id: 'autofirma', code: 'BATCH_SERVICE_FAILED' },
      { ...seal, service: 'cards', id: 'cards', code: 'DESTINATION_BUSY' },
    ]
    const peers: Peers = {
      keys: async peer => {
        asked.push(peer)
        if (peer.caFile !== undefined) throw new Fault('DESTINATION_UNTRUSTED', 'the CA file cannot be read')
        return [pin]
      },
      enter: async id => id === 'copia',
      resting: async () => resting,
      wake: async host => void asked.push(host),
    }
    const remote = remotePeers(await channelTo(peerHandlers(peers)))
    expect(await remote.keys({ url: 'https://a.example' })).toEqual([pin])
    await expect(remote.keys({ url: 'https://a.example', caFile: 'ca' })).rejects.toMatchObject({
      code: 'DESTINATION_UNTRUSTED',
    })
    expect([await remote.enter('copia'), await remote.enter('archive')]).toEqual([true, false])
    expect(await remote.resting()).toEqual(resting)
    await remote.wake('seal.example:443')
    expect(asked).toEqual([
      { url: 'https://a.example' },
      { url: 'https://a.example', caFile: 'ca' },
      'seal.example:443',
    ])
  })

  it.each([
    ['peer-keys', ['sha256/short']],
    ['peer-keys', []],
    ['resting', [{ ...seal, code: 'NO_SUCH_CODE' }]],
    ['resting', [{ ...seal, code: 'SEAL_UNREACHABLE', host: 'a\u001b[2J' }]],
  ])('that say of %s what nobody could: %j', async (call, answer) => {
    const remote = remotePeers(await channelTo(new Map([[call, async () => answer]])))
    const asked = call === 'resting' ? remote.resting() : remote.keys({ url: 'https://a.example' })
    await expect(asked).rejects.toMatchObject({ code: 'FRAME_INVALID' })
  })
})
