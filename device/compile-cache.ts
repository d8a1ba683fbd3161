// Compiled modules are kept on the disk, so that a start need not compile them again. Nothing depends on it: where the
// folder cannot be written, or NODE_DISABLE_COMPILE_CACHE is set, every start compiles.

import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Uses the cache for whatever is imported from now on, here and in the workers, which are given NODE_COMPILE_CACHE. A
 * folder that the environment names already is left as it is.
 */
export function useCompileCache(): void {
  process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../node_modules/.cache/compulsa', import.meta.url))
  enableCompileCache(process.env['NODE_COMPILE_CACHE'])
}
