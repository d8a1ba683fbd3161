// The whole kiosk on simulators, for `make run` and for trying things by hand: the surroundings of site.ts in this
// process, the real appliance as a child of its own, and a small page from which the simulated world is changed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startControl } from './control.ts'
import type { SheetImage } from './escl-sheets.ts'
import { fireCode, firePassword } from './fire.users.ts'
import { drawSheet } from './paper.ts'
import { createProgram } from './program.ts'
import { startSite } from './site.ts'
import { officialCode, startSiteCards } from './site-cards.ts'

export interface ApplianceOptions {
  readonly folder: string
  readonly port: number
  readonly controlPort: number
}

const commandLine = new URL('../../device/cli.ts', import.meta.url).pathname

/** Runs until `signal`; resolves to the exit code of the appliance. */
export async function runAppliance(
  { folder, port, controlPort }: ApplianceOptions,
  signal: AbortSignal,
): Promise<number> {
  await using started = new AsyncDisposableStack()
  const program = started.adopt(await createProgram(join(folder, 'program'), port === 0 ? 0 : port + 2), one =>
    one.stop(),
  )
  const { shop, configuration, blanks } = started.adopt(await startSiteCards(join(folder, 'cards')), one =>
    one.shop.stop(),
  )
  const orders = { screen: true, screenOptions: ['spedizione'], blanks, clients: [program.client] }
  const cards = { ...configuration, ...orders, pollMinutes: 1 }
  const options = {
    folder,
    sheets: [],
    trustServices: true,
    seal: true,
    clave: {},
    config: { api: program.api, cards },
  }
  const site = started.adopt(await startSite(options), one => one.stop())
  const child = spawn(
    process.execPath,
    [commandLine, 'serve', '--config', site.configFile, '--data', site.dataFolder, '--port', String(port)],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      // A group of its own, or the terminal's Ctrl-C would reach it twice: the second one means "at once".
      detached: true,
    },
  )
  const exit = once(child, 'exit')
  started.defer(async () => {
    child.kill('SIGINT')
    await exit
  })
  signal.addEventListener('abort', () => child.kill('SIGINT'))
  const sheets = await samplePile()
  site.scanner.load(sheets)
  const control = started.adopt(await startControl({ site, sheets, program, shop, port: controlPort }), one =>
    one.stop(),
  )
  console.log(
    `Simulated scanner, card (PIN ${site.pin}), time-stamping authority, seal service, FIRe, card service and receiver: ${control.url}`,
  )
  console.log(`Cl@ve Firma: number 50751129L, password ${firePassword}, code ${fireCode}; the page above is the phone`)
  console.log(`Blank cards: five touches on the name of the body, then the code ${officialCode}`)
  console.log(`A program asks for a copy, and a person comes with the pick-up code: ${program.curl}`)
  console.log(`Other commands beside it: compulsa VERB --config ${site.configFile} --data ${site.dataFolder}`)
  const [code] = await exit
  return typeof code === 'number' ? code : 1
}

/** Three sheets as a person brings them: a letter, a form that went in crooked, a letter with a stamp. */
async function samplePile(): Promise<SheetImage[]> {
  const fronts = await Promise.all([
    drawSheet({ seed: 11, kind: 'letter', resolution: 300 }),
    drawSheet({ seed: 12, kind: 'form', resolution: 300, skewDegrees: 1.4 }),
    drawSheet({ seed: 13, kind: 'stamp', resolution: 300 }),
  ])
  return fronts.map(front => ({ front }))
}
