// A real Avahi of one's own: a private system bus and an avahi-daemon in its own network namespace, where only loopback is,
// so that nothing is announced to anybody and a daemon of the machine is not in the way. Needs root, as unshare(1) does.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const startTimeoutMs = 10_000

/** One announced service; ends with `withdraw`. */
export interface Announced {
  withdraw(): Promise<void>
}

export interface AvahiBench {
  /** What a client of this Avahi needs. */
  readonly environment: Readonly<Record<string, string>>
  /** `host` absent: this machine. */
  announce(name: string, service: string, port: number, text: readonly string[], host?: string): Promise<Announced>
  announceHost(name: string, address: string): Promise<Announced>
  stop(): Promise<void>
}

export async function openAvahi(): Promise<AvahiBench> {
  const folder = mkdtempSync(join(tmpdir(), 'compulsa-avahi-'))
  const socket = join(folder, 'bus')
  const environment = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` }
  const [bus, daemon] = [join(folder, 'bus.conf'), join(folder, 'avahi.conf')]
  writeFileSync(bus, busConfiguration(socket))
  writeFileSync(daemon, '[server]\nhost-name=kiosk\nuse-ipv6=no\n[publish]\npublish-workstation=no\npublish-hinfo=no\n')
  const children: ChildProcess[] = []
  const run = async (command: string, args: readonly string[], started: RegExp) => {
    const child = spawn(command, args, { env: { PATH: process.env['PATH'] ?? '', ...environment } })
    children.push(child)
    await heard(child, started)
    return child
  }
  const stop = async () => {
    for (const child of children.toReversed()) await ended(child)
    await rm(folder, { recursive: true, force: true })
  }
  const runOrStop: typeof run = async (...what) => {
    try {
      return await run(...what)
    } catch (thrown) {
      await stop()
      throw thrown
    }
  }
  await runOrStop('dbus-daemon', ['--config-file', bus, '--nofork', '--nopidfile', '--print-address=1'], /unix:/)
  const inside = `ip link set lo up && mount -t tmpfs tmpfs /run && exec avahi-daemon --file ${daemon} --no-drop-root --no-chroot --no-rlimits --no-proc-title`
  await runOrStop('unshare', ['--net', '--mount', 'sh', '-c', inside], /startup complete/)
  return {
    environment,
    announce: async (name, service, port, text, host) => {
      const at = host === undefined ? [] : ['-H', host]
      const args = [...at, name, service, String(port), ...text]
      const publisher = await run('avahi-publish-service', args, /^Established/m)
      return { withdraw: () => ended(publisher) }
    },
    announceHost: async (name, address) => {
      const publisher = await run('avahi-publish-address', ['-R', name, address], /^Established/m)
      return { withdraw: () => ended(publisher) }
    },
    stop,
  }
}

function busConfiguration(socket: string): string {
  const all = '<allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>'
  return `<busconfig><type>system</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default">${all}</policy></busconfig>
`
}

/** Resolves when the child has said that; rejects with all that it said when it does not. */
function heard(child: ChildProcess, words: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = () => reject(new Error(`${child.spawnargs[0]} does not start: ${said}`))
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

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill()
  await exit
}
