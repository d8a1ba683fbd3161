// Prints the counts on a line of their own at the end, the form that continuous integration reads.
import type { Reporter, TestModule } from 'vitest/node'

// Vitest loads a reporter by its default export.
// biome-ignore lint/style/noDefaultExport: required by vitest
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0
    let failed = unhandledErrors.length
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      passed += tests.filter(test => test.result().state === 'passed').length
      failed += tests.filter(test => test.result().state !== 'passed').length
      // A file that does not load has no tests; it must not count as nothing.
      if (tests.length === 0 || (module.state() === 'failed' && tests.every(t => t.result().state === 'passed')))
        failed += 1
    }
    process.on('exit', () => console.log(`\n${passed} passed, ${failed} failed`))
  }
}
