// A CUPS of one's own: the real cupsd with everything it has in one folder, a queue that passes documents on as they are to a
// printer by CUPS' own IPP backend. Needs root, for cupsd gives its backends to a user without rights.

import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { ended } from './system-bus.ts'

export interface CupsServer {
  /** The queue. */
  readonly url: string
  /** All that it has noted. */
  log(): string
  stop(): Promise<void>
}

const startTimeoutMs = 10_000
const folders = ['root', 'root/ppd', 'cache', 'run', 'spool', 'spool/tmp', 'log'] as const

/** `printerUrl`: where the queue sends what it is given. */
export async function startCups(printerUrl: string): Promise<CupsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'compulsa-cups-'))
  chmodSync(folder, 0o755)
  for (const name of folders) mkdirSync(join(folder, name))
  chmodSync(join(folder, 'spool/tmp'), 0o1777)
  const port = await freePort()
  const files = { 'cupsd.conf': settings(port), 'cups-files.conf': places(folder), 'printers.conf': queue(printerUrl) }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'root', name), text)
  const root = join(folder, 'root')
  const args = ['-f', '-c', join(root, 'cupsd.conf'), '-s', join(root, 'cups-files.conf')]
  const child = spawn('/usr/sbin/cupsd', args, { stdio: 'ignore' })
  const stop = async () => {
    await ended(child)
    await rm(folder, { recursive: true, force: true })
  }
  const log = () => readFileSync(join(folder, 'log', 'error'), 'utf8')
  for (const until = Date.now() + startTimeoutMs; !(await answers(port)); await delay(50)) {
    if (Date.now() < until && child.exitCode === null) continue
    await stop()
    throw new Error('cupsd does not start')
  }
  return { url: `ipp://127.0.0.1:${port}/printers/kiosk`, log, stop }
}

function settings(port: number): string {
  const open = 'Order allow,deny\nAllow all'
  return `Listen 127.0.0.1:${port}
LogLevel info
Browsing No
WebInterface No
DefaultAuthType None
<Location />
${open}
</Location>
<Policy default>
<Limit All>
${open}
</Limit>
</Policy>
`
}

function places(folder: string): string {
  return `ServerRoot ${folder}/root
RequestRoot ${folder}/spool
CacheDir ${folder}/cache
StateDir ${folder}/run
TempDir ${folder}/spool/tmp
ErrorLog ${folder}/log/error
AccessLog ${folder}/log/access
PageLog ${folder}/log/page
Printcap ${folder}/run/printcap
SystemGroup root
User nobody
Group nogroup
`
}

function queue(printerUrl: string): string {
  return `<Printer kiosk>
UUID urn:uuid:5c4a4c57-0000-4000-8000-0000000000cc
Info Kiosk
MakeModel Local Raw Printer
DeviceURI ${printerUrl}
State Idle
Type 4
Accepting Yes
Shared No
JobSheets none none
OpPolicy default
ErrorPolicy retry-job
</Printer>
`
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    const told = (is: boolean) => () => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', told(true)).once('error', told(false))
  })
}
