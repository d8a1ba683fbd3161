// A kiosk as a process of its own that is killed with SIGKILL, and somebody at its screen who after each start does
// whatever the view asks for next. What must hold afterwards is counted at the receiver and in the audit trail.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { View } from '../device/http/view.ts'
import { openScreen, type Screen } from './kiosk.kit.ts'
import type { SheetImage } from './sim/escl-sheets.ts'
import type { Site } from './sim/site.ts'

const program = new URL('../device/cli.ts', import.meta.url).pathname

export interface PoweredKiosk {
  readonly screen: Screen
  readonly pid: number
  /** SIGKILL; the process, and whoever held the card for it, is gone when it resolves. */
  cut(): Promise<void>
}

export interface PowerOptions {
  /** Data on a file system in memory of this size, as root of an own user namespace; it is gone after the cut. */
  readonly diskMiB?: number
}

const onSmallDisk = 'mount -t tmpfs -o size="$1"m tmpfs "$2" && shift 2 && exec "$@"'

/** Starts the real program and waits for its screen. */
export async function power({ configFile, dataFolder }: Site, { diskMiB }: PowerOptions = {}): Promise<PoweredKiosk> {
  const words = [process.execPath, program, 'serve', '--config', configFile, '--data', dataFolder, '--port', '0']
  if (diskMiB !== undefined) {
    await mkdir(dataFolder, { recursive: true })
    words.unshift('unshare', '-rm', 'sh', '-c', onSmallDisk, 'sh', String(diskMiB), dataFolder)
  }
  const [command = '', ...args] = words
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, COMPULSA_LOG: 'error' },
  })
  const url = await screenUrl(child)
  const screen = await openScreen(url)
  return {
    screen,
    pid: child.pid ?? 0,
    async cut() {
      const signWorkers = await workersOf(child, 'sign')
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      screen.close()
      await Promise.all(signWorkers.map(untilGone))
    },
  }
}

/**
 * The workers outlive the kiosk by a moment and finish what they are at, which the next kiosk has to stand. Only the card
 * is spared that: a SoftHSM that is loaded while another process logs in takes the token for broken, and for good
 * (SoftHSMv2, issue 757; 124 of 6 720 loads here). A card is shared by pcscd.
 */
async function workersOf({ pid }: ChildProcess, name: string): Promise<readonly string[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')
  const isNamed = async (one: string) => (await commandLineOf(one)).includes(`/worker/${name}.ts`)
  const named = await Promise.all(children.map(isNamed))
  return children.filter((_, index) => named[index])
}

/** Empty for a process that is gone, or a zombie. */
async function commandLineOf(pid: string): Promise<string> {
  return await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
}

async function untilGone(pid: string): Promise<void> {
  const deadline = performance.now() + 10_000
  while ((await commandLineOf(pid)) !== '') {
    if (performance.now() > deadline) throw new Error(`the worker ${pid} does not end`)
    await delay(10)
  }
}

async function screenUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null || child.stderr === null) throw new Error('a child without streams')
  let complaints = ''
  child.stderr.on('data', chunk => {
    complaints += String(chunk)
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Screen: (\S+)/.exec(line)?.[1]
    if (url !== undefined) {
      // A pipe that nobody reads fills, and whoever writes into it stands still.
      child.stdout.resume()
      return url
    }
  }
  throw new Error(`the appliance did not start: ${complaints}`)
}

/** One person's errand: a pile of sheets, signed where the procedure says so. */
export interface Errand {
  readonly site: Site
  readonly sheets: readonly SheetImage[]
  readonly procedureId: string
}

/** Does the next thing at the screen; false when the copy has its receipt. Errors of a dying kiosk are the caller's. */
export async function act({ site, sheets, procedureId }: Errand, screen: Screen): Promise<boolean> {
  const view = screen.view()
  const { copy } = view
  if (copy === null) {
    await screen.post('/screen/copy', { procedureId, language: 'ca' })
    await screen.until(one => one.copy !== null, 'the copy')
    return true
  }
  if (copy.interrupted) await screen.post('/screen/copy/stay')
  if (copy.stage === 'gathering') await gather({ site, sheets, procedureId }, screen, view)
  else if (copy.stage === 'signing') await signWhenAsked(site, screen)
  else if (copy.stage === 'composing') await screen.until(one => one.copy?.stage !== 'composing', 'composed')
  return screen.view().copy?.stage !== 'delivering' && screen.view().copy?.stage !== 'done'
}

/** Puts back the sheets after the last page shown, as the screen asks for. */
async function gather({ site, sheets }: Errand, screen: Screen, { copy, scanner }: View): Promise<void> {
  const stored = copy?.pages.length ?? 0
  if (copy?.scanning === true) {
    await screen.until(one => one.copy?.scanning === false, 'the scan has ended')
    return
  }
  if (stored === sheets.length) {
    await screen.until(one => one.copy?.pages.every(page => page.ready) === true, 'the pages are prepared')
    await screen.post('/screen/copy/approve', { sourceNature: 'original' })
    await screen.until(one => one.copy?.stage !== 'gathering', 'approved')
    return
  }
  site.scanner.load(sheets.slice(stored))
  if (scanner.state !== 'ready') await screen.until(one => one.scanner.state === 'ready', 'the scanner is ready')
  const { status } = await screen.post('/screen/copy/scan')
  if (status === 204)
    await screen.until(
      one => (one.copy?.pages.length ?? 0) > stored || one.copy?.scanning === true,
      'the scan has begun',
    )
}

async function signWhenAsked(site: Site, screen: Screen): Promise<void> {
  const { copy } = await screen.until(
    one => one.copy?.stage !== 'signing' || one.copy.card?.state === 'present',
    'the card',
  )
  const [certificate] = copy?.card?.state === 'present' ? copy.card.certificates : []
  if (certificate === undefined) return
  await screen.post(
    `/screen/copy/sign/${encodeURIComponent(certificate.tokenId)}/${certificate.keyId}`,
    Buffer.from(site.pin),
  )
  await screen.until(one => one.copy?.stage !== 'signing', 'signed')
}
