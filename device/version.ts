// Which version this is.

import { readFileSync } from 'node:fs'

/** Read from package.json, so that there is one place that says it. */
export const version: string = readVersion()

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const parsed: { version?: unknown } = JSON.parse(text)
  return String(parsed.version)
}
