// What `compulsa doctor` finds out about the interface for programs, on files that openssl made.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { checkApi } from '../device/verbs/doctor-api.ts'
import { createWebhooks } from '../drivers/callback/webhook.ts'
import { type ClientCa, type ClientFiles, createClientCa } from './client-ca.kit.ts'

let folder = ''
let ca: ClientCa
let own: ClientFiles
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'compulsa-doctor-'))
  ca = await createClientCa(join(folder, 'clients'))
  own = await ca.issue({ subject: '/CN=kiosk.example', until: inDays(90) })
})
afterAll(() => rmSync(folder, { recursive: true }))

function inDays(days: number): string {
  const at = new Date(Date.now() + days * 86_400_000).toISOString()
  return `${at.replace(/[-:T]|\.\d+/g, '').slice(0, 14)}Z`
}

function fileOf(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

async function findings(api: { readonly tls?: object; readonly client?: object }) {
  const given = { certificateFile: own.certificateFile, keyFile: own.keyFile, ...api.tls }
  const client = { id: 'ledger', tokenFile: fileOf('token', 'a-token-that-is-long-enough'), ...api.client }
  const config = parseConfig({
    body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
    procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
    api: { port: 0, tls: given, clients: [client] },
  })
  const { clients = [] } = config.api ?? {}
  return checkApi(config, { callbacks: () => createWebhooks({ clients }) })
}

const told = async (check: string, ...api: Parameters<typeof findings>) =>
  (await findings(...api)).find(one => one.check === check)

describe('compulsa doctor', () => {
  it('tells how long certificate, authorities and lists last', async () => {
    const tls = { clientCaFile: ca.caFile, clientCrlFile: fileOf('crl', await ca.crl()) }
    const found = await findings({ tls })
    expect(found.map(({ check, ok, detail }) => [check, ok, detail.replace(/due .*/, 'due')])).toEqual([
      ['api.tls', true, 'kiosk.example, 89 days left'],
      ['api.tls.clientCaFile', true, 'Clients, 29 days left'],
      ['api.tls.clientCrlFile', true, 'the next list is due'],
      ['token of ledger', true, join(folder, 'token')],
    ])
    expect(found.map(({ warn }) => warn === true)).toEqual([false, true, false, false])
    expect(await findings({})).toHaveLength(2)
  })

  it('names files that cannot be used, are open to others or are out of date', async () => {
    const ended = await ca.issue({ from: inDays(-9), until: inDays(-1) })
    const open = fileOf('open.key', '', 0o640)
    for (const [tls, words] of [
      [{ certificateFile: '/nowhere' }, 'FILE_UNREADABLE: /nowhere'],
      [{ keyFile: open }, `${open} can be read by others`],
      [{ keyFile: fileOf('no.key', 'x') }, 'holds no private key in clear'],
      [{ keyFile: ended.keyFile }, `${ended.keyFile} is not the key of`],
      [ended, 'x ended '],
    ] as const)
      expect(await told('api.tls', { tls })).toMatchObject({ ok: false, detail: expect.stringContaining(words) })
    const clientCaFile = ca.caFile
    const others = await createClientCa(join(folder, 'others'))
    const late = await told('api.tls.clientCrlFile', {
      tls: { clientCaFile, clientCrlFile: fileOf('late', await ca.crl(inDays(0.2))) },
    })
    expect(late).toMatchObject({ ok: true, warn: true })
    for (const [text, words] of [
      [await ca.crl(inDays(-0.5)), 'no certificate is let in'],
      [await others.crl(), 'there is no list by Clients'],
      ['half a file', 'holds no PEM list'],
    ] as const) {
      const tls = { clientCaFile, clientCrlFile: fileOf('crl', text) }
      expect(await told('api.tls.clientCrlFile', { tls })).toMatchObject({
        ok: false,
        detail: expect.stringContaining(words),
      })
    }
    const none = await told('api.tls.clientCaFile', { tls: { clientCaFile: own.keyFile } })
    expect(none).toMatchObject({ ok: false, detail: expect.stringContaining('CERTIFICATE_UNREADABLE') })
    const short = await told('token of ledger', { client: { tokenFile: fileOf('short', 'x') } })
    expect(short).toMatchObject({ ok: false, detail: expect.stringContaining('holds no token') })
  })

  it('judges a callback secret as callbacks will, and says which was not made by chance', async () => {
    const secret = (text: string, mode?: number) =>
      told('callback secret of ledger', { client: { callbackSecretFile: fileOf('secret', text, mode) } })
    const whsec = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString('base64')}\n`
    const random = Uint8Array.from({ length: 32 }, (_, i) => (i * 197 + 41) % 256)
    expect(await secret(whsec(random))).toEqual({
      check: 'callback secret of ledger',
      ok: true,
      detail: join(folder, 'secret'),
      mend: '',
    })
    for (const written of ['correct horse battery staple', '\u00e9'.repeat(16), '0123456789abcdef0123456789abcdef'])
      expect(await secret(whsec(Buffer.from(written)))).toMatchObject({
        ok: true,
        warn: true,
        mend: expect.stringMatching(/openssl rand/),
      })
    for (const [text, mode, words] of [
      [whsec(random), 0o640, 'can be read by others'],
      [whsec(random.subarray(0, 23)), 0o600, 'whsec_ and the Base64 of 24 to 64 octets'],
      [`${Buffer.from(random).toString('base64')}\n`, 0o600, 'whsec_ and the Base64'],
    ] as const)
      expect(await secret(text, mode)).toMatchObject({ ok: false, detail: expect.stringContaining(words) })
    const ca = await told('callback secret of ledger', {
      client: { callbackSecretFile: fileOf('secret', whsec(random)), callbackCaFile: own.keyFile },
    })
    expect(ca).toMatchObject({ ok: false, detail: expect.stringContaining('holds no PEM certificate') })
  })
})
