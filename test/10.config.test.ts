// The configuration: what is refused and in which words, what is filled in, that nothing can be changed afterwards.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Config, parseConfig, textIn } from '../device/config/config.ts'
import { loadConfig } from '../device/config/file.ts'
import { Fault } from '../device/errors.ts'
import { nearestName } from '../device/nearest.ts'

const shipped = new URL('../system/rootfs/etc/compulsa/compulsa.json', import.meta.url).pathname

const good = {
  body: { name: { ca: 'Ajuntament', es: 'Ayuntamiento' }, ine10: '9821920002', dir3: 'L01080193' },
  procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
}

const stamped = { timestamping: { url: 'https://tsa.example' } }

function faultOf(raw: unknown): Fault {
  try {
    parseConfig(raw)
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
  throw new Error('it was accepted')
}

describe('parseConfig', () => {
  it('fills in what was left out', () => {
    const { kiosk, procedures } = parseConfig(good)
    expect(kiosk).toMatchObject({ languages: ['ca', 'es', 'en'], port: 8080 })
    expect(procedures[0]).toMatchObject({
      digitisation: { resolution: 300, colour: 'auto', source: 'adf' },
      elaborationStates: { original: 'EE03', authenticCopy: 'EE03', copy: 'EE99' },
      signature: { mode: 'local', format: 'PAdES', level: 'B' },
    })
  })

  it('takes any level where there is an authority and something to trust', () => {
    const levels = ['B', 'T', 'LT', 'LTA'].map(level => ({
      ...good.procedures[0],
      id: level.toLowerCase(),
      signature: { level },
    }))
    const { procedures } = parseConfig({ ...good, ...stamped, trust: ['roots.pem'], procedures: levels })
    expect(procedures.map(one => one.signature.level)).toEqual(['B', 'T', 'LT', 'LTA'])
  })

  it('freezes all of it', () => {
    const config = parseConfig(good) as { kiosk: { port: number } }
    expect(() => {
      config.kiosk.port = 1
    }).toThrow(TypeError)
  })

  it.each([
    [{ ...good, kisok: {} }, 'unknown key kisok; did you mean kiosk?'],
    [{ ...good, kiosk: { prot: 1 } }, 'unknown key kiosk.prot; did you mean kiosk.port?'],
    [{ ...good, devices: { printer: {} } }, 'devices.printer needs a url, or the uuid or name'],
    [
      { ...good, devices: { printer: { url: 'ipp://10.0.0.9/ipp/print', caFile: 'p.pem' } } },
      'caFile and pins need ipps:',
    ],
    [{ ...good, devices: { printer: { url: 'http://10.0.0.9/' } } }, 'devices.printer.url'],
    [
      { ...good, procedures: [{ ...good.procedures[0], retentionHour: 1 }] },
      'did you mean procedures.0.retentionHours?',
    ],
    [{ ...good, kiosk: { port: 'eighty' } }, 'kiosk.port must be integer'],
    [{ ...good, body: { ...good.body, ine10: '98' } }, 'body.ine10'],
    [
      { ...good, procedures: [{ ...good.procedures[0], signature: { mode: 'lcoal' } }] },
      '["none","local","seal","clave"]',
    ],
    [
      { ...good, devices: { scanners: [{ id: 'a', driver: 'escl', ulr: 'http://x' }] } },
      'did you mean devices.scanners.0.url?',
    ],
    [
      { ...good, devices: { scanners: [{ id: 'a', driver: 'escl', backs: 'turned' }] } },
      'devices.scanners.0 needs a url, or the uuid, serial or name by which the scanner is found',
    ],
    [
      { ...good, procedures: [{ ...good.procedures[0], signature: { level: 'LTV' } }] },
      'procedures.0.signature.level must be equal to one of the allowed values: ["B","T","LT","LTA"]',
    ],
    [
      { ...good, trust: ['a.pem'], procedures: [{ ...good.procedures[0], signature: { level: 'T' } }] },
      'procedures.0.signature.level is T, which needs timestamping',
    ],
    [
      { ...good, ...stamped, procedures: [{ ...good.procedures[0], signature: { level: 'LTA' } }] },
      'procedures.0.signature.level is LTA, which needs trust',
    ],
    [
      { ...good, ...stamped, procedures: [{ ...good.procedures[0], signature: { mode: 'none', level: 'LT' } }] },
      'procedures.0.signature.level is LT, but procedures.0.signature.mode is none',
    ],
    [{ ...good, timestamping: { ulr: 'x' } }, 'did you mean timestamping.url?'],
    [{ ...good, timestamping: { url: 'ldap://tsa.example' } }, 'timestamping.url'],
    [{ ...good, timestamping: { url: 'https://u:hush@tsa.example' } }, 'give passwordFile instead'],
    [{ ...good, timestamping: { url: 'https://tsa.example', kind: 'USR' } }, '"CERTIFICATE_TLS"'],
    [
      { ...good, timestamping: { url: 'https://tsa.example', kind: 'USER', user: 'u' } },
      'timestamping.passwordFile is needed for kind USER',
    ],
    [
      { ...good, timestamping: { url: 'http://tsa.example', kind: 'CERTIFICATE', certificateFile: 'a' } },
      'must be https:// for kind CERTIFICATE',
    ],
    [{ ...good, timestamping: { url: 'https://tsa.example', policy: '1.02.3' } }, 'timestamping.policy'],
    [{ ...good, revocation: { allowPrivat: [] } }, 'did you mean revocation.allowPrivate?'],
    [{ ...good, revocation: { maxCrlMegabytes: 101 } }, 'revocation.maxCrlMegabytes'],
    [{ ...good, devices: { keyStores: [{ pth: 'a' }] } }, 'did you mean devices.keyStores.0.path?'],
    [{}, 'required properties body, procedures'],
    [[], 'the configuration must be object'],
    ['text', 'the configuration must be object'],
    [null, 'the configuration must be object'],
  ])('refuses %j by its path', (raw, words) => {
    const fault = faultOf(raw)
    expect(fault.code).toBe('CONFIG_INVALID')
    expect(fault.detail).toContain(words)
  })

  it('refuses less than 200 ppi, unknown destinations, double ids, automated action without its resolution', () => {
    const procedure = {
      ...good.procedures[0],
      digitisation: { resolution: 199 },
      destinations: ['nowhere'],
      attestation: { by: 'automated' },
    }
    const { detail } = faultOf({ ...good, procedures: [procedure, procedure] })
    expect(detail).toContain('floor is 200')
    expect(detail).toContain('nowhere')
    expect(detail).toContain('attestation.resolution')
    expect(detail).toContain('the id copy twice')
  })

  it('never lets a plain copy become EE03', () => {
    const { detail } = faultOf({
      ...good,
      procedures: [{ ...good.procedures[0], elaborationStates: { copy: 'EE03' } }],
    })
    expect(detail).toContain('procedures.0.elaborationStates.copy')
  })

  it('knows the nearest name only when it is near', () => {
    expect(nearestName('devcies', ['devices', 'kiosk'])).toBe('devices')
    expect(nearestName('something', ['devices', 'kiosk'])).toBeUndefined()
  })

  it('gives a text in the language asked for, or the first there is', () => {
    expect(textIn({ ca: 'u', es: 'dos' }, 'es')).toBe('dos')
    expect(textIn({ ca: 'u' }, 'en')).toBe('u')
  })
})

describe('loadConfig', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compulsa-config-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('accepts the shipped file', () => {
    const { config }: { config: Config } = loadConfig({ configFile: shipped, dataFolder: undefined })
    expect(config.procedures.length).toBeGreaterThan(1)
    expect(JSON.parse(readFileSync(shipped, 'utf8')).body.ine10).toBe(config.body.ine10)
  })

  it('takes paths from where the file is', async () => {
    const configFile = join(folder, 'a.json')
    const timestamping = { url: 'http://tsa.example/', kind: 'USER', user: 'u', passwordFile: 'tsa.password' }
    const devices = { keyStores: [{ path: 'seal.p12', passwordFile: '/etc/seal.password' }] }
    const destinations = [{ id: 'a', driver: 'https', url: 'https://a.example', tokenFile: 'a.token' }]
    const more = { timestamping, devices, destinations, trust: ['root.pem'], kiosk: { dataFolder: 'data' } }
    await writeFile(configFile, JSON.stringify({ ...good, ...more }))
    const loaded = loadConfig({ configFile, dataFolder: undefined })
    expect(loaded.config.timestamping).toEqual({ ...timestamping, passwordFile: join(folder, 'tsa.password') })
    expect(loaded.config.devices.keyStores).toEqual([
      { path: join(folder, 'seal.p12'), passwordFile: '/etc/seal.password' },
    ])
    expect(loaded.config.destinations).toEqual([{ ...destinations[0], tokenFile: join(folder, 'a.token') }])
    expect(loaded.config.trust).toEqual([join(folder, 'root.pem')])
    expect(loaded.dataFolder).toBe(join(folder, 'data'))
    expect(loadConfig({ configFile, dataFolder: '/elsewhere' }).deviceKeyFile).toBe('/elsewhere/device.key')
  })

  it('tells an absent file from one that is no JSON', async () => {
    expect(() => loadConfig({ configFile: join(folder, 'none.json'), dataFolder: undefined })).toThrow(
      /CONFIG_UNREADABLE.*ENOENT/,
    )
    const configFile = join(folder, 'broken.json')
    await writeFile(configFile, '{"body":')
    expect(() => loadConfig({ configFile, dataFolder: undefined })).toThrow(/CONFIG_UNREADABLE.*not JSON/)
  })
})
