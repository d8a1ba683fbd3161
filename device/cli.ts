#!/usr/bin/env node
// The command line: one table of verbs. Exit 0 done, 1 the work failed (one line on stderr: code and what to do), 2 wrong
// usage. Secrets come from files, never from arguments. What the verbs import is compiled once and kept beside the
// packages; where that folder cannot be written, every start compiles.

import { useCompileCache } from './compile-cache.ts'
import { asFault, Fault } from './errors.ts'
import { nearestName } from './nearest.ts'
import { helpOf, readCall, type Verb } from './verbs/verb.ts'

useCompileCache()
// A static import would be loaded before the cache is in use.
const { version } = await import('./main.ts')
const { auditVerb } = await import('./verbs/audit.ts')
const { calibrateVerb } = await import('./verbs/calibrate.ts')
const { composeVerb } = await import('./verbs/compose.ts')
const { devicesVerb } = await import('./verbs/devices.ts')
const { doctorVerb } = await import('./verbs/doctor.ts')
const { extendVerb } = await import('./verbs/extend.ts')
const { queueVerb } = await import('./verbs/queue.ts')
const { scanVerb } = await import('./verbs/scan.ts')
const { serveVerb } = await import('./verbs/serve.ts')
const { signVerb } = await import('./verbs/sign.ts')
const { statusVerb } = await import('./verbs/status.ts')
const { verifyVerb } = await import('./verbs/verify.ts')

export const verbs: readonly Verb[] = [
  serveVerb,
  devicesVerb,
  scanVerb,
  composeVerb,
  calibrateVerb,
  signVerb,
  extendVerb,
  verifyVerb,
  queueVerb,
  auditVerb,
  statusVerb,
  doctorVerb,
]

function overview(): string {
  const rows = verbs.map(verb => `  ${verb.name.padEnd(9)} ${verb.summary}`)
  return ['compulsa VERB …', '', ...rows, '', '`compulsa VERB --help` tells the options.'].join('\n')
}

function verbNamed(name: string): Verb {
  const verb = verbs.find(one => one.name === name)
  if (verb !== undefined) return verb
  const nearest = nearestName(
    name,
    verbs.map(one => one.name),
  )
  throw new Fault('USAGE', `no verb "${name}"${nearest === undefined ? '' : `; did you mean ${nearest}?`}`)
}

/** The exit code. */
async function main(argv: readonly string[], signal: AbortSignal): Promise<0 | 1> {
  const [name, ...rest] = argv
  if (name === '--version') console.log(version)
  if (name === undefined || name === '--help' || name === 'help') console.log(overview())
  if (name === undefined || name.startsWith('--') || name === 'help') return 0
  const verb = verbNamed(name)
  const json = rest.includes('--json')
  const progress = (line: string) => (json ? undefined : console.error(line))
  const call = readCall(verb, rest, { progress, signal })
  if (call.help) {
    console.log(helpOf(verb))
    return 0
  }
  const answer = await verb.run(call)
  console.log(json ? JSON.stringify(answer.json, null, 2) : answer.lines.join('\n'))
  if (answer.failed === undefined) return 0
  console.error(`${answer.failed.code}: ${answer.failed.mend}`)
  return 1
}

const stopping = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => stopping.abort(new Fault('INTERRUPTED', `stopped by ${name}`)))
try {
  process.exitCode = await main(process.argv.slice(2), stopping.signal)
} catch (thrown) {
  const fault = asFault(thrown)
  console.error(`${fault.code}: ${fault.detail}. ${fault.mend}`)
  if (fault.code === 'INTERNAL') console.error(fault.stack)
  process.exitCode = fault.code === 'USAGE' ? 2 : 1
}
