// RFC 3161: our queries before OpenSSL's authority, its answers before us, and answers that are wrong in one way each,
// which must never become part of a signature.

import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DigestAlgorithm, Timestamper } from '../device/ports.ts'
import {
  acceptTimestamp,
  obtainTimestamp,
  type TimestampQuery,
  timestampQuery,
} from '../device/trust/timestamp-request.ts'
import { readTimestampToken } from '../device/trust/timestamp-token.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { createTestPki, pem, type SignerKind, type TestIdentity, type TestPki } from './sim/pki.ts'
import { type TimestampFault, testTimestampPolicy, timestampReply, timestampToken } from './sim/tsa.ts'

let folder: Folder
let pki: TestPki
let tsa: TestIdentity
const query: TimestampQuery = {
  digestAlgorithm: 'SHA-256',
  digest: createHash('sha256').update('signature value').digest(),
  nonce: Uint8Array.from({ length: 16 }, (_, index) => 0xf0 - index),
}

beforeAll(async () => {
  folder = await temporaryFolder()
  pki = await createTestPki({ now })
  tsa = await pki.signer({ kind: 'time-stamping', key: 'P-256', commonName: 'Test TSA' })
})

afterAll(() => folder.remove())

describe('a query', () => {
  it.each<DigestAlgorithm>(['SHA-256', 'SHA-384', 'SHA-512'])(
    'over %s is read by OpenSSL as it was meant',
    async digestAlgorithm => {
      const digest = createHash(digestAlgorithm.replace('-', '')).update('x').digest()
      const file = await folder.write(
        'query.tsq',
        timestampQuery({ ...query, digestAlgorithm, digest, policy: '1.2.3.4.99' }),
      )
      const { code, output } = await judge('openssl', ['ts', '-query', '-in', file, '-text'])
      expect(code).toBe(0)
      expect(output).toContain(`Hash Algorithm: ${digestAlgorithm.replace('-', '').toLowerCase()}`)
      expect(output).toContain('Policy OID: 1.2.3.4.99')
      expect(output).toContain('Nonce: 0xF0EFEEEDECEBEAE9E8E7E6E5E4E3E2E1')
      expect(output).toContain('Certificate required: yes')
      expect(output).toContain(
        digest
          .subarray(0, 4)
          .toString('hex')
          .replaceAll(/(..)(?=.)/g, '$1 '),
      )
    },
  )

  it('with a nonce that begins with zeros is still one number', () => {
    const small = { ...query, nonce: Uint8Array.of(0, 0, 0x81) }
    const response = timestampReply(timestampQuery(small), tsa, { now })
    expect(acceptTimestamp(response, small, { now }).nonce).toEqual(Uint8Array.of(0, 0x81))
  })
})

describe('an answer', () => {
  it('that fits is accepted, with everything that it says', () => {
    const response = timestampReply(timestampQuery(query), tsa, { now: now - 2000 })
    const token = acceptTimestamp(response, query, { now })
    expect(token).toMatchObject({ genTime: now - 2000, accuracyMs: 1000, policy: testTimestampPolicy, findings: [] })
    expect(token.signer?.facts.holder).toBe('Test TSA')
    expect(token.evidence.certificates).toHaveLength(2)
    expect(readTimestampToken(token.der)).toMatchObject({ outcome: 'read' })
  })

  it('granted with modifications is as good', () => {
    const response = timestampReply(timestampQuery(query), tsa, { now, grantedWithMods: true })
    expect(acceptTimestamp(response, query, { now }).genTime).toBe(now)
  })

  it('that refuses says why', () => {
    const response = timestampReply(timestampQuery(query), tsa, { now, fault: 'rejection' })
    expect(() => acceptTimestamp(response, query, { now })).toThrow(
      expect.objectContaining({
        code: 'TIMESTAMP_REFUSED',
        detail: 'the authority answered rejection, badAlg, timeNotAvailable, the clock is not synchronised',
      }),
    )
  })

  it.each<[TimestampFault, RegExp]>([
    ['wrong-imprint', /something else/],
    ['wrong-hash', /something else/],
    ['other-content-type', /content type/],
    ['wrong-nonce', /nonce/],
    ['no-nonce', /nonce/],
    ['old-token', /asked for at/],
    ['future-token', /asked for at/],
    ['wrong-policy', /policy/],
    ['no-certificate', /certificate/],
    ['names-another-certificate', /names another certificate/],
    ['bad-signature', /signature value/],
    ['changed-content', /not the ones that were signed/],
    ['trailing-data', /no TimeStampResp/],
    ['garbage', /no TimeStampResp/],
    ['empty', /no TimeStampResp/],
    ['granted-without-token', /without a token/],
  ])('with %s is TIMESTAMP_INVALID', (fault, detail) => {
    const asked = { ...query, policy: '1.3.6.1.4.1.99999.2.9' }
    const response = timestampReply(timestampQuery(asked), tsa, { now, fault })
    expect(() => acceptTimestamp(response, asked, { now })).toThrow(
      expect.objectContaining({ code: 'TIMESTAMP_INVALID', detail: expect.stringMatching(detail) }),
    )
  })

  it.each<SignerKind>(['good', 'auth', 'ocsp-responder', 'time-stamping-among-others', 'time-stamping-uncritical'])(
    'by a certificate that is %s is TIMESTAMP_INVALID',
    async kind => {
      const other = await pki.signer({ kind, key: 'P-256' })
      const response = timestampReply(timestampQuery(query), other, { now })
      expect(() => acceptTimestamp(response, query, { now })).toThrow(
        expect.objectContaining({ code: 'TIMESTAMP_INVALID', detail: expect.stringContaining('purpose') }),
      )
    },
  )

  it('by an authority whose certificate had ended is TIMESTAMP_INVALID', () => {
    const later = now + 800 * 86_400_000
    const response = timestampReply(timestampQuery(query), tsa, { now: later })
    expect(() => acceptTimestamp(response, query, { now: later })).toThrow(
      expect.objectContaining({ code: 'TIMESTAMP_INVALID', detail: expect.stringContaining('validity') }),
    )
  })

  it('that was cut short or changed anywhere is never accepted', () => {
    const response = timestampReply(timestampQuery(query), tsa, { now })
    for (let at = 0; at < response.length; at += 7) {
      expect(() => acceptTimestamp(response.subarray(0, at), query, { now })).toThrow(/TIMESTAMP_/)
    }
    // Up to the certificates everything is bound: status, imprint, nonce, time.
    const info = Buffer.from(response).indexOf(Buffer.from(query.digest))
    for (let at = info - 30; at < info + 60; at++) {
      const changed = Uint8Array.from(response)
      changed[at] = (changed[at] ?? 0) ^ 0x01
      expect(() => acceptTimestamp(changed, query, { now }), `octet ${at}`).toThrow(/TIMESTAMP_INVALID/)
    }
  })
})

