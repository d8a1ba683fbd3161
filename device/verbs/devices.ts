// `compulsa devices`: what is attached and its state.

import { asFault, Fault } from '../errors.ts'
import type { DiscoveredScanner } from '../ports.ts'
import { configOf, withWorkbench } from './appliance.ts'
import { printerLine } from './print.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const devicesVerb: Verb = {
  name: 'devices',
  summary: 'Lists scanners, the printer and signature tokens with their states.',
  options: {
    ...configOptions,
    require: { type: 'string', help: 'fail unless one is ready: scanner, printer or token' },
  },
  run,
}

async function run(call: Call): Promise<Answer> {
  const { config } = configOf(call)
  const required = call.choice('require', ['scanner', 'printer', 'token'] as const)
  return await withWorkbench(config, async ({ rooms }) => {
    const [scanners, discovered, printer, printersFound, tokens] = await Promise.all([
      rooms.scanner().list(call.signal),
      rooms.scanner().discover(call.signal),
      config.devices.printer === undefined ? null : rooms.printer().info(call.signal),
      rooms.printer().discover(call.signal),
      listTokens(() => rooms.signer().tokens(call.signal)),
    ])
    if (required === 'scanner' && !scanners.some(one => one.state === 'ready'))
      throw new Fault('SCANNER_ABSENT', 'no scanner is ready')
    if (required === 'printer' && !['ready', 'printing'].includes(printer?.state ?? ''))
      throw new Fault(printer?.code ?? 'PRINTER_ABSENT', 'no printer is ready')
    if (required === 'token' && tokens.found.length === 0) throw new Fault('TOKEN_ABSENT', 'no token is present')
    return {
      json: {
        scanners,
        discovered,
        printer,
        printersFound,
        tokens: tokens.found,
        ...(tokens.code === undefined ? {} : { tokenFault: tokens.code }),
      },
      lines: [
        ...scanners.map(
          one => `scanner ${one.id}: ${one.name}, ${one.state}${one.code === undefined ? '' : ` (${one.code})`}`,
        ),
        ...(scanners.length === 0 ? ['scanner: none configured'] : []),
        ...discovered.map(one => `scanner found, not configured: ${one.name}, ${identityOf(one)}, ${one.url}`),
        ...(printer === null ? [] : [printerLine(printer)]),
        ...printersFound.map(one => {
          const identity = one.uuid === undefined ? `"name": "${one.name}"` : `"uuid": "${one.uuid}"`
          return `printer found, not configured: ${one.name}, ${identity}, ${one.url}`
        }),
        ...tokens.found.map(one => `token ${one.id}: ${one.label}, PIN tries ${one.pinTries}`),
        ...(tokens.found.length === 0 ? [`token: ${tokens.code ?? 'none present'}`] : []),
      ],
    }
  })
}

/** What goes into the configuration of a scanner that was found. */
function identityOf({ uuid, serial, name }: DiscoveredScanner): string {
  if (uuid !== undefined) return `"uuid": "${uuid}"`
  return serial === undefined ? `"name": "${name}"` : `"serial": "${serial}"`
}

async function listTokens<T>(list: () => Promise<readonly T[]>): Promise<{ found: readonly T[]; code?: string }> {
  try {
    return { found: await list() }
  } catch (thrown) {
    return { found: [], code: asFault(thrown).code }
  }
}
