// Compiled modules are kept on the disk, so that a start need not compile them again. Nothing depends on it: where the
// folder cannot be written, or NODE_DISABLE_COMPILE_CACHE is set, every start compiles.

import { enableCompileCache, flushCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Uses the cache for whatever is imported from now on, here and in the workers, which are given NODE_COMPILE_CACHE. A
 * folder that the environment names already is left as it is.
 */
export function useCompileCache(): void {
  process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../node_modules/.cache/compulsa', import.meta.url))
  enableCompileCache(process.env['NODE_COMPILE_CACHE'])
}

/**
 * Writes what was compiled so far, where Node would wait for an orderly end: a kiosk that is always switched off at the
 * plug has none.
 */
export function keepCompiled(): void {
  flushCompileCache()
}
