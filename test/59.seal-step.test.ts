// The seal step by itself, above a service in memory: whose seal it asks for, what it stores before it asks, and what it does
// when certificate or configuration have changed since.

import { beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { orderOf } from '../device/desk.ts'
import { type Document, type DocumentEvent, openDocument } from '../device/document/document.ts'
import { next } from '../device/document/transition.ts'
import { Fault } from '../device/errors.ts'
import { systemRandom } from '../device/host.ts'
import { attemptSeal, type SealTools } from '../device/path/seal.ts'
import type { SealRequest, SealService } from '../device/ports.ts'
import { smallPdf } from './50.signature.kit.ts'
import { codeOf, memoryStore } from './59.extend-step.kit.ts'
import { createTestPki, type TestIdentity } from './sim/pki.ts'
import { signedDigest } from './sim/seal-server.ts'

const own = '9821920002'
const another = '0801930008'
const service = {
  id: 'aoc',
  driver: 'trustedx',
  url: 'https://seal.invalid',
  tokenUrl: 'https://seal.invalid/token',
  clientId: 'kiosk',
  clientSecretFile: 'secret',
}
const sealedBy = (id: string, more: object = {}) => ({
  id,
  title: { ca: 'Segellada' },
  signature: { mode: 'seal', ...more },
  attestation: { by: 'automated', resolution: '12/2026' },
})
const config = parseConfig({
  body: { name: { ca: 'Ens' }, ine10: own, dir3: 'L01080193' },
  seal: {
    services: [service],
    table: [
      { ens: own, service: 'aoc', identity: 'own' },
      { ens: another, service: 'aoc', identity: 'another' },
    ],
  },
  procedures: [sealedBy('sealed'), sealedBy('for-another', { ens: another })],
})

let first: TestIdentity
let second: TestIdentity
let expired: TestIdentity
beforeAll(async () => {
  const pki = await createTestPki({ now: Date.now() })
  first = await pki.signer({ commonName: 'Segell d’abans' })
  second = await pki.signer({ commonName: 'Segell d’ara' })
  expired = await pki.signer({ kind: 'expired' })
})

const at = new Date().toISOString()

async function world() {
  const store = memoryStore()
  const asked: SealRequest[] = []
  const state = { identity: first, answers: true, asksMs: 0, onlyPss: false }
  const seals: SealService = {
    identities: async () => [],
    certificate: async ({ service: tokenId, identity: keyId }) => {
      const { certificate, chain } = state.identity
      return { tokenId, keyId, certificate, chain, ...(state.onlyPss && { onlyPss: true }) }
    },
    sign: async request => {
      asked.push(request)
      if (!state.answers) throw new Fault('SEAL_UNREACHABLE', 'no answer', { retryAfterMs: state.asksMs })
      return request.digests.map(digest => signedDigest(state.identity, request.algorithm, digest))
    },
    sealPdf: () => Promise.reject(new Error('no document is sent')),
  }
  const clock = { now: Date.now, sleep: () => Promise.resolve() }
  const tools: SealTools = { seals, config, blobs: store.blobs, clock, random: systemRandom, anchors: [] }
  const copy = store.keep(await smallPdf())
  const waiting = (procedureId = 'sealed'): Document => {
    const order = orderOf(config, procedureId, 'ca')
    const opened = openDocument({ id: 'D', reference: 'AAAA-BBBB', language: 'ca', order, csv: null, at })
    const image = store.keep(Buffer.alloc(1))
    const page = { id: 'p', image, mediaType: 'image/jpeg', side: 'front', resolution: 300, fedTurn: 0 } as const
    const events: readonly DocumentEvent[] = [
      { type: 'pageStored', page },
      { type: 'approved', sourceNature: 'original' },
      { type: 'composed', copy, deliveryKeys: [] },
    ]
    return events.reduce((document, event) => next(document, event, at), opened)
  }
  /** What the attempt tells, and the document after it. */
  const attempt = async (document: Document, change: Partial<SealTools> = {}) => {
    const told: string[] = []
    let after = document
    for await (const event of attemptSeal(document, { ...tools, ...change }, new AbortController().signal)) {
      told.push(event.type)
      after = next(after, event, at)
    }
    return { told, after }
  }
  return { state, asked, waiting, attempt }
}

describe('the seal step', () => {
  it('stores what will be signed, and then asks for it', async () => {
    const { asked, waiting, attempt } = await world()
    const { told, after } = await attempt(waiting())
    expect(told).toEqual(['signatureIntended', 'sealed'])
    expect(after.stage).toMatchObject({ name: 'done', signature: { signer: 'Segell d’abans', level: 'B' } })
    expect(asked).toMatchObject([{ service: 'aoc', identity: 'own' }])
  })

  it('asks for the same again where no answer came', async () => {
    const { state, asked, waiting, attempt } = await world()
    state.answers = false
    const { told, after } = await attempt(waiting())
    expect(told).toEqual(['signatureIntended', 'sealPostponed'])
    state.answers = true
    expect((await attempt(after)).told).toEqual(['sealed'])
    expect(asked[1]?.digests).toEqual(asked[0]?.digests)
  })

  it('signs by RSASSA-PSS where the seal is used so alone, and what comes of it verifies', async () => {
    const { state, asked, waiting, attempt } = await world()
    state.onlyPss = true
    const { told } = await attempt(waiting())
    expect(told).toEqual(['signatureIntended', 'sealed'])
    expect(asked).toMatchObject([{ algorithm: 'SHA256withRSAandMGF1' }])
  })

  it('asks no earlier than the service says', async () => {
    const { state, waiting, attempt } = await world()
    Object.assign(state, { answers: false, asksMs: 3_600_000 })
    const before = Date.now()
    const { stage } = (await attempt(waiting())).after
    const nextAttemptAt = stage.name === 'unsealed' ? stage.sealing.nextAttemptAt : null
    expect(Date.parse(nextAttemptAt ?? '')).toBeGreaterThanOrEqual(before + 3_600_000)
  })

  it('begins anew where the seal has another certificate by now', async () => {
    const { state, waiting, attempt } = await world()
    state.answers = false
    const { after } = await attempt(waiting())
    state.answers = true
    state.identity = second
    const renewed = await attempt(after)
    expect(renewed.told).toEqual(['signatureIntended', 'sealed'])
    expect(renewed.after.stage).toMatchObject({ signature: { signer: 'Segell d’ara' } })
  })

  it('asks for the seal of the body that the order names', async () => {
    const { asked, waiting, attempt } = await world()
    await attempt(waiting('for-another'))
    expect(asked).toMatchObject([{ identity: 'another' }])
  })

  it('does not sign with what has expired, nor without a row of the table', async () => {
    const { state, asked, waiting, attempt } = await world()
    state.identity = expired
    expect(await codeOf(attempt(waiting()))).toBe('CERTIFICATE_EXPIRED')
    const { seal: _, ...without } = config
    expect(await codeOf(attempt(waiting(), { config: without }))).toBe('SEAL_ABSENT')
    expect(asked).toEqual([])
  })
})
