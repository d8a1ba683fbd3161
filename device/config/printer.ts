// The part of the configuration that names the printer, if there is one: where or who it is.

import Type, { type Static } from 'typebox'
import { Pins } from './pins.ts'

const strict = { additionalProperties: false } as const
const Text = Type.String({ minLength: 1, maxLength: 100 })

export const Printer = Type.Object(
  {
    /** Of a CUPS queue or of the printer itself; beside an identity, where it is looked for first. */
    url: Type.Optional(Type.String({ pattern: '^ipps?://[A-Za-z0-9._:[\\]-]{1,260}(/[\\w.~%/-]*)?$', maxLength: 500 })),
    /** Who the printer is, as `compulsa devices` shows it: it is found by that wherever it is plugged in. */
    uuid: Type.Optional(Text),
    name: Type.Optional(Text),
    /** PEM of the only authorities trusted for it; with ipps: alone. A printer's own certificate is one. */
    caFile: Type.Optional(Type.String({ minLength: 1 })),
    pins: Type.Optional(Pins),
  },
  strict,
)

/** What no schema can say, each fault with the path of the offending value. */
export function printerFaults(printer: Static<typeof Printer> | undefined): string[] {
  if (printer === undefined) return []
  const { url, uuid, name, caFile, pins } = printer
  const unverified = url?.startsWith('ipp:') === true && (caFile !== undefined || pins !== undefined)
  return [
    ...((url ?? uuid ?? name) === undefined
      ? ['devices.printer needs a url, or the uuid or name by which the printer is found']
      : []),
    ...(unverified ? ['devices.printer.url is without TLS; caFile and pins need ipps:'] : []),
  ]
}
