// How the tests run: two processes (the smallest machine has two cores), one closing line with the counts.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A condition is waited for as long as a busy machine may take; a broken one still fails.
    expect: { poll: { timeout: 15_000 } },
    reporters: ['default', './test/reporter.ts'],
  },
})
