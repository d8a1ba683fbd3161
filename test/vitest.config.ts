// How the tests run: in two processes, for the smallest machine has two cores, and with one closing line of counts. The
// files of an area, which their names begin with, import much the same: they follow one another in a process, which loads
// it once. Not all files do, for a process keeps what it has grown to, and starting a program copies its page tables.

import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = new URL('..', import.meta.url).pathname

/** What measures its own process, or has a card's module read its environment, may have nothing run there before it. */
const needsOwnProcess =
  /process\.(memoryUsage|resourceUsage|getActiveResourcesInfo)|process\.env\['SOFTHSM2_CONF'\]|\/contract\/delivery\.ts'/

function processOf(file: string): string {
  if (needsOwnProcess.test(readFileSync(file, 'utf8'))) return 'own process'
  return `${/^\d|^\w+/.exec(basename(file))?.[0]}…`
}

const shared = Map.groupBy(globSync(`${root}test/**/*.test.ts`), processOf)

export default defineConfig({
  root,
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A condition is waited for as long as a busy machine may take; a broken one still fails.
    expect: { poll: { timeout: 15_000 } },
    // For all that tests start, from its first module on: a program that names the folder itself does so a moment later.
    env: { NODE_COMPILE_CACHE: `${root}node_modules/.cache/compulsa` },
    reporters: ['default', './test/reporter.ts'],
    projects: [...shared].map(([name, include]) => ({
      extends: true,
      test: { name, include, isolate: name === 'own process' },
    })),
  },
})
