// What the tests of the touch interface stand on: the interface built into a folder of its own, a stand-in for the
// appliance that pushes scripted views and records what the screen asks, and one chromium with fingers.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { build } from 'vite'
import type { View } from '../device/http/view.ts'
import { drawSheet } from './sim/paper.ts'

const root = new URL('..', import.meta.url).pathname
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; font-src 'self'"
const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

export interface Post {
  /** Below /screen/. */
  readonly path: string
  readonly contentType: string | undefined
  readonly fromScreen: boolean
  readonly body: Buffer
}

export interface StandIn {
  readonly url: string
  readonly posts: readonly Post[]
  /** Pushed at once to every screen, and to each that connects later. */
  push(view: View): void
  /** Answers POSTs of `path` with this from now on; 204 otherwise. */
  answer(path: string, status: number, body: unknown): void
  /** Forgets posts and answers. */
  reset(): void
  /** Cuts every connection and takes no call until `comeBack`. */
  goAway(): void
  comeBack(): void
  close(): Promise<void>
}

/** Builds ui/ into a new folder; the answer's `remove` deletes it. */
export async function buildInterface(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-ui-'))
  await build({ configFile: join(root, 'ui/vite.config.ts'), build: { outDir: folder, emptyOutDir: true } })
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** The appliance as far as the screen can tell. Listens on a free port of 127.0.0.1. */
export async function startStandIn(folder: string): Promise<StandIn> {
  const streams = new Set<ServerResponse>()
  const answers = new Map<string, { status: number; body: unknown }>()
  const sheets = await sheetImages()
  let posts: Post[] = []
  let view: View | null = null
  let away = false

  const tell = (stream: ServerResponse): void => {
    if (view !== null) stream.write(`event: view\ndata: ${JSON.stringify(view)}\n\n`)
  }
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    if (away) return void request.socket.destroy()
    if (path === '/screen/events') return openStream(response)
    if (path.endsWith('/preview') || path.startsWith('/screen/cards/pages/')) return sendSheet(response, path)
    if (request.method === 'POST') return void record(request, response, path.replace('/screen/', ''))
    return void sendFile(response, folder, path)
  })

  function openStream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write('retry: 100\n\n')
    streams.add(response)
    response.on('close', () => streams.delete(response))
    tell(response)
  }

  function sendSheet(response: ServerResponse, path: string): void {
    const number = Number(/p(\d+)\/preview$/.exec(path)?.[1] ?? 0)
    response.writeHead(200, { 'content-type': 'image/jpeg', 'cache-control': 'no-store' })
    response.end(sheets[number % sheets.length])
  }

  async function record(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const body = Buffer.concat(await request.toArray())
    const fromScreen = request.headers['x-compulsa-screen'] === '1'
    posts.push({ path, contentType: request.headers['content-type'], fromScreen, body })
    const answer = answers.get(path)
    if (answer === undefined) return void response.writeHead(204).end()
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return Object.freeze({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get posts() {
      return posts
    },
    push(next: View) {
      view = next
      for (const stream of streams) tell(stream)
    },
    answer: (path: string, status: number, body: unknown) => void answers.set(path, { status, body }),
    reset() {
      posts = []
      answers.clear()
    },
    goAway() {
      away = true
      server.closeAllConnections()
    },
    comeBack() {
      away = false
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  })
}

async function sendFile(response: ServerResponse, folder: string, path: string): Promise<void> {
  const name = normalize(path === '/' ? '/index.html' : path)
  const body = await readFile(join(folder, name)).catch(() => null)
  if (body === null) return void response.writeHead(404).end()
  const type = mediaTypes[extname(name)] ?? 'application/octet-stream'
  response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(body)
}

async function sheetImages(): Promise<readonly Buffer[]> {
  const kinds = ['letter', 'form', 'blank', 'stamp'] as const
  return Promise.all(kinds.map((kind, seed) => drawSheet({ seed, kind, resolution: 100, text: 'ca' })))
}

/** Width and height in CSS pixels, and the width of the glass in millimetres: a 21.5-inch and a 10.1-inch panel. */
export const panels = {
  portrait: { width: 1080, height: 1920, glassMillimetres: 268 },
  landscape: { width: 1280, height: 800, glassMillimetres: 217 },
} as const
export type PanelName = keyof typeof panels

export interface Screens {
  /** A fresh page of a person's visit, with a touch panel of this size. */
  context(panel: PanelName): Promise<BrowserContext>
  close(): Promise<void>
}

/** Starts chromium with a profile of its own, which `close` removes. */
export async function startScreens(): Promise<Screens> {
  const profile = await mkdtemp(join(tmpdir(), 'compulsa-chromium-'))
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      `--disk-cache-dir=${profile}`,
    ],
    env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
  })
  return Object.freeze({
    context(panel: PanelName) {
      const { width, height } = panels[panel]
      return browser.newContext({
        viewport: { width, height },
        hasTouch: true,
        locale: 'ca-ES',
        timezoneId: 'Europe/Madrid',
      })
    },
    async close() {
      await browser.close()
      await rm(profile, { recursive: true, force: true })
    },
  })
}
