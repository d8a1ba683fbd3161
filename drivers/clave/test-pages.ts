// The ClaveTestPages port: a person of the integration kit at the pages of a FIRe service, for the proof that precedes the
// admission to Cl@ve Firma. Follows redirects at the service's own host, keeps its cookies for the length of one walk, fills
// the one form of a page and presses its button. Nothing of what is typed is told anywhere.

import { Fault } from '../../device/errors.ts'
import type { ClaveTestPages, ClaveTestPerson } from '../../device/ports.ts'
import { readCaFile } from '../credential-file.ts'
import { type HttpResponse, request } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'

export interface TestPagesOptions {
  /** The service's address; pages of no other host are walked. */
  readonly url: string
  readonly caFile?: string
  /** The only keys that the service may have (drivers/pins.ts). */
  readonly pins?: readonly string[]
}

const maxSteps = 12
const maxPageBytes = 1024 * 1024
const deadlineMs = 30_000

interface Visit {
  readonly url: URL
  /** A form; absent: the page is fetched. */
  readonly form?: string
}

export function createTestPages(options: TestPagesOptions): ClaveTestPages {
  return Object.freeze({
    async walk(person: ClaveTestPerson, signal?: AbortSignal): Promise<void> {
      const cookies = new Map<string, string>()
      const own = new URL(options.url).host
      let visit: Visit = { url: new URL(person.page) }
      for (let step = 0; step < maxSteps; step++) {
        if (visit.url.href.startsWith(person.returnUrl)) return
        if (visit.url.host !== own) throw new Fault('CLAVE_REFUSED', 'the pages lead to another host')
        const response = await fetched(options, visit, cookies, signal)
        for (const cookie of (response.headers['set-cookie'] ?? '').split(/,(?=[^;]+=)/)) {
          const [, name, value] = /^\s*([^=;\s]+)=([^;]*)/.exec(cookie) ?? []
          if (name !== undefined && value !== undefined) cookies.set(name, value)
        }
        visit = next(visit.url, response, Buffer.from(await readAll(response.body)).toString('utf8'), person)
      }
      throw new Fault('CLAVE_REFUSED', `the pages did not end within ${maxSteps} steps`)
    },
  })
}

async function fetched(
  { caFile, pins }: TestPagesOptions,
  { url, form }: Visit,
  cookies: ReadonlyMap<string, string>,
  signal?: AbortSignal,
): Promise<HttpResponse> {
  const ca = await readCaFile(caFile)
  if (!ca.usable) throw new Fault('CLAVE_UNTRUSTED', ca.reason)
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  try {
    return await request({
      method: form === undefined ? 'GET' : 'POST',
      url,
      headers: {
        accept: 'text/html',
        ...(cookie !== '' && { cookie }),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form !== undefined && { body: Buffer.from(form, 'latin1') }),
      ...(ca.text !== undefined && { ca: ca.text }),
      pins,
      ...(signal !== undefined && { signal }),
      deadlineMs,
      maxBodyBytes: maxPageBytes,
    })
  } catch (thrown) {
    if (!(thrown instanceof HttpError)) throw thrown
    throw new Fault('CLAVE_UNREACHABLE', thrown.message, { cause: thrown })
  }
}

/** Where a redirect or the page's form leads. */
function next(here: URL, { status, headers }: HttpResponse, html: string, person: ClaveTestPerson): Visit {
  const { location } = headers
  if (status >= 300 && status < 400 && location !== undefined) return { url: new URL(location, here) }
  if (status !== 200) throw new Fault('CLAVE_REFUSED', `a page of the service answered ${status}`)
  if (/role="alert"/.test(html)) throw new Fault('CLAVE_REFUSED', 'the page did not take what was typed')
  const [, opening = '', inside] = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(html) ?? []
  if (inside === undefined) throw new Fault('CLAVE_REFUSED', 'a page of the service has no form')
  return { url: new URL(attribute(opening, 'action') ?? '', here), form: filled(inside, person) }
}

/** Hidden values stay, passwords and texts are typed, and of the buttons with a value that of the wished act is pressed. */
function filled(inside: string, { password, code, act }: ClaveTestPerson): string {
  const form = new URLSearchParams()
  for (const [, attributes = ''] of inside.matchAll(/<input\b([^>]*)>/gi)) {
    const name = attribute(attributes, 'name')
    const type = attribute(attributes, 'type') ?? 'text'
    if (name === undefined || type === 'submit' || type === 'button') continue
    form.set(name, { hidden: attribute(attributes, 'value') ?? '', password }[type] ?? code)
  }
  for (const [, attributes = ''] of inside.matchAll(/<(?:button|input)\b([^>]*)>/gi)) {
    const [name, value] = [attribute(attributes, 'name'), attribute(attributes, 'value')]
    if (name !== undefined && value === act) form.set(name, value)
  }
  return form.toString()
}

function attribute(text: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}\\s*=\\s*"([^"]*)"`, 'i').exec(text)?.[1]
  return value?.replace(/&#(\d+);/g, (_all, unit: string) => String.fromCharCode(Number(unit))).replaceAll('&amp;', '&')
}
