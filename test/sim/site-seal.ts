// The seal service of a simulated site: TrustedX with the seal of the body, and what the configuration says of it.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTestPki, pem, type TestPki } from './pki.ts'
import type { SealServer } from './seal-server.ts'
import { sealIdentity, startTrustedx, type TrustedxFault, trustedxClient, trustedxTokenPath } from './trustedx.ts'

/** What the screen offers where the seal signs. */
export const sealedProcedure = {
  id: 'sealed-copy',
  title: { ca: 'Còpia amb segell electrònic', es: 'Copia con sello electrónico', en: 'Copy under seal' },
  description: {
    ca: 'Sense targeta: hi posa el segell l’Ajuntament.',
    es: 'Sin tarjeta: le pone el sello el Ayuntamiento.',
    en: 'Without a card: the Town Council puts its seal on it.',
  },
  document: { type: 'TD99', origin: 'citizen', csv: 'auto', legend: 'margin' },
  signature: { mode: 'seal', format: 'PAdES', level: 'B' },
  attestation: { by: 'automated', resolution: 'Decret 12/2026' },
} as const

export interface SiteSeal {
  readonly server: SealServer<TrustedxFault>
  /** PEM of the authority that issued the seal. */
  readonly trustFile: string
  /** `seal` of the configuration, for the body of this INE10. */
  configuration(ine10: string): object
}

/** `served`: the infrastructure that tells about its certificates, where there is one. */
export async function startSiteSeal(folder: string, served: TestPki | undefined): Promise<SiteSeal> {
  const pki = served ?? (await createTestPki({ now: Date.now() }))
  const identity = await pki.signer({ commonName: 'Segell de l’Ajuntament (sample)' })
  const other = await pki.signer({ commonName: 'Un altre segell (sample)' })
  const server = await startTrustedx({ identity, other })
  const path = (name: string) => join(folder, name)
  const chain = [identity.certificate, ...identity.chain].map(one => pem('CERTIFICATE', one)).join('')
  await writeFile(path('seal.pem'), chain)
  await writeFile(path('seal-ca.pem'), server.caPem)
  await writeFile(path('seal-authority.pem'), pem('CERTIFICATE', pki.root))
  await writeFile(path('seal.secret'), `${trustedxClient.secret}\n`, { mode: 0o600 })
  return {
    server,
    trustFile: path('seal-authority.pem'),
    configuration: ens => ({
      services: [
        {
          id: 'trustedx',
          driver: 'trustedx',
          url: server.url,
          tokenUrl: `${server.url}${trustedxTokenPath}`,
          clientId: trustedxClient.clientId,
          clientSecretFile: path('seal.secret'),
          caFile: path('seal-ca.pem'),
        },
      ],
      table: [{ ens, service: 'trustedx', identity: sealIdentity, certificateFile: path('seal.pem') }],
    }),
  }
}
