// The command line as a child process, beside a simulated site, in a folder of its own.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type Site, type SiteOptions, startSite } from './sim/site.ts'
import { smallPile } from './walk.kit.ts'

export const program = new URL('../device/cli.ts', import.meta.url).pathname

export interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A program that runs, and what came of it once it has ended. */
export interface Started {
  readonly child: ChildProcess
  /** What it has written so far. */
  output(): string
  readonly ended: Promise<Run>
}

export interface CommandLine {
  readonly folder: string
  readonly site: Site
  /** Runs `compulsa` with these words, in the folder. */
  compulsa(...args: string[]): Promise<Run>
  /** Any program, in the folder. */
  started(command: string, ...args: string[]): Started
  /** Words that name the site's configuration and data. */
  configured(): string[]
}

/** Registers the hooks of the test file that calls it, once, at its top. */
export function commandLine(options: Partial<SiteOptions> = {}): CommandLine {
  let folder: string
  let site: Site
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compulsa-cli-'))
    site = await startSite({ folder: join(folder, 'site'), sheets: await smallPile(2), ...options })
  })
  afterAll(async () => {
    await site.stop()
    await rm(folder, { recursive: true })
  })
  return Object.freeze({
    get folder() {
      return folder
    },
    get site() {
      return site
    },
    compulsa: (...args: string[]) =>
      new Promise<Run>(resolve => {
        execFile(process.execPath, [program, ...args], { cwd: folder }, (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
          resolve({ code, stdout, stderr })
        })
      }),
    started: (command: string, ...args: string[]) => startedIn(folder, command, args),
    configured: () => ['--config', site.configFile, '--data', site.dataFolder],
  })
}

function startedIn(cwd: string, command: string, args: readonly string[]): Started {
  const child = spawn(command, args, { cwd })
  const told = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      told[name] += chunk
    })
  }
  const ended = new Promise<Run>(resolve => child.on('close', code => resolve({ code: code ?? -1, ...told })))
  return { child, output: () => told.stdout + told.stderr, ended }
}
