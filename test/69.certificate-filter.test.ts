// Which certificates a page lets a person sign with: AutoFirma's filters over certificates that look like those of an
// identity card, of an authority for citizens and employees, and of people in odd situations.

import { createHash, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SigningCertificate } from '../device/ports.ts'
import { readCertificateFilters } from '../device/trust/certificate-filter.ts'
import { now } from './50.signature.kit.ts'
import { createTestPki, type SignerRequest, type TestIdentity, type TestName, type TestPki } from './sim/pki.ts'

const country = ['2.5.4.6', 'ES'] as const
const number = (value: string) => ['2.5.4.5', value] as const
const called = (value: string) => ['2.5.4.3', value] as const
const dnie: TestName = [
  country,
  ['2.5.4.10', 'DIRECCION GENERAL DE LA POLICIA'],
  ['2.5.4.11', 'DNIE'],
  called('AC DNIE 004'),
]
const fnmt: TestName = [
  country,
  ['2.5.4.10', 'FNMT-RCM'],
  ['2.5.4.11', 'Ceres'],
  ['2.5.4.11', 'CA'],
  called('AC FNMT Usuarios'),
]
const person = (role: string): TestName => [
  country,
  number('99999999R'),
  ['2.5.4.4', 'ESPAÑOL'],
  ['2.5.4.42', 'JUAN'],
  called(`ESPAÑOL ESPAÑOL, JUAN (${role})`),
]

const requests: Readonly<Record<string, SignerRequest & { readonly card?: true }>> = {
  dnieAuth: { card: true, kind: 'auth', name: person('AUTENTICACIÓN'), policies: ['2.16.724.1.2.2.2.4'] },
  dnieSign: { card: true, name: person('FIRMA'), policies: ['2.16.724.1.2.2.2.3'] },
  citizen: {
    name: [country, number('IDCES-99999999R'), called('JUAN ESPAÑOL - 99999999R')],
    policies: ['1.3.6.1.4.1.5734.3.10.1', '0.4.0.194112.1.0'],
  },
  employee: {
    name: [
      country,
      ['2.5.4.10', 'AJUNTAMENT DE VIC'],
      ['2.5.4.11', 'EMPLEAT PUBLIC'],
      ['2.5.4.11', 'SECRETARIA'],
      ['2.5.4.97', 'VATES-P0830000B'],
      called('NURIA VIDAL'),
    ],
  },
  mariaAuth: { kind: 'auth', name: [country, number('IDCES-1'), called('MARIA')] },
  mariaSign: { name: [country, number('IDCES-1'), called('MARIA')] },
  expired: { kind: 'expired', name: [country, called('CADUCADA')] },
  future: { kind: 'not-yet-valid', name: [country, called('FUTURA')] },
  cipher: { kind: 'not-for-signing', name: [country, called('CIFRADO')] },
  pseudonym: { lastsDays: 600, name: [country, ['2.5.4.65', 'AGENT 7'], called('AGENT 7')] },
  behind: { lastsDays: 600, name: [country, called('POLICIA')] },
}
const everybody = Object.keys(requests)
const valid = everybody.filter(name => name !== 'expired' && name !== 'future')

let identities: ReadonlyMap<string, TestIdentity>
let candidates: readonly SigningCertificate[]
let authorities: readonly TestPki[]

const candidateOf = (keyId: string, { certificate, chain }: TestIdentity): SigningCertificate => ({
  tokenId: 'card',
  keyId,
  certificate,
  chain,
})

beforeAll(async () => {
  authorities = await Promise.all([dnie, fnmt].map(authorityName => createTestPki({ now, authorityName })))
  const [card, others] = authorities
  const made = Object.entries(requests).map(async ([name, { card: onCard, ...request }]) => {
    const pki = (onCard ? card : others) ?? expect.fail()
    return [name, await pki.signer({ key: 'P-256', ...request })] as const
  })
  identities = new Map(await Promise.all(made))
  candidates = [...identities].map(([keyId, { certificate, chain }]) => ({
    tokenId: 'card',
    keyId,
    certificate,
    chain,
  }))
})

const filters = (params: Record<string, string>) => readCertificateFilters(new Map(Object.entries(params)))
const names = (fitting: readonly SigningCertificate[]) => fitting.map(({ keyId }) => keyId)
const fitting = (params: Record<string, string>) => names(filters(params).choose(candidates, now).fitting)
const der = (name: string) => identities.get(name)?.certificate ?? expect.fail()
const serial = (name: string) => new X509Certificate(der(name)).serialNumber
const but = (...left: string[]) => everybody.filter(name => !left.includes(name))

