// The evidence of a copy: what it tells at each stage, and the key of the kiosk that signs it. Judged by openssl.

import { execFile } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emptyTrail } from '../device/document/copy-trail.ts'
import { type Document, type DocumentEvent, openDocument } from '../device/document/document.ts'
import { next } from '../device/document/transition.ts'
import { eniOfCopy } from '../device/eni/of-copy.ts'
import { evidenceOf } from '../device/evidence/evidence.ts'
import { compactJws, signedJson } from '../device/evidence/signed.ts'
import { ensureEvidenceKey, evidenceKeyFile, readEvidenceKey } from '../device/evidence-key.ts'
import { clockTrustBy } from '../device/host.ts'
import type { ClockTrust } from '../device/ports.ts'
import {
  approve,
  at,
  certificate,
  composed,
  extended,
  moved,
  opened,
  pagePrepared,
  pageStored,
  pending,
  sealed,
  signed,
  stages,
} from './11.document.kit.ts'
import { seeded } from './25.store.setup.ts'
import { judged } from './85.evidence.kit.ts'

const audit = { sequence: 7, hash: 'a'.repeat(64) }
const device = { id: 'feeder', name: 'A feeder', driver: 'escl' } as const
const made = {
  identifier: 'ES_L01080193_2026_COMPULSA0000000000000000000001',
  organ: 'L01080193',
  body: { name: 'Ens', ine10: '9821920002', dir3: 'L01080193' },
  kiosk: 'kiosk-1',
  version: '1.2.3',
}
const trusted: ClockTrust = { source: 'time-service', service: 'systemd-timesyncd', at }

const way: readonly DocumentEvent[] = [
  { type: 'scanStarted', device },
  pageStored('a'),
  { type: 'scanEnded', end: 'empty' },
  { type: 'scanStarted' },
  pageStored('b'),
  pageStored('c'),
  { type: 'scanEnded', end: 'empty' },
  pagePrepared('a'),
  pagePrepared('b'),
  { type: 'pageDeleted', pageId: 'c' },
  approve,
  { ...composed, made },
  { type: 'signatureIntended', pending },
  { ...signed, certificate },
  { ...extended('T'), provenAt: '2026-03-01T10:00:05.000Z' } as DocumentEvent,
]
const finished = [...way, extended('LTA')].reduce<Document>(
  (document, event, i) => next(document, event, new Date(Date.parse(at) + i * 1000).toISOString(), trusted),
  opened('archived'),
)

