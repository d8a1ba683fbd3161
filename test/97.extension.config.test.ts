// The configuration of raising signatures elsewhere: what goes together, what is refused by name, and what of levels above B
// it stands in for.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { loadConfig } from '../device/config/file.ts'

const service = {
  driver: 'fortress',
  url: 'https://fortress.example.org/fortress',
  clientId: 'kiosk',
  clientSecretFile: 'secret',
  redirectUri: 'https://kiosk.example.org/',
  tsa: { url: 'https://tsa.example.org/' },
}
const least = {
  body: { name: { ca: 'Ens' }, ine10: '9821920002', dir3: 'L01080193' },
  trust: ['roots.pem'],
  procedures: [{ id: 'copy', title: { ca: 'Còpia' }, signature: { level: 'LTA' } }],
}
const parsed = (over: object, extension: object = {}) =>
  parseConfig({ ...least, extension: { service: { ...service, ...over }, ...extension } })

describe('an extension service', () => {
  it('has defaults, and stands in for an authority of the kiosk’s own', () => {
    expect(parsed({}).extension).toMatchObject({
      fallback: 'none',
      service: { maxMegabytes: 32, deadlineSeconds: 120, tsa: { type: 'URL' } },
    })
    expect(() => parseConfig(least)).toThrow('needs timestamping')
  })

  it.each<readonly [object, string]>([
    [{ url: 'http://fortress.example.org/' }, 'extension.service.url'],
    [{ url: 'https://a:b@fortress.example.org/' }, 'extension.service.url has a password'],
    [{ url: 'https://fortress.example.org/?a=b' }, 'extension.service.url has a query'],
    [{ redirectUri: 'https://' }, 'extension.service.redirectUri is no URL'],
    [{ clientSecret: 'x' }, 'unknown key extension.service.clientSecret'],
    [{ tsa: { type: 'USER', url: 'https://tsa.example.org/' } }, 'tsa.user is needed for type USER'],
    [{ tsa: { type: 'CERTIFICATE', url: 'https://tsa.example.org/' } }, 'tsa.certificateCode is needed'],
    [
      { tsa: { type: 'CERTIFICATE_TLS', url: 'https://tsa.example.org/', certificateCode: 'c' } },
      'tsa.passwordFile is needed for type CERTIFICATE_TLS',
    ],
    [{ tsa: { url: 'https://tsa.example.org/', user: 'u' } }, 'tsa.user is not for type URL'],
    [{ tsa: { url: 'https://u:p@tsa.example.org/' } }, 'tsa.url has a password'],
    [{ signatureAlgorithm: 'RSA_MD5' }, 'extension.service.signatureAlgorithm'],
    [{ policy: { id: '1.2' } }, 'extension.service.policy'],
  ])('with %j is refused', (over, words) => {
    expect(() => parsed(over)).toThrow(words)
  })

  it('wants an authority of the kiosk’s own to fall back on', () => {
    expect(() => parsed({}, { fallback: 'local' })).toThrow('extension.fallback is local, which needs timestamping')
  })

  it('wants somebody to trust', () => {
    const procedures = [{ id: 'copy', title: { ca: 'Còpia' } }]
    const config = { ...least, trust: [], procedures, extension: { service } }
    expect(() => parseConfig(config)).toThrow('extension.service needs trust')
  })

  it('has its files beside the configuration', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'compulsa-config-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const tsa = { type: 'USER', url: 'https://tsa.example.org/', user: 'u', passwordFile: 'password' }
    const configFile = join(folder, 'compulsa.json')
    await writeFile(
      configFile,
      JSON.stringify({ ...least, extension: { service: { ...service, caFile: 'ca.pem', tsa } } }),
    )
    expect(loadConfig({ configFile, dataFolder: undefined }).config.extension?.service).toMatchObject({
      clientSecretFile: join(folder, 'secret'),
      caFile: join(folder, 'ca.pem'),
      tsa: { passwordFile: join(folder, 'password') },
    })
  })
})
