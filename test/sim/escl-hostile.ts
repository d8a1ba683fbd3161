// An eSCL server that means no good: in good order until the request that it is told to betray, and then whatever a broken,
// captive or hostile server may do. It speaks raw TCP, because no HTTP library would send what it sends.

import { type AddressInfo, createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { capabilitiesXml, statusXml } from './escl-documents.ts'

/** What is done instead of an answer. */
export type Trick = (socket: Socket) => void

export type Betrayed = 'ScannerCapabilities' | 'ScannerStatus' | 'ScanJobs' | 'NextDocument'

/** One kind of request that is betrayed, from the `from`th of its kind on (1-based). */
export interface Betrayal {
  readonly at: Betrayed
  readonly from: number
  readonly trick: Trick
}

export interface HostileOptions extends Betrayal {
  /** The pages before. */
  readonly image: Uint8Array
}

export interface HostileServer {
  readonly url: string
  readonly host: string
  /** Lines of the requests so far. */
  requests(): readonly string[]
  alsoBetray(betrayal: Betrayal): void
  stop(): Promise<void>
}

export async function startHostileServer(options: HostileOptions): Promise<HostileServer> {
  const sockets = new Set<Socket>()
  const heard: string[] = []
  const betrayals: Betrayal[] = [options]
  const server = createServer(socket => {
    sockets.add(socket)
    // The client ends connections whenever it has had enough.
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    let request = ''
    socket.setEncoding('latin1').on('data', chunk => {
      request += chunk
      const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0)
      const head = request.indexOf('\r\n\r\n')
      if (head < 0 || request.length < head + 4 + length) return
      const line = request.slice(0, request.indexOf('\r\n'))
      request = ''
      heard.push(line)
      answerTo(line, { heard, betrayals, image: options.image })(socket)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `http://${host}/eSCL`,
    requests: () => heard,
    alsoBetray: betrayal => {
      betrayals.push(betrayal)
    },
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

interface Site {
  readonly heard: readonly string[]
  readonly betrayals: readonly Betrayal[]
  readonly image: Uint8Array
}

function answerTo(line: string, { heard, betrayals, image }: Site): Trick {
  const of = (name: Betrayed) => (heardLine: string) => new RegExp(`/${name} `).test(heardLine)
  const betrayal = betrayals.find(({ at, from }) => of(at)(line) && heard.filter(of(at)).length >= from)
  if (betrayal !== undefined) return betrayal.trick
  if (of('ScannerCapabilities')(line)) return send('200 OK', capabilitiesXml())
  if (of('ScannerStatus')(line)) return send('200 OK', statusXml('Idle', 'ScannerAdfLoaded', []))
  if (of('ScanJobs')(line)) return send('201 Created', '', 'Location: /eSCL/ScanJobs/1')
  if (of('NextDocument')(line)) return send('200 OK', image, 'Content-Type: image/jpeg')
  return send('200 OK', '')
}

/** An answer as it should be. */
export function send(status: string, body: string | Uint8Array, ...fields: readonly string[]): Trick {
  const bytes = Buffer.from(body)
  return socket => {
    socket.write(head(status, `Content-Length: ${bytes.length}`, ...fields))
    socket.end(bytes)
  }
}

const head = (status: string, ...fields: readonly string[]) =>
  [`HTTP/1.1 ${status}`, 'Connection: close', ...fields, '', ''].join('\r\n')

export const html = send('200 OK', '<!DOCTYPE html><html><body>Please log in</body></html>', 'Content-Type: text/html')
export const xhtml = send('200 OK', '<html xmlns="http://www.w3.org/1999/xhtml"><body>Please log in</body></html>')
export const empty = send('200 OK', '')
export const entityBomb = send(
  '200 OK',
  `<!DOCTYPE r [<!ENTITY a "xxxxxxxxxx">${'bcdefgh'.replace(/./g, (e, i) => `<!ENTITY ${e} "${`&${'abcdefgh'[i]};`.repeat(10)}">`)}]><r>&h;</r>`,
)
export const hugeXml = send('200 OK', `<ScannerStatus>${'<a/>'.repeat(500_000)}</ScannerStatus>`)
export const notHttp: Trick = socket => socket.end('SSH-2.0-OpenSSH_9.2p1 Debian\r\n')
export const silent: Trick = () => undefined
export const redirect = (to: string) => send('302 Found', '', `Location: ${to}`)
export const temporaryRedirect = (to: string) => send('307 Temporary Redirect', '', `Location: ${to}`)
export const serverError = send('500 Internal Server Error', 'oops')
export const gzipped = (body: string | Uint8Array) => send('200 OK', gzipSync(body), 'Content-Encoding: gzip')
export const chunkedJunk: Trick = socket =>
  socket.end(`${head('200 OK', 'Transfer-Encoding: chunked')}ffd8\r\nzz\r\nnonsense\r\n`)
export const endlessHeaders: Trick = socket =>
  flood(socket, `HTTP/1.1 200 OK\r\n`, `X-Padding: ${'x'.repeat(1000)}\r\n`)
/** For ever, as fast as it is taken; `start` is how the body begins. */
export const endless =
  (start: Uint8Array): Trick =>
  socket =>
    flood(socket, Buffer.concat([Buffer.from(head('200 OK')), start]), Buffer.alloc(64 * 1024, 0x20))
/** The beginning of a body, and then nothing more. */
export const stalls =
  (body: Uint8Array): Trick =>
  socket => {
    socket.write(head('200 OK', `Content-Length: ${body.length}`))
    socket.write(body.subarray(0, body.length >> 1))
  }
/** Ends before what it has announced. */
export const endsEarly =
  (body: Uint8Array): Trick =>
  socket => {
    socket.write(head('200 OK', `Content-Length: ${body.length * 2}`))
    socket.end(body)
  }
/** Announces less than there is. */
export const announcesLess = (body: Uint8Array): Trick => {
  const half = body.subarray(0, body.length >> 1)
  return socket => {
    socket.write(head('200 OK', `Content-Length: ${half.length}`))
    socket.end(body)
  }
}

function flood(socket: Socket, first: string | Uint8Array, again: string | Uint8Array): void {
  socket.write(first)
  const more = () => {
    while (socket.writable && socket.write(again));
  }
  socket.on('drain', more)
  more()
}
