// `compulsa launch URL`: the kiosk's handler of `afirma:` addresses. Hands one to the running appliance, which opens the
// socket that the page is waiting for, and prints where the screen is, so that the handler can show it above the page.

import { Fault } from '../errors.ts'
import { launchSocket } from '../http/afirma-places.ts'
import { askAppliance } from '../http/operator-client.ts'
import { configOf } from './appliance.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const launchVerb: Verb = {
  name: 'launch',
  summary: 'Hands an afirma:// address to the running appliance; prints the address of the screen.',
  words: { name: 'URL', min: 1, max: 1 },
  options: configOptions,
  run,
}

async function run(call: Call): Promise<Answer> {
  const [url = ''] = call.words
  const { config, dataFolder } = configOf(call)
  if (config.autofirma === undefined)
    throw new Fault('CONFIG_INVALID', 'autofirma is not configured: no page may sign here')
  await askAppliance(launchSocket(dataFolder), 'POST', '/launch', { url })
  const screen = `http://127.0.0.1:${config.kiosk.port}/`
  return { json: { launched: true, screen }, lines: [screen] }
}
