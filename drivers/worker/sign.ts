// The sign worker: card readers and PKCS#11 modules, vendor code that may block or crash, and key stores. It sees digests,
// never documents, and a PIN for as long as one signature takes.

import { createPkcs11Signer, type Pkcs11SignerOptions } from '../signer/pkcs11.ts'
import { createPkcs12Signer, type KeyStore } from '../signer/pkcs12.ts'
import { joinSigners } from '../signer/signers.ts'
import { signerHandlers } from './handlers.ts'
import { hostWorker } from './host.ts'

export interface SignConfiguration extends Pkcs11SignerOptions {
  readonly keyStores: readonly KeyStore[]
}

await hostWorker<SignConfiguration>(({ modules, keyStores }) => {
  if (keyStores.length === 0) return signerHandlers(createPkcs11Signer({ modules }))
  const stores = createPkcs12Signer({ keyStores })
  return signerHandlers(modules.length === 0 ? stores : joinSigners([createPkcs11Signer({ modules }), stores]))
})
