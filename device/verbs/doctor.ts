// `compulsa doctor`: what is missing on this machine, and the command that mends it.

import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { checkStates } from '../calibration.ts'
import type { LoadedConfig } from '../config/file.ts'
import { asFault } from '../errors.ts'
import { systemClock } from '../host.ts'
import type { TextReader } from '../ports.ts'
import { configOf, withWorkbench } from './appliance.ts'
import { lastChecks } from './calibration-book.ts'
import { checkLine } from './calibration-lines.ts'
import { checkApi } from './doctor-api.ts'
import { checkCards } from './doctor-cards.ts'
import { checkClave } from './doctor-clave.ts'
import { clockLine, codeWarnings } from './doctor-codes.ts'
import { checkDestinations } from './doctor-destinations.ts'
import { checkExtension } from './doctor-extension.ts'
import { checkPins } from './doctor-pins.ts'
import { checkSeals } from './doctor-seals.ts'
import { checkTimestamping } from './doctor-timestamping.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const doctorVerb: Verb = {
  name: 'doctor',
  summary:
    'Checks programs, native modules, configuration, data folder, devices, the time-stamping authority, the extension service, the seals, the interface for programs, the card service, Cl@ve Firma, pinned servers and the built screen. Exit 1 when something is missing.',
  options: {
    ...configOptions,
    pins: { type: 'boolean', help: 'tells the key of every server, also of those that are not pinned' },
  },
  run,
}

interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
  /** The command or act that mends it. */
  readonly mend: string
  /** It works, but somebody should look. */
  readonly warn?: true
}

const nodeMajor = 24
const nativePackages = ['better-sqlite3', 'pkcs11js', 'pcsclite', 'sharp', 'usb', 'node-hid', 'serialport'] as const
const programs = [
  { program: 'scanimage', debian: 'sane-utils' },
  { program: 'pcscd', debian: 'pcscd' },
  { program: 'chromium', debian: 'chromium' },
  { program: 'ssh', debian: 'openssh-client' },
] as const

/** The languages of the text layer, ISO 639-1. */
const readableLanguages = [
  { code: 'ca', debian: 'tesseract-ocr-cat' },
  { code: 'es', debian: 'tesseract-ocr-spa' },
  { code: 'en', debian: 'tesseract-ocr-eng' },
  { code: 'fr', debian: 'tesseract-ocr-fra' },
  { code: 'it', debian: 'tesseract-ocr-ita' },
] as const

async function run(call: Call): Promise<Answer> {
  const findings: Finding[] = [runtime(), ...programs.map(program), ...nativePackages.map(nativePackage), builtScreen()]
  const loaded = attempt(() => configOf(call))
  findings.push(
    finding(
      'configuration',
      loaded.fault ?? loaded.value?.path ?? '',
      loaded.fault === undefined,
      'correct the key named here',
    ),
  )
  if (loaded.value !== undefined) {
    findings.push(
      ...codes(loaded.value),
      clock(),
      dataFolder(loaded.value),
      ...(await devices(loaded.value, call)),
      ...calibrations(loaded.value),
    )
  }
  const missing = findings.filter(one => !one.ok)
  const lines = findings.map(lineOf)
  const answer = { json: { ok: missing.length === 0, findings }, lines }
  if (missing.length === 0) return answer
  return {
    ...answer,
    failed: { code: 'DOCTOR', mend: `${missing.length} of ${findings.length} checks failed; mend them from the top.` },
  }
}

function lineOf({ check, ok, detail, mend, warn }: Finding): string {
  const state = ok ? (warn === true ? 'warning' : 'ok     ') : 'MISSING'
  return `${state}  ${check}: ${detail}${ok && warn !== true ? '' : `\n         mend: ${mend}`}`
}

function codes({ config }: LoadedConfig): Finding[] {
  const mend = 'look the code up in its directory, and correct it if it is wrong'
  return codeWarnings(config).map(one => ({ ...finding('codes', one, true, mend), warn: true }))
}

/** The clock of a machine without a network is right or not, and nobody knows. */
function clock(): Finding {
  const trust = systemClock.trust?.() ?? { source: 'unknown' }
  const found = finding('clock', clockLine(trust), true, 'timedatectl set-ntp true')
  return trust.source === 'unknown' ? { ...found, warn: true } : found
}

/** A scanner that was never checked, or not for long, or whose check was bad, still scans. */
function calibrations(loaded: LoadedConfig): Finding[] {
  const read = attempt(() => checkStates(loaded.config, lastChecks(loaded), Date.now()))
  if (read.value === undefined) return [finding('calibration', read.fault ?? '', false, 'start the appliance once')]
  return read.value.map(one => {
    const found = finding(
      `calibration of ${one.deviceId}`,
      checkLine(one),
      true,
      `compulsa calibrate --device ${one.deviceId}, with the sheet of compulsa calibrate --sheet F.pdf`,
    )
    return one.due || one.verdict === 'fail' ? { ...found, warn: true } : found
  })
}