describe('the evidence of a copy', () => {
  it('tells who, with what, of what, by which steps, and when', () => {
    expect(evidenceOf(finished, { audit })).toMatchObject({
      type: 'compulsa-copy-evidence',
      version: 1,
      document: { id: 'D', identifier: made.identifier, documentType: 'TD99', origin: 'citizen', csv: null },
      body: { ...made.body, organ: made.organ },
      kiosk: { id: 'kiosk-1', program: 'Compulsa', version: '1.2.3' },
      action: { by: 'official', register: null, signer: 'N', certificate },
      source: { nature: 'original', elaborationState: 'EE03', attestedAt: '2026-03-01T10:00:10.000Z' },
      digitisation: { resolution: 300, colour: 'auto', background: 'kept' },
      paper: 'returned',
      audit,
    })
  })

  it('tells each page, and what was left out', () => {
    const { pages, leftOut } = evidenceOf(finished, { audit })
    expect(pages).toMatchObject([
      {
        number: 1,
        scanner: device,
        scannedAt: '2026-03-01T10:00:01.000Z',
        resolution: 300,
        colour: 'gray',
        scanned: { sha256: '0'.repeat(64), mediaType: 'image/jpeg' },
        rendition: { sha256: '0'.repeat(64), encoding: 'jpeg' },
        untouched: true,
      },
      { number: 2, scanner: null, scannedAt: '2026-03-01T10:00:04.000Z' },
    ])
    expect(leftOut).toMatchObject([{ reason: 'person', scannedAt: '2026-03-01T10:00:05.000Z' }])
  })

  it('tells the copy after each step, with the clock of then and what a time-stamp proves', () => {
    expect(evidenceOf(finished, { audit }).steps).toMatchObject([
      { step: 'composed', level: null, at: '2026-03-01T10:00:11.000Z', clock: trusted, provenAt: null },
      { step: 'signed', level: 'B', at: '2026-03-01T10:00:13.000Z', provenAt: null },
      { step: 'extended', level: 'T', provenAt: '2026-03-01T10:00:05.000Z' },
      { step: 'extended', level: 'LTA', sha256: '0'.repeat(64), bytes: 10 },
    ])
  })

  it('composed again, begins again', () => {
    const { trail } = moved(stages.signing, { type: 'reopened' }, approve, composed)
    expect(trail.states).toHaveLength(1)
  })

  it('of an earlier version tells the copy as it is, and nothing that was not noted', () => {
    const evidence = evidenceOf({ ...finished, trail: emptyTrail }, { audit: null })
    expect(evidence).toMatchObject({ body: null, kiosk: null, action: { certificate: null } })
    expect(evidence.pages[0]).toMatchObject({ scanner: null, scannedAt: null })
    const [step] = evidence.steps
    expect(step).toMatchObject({ step: 'extended', level: 'LTA', clock: { source: 'unknown' } })
    expect(evidence.steps).toHaveLength(1)
  })

  it('there is none before the copy is finished', () => {
    for (const name of ['gathering', 'composing', 'signing', 'sealing', 'discarded'] as const) {
      expect(() => evidenceOf(stages[name], { audit })).toThrow('STAGE_CONFLICT')
      expect(() => eniOfCopy(stages[name], { dir3: 'L01080193', csvRegulation: 'R' })).toThrow('STAGE_CONFLICT')
    }
  })

  it('of automated action names the resolution', () => {
    const attestation = { by: 'automated', resolution: 'Resolució 1/2026' } as const
    const { action } = evidenceOf({ ...finished, order: { ...finished.order, attestation } }, { audit })
    expect(action).toEqual({ by: 'automated', resolution: 'Resolució 1/2026', signer: 'N', certificate })
  })

  it('of a sealed copy names the seal, and tells the copy that came of it', () => {
    const { action, steps } = evidenceOf(moved(stages.unsealed, sealed), { audit }) as { action: object; steps: object }
    expect(action).toMatchObject({ signer: 'S', certificate })
    expect(steps).toMatchObject([{ step: 'composed' }, { step: 'signed', level: 'B' }])
  })

  it('of a copy that took over pages of another tells who scanned them', () => {
    const { order, trail, pages, reduction } = finished
    const continued = {
      part: { number: 2, of: 2, nextId: null },
      pages,
      reduction,
      trail: { ...emptyTrail, scans: trail.scans },
    }
    const second = openDocument({ id: 'E', reference: 'R', language: 'ca', order, csv: null, at, continued })
    const done = moved(second, approve, { ...composed, made }, { type: 'signatureIntended', pending }, signed)
    const raised = moved(done, extended('T'), extended('LTA'))
    expect(evidenceOf(raised, { audit })).toMatchObject({
      document: { part: { number: 2, of: 2 } },
      pages: [{ scanner: device }, { scanner: null, scannedAt: expect.any(String) }],
    })
  })

  it('of a copy without a signature names nobody, and there is no ENI document without a code', () => {
    const plain = moved(
      opened('plain'),
      { type: 'scanStarted' },
      pageStored('a'),
      { type: 'scanEnded', end: 'empty' },
      { type: 'approved', sourceNature: 'copy' },
      composed,
    )
    expect(evidenceOf(plain, { audit })).toMatchObject({
      action: { by: 'nobody' },
      source: { elaborationState: 'EE99' },
    })
    const body = { dir3: 'L01080193', csvRegulation: 'R' }
    expect(() => eniOfCopy(plain, body)).toThrow('SIGNATURE_ABSENT')
    expect(eniOfCopy({ ...plain, csv: 'A' }, body).signatures).toEqual([{ type: 'TF01', csv: 'A', regulation: 'R' }])
    expect(eniOfCopy(finished, body)).toMatchObject({
      metadata: { identifier: made.identifier, elaborationState: 'EE03' },
      signatures: [{ type: 'TF06' }],
    })
  })
})

