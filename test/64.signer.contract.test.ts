// The contract of the Signer port over both of its drivers: cards in SoftHSM, keys in a PKCS#12 file.

import { afterAll, beforeAll, describe } from 'vitest'
import { createPkcs11Signer } from '../drivers/signer/pkcs11.ts'
import { joined, type KeyStores, keyStores, password, signerOf } from './64.pkcs12.kit.ts'
import { itIsASigner, type SignerUnderTest } from './contract/signer.ts'
import { createSoftToken, softHsmModule } from './sim/token.ts'

let stores: KeyStores
const under: Partial<Record<'card' | 'file', SignerUnderTest>> = {}

beforeAll(async () => {
  stores = await keyStores()
  const [rsa, ec] = [stores.identity('RSA-2048'), stores.identity('P-521')]
  const certificates = { rsaCertificate: rsa.certificate, ecCertificate: ec.certificate }
  const entries = [rsa, ec].map(identity => ({ identity }))
  const token = await createSoftToken({ folder: `${stores.folder.path}/cards`, entries })
  process.env['SOFTHSM2_CONF'] = token.environment.SOFTHSM2_CONF
  const cards = createPkcs11Signer({ modules: [{ path: softHsmModule }] })
  under.card = { signer: cards, tokenId: token.tokenId, pin: token.pin, ...certificates }
  const path = await joined(stores, [await stores.pkcs12('RSA-2048'), await stores.pkcs12('P-521')])
  const files = signerOf(path)
  const [file] = await files.tokens()
  under.file = { signer: files, tokenId: file?.id ?? '', pin: password, ...certificates }
})
afterAll(async () => {
  delete process.env['SOFTHSM2_CONF']
  await stores.folder.remove()
})

function prepared(which: 'card' | 'file'): SignerUnderTest {
  const found = under[which]
  if (found === undefined) throw new Error('set up failed')
  return found
}

describe('a card', () => itIsASigner(() => prepared('card')))

describe('a PKCS#12 file', () => itIsASigner(() => prepared('file')))
