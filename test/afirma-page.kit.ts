// A page that signs as with AutoFirma, in Debian's Chromium as the kiosk runs it: the browser has the policy that
// `compulsa browser-policy` prints and nothing else to make it lenient, the page is one of a configured site on what the
// browser takes for the public network, and its launch goes through xdg-open and `compulsa launch`. Needs root, as
// unshare(1) does, which puts the policy where Chromium looks without touching the machine's.

import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { PageDesk } from '../device/afirma/page-desk.ts'
import { loadConfig } from '../device/config/file.ts'
import { systemClock, systemRandom } from '../device/host.ts'
import { loopbackFolder } from '../device/http/afirma-places.ts'
import { startAfirma } from '../device/http/afirma-service.ts'
import type { Refused } from '../device/http/afirma-session.ts'
import { logInto } from './95.afirma.desk.ts'
import { createTestCa, type TlsIdentity } from './sim/tls.ts'

const run = promisify(execFile)
const program = new URL('../device/cli.ts', import.meta.url).pathname
const shipped = new URL('../system/rootfs/etc/compulsa/compulsa.json', import.meta.url)
const ownClient = new URL('sim/autoscript-client.ts', import.meta.url)

export const site = 'https://sede.example.cat'
export const foreignSite = 'https://elsewhere.example'
const siteHosts = [new URL(site).hostname, new URL(foreignSite).hostname]

/** What a page's callbacks were given. */
export type Outcome =
  | { readonly ok: readonly unknown[] }
  | { readonly failed: { readonly type: string; readonly message: string; readonly code: string } }

/** An open page with the script. */
export interface SigningPage {
  readonly page: Page
  /** A method of the script, with its callbacks added. */
  call(method: string, ...values: readonly unknown[]): Promise<Outcome>
  /** One without callbacks. */
  set(method: string, ...values: readonly unknown[]): Promise<void>
  close(): Promise<void>
}

export interface PageKiosk {
  readonly browser: Browser
  /** A page of that site; each is a visit of its own. */
  open(origin?: string): Promise<SigningPage>
  readonly refused: readonly Refused[]
  readonly logged: readonly string[]
  /** What the browser's handler was given, one address a line, with what it printed. */
  launches(): Promise<string>
  stop(): Promise<void>
}

