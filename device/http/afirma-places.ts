// Where the appliance and its verbs meet about pages that sign as with AutoFirma: files in the data folder, and the sites
// that the configuration lists. The verbs load this instead of the server.

import { join } from 'node:path'
import type { Config } from '../config/config.ts'

/** In which the browser's handler hands launches over; the screen's group may write to it. */
export function launchSocket(dataFolder: string): string {
  return join(dataFolder, 'launch.sock')
}

/** Of the certificate for loopback. */
export function loopbackFolder(dataFolder: string): string {
  return join(dataFolder, 'loopback')
}

/** The sites whose pages may ask, each once, in the configuration's order. */
export function originsOf({ origins, portals }: NonNullable<Config['autofirma']>): readonly string[] {
  return [...new Set([...origins, ...portals.map(({ url }) => new URL(url).origin)])]
}
