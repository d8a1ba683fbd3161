// Cl@ve Firma for a simulated site: FIRe with its people, the certificate that the kiosk is known by, and what the
// configuration says of both.

import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type FireOptions, type FireSimulator, fireReturnPath, startFire } from './fire.ts'
import { fireCode, firePassword, fireUsers } from './fire.users.ts'
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
  /** For `compulsa clave onboarding`. */
  readonly peopleFile: string
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
  await writeFile(path('clave-people.json'), JSON.stringify(kitPeople(), null, 2), { mode: 0o600 })
  // Signatures bring no issuers: who is to be trusted has to be the one that issues people's certificates.
  await writeFile(path('clave-authority.pem'), pem('CERTIFICATE', pki.intermediate))
  return {
    server,
    trustFile: path('clave-authority.pem'),
    peopleFile: path('clave-people.json'),
    configuration: {
      url: `${server.url}/fire-signature`,
      applicationId,
      certificateFile: path('clave-client.pem'),
      keyFile: path('clave-client.key'),
      caFile: path('clave-ca.pem'),
      returnUrl: `${server.url}${fireReturnPath}`,
    },
  }
}

/** The people of the kit by what they are for. */
function kitPeople() {
  const known = { password: firePassword, code: fireCode }
  return {
    signs: { subject: '00001', ...known },
    withoutCertificate: { subject: '00002', ...known },
    blocked: { subject: '00003', ...known },
    weaklyRegistered: { subject: '00004', ...known },
    unknown: { subject: '99999', ...known },
  }
}

const shipped = new URL('../../system/rootfs/etc/compulsa/compulsa.json', import.meta.url)

/** By hand: runs until `signal`, with a configuration that names it in the folder. */
export async function runClaveCentre(
  options: { readonly folder: string; readonly port?: number },
  signal: AbortSignal,
): Promise<number> {
  const folder = resolve(options.folder)
  await mkdir(folder, { recursive: true })
  const clave = await startSiteClave(folder, undefined, options.port === undefined ? {} : { port: options.port })
  const base = JSON.parse(await readFile(shipped, 'utf8'))
  const config = { ...base, trust: [clave.trustFile], clave: clave.configuration, procedures: [claveProcedure] }
  const configFile = join(folder, 'compulsa.json')
  await writeFile(configFile, JSON.stringify(config, null, 2))
  const people = fireUsers.map(({ subject, state }) => `${subject} ${state}`).join(', ')
  console.log(
    [
      `FIRe: ${clave.server.url}/fire-signature`,
      `people: ${people}; password ${firePassword}, code of the SMS ${fireCode}`,
      `compulsa clave onboarding --config ${configFile} --people ${clave.peopleFile} --out ${join(folder, 'papers')}`,
    ].join('\n'),
  )
  if (!signal.aborted) await new Promise<void>(done => signal.addEventListener('abort', () => done(), { once: true }))
  for (const breach of clave.server.breaches()) console.error(`against the contract: ${breach}`)
  await clave.server.stop()
  return 0
}
