// `compulsa serve`: the appliance until it is told to stop.

import { keepCompiled } from '../compile-cache.ts'
import { createLog, systemClock, systemRandom } from '../host.ts'
import { startAppliance } from '../main.ts'
import { configOf } from './appliance.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const serveVerb: Verb = {
  name: 'serve',
  summary: 'Runs the appliance: devices, queue, deliveries, and the screen on loopback. Ctrl-C stops it cleanly.',
  options: {
    ...configOptions,
    port: { type: 'string', help: 'port of the screen (default from the configuration, 8080)' },
  },
  run,
}

async function run(call: Call): Promise<Answer> {
  const loaded = configOf(call)
  const port = call.number('port', { min: 0, max: 65_535 }) ?? loaded.config.kiosk.port
  const log = createLog(process.env['COMPULSA_LOG'] ?? 'info')
  const appliance = await startAppliance(loaded, port, { clock: systemClock, random: systemRandom, log })
  call.progress(`configuration ${loaded.path}, data ${loaded.dataFolder}`)
  console.log(`Screen: ${appliance.url}`)
  keepCompiled()
  const { promise, resolve } = Promise.withResolvers<void>()
  call.signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  await appliance.stop()
  return { json: { stopped: true }, lines: ['stopped'] }
}
