// A system bus of one's own, for programs that want one: Avahi's daemon and clients. And how a child is waited for that says
// when it is ready.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const startTimeoutMs = 10_000

export interface SystemBus {
  /** What its clients need. */
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** In a folder that is the caller's to remove. */
export async function startSystemBus(folder: string): Promise<SystemBus> {
  const socket = join(folder, 'bus')
  const file = join(folder, 'bus.conf')
  writeFileSync(file, busConfiguration(socket))
  const child = spawn('dbus-daemon', ['--config-file', file, '--nofork', '--nopidfile', '--print-address=1'])
  await heard(child, /unix:/)
  return { environment: { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` }, stop: () => ended(child) }
}

function busConfiguration(socket: string): string {
  const all = '<allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>'
  return `<busconfig><type>system</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default">${all}</policy></busconfig>
`
}

/** Resolves when the child has said that; rejects with all that it said when it does not. */
export function heard(child: ChildProcess, words: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = () => {
      void ended(child)
      reject(new Error(`${child.spawnargs[0]} does not start: ${said}`))
    }
    const timer = setTimeout(fail, startTimeoutMs)
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (words.test(said)) {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    child.once('error', fail).once('exit', fail)
  })
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill()
  await exit
}
