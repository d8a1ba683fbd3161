// What an integrator may ask for, field by field, what this kiosk can do of it, and the order of a copy that comes of it.

import { describe, expect, it } from 'vitest'
import type { Config } from '../device/config/config.ts'
import { Fault } from '../device/errors.ts'
import { csvOfSession, orderOfSession } from '../device/session/order.ts'
import { checkPossible } from '../device/session/possible.ts'
import { readSessionRequest, requestDigest } from '../device/session/request.ts'
import { seeded } from './25.store.setup.ts'
import { asked, sessionConfig } from './99.sessions.kit.ts'

function refusalOf(act: () => unknown): string {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.message
    throw thrown
  }
  return 'nothing was refused'
}

/** The request with one value put in at a dotted path; undefined takes it away. */
function withValue(path: string, value: unknown): unknown {
  const request = structuredClone(asked) as Record<string, unknown>
  const steps = path.split('.')
  let here = request
  for (const step of steps.slice(0, -1)) here = here[step] as Record<string, unknown>
  const last = steps.at(-1) ?? ''
  if (value === undefined) delete here[last]
  else here[last] = value
  return request
}

describe('reading a request', () => {
  it('1 takes the whole of it, and fills in what may be left out', () => {
    expect(readSessionRequest(asked)).toEqual({
      request: {
        ...asked,
        digitisation: {
          ...asked.digitisation,
          ...{ deskew: true, background: 'kept', crop: true, ocrLanguages: ['ca', 'es'] },
        },
      },
      warnings: [],
    })
    const least = { ens: '9821920002', user: 'u', document: { title: 't' }, signature: { mode: 'none' } }
    expect(readSessionRequest(least).request).toMatchObject({
      digitisation: { resolution: 300, colour: 'auto', source: 'adf', duplex: false },
      document: { title: 't', type: 'TD99', origin: 'citizen' },
      signature: { mode: 'none', format: 'PAdES', level: 'B' },
      result: {},
    })
  })

  const refused: readonly (readonly [string, unknown, string])[] = [
    ['ens', undefined, 'SESSION_INVALID: $: must have required properties ens'],
    ['ens', '982192000', 'SESSION_INVALID: $.ens: must match pattern'],
    ['user', '', 'SESSION_INVALID: $.user: must not have fewer than 1 characters'],
    ['usr', 'x', 'SESSION_INVALID: $.usr: there is no such field; did you mean user?'],
    ['document.titel', 'x', 'SESSION_INVALID: $.document.titel: there is no such field; did you mean title?'],
    ['digitisation.dpi', 300, 'SESSION_INVALID: $.digitisation.dpi: there is no such field'],
    [
      'digitisation.colour',
      'colour',
      'SESSION_INVALID: $.digitisation.colour: must be equal to one of the allowed values: ["auto"',
    ],
    ['digitisation.resolution', 100, 'RESOLUTION_TOO_LOW: $.digitisation.resolution: 100 is below 200'],
    ['document.title', 'a\u0000b', 'SESSION_INVALID: $.document.title: has characters'],
    ['document.type', 'TD21', 'SESSION_INVALID: $.document.type: a document type is TD01'],
    ['document.organ', 'L0108019', 'SESSION_INVALID: $.document.organ: a DIR3 code is'],
    ['document.sia', 'two words', 'SESSION_INVALID: $.document.sia: a SIA code has'],
    [
      'document.elaborationState',
      'EE02',
      'SESSION_INVALID: $.document.elaborationState: EE02 is a copy of an electronic',
    ],
    ['document.elaborationState', 'EE01', 'SESSION_INVALID: $.document.elaborationState: a kiosk makes EE03 or EE99'],
    [
      'signature.mode',
      'trustedx',
      'SESSION_INVALID: $.signature.mode: must be equal to one of the allowed values: ["none"',
    ],
    ['signature.format', 'CAdES', 'SESSION_INVALID: $.signature.format'],
    ['signature.csv', 'maybe', 'SESSION_INVALID: $.signature.csv: a code has 8 to 200'],
    ['result.retentionHours', 0, 'SESSION_INVALID: $.result.retentionHours: must be >= 1'],
  ]
  it.each(refused)('2 refuses %s: %j by its JSON path', (path, value, message) => {
    expect(refusalOf(() => readSessionRequest(withValue(path, value)))).toContain(message)
  })

  it('3 refuses what is no object, and tells all that is wrong at once', () => {
    for (const none of [null, [], 'x', 3])
      expect(refusalOf(() => readSessionRequest(none))).toContain('SESSION_INVALID')
    const both = { ...(withValue('usr', 1) as object), ens: 'x' }
    expect(refusalOf(() => readSessionRequest(both))).toMatch(/\$\.ens.*\$\.usr|\$\.usr.*\$\.ens/)
  })

  const odd: readonly (readonly [string, unknown, RegExp])[] = [
    ['ens', '9821900002', /^\$\.ens: the sixth digit/],
    ['document.organ', 'Z00000000', /^\$\.document\.organ: no kind of unit/],
    ['document.type', 'TD51', /^\$\.document\.type: TD51/],
    ['document.sia', 'ABC-1', /^\$\.document\.sia: the SIA code/],
    ['signature.csv', '12345678', /^\$\.signature\.csv: /],
  ]
  it.each(odd)('4 warns of what is only odd, %s: %s', (path, value, warning) => {
    const { warnings } = readSessionRequest(withValue(path, value))
    expect(warnings).toEqual([expect.stringMatching(warning)])
  })

  it('5 has one digest for one request, however it is written', () => {
    const turned = Object.fromEntries(Object.entries(asked).reverse())
    expect(requestDigest(turned)).toBe(requestDigest(asked))
    expect(requestDigest(withValue('user', 'somebody else'))).not.toBe(requestDigest(asked))
  })
})

