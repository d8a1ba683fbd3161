// The destinations of the configuration: one shape for each driver, told in the words of the one that was chosen; their
// files are relative to the configuration; which host is behind which.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { hostOf } from '../device/config/destinations.ts'
import { loadConfig } from '../device/config/file.ts'
import { Fault } from '../device/errors.ts'

const https = { id: 'office', driver: 'https', url: 'https://office.example/in?to=1', tokenFile: 'token' }
const s3 = {
  id: 'bucket',
  driver: 's3',
  url: 'https://s3.example:9000',
  region: 'eu-south-2',
  bucket: 'copies',
  folder: 'kiosk-1/in',
  accessKeyId: 'AKID',
  secretKeyFile: 'secret',
}
const sftp = {
  id: 'folder',
  driver: 'sftp',
  host: 'files.example',
  user: 'kiosk',
  folder: 'in/copies',
  hostKeyFile: 'host.pub',
  keyFile: 'key',
}
const webdav = { id: 'dav', driver: 'webdav', url: 'https://dav.example/in/', user: 'kiosk', passwordFile: 'password' }
const copia = {
  id: 'copia',
  driver: 'copia',
  url: 'https://copia.example/api',
  ens: '9821920002',
  user: 'kiosk',
  domain: 'https://kiosk.example',
  keyFile: 'copia.key',
}
const all = [https, s3, sftp, webdav, copia]

const configOf = (destinations: readonly object[]) => ({
  body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
  procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
  destinations,
})

function wordsOf(destination: object): string {
  try {
    parseConfig(configOf([destination]))
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'CONFIG_INVALID') return thrown.detail
    throw thrown
  }
  throw new Error('it was accepted')
}

const without = (destination: object, key: string) =>
  Object.fromEntries(Object.entries(destination).filter(([name]) => name !== key))

describe('destinations', () => {
  it('are taken, one of each kind', () => {
    const { destinations } = parseConfig(configOf(all))
    expect(destinations).toEqual(all)
    expect(destinations.map(hostOf)).toEqual([
      'office.example:443',
      's3.example:9000',
      'files.example:22',
      'dav.example:443',
      'copia.example:443',
    ])
  })

  it('have their files beside the configuration', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'compulsa-config-'))
    try {
      const configFile = join(folder, 'compulsa.json')
      await writeFile(configFile, JSON.stringify(configOf(all)))
      const { destinations } = loadConfig({ configFile, dataFolder: undefined }).config
      const paths = destinations.flatMap(one => Object.entries(one).filter(([key]) => key.endsWith('File')))
      const names = ['token', 'secret', 'host.pub', 'key', 'password', 'copia.key']
      expect(paths.map(([, path]) => path)).toEqual(names.map(name => join(folder, name)))
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it.each<[object, string]>([
    [
      { ...sftp, driver: 'ftp' },
      'destinations.0.driver must be equal to one of the allowed values: ["https","s3","sftp","webdav","copia"]',
    ],
    [{ ...sftp, hostKeyfile: 'a' }, 'unknown key destinations.0.hostKeyfile; did you mean destinations.0.hostKeyFile?'],
    [without(sftp, 'hostKeyFile'), 'destinations.0 must have required properties hostKeyFile'],
    [without(sftp, 'keyFile'), 'destinations.0 needs keyFile or passwordFile, one of them'],
    [{ ...sftp, passwordFile: 'a' }, 'destinations.0 needs keyFile or passwordFile, one of them'],
    [{ ...sftp, host: '-oProxyCommand=x' }, 'destinations.0.host must match pattern'],
    [{ ...sftp, user: '-x' }, 'destinations.0.user must match pattern'],
    [{ ...sftp, folder: '../up' }, 'destinations.0.folder must match pattern'],
    [{ ...s3, url: 'http://s3.example' }, 'destinations.0.url must match pattern'],
    [{ ...s3, url: 'https://s3.example/?a' }, 'destinations.0.url has a query'],
    [{ ...s3, bucket: 'No_Bucket' }, 'destinations.0.bucket must match pattern'],
    [{ ...s3, folder: 'a//b' }, 'destinations.0.folder must match pattern'],
    [without(webdav, 'user'), 'destinations.0 needs user and passwordFile together'],
    [
      { ...webdav, url: 'https://kiosk:hush@dav.example/' },
      'destinations.0.url has a password; give it in a file instead',
    ],
    [{ ...webdav, url: 'https://dav.example/#a' }, 'destinations.0.url has a fragment'],
    [{ ...copia, ens: '98219' }, 'destinations.0.ens must match pattern'],
    [{ ...copia, url: 'https://copia.example/?a' }, 'destinations.0.url has a query'],
    [{ ...https, url: 'https://' }, 'destinations.0.url is no URL'],
    [{ ...https, parallel: 17 }, 'destinations.0.parallel must be <= 16'],
  ])('%j is refused in these words and no others', (destination, words) => {
    const told = wordsOf(destination)
    expect(told.startsWith(words)).toBe(true)
    expect(told).not.toMatch(/;(?! did you mean| give it)/)
  })
})
