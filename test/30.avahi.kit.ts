// A real Avahi of one's own: a private system bus and an avahi-daemon in its own network namespace, where only loopback is,
// so that nothing is announced to anybody and a daemon of the machine is not in the way. Needs root, as unshare(1) does.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ended, heard, startSystemBus } from './sim/system-bus.ts'

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
  const bus = await startSystemBus(folder)
  const { environment } = bus
  const daemon = join(folder, 'avahi.conf')
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
    await bus.stop()
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