function finding(check: string, detail: string, ok: boolean, mend: string): Finding {
  return { check, ok, detail, mend }
}

function attempt<T>(work: () => T): { readonly value?: T; readonly fault?: string } {
  try {
    return { value: work() }
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    return { fault: `${code}: ${detail}` }
  }
}

function runtime(): Finding {
  const ok = Number(process.versions.node.split('.')[0]) === nodeMajor
  return finding('runtime', `Node ${process.versions.node}`, ok, 'run with node_modules/.bin/node (make setup)')
}

function program({ program: name, debian }: { readonly program: string; readonly debian: string }): Finding {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin']
  const found = folders.map(folder => join(folder, name)).find(path => existsSync(path))
  return finding(name, found ?? 'not found', found !== undefined, `apt-get install ${debian}`)
}

function nativePackage(name: (typeof nativePackages)[number]): Finding {
  const loaded = attempt(() => createRequire(import.meta.url)(name) !== undefined)
  return finding(name, loaded.fault ?? 'loads', loaded.fault === undefined, 'make setup')
}

function builtScreen(): Finding {
  const page = new URL('../../ui/dist/index.html', import.meta.url).pathname
  const ok = existsSync(page)
  return finding('screen', ok ? 'built' : 'not built', ok, 'make setup')
}

function dataFolder({ dataFolder: folder }: LoadedConfig): Finding {
  let nearest = folder
  while (!existsSync(nearest)) nearest = dirname(nearest)
  const writable = attempt(() => accessSync(nearest, constants.W_OK))
  return finding(
    'data folder',
    writable.fault === undefined ? folder : `${nearest} cannot be written`,
    writable.fault === undefined,
    `choose another with --data, or make ${nearest} writable`,
  )
}

/** Every language that the appliance knows, since each procedure and each command chooses its own. */
async function textReading(reader: TextReader, signal: AbortSignal): Promise<Finding> {
  const packages = readableLanguages.map(({ debian }) => debian)
  try {
    const installed = await reader.languages(signal)
    const missing = readableLanguages.filter(({ code }) => !installed.includes(code)).map(({ debian }) => debian)
    const detail = `tesseract reads ${installed.join(' ') || 'no language'}`
    return finding('text reading', detail, missing.length === 0, `apt-get install ${missing.join(' ')}`)
  } catch (thrown) {
    const mend = `apt-get install ${['tesseract-ocr', ...packages].join(' ')}`
    return finding('text reading', asFault(thrown).detail, false, mend)
  }
}

async function devices(loaded: LoadedConfig, call: Call): Promise<Finding[]> {
  const { config } = loaded
  return await withWorkbench(config, async ({ rooms }) => {
    const scanners = await rooms.scanner().list(call.signal)
    const seen = scanners.map(one =>
      finding(
        `scanner ${one.id}`,
        `${one.name}, ${one.code ?? one.state}`,
        one.state === 'ready' || one.state === 'busy',
        'connect it and switch it on',
      ),
    )
    const modules = await rooms
      .signer()
      .tokens(call.signal)
      .then(
        tokens => finding('token modules', `${tokens.length} tokens present`, true, ''),
        (thrown: unknown) =>
          finding(
            'token modules',
            asFault(thrown).detail,
            false,
            'apt-get install opensc, or correct devices.tokenModules',
          ),
      )
    const stamped = await checkTimestamping(config, rooms, call.signal)
    const raised = await checkExtension(config, rooms, call.signal)
    const clave = await checkClave(config, rooms, call.signal)
    return [
      await textReading(rooms.textReader(), call.signal),
      ...seen,
      ...(config.devices.tokenModules.length === 0 ? [] : [modules]),
      ...(stamped === undefined ? [] : [{ check: 'time-stamping', ...stamped }]),
      ...(await checkSeals(config, rooms, call.signal)),
      ...(await checkDestinations(config, rooms.peers(), call.signal)),
      ...(await checkApi(config, rooms, call.signal)),
      ...(config.cards?.screen === true ? [program({ program: 'pdftoppm', debian: 'poppler-utils' })] : []),
      ...(await checkCards(loaded, rooms, call.signal)),
      ...(await checkPins(config, rooms, { all: call.flag('pins'), signal: call.signal })),
      ...(raised === undefined ? [] : [{ check: 'extension service', ...raised }]),
      ...(clave === undefined ? [] : [{ check: 'Cl@ve Firma', ...clave }]),
    ]
  })
}