describe('the key of the kiosk', () => {
  let folder: string
  let file: string
  const around = { kioskId: 'kiosk-1', clock: { now: () => Date.UTC(2026, 2, 1) }, random: seeded('evidence') }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compulsa-evidence-'))
    file = evidenceKeyFile(join(folder, 'keys', 'device.key'))
    ensureEvidenceKey(file, around)
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('is made once, beside the device key, for its owner alone', async () => {
    expect(file).toBe(join(folder, 'keys', 'device.signing.pem'))
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const before = await readFile(file)
    ensureEvidenceKey(file, around)
    expect(await readFile(file)).toEqual(before)
  })

  it('signs what openssl verifies, and nothing else', async () => {
    const value = { ça: 'è', n: [1] }
    const one = signedJson(value, Date.UTC(2026, 2, 1, 10), readEvidenceKey(file))
    const { good, header, payload, certificate: pem } = await judged(folder, one)
    expect({ good, payload }).toEqual({ good: true, payload: value })
    const { raw } = new X509Certificate(pem)
    const x5t = createHash('sha256').update(raw).digest('base64url')
    expect(header).toMatchObject({ alg: 'ES256', iat: Date.UTC(2026, 2, 1, 10) / 1000, 'x5t#S256': x5t })
    expect(compactJws(one).split('.')).toEqual([one.protected, one.payload, one.signature])
    const payloadOfAnother = Buffer.from('{}').toString('base64url')
    expect(await judged(folder, { ...one, payload: payloadOfAnother })).toMatchObject({ good: false })
  })

  it('has a certificate of its own that openssl takes: no authority, signatures only, without an end', async () => {
    await judged(folder, signedJson({}, 0, readEvidenceKey(file)))
    const pem = join(folder, 'certificate.pem')
    const run = promisify(execFile)
    const verified = await run('openssl', [
      'verify',
      '-check_ss_sig',
      '-x509_strict',
      '-partial_chain',
      '-CAfile',
      pem,
      pem,
    ])
    expect(verified.stdout).toContain(': OK')
    const { stdout } = await run('openssl', ['x509', '-in', pem, '-noout', '-text'])
    for (const said of ['Compulsa kiosk-1', 'CA:FALSE', 'Digital Signature', 'Not After : Dec 31 23:59:59 9999 GMT']) {
      expect(stdout).toContain(said)
    }
  })

  it('that others can read, or that is damaged or gone, is refused and never replaced', async () => {
    const good = await readFile(file)
    const unusable = (why: string) => expect(() => ensureEvidenceKey(file, around)).toThrow(why)
    await chmod(file, 0o640)
    unusable('mode 0600')
    await chmod(file, 0o600)
    await writeFile(file, good.subarray(0, good.length - 60))
    unusable('DEVICE_KEY_UNUSABLE')
    const other = evidenceKeyFile(join(folder, 'other.key'))
    ensureEvidenceKey(other, around)
    const [own = ''] = good.toString('utf8').split('-----BEGIN PRIVATE KEY')
    await writeFile(file, own + (await readFile(other, 'utf8')).replace(/^[\s\S]*(?=-----BEGIN PRIVATE KEY)/, ''))
    unusable('holds no signing key')
    await writeFile(file, good)
    expect(() => readEvidenceKey(join(folder, 'none.pem'))).toThrow('the appliance makes it when it starts')
  })
})

describe('the clock', () => {
  it('is believed as far as its time service says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'compulsa-clock-'))
    const file = join(folder, 'synchronized')
    expect(clockTrustBy(file)).toEqual({ source: 'unknown' })
    await writeFile(file, '')
    expect(clockTrustBy(file)).toEqual({
      source: 'time-service',
      service: 'systemd-timesyncd',
      at: (await stat(file)).mtime.toISOString(),
    })
    await rm(folder, { recursive: true })
  })
})
