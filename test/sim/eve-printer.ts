// A printer that is not ours: CUPS' ippeveprinter, an IPP Everywhere printer of software, on loopback. It announces itself to
// nobody, but wants a system bus to find out that there is no Avahi. What it prints goes through a command, by whose words it
// knows of paper and toner (ippeveprinter(8), PRINT COMMANDS).

import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { ended, heard, startSystemBus } from './system-bus.ts'

export interface EvePrinterOptions {
  readonly formats: readonly string[]
  /** A shell script, which has the document's path as its first argument; or the path of a program. Absent: none is run. */
  readonly command?: { readonly script: string } | { readonly program: string }
}

export interface EvePrinter {
  readonly url: string
  /** Where the script of the command runs. */
  readonly folder: string
  /** The documents that came, in their order. */
  documents(): readonly Buffer[]
  /** All that it has said so far. */
  said(): string
  stop(): Promise<void>
}

export async function startEvePrinter({ formats, command }: EvePrinterOptions): Promise<EvePrinter> {
  const folder = mkdtempSync(join(tmpdir(), 'compulsa-eve-'))
  const spool = join(folder, 'spool')
  mkdirSync(spool)
  const bus = await startSystemBus(folder)
  const port = await freePort()
  const run = command === undefined ? [] : ['-c', programOf(folder, command)]
  const args = ['-p', String(port), '-r', 'off', '-n', 'localhost', '-d', spool, '-k', '-f', formats.join(','), '-vv']
  const child: ChildProcess = spawn('/usr/sbin/ippeveprinter', [...args, ...run, 'Everywhere'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: folder, CONTENT_TYPE: '', ...bus.environment },
  })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (words: string) => {
    said += words
  })
  const stop = async () => {
    await ended(child)
    await bus.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    // Its last words before it listens are its attributes.
    await heard(child, /which-jobs-supported/)
  } catch (thrown) {
    await stop()
    throw thrown
  }
  const byNumber = (one: string, other: string) => Number.parseInt(one, 10) - Number.parseInt(other, 10)
  return {
    url: `ipp://localhost:${port}/ipp/print`,
    folder,
    documents: () =>
      readdirSync(spool)
        .toSorted(byNumber)
        .map(name => readFileSync(join(spool, name))),
    said: () => said,
    stop,
  }
}

function programOf(folder: string, command: NonNullable<EvePrinterOptions['command']>): string {
  if ('program' in command) return command.program
  const path = join(folder, 'command.sh')
  writeFileSync(path, `#!/bin/sh\ncd ${folder}\n${command.script}\n`)
  chmodSync(path, 0o755)
  return path
}
