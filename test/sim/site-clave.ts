// Cl@ve Firma for a simulated site: FIRe with its people, the certificate that the kiosk is known by, and what the
// configuration says of both.

import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FireOptions, type FireSimulator, startFire } from './fire.ts'
import { createTestPki, pem, type TestPki } from './pki.ts'
import { createTestCa } from './tls.ts'

/** What the screen offers where people sign with Cl@ve. */
export const claveProcedure = {
  id: 'clave-copy',
  title: { ca: 'Còpia signada amb Cl@ve', es: 'Copia firmada con Cl@ve', en: 'Copy signed with Cl@ve' },
  description: {
    ca: 'Sense targeta: hi signa vostè, amb el telèfon.',
    es: 'Sin tarjeta: la firma usted, con el teléfono.',
    en: 'Without a card: you sign it, with your phone.',
  },
  document: { type: 'TD99', origin: 'citizen', csv: 'auto', legend: 'margin', sia: '205123' },
  signature: { mode: 'clave', format: 'PAdES', level: 'B' },
} as const

export interface SiteClave {
  readonly server: FireSimulator
  /** PEM of the authority that issues people's certificates. */
  readonly trustFile: string
  /** `clave` of the configuration. */
  readonly configuration: Readonly<Record<string, unknown>>
}

const applicationId = 'B244E473466F'

/** `served`: the infrastructure that tells about its certificates, where there is one. */
export async function startSiteClave(
  folder: string,
  served: TestPki | undefined,
  options: Pick<FireOptions, 'now' | 'port'> = {},
): Promise<SiteClave> {
  const pki = served ?? (await createTestPki({ now: Date.now() }))
  const client = await (await createTestCa()).issue(['kiosk.example.org'])
  const clientCertificate = new X509Certificate(client.cert).raw
  const server = await startFire({ pki, applicationId, clientCertificate, ...options })
  const path = (name: string) => join(folder, name)
  await writeFile(path('clave-ca.pem'), server.caPem)
  await writeFile(path('clave-client.pem'), client.cert)
  await writeFile(path('clave-client.key'), client.key, { mode: 0o600 })
  await writeFile(path('clave-authority.pem'), pem('CERTIFICATE', pki.root))
  return {
    server,
    trustFile: path('clave-authority.pem'),
    configuration: {
      url: `${server.url}/fire-signature`,
      applicationId,
      certificateFile: path('clave-client.pem'),
      keyFile: path('clave-client.key'),
      caFile: path('clave-ca.pem'),
      returnUrl: 'https://seu.example.org/clave/signed',
    },
  }
}