describe('a token', () => {
  it('with something behind it says so', () => {
    const reading = readTimestampToken(
      Buffer.concat([timestampToken(timestampQuery(query), tsa, { now }), Buffer.of(5, 0)]),
    )
    expect(reading).toMatchObject({ token: { findings: [{ subIndication: 'FORMAT_FAILURE' }] } })
  })
})

describe('obtaining', () => {
  it('asks with a fresh nonce and gives the token', async () => {
    const asked: Uint8Array[] = []
    const timestamper: Timestamper = {
      stamp: async bytes => {
        asked.push(bytes)
        return timestampReply(bytes, tsa, { now })
      },
    }
    let turn = 0
    const tools = {
      timestamper,
      clock: { now: () => now },
      random: (octets: number) => new Uint8Array(octets).fill(++turn),
    }
    const { digestAlgorithm, digest } = query
    const first = await obtainTimestamp({ digestAlgorithm, digest }, tools)
    const second = await obtainTimestamp({ digestAlgorithm, digest }, tools)
    expect(first.nonce).not.toEqual(second.nonce)
    expect(asked).toHaveLength(2)
  })
})

describe("OpenSSL's authority", () => {
  it('understands the query, and its token is accepted', async () => {
    const configuration = await folder.write(
      'tsa.cnf',
      [
        '[tsa]',
        `serial = ${join(folder.path, 'serial')}`,
        'signer_digest = sha256',
        'default_policy = 1.2.3.4.1',
        'digests = sha256,sha384,sha512',
        'accuracy = secs:1, millisecs:500',
        'ess_cert_id_alg = sha256',
        'ess_cert_id_chain = no',
        '',
      ].join('\n'),
    )
    const wallClock = Date.now()
    const current = await createTestPki({ now: wallClock })
    const authority = await current.signer({ kind: 'time-stamping', commonName: 'OpenSSL TSA' })
    const tsq = await folder.write('o.tsq', timestampQuery(query))
    const certificate = await folder.write('tsa.pem', pem('CERTIFICATE', authority.certificate))
    const key = await folder.write('tsa.key', pem('PRIVATE KEY', authority.privateKey))
    const tsr = join(folder.path, 'o.tsr')
    const files = [
      '-queryfile',
      tsq,
      '-config',
      configuration,
      '-section',
      'tsa',
      '-signer',
      certificate,
      '-inkey',
      key,
      '-out',
      tsr,
    ]
    expect(await judge('openssl', ['ts', '-reply', ...files])).toMatchObject({ code: 0 })
    const token = acceptTimestamp(await readFile(tsr), query, { now: wallClock })
    expect(token).toMatchObject({ policy: '1.2.3.4.1', accuracyMs: 1500, findings: [] })
  })

  it('and its verifier accept what our simulated authority makes', async () => {
    const wallClock = Date.now()
    const current = await createTestPki({ now: wallClock })
    const authority = await current.signer({ kind: 'time-stamping', commonName: 'Our TSA' })
    const tsq = await folder.write('s.tsq', timestampQuery(query))
    const tsr = join(folder.path, 's.tsr')
    await writeFile(tsr, timestampReply(timestampQuery(query), authority, { now: wallClock }))
    const root = await folder.write('root.pem', pem('CERTIFICATE', current.root))
    const intermediate = await folder.write('ca.pem', pem('CERTIFICATE', current.intermediate))
    const args = ['ts', '-verify', '-queryfile', tsq, '-in', tsr, '-CAfile', root, '-untrusted', intermediate]
    expect((await judge('openssl', args)).output).toContain('Verification: OK')
  })
})
