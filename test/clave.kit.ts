// The person at their phone who signs with Cl@ve Firma: types password and code on the pages of the simulated service.

import { join } from 'node:path'
import { expect } from 'vitest'
import { createTestPages } from '../drivers/clave/test-pages.ts'
import { fireReturnPath } from './sim/fire.ts'
import { fireCode, firePassword } from './sim/fire.users.ts'
import type { Site } from './sim/site.ts'

/** Of a person whom the service lets sign. */
export const clavePerson = '50751129L'

export interface AtPhone {
  readonly site: Pick<Site, 'clave'>
  /** Of the site. */
  readonly folder: string
}

/** Goes through the pages from the one that the kiosk's QR code leads to. */
export async function atPhone({ site, folder }: AtPhone, page: string, act: 'sign' | 'cancel' = 'sign'): Promise<void> {
  const { url } = site.clave ?? expect.unreachable('a site without FIRe')
  const pages = createTestPages({ url, caFile: join(folder, 'clave-ca.pem') })
  await pages.walk({ page, password: firePassword, code: fireCode, act, returnUrl: `${url}${fireReturnPath}` })
}
