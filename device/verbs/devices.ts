// `compulsa devices`: what is attached and its state.

import { asFault, Fault } from '../errors.ts'
import { configOf, withWorkbench } from './appliance.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const devicesVerb: Verb = {
  name: 'devices',
  summary: 'Lists scanners and signature tokens with their states.',
  options: { ...configOptions, require: { type: 'string', help: 'fail unless one is ready: scanner or token' } },
  run,
}

async function run(call: Call): Promise<Answer> {
  const { config } = configOf(call)
  const required = call.choice('require', ['scanner', 'token'] as const)
  return await withWorkbench(config, async ({ rooms }) => {
    const [scanners, tokens] = await Promise.all([
      rooms.scanner().list(call.signal),
      listTokens(() => rooms.signer().tokens(call.signal)),
    ])
    if (required === 'scanner' && !scanners.some(one => one.state === 'ready'))
      throw new Fault('SCANNER_ABSENT', 'no scanner is ready')
    if (required === 'token' && tokens.found.length === 0) throw new Fault('TOKEN_ABSENT', 'no token is present')
    return {
      json: { scanners, tokens: tokens.found, ...(tokens.code === undefined ? {} : { tokenFault: tokens.code }) },
      lines: [
        ...scanners.map(
          one => `scanner ${one.id}: ${one.name}, ${one.state}${one.code === undefined ? '' : ` (${one.code})`}`,
        ),
        ...(scanners.length === 0 ? ['scanner: none configured'] : []),
        ...tokens.found.map(one => `token ${one.id}: ${one.label}, PIN tries ${one.pinTries}`),
        ...(tokens.found.length === 0 ? [`token: ${tokens.code ?? 'none present'}`] : []),
      ],
    }
  })
}

async function listTokens<T>(list: () => Promise<readonly T[]>): Promise<{ found: readonly T[]; code?: string }> {
  try {
    return { found: await list() }
  } catch (thrown) {
    return { found: [], code: asFault(thrown).code }
  }
}
