// The older TrustedX gateway through the step that seals copies: what comes back is believed only where it begins with the
// copy, verifies and names the expected certificate; every named refusal of the gateway.

import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Config, parseConfig } from '../device/config/config.ts'
import { orderOf } from '../device/desk.ts'
import { type Document, type DocumentEvent, openDocument } from '../device/document/document.ts'
import { next } from '../device/document/transition.ts'
import { systemRandom } from '../device/host.ts'
import { attemptSeal } from '../device/path/seal.ts'
import type { ByteStream } from '../device/ports.ts'
import { createSealServices, type SealServiceConfig } from '../drivers/seal/services.ts'
import { type Folder, judge, smallPdf, temporaryFolder } from './50.signature.kit.ts'
import { memoryStore } from './59.extend-step.kit.ts'
import { faultOf, golden, type Seals, sealIdentities } from './63.seal.kit.ts'
import { createLeapingClock } from './sim/clock.ts'
import { pem } from './sim/pki.ts'
import type { SealServer, SealServerFault } from './sim/seal-server.ts'
import { type SoapFault, soapClient, soapPath, soapSubject, startTrustedxSoap } from './sim/trustedx-soap.ts'

let folder: Folder
let seals: Seals
let server: SealServer<SoapFault>
const store = memoryStore()

beforeAll(async () => {
  folder = await temporaryFolder()
  seals = await sealIdentities()
  const anotherPdf = Buffer.from(await smallPdf())
  anotherPdf.write('%PDF-1.6')
  server = await startTrustedxSoap({ identity: seals.own, other: seals.other, anotherPdf })
})
afterEach(() => server.fault(undefined))
afterAll(async () => {
  await server.stop()
  await folder.remove()
  expect(server.breaches()).toEqual([])
})

async function configured(secret: string = soapClient.secret): Promise<Config> {
  const clientSecretFile = await folder.write('secret', `${secret}\n`)
  await chmod(clientSecretFile, 0o600)
  const certificateFile = await folder.write('seal.pem', pem('CERTIFICATE', seals.own.certificate))
  const { clientId } = soapClient
  const caFile = await folder.write('ca.pem', server.caPem)
  return parseConfig({
    body: { name: { ca: 'Ens' }, ine10: '9821920002', dir3: 'L01080193' },
    seal: {
      services: [
        { id: 'gateway', driver: 'trustedx-soap', url: server.url + soapPath, clientId, clientSecretFile, caFile },
      ],
      table: [{ ens: '9821920002', service: 'gateway', identity: soapSubject, certificateFile }],
    },
    procedures: [
      {
        id: 'sealed',
        title: { ca: 'Segellada' },
        signature: { mode: 'seal' },
        attestation: { by: 'automated', resolution: '12/2026' },
      },
    ],
  })
}

const at = new Date().toISOString()

/** A copy that waits for its seal. */
async function waiting(config: Config): Promise<Document> {
  const order = orderOf(config, 'sealed', 'ca')
  const opened = openDocument({ id: 'D', reference: 'AAAA-BBBB', language: 'ca', order, csv: null, at })
  const image = store.keep(Buffer.alloc(1))
  const page = { id: 'p', image, mediaType: 'image/jpeg', side: 'front', resolution: 300, fedTurn: 0 } as const
  const copy = store.keep(await smallPdf())
  const events: readonly DocumentEvent[] = [
    { type: 'pageStored', page },
    { type: 'approved', sourceNature: 'original' },
    { type: 'composed', copy, deliveryKeys: [] },
  ]
  return events.reduce((document, event) => next(document, event, at), opened)
}

/** As the store reads: in pieces, which Base64 knows nothing of. */
async function* inPieces(_id: string, name: string): ByteStream & AsyncGenerator<Uint8Array> {
  const whole = store.get(name)
  for (let at = 0; at < whole.length; at += 100) yield whole.subarray(at, at + 100)
}

