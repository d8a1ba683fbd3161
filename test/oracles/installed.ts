// Where `make oracles` has put other people's validators: var/oracles, never committed.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Answerer, startAnswerer } from './jobs.ts'

const root = new URL('../..', import.meta.url).pathname
const installed = join(root, 'var/oracles')

/** Programs that live a few minutes: the quick compiler alone and one collecting thread suit them. */
const javaOptions = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true']

export function startJava(
  name: 'dss' | 'verapdf' | 'autofirma',
  mainClass: string,
  options: readonly string[] = javaOptions,
): Answerer {
  const folder = join(installed, name)
  const libraries = readFileSync(join(folder, 'classpath'), 'utf8').trim()
  return startAnswerer('java', [...options, '-cp', `${join(folder, 'classes')}:${libraries}`, mainClass])
}

/** The interpreter that has pyHanko and certomancer. */
export const python = join(installed, 'python/bin/python')
export const pythonScript = (name: string) => join(root, 'test/oracles/pyhanko', name)
