// A kiosk for the tests: the simulated surroundings, the real appliance above them in this process (its workers are real
// children), and a screen that speaks the screen's own protocol over HTTP.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../device/config/file.ts'
import { systemRandom } from '../device/host.ts'
import type { CopyView, View } from '../device/http/view.ts'
import { type Appliance, startAppliance } from '../device/main.ts'
import type { Log } from '../device/ports.ts'
import { createLeapingClock, type LeapingClock } from './sim/clock.ts'
import { type Site, type SiteOptions, startSite } from './sim/site.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export interface Screen {
  /** The newest view. */
  view(): View
  /** The copy in hand; fails when there is none. */
  copy(): CopyView
  /** The first view, from now on, of which `wanted` is true. */
  until(wanted: (view: View) => boolean, what: string): Promise<View>
  /** A call as the screen makes it; a JSON value or, for the PIN, octets. */
  post(path: string, body?: object | Uint8Array): Promise<Answer>
  get(path: string): Promise<Response>
  close(): void
}

export interface Kiosk {
  readonly site: Site
  readonly clock: LeapingClock
  readonly folder: string
  readonly screen: Screen
  readonly appliance: Appliance
  /** Lines of the log, as JSON. */
  readonly logged: readonly string[]
  /** Stops the appliance and starts it again on the same data; the new screen is in `screen`. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const untilTimeoutMs = 20_000

export async function startKiosk(options: Omit<SiteOptions, 'folder'>): Promise<Kiosk> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-kiosk-'))
  const clock = createLeapingClock()
  const logged: string[] = []
  const log = recordingLog(logged)
  const site = await startSite({ now: clock.now, ...options, folder })
  const start = () =>
    startAppliance(loadConfig({ configFile: site.configFile, dataFolder: site.dataFolder }), 0, {
      clock,
      random: systemRandom,
      log,
    })
  let appliance = await start()
  const complaints = () => logged.slice(-8)
  let screen = await openScreen(appliance.url, complaints)
  return {
    site,
    clock,
    folder,
    logged,
    get screen() {
      return screen
    },
    get appliance() {
      return appliance
    },
    async restart() {
      screen.close()
      await appliance.stop()
      appliance = await start()
      screen = await openScreen(appliance.url, complaints)
    },
    async stop() {
      screen.close()
      await appliance.stop()
      await site.stop()
      await rm(folder, { recursive: true })
    },
  }
}

function recordingLog(lines: string[]): Log {
  const note = (level: string) => (event: string, fields?: Readonly<Record<string, unknown>>) => {
    lines.push(JSON.stringify({ level, event, ...fields }))
  }
  return { info: note('info'), warn: note('warn'), error: note('error') }
}

interface Waiter {
  readonly wanted: (view: View) => boolean
  readonly resolve: (view: View) => void
  readonly reject: (reason: Error) => void
}

/** Opens the event stream of the screen at `url` and waits for its first view. What is not seen is told with `complaints`. */
export async function openScreen(url: string, complaints: () => readonly string[] = () => []): Promise<Screen> {
  const origin = new URL(url).origin
  const closing = new AbortController()
  const waiters = new Set<Waiter>()
  const first = Promise.withResolvers<View>()
  let latest: View | undefined
  const onView = (view: View): void => {
    latest = view
    first.resolve(view)
    for (const waiter of waiters) if (waiter.wanted(view)) waiter.resolve(view)
  }
  readViews(`${origin}/screen/events`, onView, closing.signal).catch(thrown => {
    if (!closing.signal.aborted) first.reject(thrown)
  })
  await first.promise
  const view = (): View => latest ?? fail('no view yet')
  return {
    view,
    copy: () => view().copy ?? fail('no copy in hand'),
    until: (wanted, what) => waitFor({ wanted, what, view, waiters, complaints }),
    post: (path, body) => post(`${origin}${path}`, origin, body),
    get: path => fetch(`${origin}${path}`),
    close() {
      closing.abort()
      for (const waiter of waiters) waiter.reject(new Error('the screen was closed'))
    },
  }
}

function fail(message: string): never {
  throw new Error(message)
}

async function waitFor({
  wanted,
  what,
  view,
  waiters,
  complaints,
}: {
  wanted: (view: View) => boolean
  what: string
  view: () => View
  waiters: Set<Waiter>
  complaints: () => readonly string[]
}): Promise<View> {
  if (wanted(view())) return view()
  const { promise, resolve, reject } = Promise.withResolvers<View>()
  const waiter = { wanted, resolve, reject }
  const timer = setTimeout(() => {
    const { copy, scanner } = view()
    const seen = [copy, scanner].map(one => JSON.stringify(one))
    reject(new Error([`not seen: ${what}; last view`, ...seen, ...complaints()].join('\n')))
  }, untilTimeoutMs)
  waiters.add(waiter)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    waiters.delete(waiter)
  }
}

async function readViews(url: string, onView: (view: View) => void, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal })
  if (response.status !== 200 || response.body === null) throw new Error(`the event stream answered ${response.status}`)
  let text = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1]
      text = text.slice(end + 2)
      if (data !== undefined) onView(JSON.parse(data))
    }
  }
}

async function post(url: string, origin: string, body?: object | Uint8Array): Promise<Answer> {
  const headers: Record<string, string> = { origin, 'x-compulsa-screen': '1' }
  if (body instanceof Uint8Array) headers['content-type'] = 'application/octet-stream'
  else if (body !== undefined) headers['content-type'] = 'application/json'
  const payload = body instanceof Uint8Array ? Buffer.from(body) : body === undefined ? null : JSON.stringify(body)
  const response = await fetch(url, { method: 'POST', headers, body: payload })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}