async function attempt(secret?: string): Promise<DocumentEvent> {
  const config = await configured(secret)
  const { services, table } = config.seal ?? { services: [], table: [] }
  const tools = {
    seals: createSealServices({ services: services as readonly SealServiceConfig[], table }),
    config,
    blobs: { ...store.blobs, read: inPieces },
    clock: createLeapingClock(),
    random: systemRandom,
    anchors: [],
  }
  const document = await waiting(config)
  for await (const event of attemptSeal(document, tools, new AbortController().signal)) return event
  throw new Error('nothing came of it')
}

it('the copy comes back sealed, its beginning as it was, and pdfsig finds it valid', async () => {
  const event = await attempt()
  expect(event).toMatchObject({
    type: 'sealed',
    signer: 'Segell electrònic (sample)',
    certificate: { subject: expect.stringContaining('Segell electrònic (sample)'), algorithm: null },
  })
  const pdf = event.type === 'sealed' ? store.get(event.copy.name) : Buffer.alloc(0)
  const file = await folder.write('sealed.pdf', pdf)
  expect((await judge('pdfsig', ['-nocert', join(file)])).output).toContain('Signature is Valid')
})

it('the exchange is the one that is kept in test/recordings', async () => {
  const [exchange] = server.exchanges()
  const plain = (text: string) =>
    text.replace(/RequestID="[^"]*"/, 'RequestID="…"').replace(/(<[a-z:]*Base64Data[^>]*>)[^<]*/, '$1…')
  const request = { ...exchange?.request, body: plain(String(exchange?.request.body)) }
  const { method, path, headers, body } = request
  const names = ['content-type', 'soapaction', 'twsauthn'] as const
  const told = Object.fromEntries(names.map(name => [name, headers?.[name]]))
  const answer = {
    status: exchange?.answer.status,
    type: exchange?.answer.type,
    body: plain(String(exchange?.answer.body)),
  }
  const now = { request: { method, path, headers: told, body }, answer }
  expect(now).toEqual(await golden('trustedx/soap.json', now))
})

describe('nothing is believed that is', () => {
  it.each<[SoapFault, string]>([
    ['another-document', 'SIGNATURE_INVALID: what the seal service sent back does not begin with the copy'],
    ['signed-by-another', 'SIGNATURE_INVALID: the copy came back signed with another certificate than the seal’s'],
    ['unsigned', 'SIGNATURE_INVALID: the signed copy does not verify'],
  ])('%s', async (fault, told) => {
    await server.fault(fault)
    expect(await faultOf(attempt())).toContain(told)
  })
})

describe('the gateway', () => {
  it.each<[SoapFault, string]>([
    ['not-authorized', 'SEAL_CREDENTIALS_REFUSED: the gateway did not sign: NotAuthorized'],
    ['certificate-not-found', 'SEAL_ABSENT: the gateway did not sign: SignerCertificateNotFound'],
    ['policy-violation', 'SEAL_REFUSED: the gateway did not sign: PolicyViolation'],
    ['signing-error', 'SEAL_REFUSED: the gateway did not sign: SigningError'],
    ['soap-fault', 'SEAL_CREDENTIALS_REFUSED: the gateway refused user or secret'],
  ])('that says %s is told as', async (fault, told) => {
    await server.fault(fault)
    expect(await faultOf(attempt())).toBe(told)
  })

  it('that does not know the secret is told as such, without the secret', async () => {
    expect(await faultOf(attempt('another'))).toBe('SEAL_CREDENTIALS_REFUSED: the gateway refused user or secret')
  })

  it.each<SealServerFault>(['offline', 'html', 'busy', 'half-answer', 'drop-after-signing'])(
    'that fails as %s is tried again later',
    async fault => {
      await server.fault(fault)
      expect(await attempt()).toMatchObject({ type: 'sealPostponed', code: 'SEAL_UNREACHABLE' })
    },
  )
})