type Other = Partial<Omit<Config, 'api'>>

describe('what this kiosk can do', () => {
  const config = (more: Other = {}) => ({ ...sessionConfig('/nowhere'), ...more })
  const refusal = (path: string, value: unknown, more: Other = {}) =>
    refusalOf(() => checkPossible(readSessionRequest(withValue(path, value)).request, 'ledger', config(more)))
  const impossible: readonly (readonly [string, unknown, string])[] = [
    ['ens', '0801930008', 'SESSION_NOT_POSSIBLE: $.ens: this kiosk is one of the body 9821920002'],
    ['signature.mode', 'clave', 'SESSION_NOT_POSSIBLE: $.signature.mode: this kiosk cannot sign by clave'],
    ['signature.mode', 'seal', 'SESSION_NOT_POSSIBLE: $.signature.mode: this kiosk cannot sign by seal: seal.table'],
    ['signature.level', 'LTA', 'SESSION_NOT_POSSIBLE: $.signature.level is LTA, which needs timestamping'],
    ['document.language', 'fr', 'SESSION_NOT_POSSIBLE: $.document.language: this kiosk speaks ca, es, en'],
    ['result.retentionHours', 13, 'SESSION_NOT_POSSIBLE: $.result.retentionHours: this kiosk keeps copies for 12'],
    ['result.callbackUrl', 'https://169.254.169.254/latest', 'ADDRESS_REFUSED: $.result.callbackUrl: 169.254.169.254'],
    ['result.callbackUrl', 'https://ledger.example.evil.example/', 'ADDRESS_REFUSED: $.result.callbackUrl: ledger.ex'],
    [
      'result.callbackUrl',
      'https://u:p@ledger.example/',
      'ADDRESS_REFUSED: $.result.callbackUrl: a URL with a password',
    ],
    ['result.callbackUrl', 'http://ledger.example/', 'ADDRESS_REFUSED: $.result.callbackUrl: only https'],
    ['result.callbackUrl', 'file:///etc/passwd', 'ADDRESS_REFUSED: $.result.callbackUrl'],
    ['result.callbackUrl', 'ledger.example', 'ADDRESS_REFUSED: $.result.callbackUrl: no URL'],
    ['result.redirectUrl', 'http://ledger.example/', 'ADDRESS_REFUSED: $.result.redirectUrl: only https'],
    ['result.redirectUrl', 'javascript:alert(1)', 'ADDRESS_REFUSED: $.result.redirectUrl'],
    ['result.redirectUrl', 'https://elsewhere.example/', 'ADDRESS_REFUSED: $.result.redirectUrl: elsewhere.example'],
  ]
  it.each(impossible)('6 refuses %s: %s', (path, value, message) => {
    expect(refusal(path, value)).toContain(message)
  })

  it('lets a seal be used by those alone whom the configuration gives it', () => {
    const ens = '0801930008'
    const service = {
      id: 'aoc',
      driver: 'trustedx',
      url: 'https://seal.invalid',
      tokenUrl: 'https://seal.invalid/token',
    }
    const seal = {
      services: [{ ...service, clientId: 'kiosk', clientSecretFile: 'secret' }],
      table: [asked.ens, ens].map(one => ({ ens: one, service: 'aoc', identity: one })),
    }
    const { request } = readSessionRequest({ ...asked, signature: { mode: 'seal' } })
    const judge = (seals: readonly string[], over: object = {}) =>
      refusalOf(() =>
        checkPossible(
          { ...request, ...over },
          'ledger',
          sessionConfig('/nowhere', { clients: { seals }, config: { seal } }),
        ),
      )
    expect(judge([asked.ens])).toBe('nothing was refused')
    for (const refused of [judge([]), judge([ens]), judge([asked.ens], { ens })])
      expect(refused).toMatch(/^REQUEST_FORBIDDEN: \$\.ens: api\.clients does not give this client the seal of \d{10}/)
    expect(judge([ens], { ens })).toBe('nothing was refused')
    expect(judge([], { signature: { ...request.signature, mode: 'local' } })).toBe('nothing was refused')
  })

  it('7 takes what it can', () => {
    expect(refusal('user', 'x')).toBe('nothing was refused')
    expect(refusal('result.redirectUrl', 'https://LEDGER.example:443/x')).toBe('nothing was refused')
    const clave = { url: 'https://fire.example/fire' } as NonNullable<Config['clave']>
    expect(refusal('signature.mode', 'clave', { clave })).toBe('nothing was refused')
    expect(orderOf({ ...asked, signature: { mode: 'clave' } }).signature).toMatchObject({ mode: 'clave', level: 'B' })
    const devices = { ...config().devices, tokenModules: [] }
    expect(refusal('user', 'x', { devices })).toContain('cannot sign by local')
  })
})

