// The seals of the configuration: what does not go together is refused by its path, and which seal is a body's.

import { describe, expect, it } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { sealOf } from '../device/config/seal.ts'
import { Fault } from '../device/errors.ts'

const ens = '9821920002'
const service = {
  id: 'aoc',
  driver: 'trustedx',
  url: 'https://seal.example',
  tokenUrl: 'https://seal.example/token',
  clientId: 'kiosk',
  clientSecretFile: 'secret',
}
const gateway = {
  id: 'old',
  driver: 'trustedx-soap',
  url: 'https://old.example/gw',
  clientId: 'kiosk',
  clientSecretFile: 's',
}
const row = { ens, service: 'aoc', identity: 'seal' }
const sealed = {
  id: 'sealed',
  title: { ca: 'Segellada' },
  signature: { mode: 'seal' },
  attestation: { by: 'automated', resolution: '12/2026' },
}
const body = { name: { ca: 'Ens' }, ine10: ens, dir3: 'L01080193' }

const sealing = (seals: readonly string[]) => ({ port: 0, clients: [{ id: 'ledger', tokenFile: 'token', seals }] })

function faultsOf({ services = [service], table = [row], procedure = sealed, api }: Record<string, unknown>): string {
  try {
    parseConfig({ body, seal: { services, table }, procedures: [procedure], ...(api !== undefined && { api }) })
    return ''
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.detail
    throw thrown
  }
}

describe('the seals of the configuration', () => {
  it('are taken where everything goes together', () => {
    expect(faultsOf({})).toBe('')
    expect(faultsOf({ procedure: { ...sealed, signature: { mode: 'seal', ens } } })).toBe('')
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['a service that is not there', { table: [{ ...row, service: 'none' }] }, 'seal.table.0.service names none'],
    ['a body twice', { table: [row, row] }, `seal.table has the ens ${ens} twice`],
    ['a service twice', { services: [service, service] }, 'seal.services has the id aoc twice'],
    ['a password in a URL', { services: [{ ...service, url: 'https://a:b@seal.example' }] }, 'seal.services.0.url has'],
    ['a service without TLS', { services: [{ ...service, url: 'http://seal.example' }] }, 'seal.services.0'],
    ['an unknown key', { services: [{ ...service, secret: 'x' }] }, 'seal.services.0'],
    [
      'a body that has no seal',
      { procedure: { ...sealed, signature: { mode: 'seal', ens: '0000000000' } } },
      'no 0000000000',
    ],
    [
      'an official who attests',
      { procedure: { ...sealed, attestation: { by: 'official' } } },
      'attestation.by must be automated',
    ],
    [
      'automated action without resolution',
      { procedure: { ...sealed, attestation: { by: 'automated' } } },
      'attestation.resolution',
    ],
    [
      'a body beside a card',
      { procedure: { ...sealed, signature: { mode: 'local', ens } } },
      'signature.ens goes with the mode seal',
    ],
    [
      'a gateway without a certificate',
      { services: [service, gateway], table: [{ ...row, service: 'old' }] },
      'certificateFile is needed',
    ],
    [
      'half a client',
      { services: [{ id: 'aoc', driver: 'csc', url: 'https://csc.example', clientId: 'kiosk' }] },
      'needs tokenUrl, clientId and clientSecretFile together',
    ],
    [
      'half a user',
      { services: [{ id: 'aoc', driver: 'csc', url: 'https://csc.example', user: 'kiosk' }] },
      'needs user and passwordFile together',
    ],
    [
      'a user beside a client',
      { services: [{ ...service, driver: 'csc', user: 'kiosk', passwordFile: 'password' }] },
      'both a user and a client',
    ],
    ['a client of a seal that there is not', { api: sealing(['0801930008']) }, 'api.clients.0.seals names 0801930008'],
  ])('are refused with %s', (_name, over, words) => {
    expect(faultsOf(over)).toContain(words)
  })

  it('tell which seal is a body’s, and whether its service wants the document', () => {
    const certificateFile = 'seal.pem'
    const table = [row, { ens: '0801930008', service: 'old', identity: 'CN=Segell', certificateFile }]
    const { seal } = parseConfig({ body, seal: { services: [service, gateway], table }, procedures: [sealed] })
    expect(sealOf(seal, ens)).toEqual({ service: 'aoc', identity: 'seal', takes: 'digest' })
    expect(sealOf(seal, '0801930008')).toEqual({ service: 'old', identity: 'CN=Segell', takes: 'document' })
    expect(sealOf(seal, '0000000000')).toBeUndefined()
    expect(sealOf(undefined, ens)).toBeUndefined()
  })
})
