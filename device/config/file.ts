// Finds, reads and parses the configuration file, and makes its paths absolute: they are relative to the file.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { asFault, Fault } from '../errors.ts'
import { type Config, parseConfig } from './config.ts'

const installedPath = '/etc/compulsa/compulsa.json'
const shippedPath = new URL('../../system/rootfs/etc/compulsa/compulsa.json', import.meta.url).pathname

export interface LoadedConfig {
  readonly config: Config
  readonly path: string
  readonly dataFolder: string
  readonly deviceKeyFile: string
}

export interface ConfigRequest {
  /** `--config`; else COMPULSA_CONFIG, else /etc/compulsa/compulsa.json, else the one shipped with the program. */
  readonly configFile: string | undefined
  /** `--data`: a folder for the data and, beside them, the device key, in place of the configured ones. */
  readonly dataFolder: string | undefined
}

/** Throws CONFIG_UNREADABLE, CONFIG_INVALID. */
export function loadConfig({ configFile, dataFolder }: ConfigRequest): LoadedConfig {
  const path = resolve(
    configFile ?? process.env['COMPULSA_CONFIG'] ?? (existsSync(installedPath) ? installedPath : shippedPath),
  )
  const raw = parseConfig(readJson(path))
  const absolute = (relative: string) => resolve(dirname(path), relative)
  const config = withPaths(raw, absolute)
  const { dataFolder: configured, deviceKeyFile } = raw.kiosk
  if (dataFolder !== undefined) {
    const folder = resolve(dataFolder)
    return { config, path, dataFolder: join(folder, 'data'), deviceKeyFile: join(folder, 'device.key') }
  }
  const folder = absolute(configured)
  return {
    config,
    path,
    dataFolder: folder,
    deviceKeyFile: deviceKeyFile === undefined ? `${folder}.key` : absolute(deviceKeyFile),
  }
}

/** The keys of an object that hold a path. */
type FileKey<T> = Extract<keyof T, `${string}File`>

function withPaths(raw: Config, absolute: (relative: string) => string): Config {
  const files = <T extends object>(one: T): T => {
    const found = Object.entries(one).filter((entry): entry is [FileKey<T>, string] => entry[0].endsWith('File'))
    return { ...one, ...Object.fromEntries(found.map(([key, path]) => [key, absolute(path)])) }
  }
  const { devices, seal, timestamping, extension, batches, api, autofirma, cards } = raw
  return {
    ...raw,
    devices: {
      ...devices,
      ...(devices.printer !== undefined && { printer: files(devices.printer) }),
      keyStores: devices.keyStores.map(one => ({ ...files(one), path: absolute(one.path) })),
    },
    destinations: raw.destinations.map(files),
    trust: raw.trust.map(absolute),
    ...(seal !== undefined && { seal: { services: seal.services.map(files), table: seal.table.map(files) } }),
    ...(timestamping !== undefined && { timestamping: files(timestamping) }),
    ...(extension !== undefined && {
      extension: { ...extension, service: { ...files(extension.service), tsa: files(extension.service.tsa) } },
    }),
    batches: { ...batches, folders: batches.folders.map(absolute) },
    ...(api !== undefined && {
      api: { ...api, clients: api.clients.map(files), ...(api.tls !== undefined && { tls: files(api.tls) }) },
    }),
    ...(cards !== undefined && { cards: files(cards) }),
    ...(autofirma?.folder !== undefined && { autofirma: { ...autofirma, folder: absolute(autofirma.folder) } }),
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (thrown) {
    const why = thrown instanceof SyntaxError ? `is not JSON: ${thrown.message}` : asFault(thrown).detail
    throw new Fault('CONFIG_UNREADABLE', `${path}: ${why}`, { cause: thrown })
  }
}
