// What the tests of Cl@ve Firma share: a FIRe service with its people, files that the kiosk shows itself by, and somebody at
// the service's pages.

import { createHash, X509Certificate } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import type { ClaveDocument, ClaveOrder } from '../device/ports.ts'
import { createFire, type FireOptions as DriverOptions } from '../drivers/clave/fire.ts'
import { createTestPages } from '../drivers/clave/test-pages.ts'
import type { Folder } from './50.signature.kit.ts'
import { type FireOptions, type FireSimulator, startFire } from './sim/fire.ts'
import { fireCode, firePassword } from './sim/fire.users.ts'
import type { TestPki } from './sim/pki.ts'
import { createTestCa } from './sim/tls.ts'

export const returnUrl = 'https://seu.example.org/signed'
export const person = '50751129L'
export const order: ClaveOrder = { subject: person, language: 'ca', returnUrl }

export function claveDocument(id = 'doc-1', place: ClaveDocument['place'] = 'pdf'): ClaveDocument {
  return { id, digest: createHash('sha256').update(id).digest(), title: `Còpia «${id}»`, place }
}

export interface FireScene {
  readonly server: FireSimulator
  readonly options: DriverOptions
  readonly port: ReturnType<typeof createFire>
  /** Somebody signs, or cancels, at the page; resolves when they are sent back. */
  atPage(page: string, act?: 'sign' | 'cancel', password?: string): Promise<void>
}

export async function fireScene(
  folder: Folder,
  pki: TestPki,
  more: { readonly server?: Partial<FireOptions>; readonly driver?: Partial<DriverOptions> } = {},
): Promise<FireScene> {
  const client = await (await createTestCa()).issue(['kiosk.example.org'])
  const server = await startFire({
    pki,
    applicationId: 'B244E473466F',
    clientCertificate: new X509Certificate(client.cert).raw,
    ...more.server,
  })
  const secret = async (name: string, text: string) => {
    const path = await folder.write(name, text)
    await chmod(path, 0o600)
    return path
  }
  const options: DriverOptions = {
    url: `${server.url}/fire-signature`,
    applicationId: 'B244E473466F',
    applicationName: 'Ajuntament de Vilafictícia',
    provider: 'clavefirma',
    procedureName: 'Còpia autèntica',
    certificateFile: await folder.write('client.pem', client.cert),
    keyFile: await secret('client.key', client.key),
    caFile: await folder.write('fire-ca.pem', server.caPem),
    deadlineMs: 2_000,
    ...more.driver,
  }
  const pages = createTestPages(options)
  return {
    server,
    options,
    port: createFire(options),
    atPage: (page, act = 'sign', password = firePassword) =>
      pages.walk({ page, password, code: fireCode, act, returnUrl }),
  }
}