export interface PageKioskOptions {
  readonly desk: PageDesk
  /** A file in place of our own client: the official script. */
  readonly script?: string
  /** By which the foreign site says who it is, in place of a certificate as good as the site's. */
  readonly foreignTls?: (folder: string, authorityFile: string) => Promise<TlsIdentity>
  /** Of the policy, in place of what the verb prints. */
  readonly policy?: (printed: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
}

export async function startPageKiosk(options: PageKioskOptions): Promise<PageKiosk> {
  await using started = new AsyncDisposableStack()
  const folder = started.adopt(await mkdtemp(join(tmpdir(), 'compulsa-page-')), made =>
    rm(made, { recursive: true, force: true, maxRetries: 5 }),
  )
  const configFile = await configure(folder)
  const refused: Refused[] = []
  const logged: string[] = []
  const { config, dataFolder } = loadConfig({ configFile, dataFolder: folder })
  if (config.autofirma === undefined) throw new Error('autofirma is not configured')
  const given = { config: config.autofirma, kioskId: config.kiosk.id, folder: dataFolder, desk: options.desk }
  const told = { log: logInto(logged), onRefused: (one: Refused) => refused.push(one) }
  const parts = { ...given, ...told, clock: systemClock, random: systemRandom }
  started.adopt(await startAfirma(parts), service => service.close())
  const foreign = await options.foreignTls?.(folder, join(loopbackFolder(dataFolder), 'authority.pem'))
  const where = { folder, configFile, dataFolder: folder }
  const pages = started.adopt(await startPages(where, options, foreign), one => one.stop())
  const running = started.move()
  return Object.freeze({ ...pages, refused, logged, stop: () => running.disposeAsync() })
}

/** Sites and browser alone, for an appliance that runs with this configuration on this data. */
export type Pages = Omit<PageKiosk, 'refused' | 'logged'>

export interface RunningKiosk {
  /** For what the browser keeps. */
  readonly folder: string
  readonly configFile: string
  /** As `--data` names it. */
  readonly dataFolder: string
}

export async function startPages(
  kiosk: RunningKiosk,
  options: Omit<PageKioskOptions, 'desk'> = {},
  foreign?: Parameters<typeof startSite>[1],
): Promise<Pages> {
  await using started = new AsyncDisposableStack()
  const web = started.adopt(await startSite(options.script, foreign), one => one.close())
  const browser = started.adopt(await startBrowser(kiosk, web, options), one => one.close())
  const running = started.move()
  return Object.freeze({
    browser,
    open: (origin = site) => openPage(browser, origin),
    launches: () => readFile(join(kiosk.folder, 'launches'), 'utf8').catch(() => ''),
    stop: () => running.disposeAsync(),
  })
}

async function configure(folder: string): Promise<string> {
  const file = join(folder, 'compulsa.json')
  const config = JSON.parse(await readFile(shipped, 'utf8'))
  await writeFile(file, JSON.stringify({ ...config, autofirma: { origins: [site] } }))
  return file
}

interface Site {
  readonly port: number
  readonly caPem: string
  close(): Promise<void>
}

/** Both sites, on one port. */
async function startSite(script: string | undefined, foreign: TlsIdentity | undefined): Promise<Site> {
  const ca = await createTestCa()
  const own = script === undefined
  const source = own ? stripTypeScriptTypes(await readFile(ownClient, 'utf8')) : await readFile(script)
  const html = `<!doctype html><meta charset="utf-8"><title>Sede</title>
<script ${own ? 'type="module" ' : ''}src="/autoscript.js"></script><h1>Sede</h1>`
  const server = createServer(await ca.issue(siteHosts), (request, response) => {
    const isScript = request.url === '/autoscript.js'
    response.setHeader('content-type', isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8')
    response.end(isScript ? source : html)
  })
  if (foreign !== undefined) server.addContext(new URL(foreignSite).hostname, foreign)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    caPem: ca.caPem,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function startBrowser(
  { folder, configFile, dataFolder }: RunningKiosk,
  web: Site,
  { policy = printed => printed }: Omit<PageKioskOptions, 'desk'>,
): Promise<Browser> {
  const where = ['--config', configFile, '--data', dataFolder]
  const { stdout } = await run(process.execPath, [program, 'browser-policy', ...where])
  const managed = join(folder, 'etc/policies/managed')
  await mkdir(managed, { recursive: true })
  await writeFile(join(managed, 'compulsa.json'), JSON.stringify(policy(JSON.parse(stdout))))
  const home = await trustingHome(folder, web.caPem)
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const quoted = [process.execPath, program, 'launch'].map(word => `'${word}'`).join(' ')
  await script(
    join(bin, 'xdg-open'),
    `{ echo "$1"; ${quoted} "$1" ${where.map(word => `'${word}'`).join(' ')} 2>&1; } >>'${folder}/launches'`,
  )
  const executablePath = join(bin, 'chromium-with-policy')
  await script(
    executablePath,
    `exec unshare -rm sh -c 'mount --bind "$0" /etc/chromium && exec /usr/bin/chromium "$@"' '${folder}/etc' "$@"`,
  )
  return chromium.launch({
    executablePath,
    env: { ...inherited(), HOME: home, PATH: `${bin}:${process.env['PATH']}` },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${siteHosts.map(name => `MAP ${name} 127.0.0.1:${web.port}`).join(',')}`,
      // As if the site were far away: a page from loopback could reach it anyway.
      `--ip-address-space-overrides=127.0.0.1:${web.port}=public`,
    ],
  })
}

function inherited(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([key, value]) => (value ? [[key, value]] : [])))
}

/** A home whose certificate store trusts the sites' authority, as the machine trusts those of real sites. */
async function trustingHome(folder: string, caPem: string): Promise<string> {
  const home = join(folder, 'home')
  const store = join(home, '.pki/nssdb')
  await mkdir(store, { recursive: true })
  const file = join(folder, 'sites-ca.pem')
  await writeFile(file, caPem)
  await run('certutil', ['-N', '-d', `sql:${store}`, '--empty-password'])
  await run('certutil', ['-A', '-d', `sql:${store}`, '-n', 'sites', '-t', 'C,,', '-i', file])
  return home
}

async function script(file: string, body: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${body}\n`)
  await chmod(file, 0o755)
}

type Script = Readonly<Record<string, (...values: unknown[]) => void>>

async function openPage(browser: Browser, origin: string): Promise<SigningPage> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${origin}/`)
  const set = (method: string, ...values: readonly unknown[]) =>
    page.evaluate(
      ([name, given]) => {
        const { AutoScript } = globalThis as unknown as { AutoScript: Script }
        AutoScript[name]?.(...given)
      },
      [method, values] as const,
    )
  await set('cargarAppAfirma')
  return {
    page,
    set,
    async call(method, ...values) {
      // Chromium launches a second time only after a person's hand was there, as it is on a page's button.
      await page.mouse.click(4, 4)
      return page.evaluate(
        ([name, given]) => {
          const { AutoScript } = globalThis as unknown as { AutoScript: Script }
          return new Promise<Outcome>(resolve => {
            const failed = (type: string, message: string, code: string) => resolve({ failed: { type, message, code } })
            AutoScript[name]?.(...given, (...ok: unknown[]) => resolve({ ok }), failed)
          })
        },
        [method, values] as const,
      )
    },
    close: () => context.close(),
  }
}
