// The sign worker: card readers and PKCS#11 modules, vendor code that may block or crash. It sees digests, never
// documents, and a PIN for as long as one signature takes.

import { createPkcs11Signer, type Pkcs11SignerOptions } from '../signer/pkcs11.ts'
import { signerHandlers } from './handlers.ts'
import { hostWorker } from './host.ts'

await hostWorker<Pkcs11SignerOptions>(configuration => signerHandlers(createPkcs11Signer(configuration)))
