// The person at their phone who signs with Cl@ve Firma: types password and code on the pages of the simulated service.

import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { parseProperties } from '../device/ades/java-properties.ts'
import { createTestPages } from '../drivers/clave/test-pages.ts'
import type { Started } from './cli.kit.ts'
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

/** As atPhone, in a browser on the kiosk's machine: the last page leads it to where the transaction was begun. */
export async function inBrowser(at: AtPhone, page: string, act: 'sign' | 'cancel' = 'sign'): Promise<void> {
  const { url, exchanges } = at.site.clave ?? expect.unreachable('a site without FIRe')
  const forms = exchanges().map(({ request }) => new URLSearchParams(request.body.toString('latin1')))
  const config = forms.findLast(form => form.get('config')?.startsWith('cmVkaXJl'))?.get('config') ?? ''
  const back = parseProperties(Buffer.from(config, 'base64url').toString('latin1')).get('redirectOkUrl') ?? ''
  const pages = createTestPages({ url, caFile: join(at.folder, 'clave-ca.pem') })
  await pages.walk({ page, password: firePassword, code: fireCode, act, returnUrl: back })
  expect((await fetch(back)).status).toBe(200)
}

/** The page that the command line sends somebody to, the `nth` of one run. */
export async function pageTold({ output }: Pick<Started, 'output'>, nth = 0): Promise<string> {
  const pages = () => output().match(/^https:\S+(?=\s)/gm) ?? []
  return vi.waitFor(() => pages()[nth] ?? expect.unreachable('nobody is sent away yet'), 20_000)
}
