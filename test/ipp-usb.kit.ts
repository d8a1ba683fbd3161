// A USB scanner as ipp-usb serves it: a simulated scanner on one of ipp-usb's own loopback ports, where the appliance looks
// without being told an address.

import { type EsclSimulator, type EsclSimulatorOptions, startEsclSimulator } from './sim/escl.ts'

const ports = Array.from({ length: 11 }, (_, i) => 60_000 + i)

/** On the first of ipp-usb's ports that is free here, and not on `but`. */
export async function onIppUsbPort(options: EsclSimulatorOptions, but?: string): Promise<EsclSimulator> {
  for (const port of ports.filter(one => !but?.endsWith(`:${one}`))) {
    try {
      return await startEsclSimulator({ ...options, port })
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE')) throw thrown
    }
  }
  throw new Error('all ports of ipp-usb are taken')
}
