// Pins in the configuration, and what `compulsa doctor` tells of the servers that they are for.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { pinnablePeers } from '../device/config/pins.ts'
import { checkPins } from '../device/verbs/doctor-pins.ts'
import { keysOf } from '../drivers/peers/tls.ts'
import { never } from './60.deliver.setup.ts'
import { openChanged } from './62.pins.kit.ts'

type Scene = Awaited<ReturnType<typeof openChanged>>
let other: Scene['other']
let files: Scene['files']
let pin: Scene['pin']
let stop: Scene['stop']

beforeAll(async () => {
  ;({ other, files, pin, stop } = await openChanged())
})
afterAll(() => stop())

describe('compulsa doctor', () => {
  const configured = (destinations: readonly object[], more: object = {}) =>
    parseConfig({
      body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
      procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
      destinations,
      ...more,
    })
  const office = (change: object) => ({ id: 'office', driver: 'https', url: other.url, caFile: files.ca, ...change })
  const rooms = { peers: () => ({ keys: keysOf }) }
  const checked = (destination: object, all = false) =>
    checkPins(configured([office(destination)]), rooms, { all, signal: never })

  it('tells which pin fits, and the pin to write where none does', async () => {
    const [fits] = await checked({ pins: [pin.expected, pin.authority] })
    expect(fits).toMatchObject({ check: 'key of destination office', ok: true })
    expect(fits?.detail).toContain('fits pin 2 of 2')
    const [changed] = await checked({ pins: [pin.expected] })
    expect(changed).toMatchObject({ ok: false, mend: expect.stringContaining('pins') })
    expect(changed?.detail).toContain(` has ${pin.other}, issued under ${pin.authority}; pinned are ${pin.expected}`)
    expect(changed?.detail).toMatch(/^TLS_PIN_MISMATCH: /)
    expect(await checked({})).toEqual([])
    expect((await checked({}, true))[0]?.detail).toContain(`${pin.other}, issued under ${pin.authority}; not pinned`)
    expect((await checked({ caFile: '/nowhere', pins: [pin.other] }))[0]?.detail).toContain('DESTINATION_UNTRUSTED')
  })

  it('reads no pin of another form, and none without TLS', () => {
    for (const wrong of ['sha1/AAAA', pin.other.slice(7), `${pin.other} `, '']) {
      expect(() => configured([office({ pins: [wrong] })])).toThrow('destinations.0.pins.0')
    }
    expect(() => configured([office({ pins: [] })])).toThrow('destinations.0.pins')
    const timestamping = { url: 'http://tsa.example/', pins: [pin.other] }
    expect(() => configured([], { timestamping })).toThrow('timestamping.pins need an https:// url')
  })

  it('knows every server that TLS is spoken with', () => {
    const pins = [pin.other]
    const service = { url: 'https://seal.example', tokenUrl: 'https://token.example/t', clientId: 'k', pins }
    const more = {
      seal: {
        services: [{ id: 'one', driver: 'trustedx', clientSecretFile: 's', ...service }],
        table: [{ ens: '9821920002', service: 'one', identity: 'i' }],
      },
      timestamping: { url: 'https://tsa.example/', pins },
      cards: { url: 'https://cards.example', tokenFile: 't', pins },
      batches: { hosts: ['docs.example'], pins: { 'docs.example': pins }, caFiles: { 'docs.example': 'ca.pem' } },
      revocation: { pins: { 'ocsp.example:8443': pins }, caFiles: { 'crl.example': 'other.pem' } },
    }
    const bucket = {
      driver: 's3',
      bucket: 'copies',
      region: 'r',
      accessKeyId: 'A',
      secretKeyFile: 's',
      addressing: 'host',
    }
    const sftp = { id: 'sftp', driver: 'sftp', host: 'h', user: 'u', folder: 'f', hostKeyFile: 'k', keyFile: 'k' }
    const peers = pinnablePeers(configured([{ id: 'b', ...bucket, url: 'https://s3.example', pins }, sftp], more))
    expect(peers.map(({ url }) => url)).toEqual([
      'https://copies.s3.example',
      'https://seal.example',
      'https://token.example/t',
      'https://tsa.example/',
      'https://cards.example',
      'https://docs.example/',
      'https://ocsp.example:8443/',
    ])
    expect(peers.map(({ caFile }) => caFile).filter(one => one !== undefined)).toEqual(['ca.pem'])
    expect(peers.every(one => one.pins?.[0] === pin.other)).toBe(true)
  })
})