describe('a criterion', () => {
  it.each([
    ['dnie:', ['dnieSign']],
    ['DNIe:true', ['dnieSign']],
    ['authcert:', but('dnieSign')],
    ['signingcert:', but('dnieAuth')],
    ['nonexpired:', valid],
    ['nonexpired:true', valid],
    ['nonexpired:false', everybody],
    ['sscd:', everybody.filter(name => requests[name]?.kind === undefined)],
    ['subject.contains:español', ['dnieAuth', 'dnieSign', 'citizen']],
    ['subject.contains:CN=JUAN ESPAÑOL - 99999999R, SERIALNUMBER=IDCES', ['citizen']],
    ['subject.contains:cn="español español, juan (firma)", givenname=juan, surname=', ['dnieSign']],
    ['subject.contains:OID.2.5.4.97=VATES', ['employee']],
    ['subject.contains:OU=SECRETARIA, OU=EMPLEAT PUBLIC, O=AJUNTAMENT', ['employee']],
    ['issuer.contains:o=direccion general', ['dnieAuth', 'dnieSign']],
    ['subject.rfc2254:(&(c=ES)(serialnumber=99999999r))', ['dnieAuth', 'dnieSign']],
    ['subject.rfc2254:ou=empleat public', ['employee']],
    ['subject.rfc2254:(cn=*\\28FIRMA\\29)', ['dnieSign']],
    ['issuer.rfc2254:(&(o=FNMT-RCM)(ou=ca))', but('dnieAuth', 'dnieSign')],
    ['issuer.rfc2254:(cn=Compulsa test root)', []],
    ['issuer.rfc2254.recurse:(cn=Compulsa test root)', everybody],
    ['issuer.rfc2254.recurse:(cn=AC DNIE*)', ['dnieAuth', 'dnieSign']],
    ['issuer.rfc2254.recurse:(cn=*JUAN*)', []],
    ['policyid:2.16.724.1.2.2.2.3', ['dnieSign']],
    ['policyid:1.3.6.1.4.1.5734.3.10.1', []],
    ['policyid:1.3.6.1.4.1.5734.3.10.1, 0.4.0.194112.1.0,1.2', ['citizen']],
    ['pseudonym:only', ['pseudonym']],
    ['pseudonym:', but('behind')],
    ['pseudonym:andothers', but('behind')],
    ['keyusage.nonrepudiation:true', everybody.filter(name => !/Auth$|cipher/.test(name))],
    ['keyusage.NonRepudiation:FALSE', ['dnieAuth', 'mariaAuth', 'cipher']],
    ['keyusage.crlsign:null', everybody],
    ['keyusage.keyencipherment:true;keyusage.crlsign:false', ['cipher']],
    ['disableopeningexternalstores', everybody],
    [' dnie: ; ; nonexpired: ', ['dnieSign']],
  ])('%s', (filter, expected) => {
    expect(fitting({ filter })).toEqual(expected)
    expect(filters({ filter }).unknown).toEqual([])
  })

  it('names a certificate by its thumbprint or by all of it', () => {
    const sha256 = createHash('sha256').update(der('citizen')).digest('hex')
    const sha1 = createHash('sha1').update(der('employee')).digest('hex').toUpperCase()
    expect(fitting({ filter: `thumbprint:SHA-256:${sha256}` })).toEqual(['citizen'])
    expect(fitting({ filter: `thumbprint:sha1:${sha1.replace(/(..)/g, '$1 ')}` })).toEqual(['employee'])
    expect(fitting({ filter: `thumbprint:WHIRLPOOL:${sha1}` })).toEqual([])
    expect(fitting({ filter: `encodedcert:${Buffer.from(der('mariaSign')).toString('base64')}` })).toEqual([
      'mariaSign',
    ])
    expect(fitting({ filter: 'encodedcert:' })).toEqual([])
  })

  it('by a serial number means the certificate that signs, where that one authenticates', () => {
    const zeros = (name: string) => `#00${serial(name).toLowerCase()}`
    expect(fitting({ filter: `ssl:${zeros('dnieAuth')}` })).toEqual(['dnieSign'])
    expect(fitting({ filter: `qualified:${serial('dnieAuth')}` })).toEqual(['dnieSign'])
    expect(fitting({ filter: `ssl:${serial('mariaAuth')}` })).toEqual(['mariaAuth'])
    expect(fitting({ filter: `qualified:${serial('mariaAuth')}` })).toEqual(['mariaSign'])
    expect(fitting({ filter: `qualified:${serial('citizen')}` })).toEqual(['citizen'])
    expect(fitting({ filter: `qualified:${serial('dnieAuth')};policyid:2.16.724.1.2.2.2.3` })).toEqual(['dnieSign'])
    expect(fitting({ filter: 'ssl:' })).toEqual([])
  })

  it('by a serial number never means somebody else, nor an identity card’s authentication', () => {
    expect(fitting({ filter: `qualified:${serial('cipher')}` })).toEqual(['cipher'])
    const alone = candidates.filter(({ keyId }) => keyId !== 'dnieSign')
    for (const name of ['ssl', 'qualified']) {
      const found = filters({ filter: `${name}:${serial('dnieAuth')}` }).choose(alone, now)
      expect(found.fitting).toEqual([])
    }
  })

  it('by a serial number means a certificate of the same issuer, holder and end', async () => {
    const [card = expect.fail(), others = expect.fail()] = authorities
    const maria = { key: 'P-256', name: requests['mariaSign']?.name ?? [] } as const
    const among = async (made: Promise<TestIdentity>) => [
      ...candidates.filter(({ keyId }) => keyId === 'mariaAuth'),
      candidateOf('made', await made),
    ]
    const meantAmong = async (made: Promise<TestIdentity>) =>
      names(filters({ filter: `qualified:${serial('mariaAuth')}` }).choose(await among(made), now).fitting)
    expect(await meantAmong(others.signer(maria))).toEqual(['made'])
    expect(await meantAmong(card.signer(maria))).toEqual(['mariaAuth'])
    expect(await meantAmong(others.signer({ ...maria, lastsDays: 600 }))).toEqual(['mariaAuth'])
    expect(await meantAmong(others.signer({ ...maria, name: [country, number('IDCES-2')] }))).toEqual(['mariaAuth'])
  })

  it('about pseudonyms leaves a certificate of the same person that is for something else', async () => {
    const [, others = expect.fail()] = authorities
    const other = await others.signer({ key: 'P-256', kind: 'auth', lastsDays: 600 })
    const found = filters({ filter: 'pseudonym:' }).choose([...candidates, candidateOf('other', other)], now)
    expect(names(found.fitting)).toEqual([...but('behind'), 'other'])
  })

  it('about key usage is met by none that says nothing of it', async () => {
    const { authorities: silent } = await createTestPki({ now, flaw: 'issuer-no-authority' })
    const certificate = candidateOf('silent', silent.intermediate)
    for (const filter of ['keyusage.crlsign:false', 'keyusage.crlsign:null', 'keyusage.crlsign:true']) {
      expect(filters({ filter }).choose([certificate], now).fitting).toEqual([])
    }
  })
})

