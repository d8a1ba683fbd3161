// The contract of the Signer port over both of its drivers, cards in SoftHSM and keys in a PKCS#12 file, and over the two
// of them side by side in the sign worker.

import { afterAll, beforeAll, describe } from 'vitest'
import { systemClock } from '../device/host.ts'
import { createPkcs11Signer } from '../drivers/signer/pkcs11.ts'
import { launchWorker, type Worker } from '../drivers/worker/launch.ts'
import { remoteSigner } from '../drivers/worker/remote-signer.ts'
import { memoryLog } from './20.worker.setup.ts'
import { joined, type KeyStores, keyStores, password, signerOf } from './64.pkcs12.kit.ts'
import { itIsASigner, type SignerUnderTest } from './contract/signer.ts'
import { createSoftToken, softHsmModule } from './sim/token.ts'

let stores: KeyStores
const under: Partial<Record<'card' | 'file' | 'distant', SignerUnderTest>> = {}
let worker: Worker

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
  const config = { modules: [{ path: softHsmModule }], keyStores: [{ path }], environment: token.environment }
  worker = launchWorker({ name: 'sign', entry: 'sign.ts', config, log: memoryLog(), clock: systemClock })
  under.distant = { ...under.card, signer: remoteSigner(worker.channel) }
})
afterAll(async () => {
  delete process.env['SOFTHSM2_CONF']
  await worker.stop()
  await stores.folder.remove()
})

function prepared(which: 'card' | 'file' | 'distant'): SignerUnderTest {
  const found = under[which]
  if (found === undefined) throw new Error('set up failed')
  return found
}

describe('a card', () => itIsASigner(() => prepared('card')))

describe('a PKCS#12 file', () => itIsASigner(() => prepared('file')))

describe('a card beside a file in the sign worker', () => itIsASigner(() => prepared('distant')))
