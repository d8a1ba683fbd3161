// What drivers say in the tests of the ports behind a channel, and a channel to handlers that say it.

import type { ScannerInfo, ScanSettings } from '../device/ports.ts'
import { openChannel } from '../drivers/worker/channel.ts'
import { type Handlers, serveChannel } from '../drivers/worker/serve.ts'
import { socketPair } from './20.worker.setup.ts'

export async function channelTo(handlers: Handlers) {
  const [near, far] = await socketPair()
  serveChannel({ input: far, output: far }, handlers)
  return openChannel({ input: near, output: near })
}

export const settings: ScanSettings = { resolution: 300, colour: 'auto', paper: 'A4', source: 'adf', duplex: true }
export const info: ScannerInfo = {
  id: 'escl:1',
  name: 'Escáner',
  driver: 'escl',
  state: 'fault',
  code: 'SCANNER_JAM',
  sources: ['adf', 'flatbed'],
  duplex: true,
  paperLoaded: false,
}
export const never = new AbortController().signal

export const frame = { left: -12, top: 4, width: 2470, height: 3500 }
export const verdict = {
  width: 2480,
  height: 3508,
  resolution: 300,
  colour: 'bw',
  blank: false,
  turn: 180,
  turnConfident: true,
  skewDegrees: -0.7,
  sheet: frame,
} as const

export const request = {
  mediaType: 'image/jpeg',
  resolution: 300,
  colour: 'auto',
  deskew: true,
  crop: true,
  background: 'kept',
  reduction: 'none',
} as const