describe('filters', () => {
  it('hide what is not valid now, where there is none', () => {
    expect(fitting({})).toEqual(valid)
    expect(fitting({ filter: ' ; ' })).toEqual(valid)
    expect(fitting({ filter: 'subject.contains:caducada' })).toEqual(['expired'])
  })

  it('are alternatives of criteria that are all met', () => {
    const some = { 'filters.1': 'dnie:;nonexpired:', 'filters.2': 'issuer.contains:FNMT;subject.rfc2254:(cn=maria)' }
    expect(fitting(some)).toEqual(['dnieSign', 'mariaAuth', 'mariaSign'])
    expect(filters(some).unknown).toEqual([])
  })

  it('go one before the other, and those without effect are named', () => {
    const all = { 'filters.1': 'pseudonym:only', filters: 'subject.contains:maria', filter: 'dnie:' }
    expect(fitting(all)).toEqual(['dnieSign'])
    expect(filters(all).unknown).toEqual(['filters.1', 'filters'])
    const gap = { 'filters.0': 'dnie:', 'filters.1': 'sscd:', 'filters.3': 'dnie:' }
    expect(fitting(gap)).toEqual(fitting({ filter: 'sscd:' }))
    expect(filters(gap).unknown).toEqual(['filters.0', 'filters.3'])
  })

  it.each([
    'unknown:x',
    'dnie',
    'keyusage.everything:true',
    'policyid:',
    'thumbprint:00',
    'thumbprint:SHA1:00:11',
    'subject.rfc2254:(cn=x',
    'toString:',
  ])('name %s, which excludes nothing', text => {
    const read = filters({ filter: `subject.contains:maria;${text}` })
    expect(read.unknown).toEqual([text])
    expect(names(read.choose(candidates, now).fitting)).toEqual(['mariaAuth', 'mariaSign'])
    expect(fitting({ filter: text })).toEqual(valid)
  })

  it('take the only one that fits without a question, where the page wants that and all of it was understood', () => {
    const automatic = (params: Record<string, string>) => filters(params).choose(candidates, now).automatic
    expect(automatic({ filter: 'dnie:', headless: 'TRUE' })).toBe(true)
    expect(automatic({ filter: 'dnie:', mandatoryCertSelection: 'False' })).toBe(true)
    expect(automatic({ filter: 'dnie:' })).toBe(false)
    expect(automatic({ filter: 'dnie:', headless: 'yes', mandatoryCertSelection: 'true' })).toBe(false)
    expect(automatic({ filter: 'subject.contains:maria', headless: 'true' })).toBe(false)
    expect(automatic({ filter: 'subject.contains:nobody', headless: 'true' })).toBe(false)
    expect(automatic({ filter: 'dnie:;unknown:x', headless: 'true' })).toBe(false)
    expect(automatic({ filter: 'dnie:', 'filters.1': 'sscd:', headless: 'true' })).toBe(false)
  })

  it('pass over what is no certificate', () => {
    const odd = { tokenId: 'card', keyId: 'odd', certificate: Buffer.from('30030201', 'hex'), chain: [] }
    expect(names(filters({}).choose([odd, ...candidates], now).fitting)).toEqual(valid)
  })

  it('have a largest number of criteria', () => {
    const many = filters({ filter: `${'sscd:;'.repeat(100)}dnie:` })
    expect(many.unknown).toEqual(['dnie:'])
  })
})
