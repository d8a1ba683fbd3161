// How the tests run: in three processes, for the smallest machine has two cores and a third of the time tests wait for others,
// and with one closing line of counts. The files of an area, which their names begin with, import much the same: they follow
// one another in a process, which loads it once. Not all files do, for a process keeps what it has grown to, and the larger
// it is, the longer it takes to start a program from it: 24 ms of CPU at 1 GB, 6 at 200 MB.

import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = new URL('..', import.meta.url).pathname

/** What measures its own process, or has a card's module read its environment, may have nothing run there before it. */
const needsOwnProcess =
  /process\.(memoryUsage|resourceUsage|getActiveResourcesInfo)|process\.env\['SOFTHSM2_CONF'\]|\/contract\/delivery\.ts'/

/** These start programs by the dozen. */
const startsMany =
  /\/(30\.scan\.(contract|sane)|37\.text|43\.pdf-repair|44\.pdf-encr|58\.xml\.canon|66\.xades|84\.eni\.doc|97\.program-desk|story\..*power-cut)[^/]*$/

function processOf(file: string): string {
  if (startsMany.test(file) || needsOwnProcess.test(readFileSync(file, 'utf8'))) return 'own process'
  return `${/^\d|^\w+/.exec(basename(file))?.[0]}…`
}

const shared = Map.groupBy(globSync(`${root}test/**/*.test.ts`), processOf)

export default defineConfig({
  root,
  test: {
    pool: 'forks',
    maxWorkers: 3,
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
