// Software keys that cannot be opened: no PKCS#12 file, a damaged, replaced or missing one, a password file that others can
// read.

import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { createPkcs12Signer } from '../drivers/signer/pkcs12.ts'
import { openKeyStore } from '../drivers/signer/pkcs12-file.ts'
import { type KeyStores, keyStores, only, password, pinOf, signerOf } from './64.pkcs12.kit.ts'
import { pem } from './sim/pki.ts'

let stores: KeyStores

beforeAll(async () => {
  stores = await keyStores()
})
afterAll(() => stores.folder.remove())

describe('a file that is none', () => {
  const codeOf = (file: Uint8Array): string => {
    try {
      return openKeyStore(file, pinOf()).outcome
    } catch (thrown) {
      if (thrown instanceof Fault) return thrown.code
      throw thrown
    }
  }

  it('is KEY_STORE_UNREADABLE, whatever it is instead', async () => {
    for (const wrong of ['', 'hello', pem('CERTIFICATE', stores.pki.root), stores.pki.root, Buffer.alloc(1000, 0x30)]) {
      expect(codeOf(Buffer.from(wrong))).toBe('KEY_STORE_UNREADABLE')
    }
  })

  it('cut off or changed in any place never opens as another and never breaks the reader', async () => {
    const file = await readFile(await stores.pkcs12('P-256', ['-iter', '1', '-nomaciter']))
    const good = openKeyStore(file, pinOf())
    const outcomes = new Set<string>()
    for (let at = 0; at < file.length; at += 7) {
      outcomes.add(codeOf(file.subarray(0, at)))
      const changed = Buffer.from(file)
      changed[at] = (changed[at] ?? 0) ^ 0x55
      const outcome = codeOf(changed)
      if (outcome === 'opened') expect(openKeyStore(changed, pinOf())).toEqual(good)
      outcomes.add(outcome)
    }
    expect([...outcomes].sort()).toContain('password-wrong')
    expect([...outcomes].filter(one => !['opened', 'password-wrong', 'KEY_STORE_UNREADABLE'].includes(one))).toEqual([])
  })

  it('asking for rounds without end is not waited for', async () => {
    const file = await readFile(await stores.pkcs12('P-256', ['-iter', '1000000']))
    const changed = Buffer.from(file)
    const rounds = Buffer.from('02030f4240', 'hex')
    changed.set(Buffer.from('02037fffff', 'hex'), changed.lastIndexOf(rounds))
    expect(codeOf(changed)).toBe('KEY_STORE_UNREADABLE')
  })

  it('that is missing is no token, and told where there is no other', async () => {
    const there = await stores.pkcs12('P-256')
    const missing = join(stores.folder.path, 'missing.p12')
    expect(await signerOf(missing, there).tokens()).toHaveLength(1)
    await expect(signerOf(missing).tokens()).rejects.toMatchObject({
      code: 'KEY_STORE_UNREADABLE',
      detail: expect.stringContaining('ENOENT'),
    })
  })

  it('that was replaced is another token', async () => {
    const path = await stores.pkcs12('P-256')
    const signer = signerOf(path)
    const { token } = await only(signer)
    await writeFile(path, await readFile(await stores.pkcs12('P-384')))
    const request = { tokenId: token.id, keyId: '00', algorithm: 'SHA256withECDSA', digest: Buffer.alloc(32) } as const
    expect(await signer.sign({ ...request, pin: pinOf() })).toEqual({ outcome: 'token-absent' })
    await expect(signer.certificates(token.id, undefined, pinOf())).rejects.toMatchObject({ code: 'TOKEN_ABSENT' })
  })
})

describe('the password file', () => {
  it('shows the certificates where nobody gives the password, if only its owner can read it', async () => {
    const path = await stores.pkcs12('P-256')
    const passwordFile = await stores.folder.write('password', `${password}\n`)
    const signer = createPkcs12Signer({ keyStores: [{ path, passwordFile }] })
    const [token] = await signer.tokens()
    await chmod(passwordFile, 0o644)
    await expect(signer.certificates(token?.id ?? '')).rejects.toMatchObject({
      code: 'KEY_STORE_UNREADABLE',
      detail: expect.stringContaining('0600'),
    })
    await chmod(passwordFile, 0o600)
    expect(await signer.certificates(token?.id ?? '')).toHaveLength(1)
    await expect(signerOf(path).certificates(token?.id ?? '')).rejects.toMatchObject({
      detail: expect.stringContaining('password'),
    })
  })
})
