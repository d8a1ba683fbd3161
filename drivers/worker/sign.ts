// The sign worker: card readers and PKCS#11 modules, vendor code that may block or crash, and key stores. It sees digests,
// never documents, a PIN for as long as one login takes, and a software key for as
// long as one session lasts.

import type { Fault } from '../../device/errors.ts'
import { createPkcs11Signer, type Pkcs11SignerOptions } from '../signer/pkcs11.ts'
import { createPkcs12Signer, type KeyStore } from '../signer/pkcs12.ts'
import { joinSigners } from '../signer/signers.ts'
import { hostWorker } from './host.ts'
import { signerHandlers } from './signer-handlers.ts'

export interface SignConfiguration extends Pick<Pkcs11SignerOptions, 'modules'> {
  readonly keyStores: readonly KeyStore[]
}

await hostWorker<SignConfiguration>(({ modules, keyStores }) => {
  if (keyStores.length === 0) return signerHandlers(createPkcs11Signer({ modules, giveUp }))
  const stores = createPkcs12Signer({ keyStores })
  return signerHandlers(modules.length === 0 ? stores : joinSigners([createPkcs11Signer({ modules, giveUp }), stores]))
})

/** A card that no call logs out any more is logged out by the end of the process that opened it. */
function giveUp({ code, detail }: Fault): never {
  console.error(`${code}: ${detail}`)
  process.exit(1)
}
