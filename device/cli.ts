#!/usr/bin/env -S MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=65536 node --max-semi-space-size=1
// The command line: one table of verbs. Exit 0 done, 1 the work failed (one line on stderr: code and what to do), 2 wrong
// usage. Secrets come from files, never from arguments. What the verbs import is compiled once and kept beside the
// packages; where that folder cannot be written, every start compiles.

import { useCompileCache } from './compile-cache.ts'
import { asFault, Fault } from './errors.ts'
import { nearestName } from './nearest.ts'
import { helpOf, readCall, type Verb } from './verbs/verb.ts'
import { version } from './version.ts'

// Imported before it is in use, a module would not be kept.
useCompileCache()

/** Each verb is loaded when it is asked for: a run holds in memory what it needs and no more. */
const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  serve: async () => (await import('./verbs/serve.ts')).serveVerb,
  devices: async () => (await import('./verbs/devices.ts')).devicesVerb,
  scan: async () => (await import('./verbs/scan.ts')).scanVerb,
  compose: async () => (await import('./verbs/compose.ts')).composeVerb,
  calibrate: async () => (await import('./verbs/calibrate.ts')).calibrateVerb,
  sign: async () => (await import('./verbs/sign.ts')).signVerb,
  extend: async () => (await import('./verbs/extend.ts')).extendVerb,
  batch: async () => (await import('./verbs/batch.ts')).batchVerb,
  verify: async () => (await import('./verbs/verify.ts')).verifyVerb,
  eni: async () => (await import('./verbs/eni.ts')).eniVerb,
  queue: async () => (await import('./verbs/queue.ts')).queueVerb,
  audit: async () => (await import('./verbs/audit.ts')).auditVerb,
  sessions: async () => (await import('./verbs/sessions.ts')).sessionsVerb,
  cards: async () => (await import('./verbs/cards.ts')).cardsVerb,
  clave: async () => (await import('./verbs/clave.ts')).claveVerb,
  launch: async () => (await import('./verbs/launch.ts')).launchVerb,
  'browser-policy': async () => (await import('./verbs/browser-policy.ts')).browserPolicyVerb,
  status: async () => (await import('./verbs/status.ts')).statusVerb,
  health: async () => (await import('./verbs/health.ts')).healthVerb,
  doctor: async () => (await import('./verbs/doctor.ts')).doctorVerb,
}

async function overview(): Promise<string> {
  const all = await Promise.all(Object.values(verbs).map(load => load()))
  const rows = all.map(verb => `  ${verb.name.padEnd(14)} ${verb.summary}`)
  return ['compulsa VERB …', '', ...rows, '', '`compulsa VERB --help` tells the options.'].join('\n')
}

async function verbNamed(name: string): Promise<Verb> {
  const load = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (load !== undefined) return load()
  const nearest = nearestName(name, Object.keys(verbs))
  throw new Fault('USAGE', `no verb "${name}"${nearest === undefined ? '' : `; did you mean ${nearest}?`}`)
}

/** The exit code. */
async function main(argv: readonly string[], signal: AbortSignal): Promise<0 | 1> {
  const [name, ...rest] = argv
  if (name === '--version') console.log(version)
  if (name === undefined || name === '--help' || name === 'help') console.log(await overview())
  if (name === undefined || name.startsWith('--') || name === 'help') return 0
  const verb = await verbNamed(name)
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
