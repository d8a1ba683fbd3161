// Cl@ve Firma in the configuration: what does not go together is refused by its path, what the screen may frame, and what the
// kiosk's browser is told of it; and the numbers that people type.

import { describe, expect, it } from 'vitest'
import { frameOrigins } from '../device/config/clave.ts'
import { parseConfig } from '../device/config/config.ts'
import { Fault } from '../device/errors.ts'
import { identityNumber } from '../device/identity-number.ts'

const body = { name: { ca: 'Ens' }, ine10: '9821920002', dir3: 'L01080193' }
const clave = {
  url: 'https://fire.example/fire-signature',
  applicationId: 'B244E473466F',
  certificateFile: 'client.pem',
  returnUrl: 'https://seu.example/signed',
}
const procedures = [{ id: 'signed', title: { ca: 'Signada' }, signature: { mode: 'clave' } }]

function faultsOf(service: object | undefined): string {
  try {
    parseConfig({ body, procedures, ...(service !== undefined && { clave: service }) })
    return ''
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.detail
    throw thrown
  }
}

describe('Cl@ve Firma in the configuration', () => {
  it('is taken where everything goes together', () => {
    expect(faultsOf(clave)).toBe('')
    expect(faultsOf({ ...clave, page: 'kiosk', returnUrl: undefined, frameOrigins: ['https://clave.example'] })).toBe(
      '',
    )
    expect(faultsOf({ ...clave, certificateFile: undefined, tokenFile: 'token' })).toBe('')
  })

  it.each<[string, object | undefined, string]>([
    ['a procedure without a service', undefined, 'procedures.0.signature.mode is clave, and there is no clave'],
    ['a password in the URL', { ...clave, url: 'https://a:b@fire.example/' }, 'clave.url has a password'],
    ['a service without TLS', { ...clave, url: 'http://fire.example/' }, 'clave.url'],
    [
      'nothing to be known by',
      { ...clave, certificateFile: undefined },
      'clave.certificateFile is needed, or tokenFile',
    ],
    [
      'a phone that is led nowhere',
      { ...clave, returnUrl: undefined },
      'clave.returnUrl is needed where page is phone',
    ],
    [
      'a frame without a screen',
      { ...clave, frameOrigins: ['https://b.example'] },
      'clave.frameOrigins goes with page kiosk',
    ],
    ['a path in a frame', { ...clave, page: 'kiosk', frameOrigins: ['https://b.example/x'] }, 'clave.frameOrigins.0'],
    ['an unknown key', { ...clave, returnURL: 'x' }, 'did you mean clave.returnUrl?'],
  ])('%s is refused by its path', (_name, service, words) => {
    expect(faultsOf(service)).toContain(words)
  })

  it('lets the screen frame the service and what is named beside it, and only there', () => {
    const of = (service: object) => frameOrigins(parseConfig({ body, procedures, clave: service }).clave)
    expect(of(clave)).toEqual([])
    expect(of({ ...clave, page: 'kiosk', frameOrigins: ['https://clave.example:8443'] })).toEqual([
      'https://fire.example',
      'https://clave.example:8443',
    ])
  })
})

describe('the number of an identity document', () => {
  it.each([
    ['50751129L', '50751129L'],
    ['50.751.129-l', '50751129L'],
    ['00000001R', '00000001R'],
    ['x1234567l', 'X1234567L'],
    ['Y 0000000 Z', 'Y0000000Z'],
    ['Z7654321A', undefined],
    ['50751129A', undefined],
    ['5075112L', undefined],
    ['X12345678L', undefined],
    ['00001', undefined],
    ['', undefined],
    ['50751129LL', undefined],
  ])('%s is %s', (typed, number) => {
    expect(identityNumber(typed)).toBe(number)
  })
})