function orderOf(json: object) {
  const { request } = readSessionRequest(json)
  return orderOfSession({ id: 'S', client: 'ledger', request }, sessionConfig('/nowhere').api)
}

describe('the order of a copy', () => {
  const { api, body } = sessionConfig('/nowhere', { sessions: { register: 'BOP 3/2026' } })
  const orderFor = (path: string, value: unknown) => {
    const { request } = readSessionRequest(withValue(path, value))
    const order = orderOfSession({ id: 'S', client: 'ledger', request }, api)
    const csv = csvOfSession(request, order, { random: seeded('csv').bytes, body, now: 0 })
    return { order, csv }
  }

  it('8 says what was asked for, and the kiosk’s own word on the rest', () => {
    const { order, csv } = orderFor('user', 'Anna')
    expect(order).toMatchObject({
      procedureId: 'session',
      title: 'Certificat d’empadronament',
      digitisation: { resolution: 300, duplex: true },
      document: { type: 'TD14', organ: 'L01080193', sia: '203948', csv: 'none', largestMegabytes: 10 },
      signature: { mode: 'local', format: 'PAdES', level: 'B' },
      attestation: { by: 'official', register: 'BOP 3/2026' },
      sourceNatures: ['original'],
      elaborationStates: { original: 'EE03', authenticCopy: 'EE03', copy: 'EE99' },
      retentionHours: 12,
      destinations: [],
      session: { id: 'S', client: 'ledger', user: 'Anna', redirectUrl: 'https://ledger.example/go?on=1' },
    })
    expect(csv).toBeNull()
  })

  it('9 seals in the name of the body, by the resolution', () => {
    expect(orderFor('signature.mode', 'seal').order).toMatchObject({
      signature: { mode: 'seal', ens: '9821920002' },
      attestation: { by: 'automated', resolution: 'Decret 12/2026' },
    })
  })

  it('10 has a code where nothing else proves the copy, where one is asked for, or the client’s own', () => {
    expect(orderFor('signature.mode', 'none').csv).toMatch(/^([0-9A-Z]{4}-)+[0-9A-Z]{1,4}$/)
    expect(orderFor('signature.csv', 'auto').csv).toMatch(/^([0-9A-Z]{4}-)+[0-9A-Z]{1,4}$/)
    expect(orderFor('signature.csv', 'OUR-OWN-CODE-0001').csv).toBe('OUR-OWN-CODE-0001')
  })

  it('11 never makes EE03 of a plain copy, and less where less is asked for', () => {
    expect(orderFor('document.sourceNature', undefined).order.sourceNatures).toEqual([
      'original',
      'authenticCopy',
      'copy',
    ])
    expect(orderFor('document.elaborationState', 'EE99').order.elaborationStates.original).toBe('EE99')
    const ee03 = structuredClone(withValue('document.elaborationState', 'EE03')) as { document: object }
    const { request } = readSessionRequest({ ...ee03, document: { title: 't', elaborationState: 'EE03' } })
    const order = orderOfSession({ id: 'S', client: 'ledger', request }, api)
    expect(order.sourceNatures).toEqual(['original', 'authenticCopy'])
    const plain = { ...asked.document, sourceNature: 'copy', elaborationState: 'EE03' }
    expect(refusalOf(() => readSessionRequest(withValue('document', plain)))).toContain('$.document.elaborationState')
  })
})
