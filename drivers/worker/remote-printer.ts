// The Printer port over the channel to the print worker, which has read what a printer said: it is taken in closed shapes only.

import Type, { type TSchema } from 'typebox'
import type { Printer, PrintRequest } from '../../device/ports.ts'
import { type PortChannel, resultOf } from './channel.ts'
import type { WirePrint } from './printer-handlers.ts'
import { answerOf, withSignal } from './remote.ts'
import { checked } from './shapes.ts'

const closed = { additionalProperties: false } as const
const text = Type.String({ maxLength: 500, pattern: '^[^\\p{Cc}]*$' })
const code = Type.Enum([
  'PRINTER_ABSENT',
  'PRINTER_OUT_OF_PAPER',
  'PRINTER_JAM',
  'PRINTER_COVER_OPEN',
  'PRINTER_TONER',
  'PRINTER_OUTPUT_FULL',
  'PRINTER_STOPPED',
  'PRINTER_NOT_ACCEPTING',
  'PRINTER_BUSY',
  'PRINTER_FAILED',
  'PRINTER_TIMEOUT',
  'PRINTER_UNTRUSTED',
  'PRINTER_REFUSED',
  'PRINTER_FORMAT',
  'PRINT_HELD',
  'PRINT_CANCELLED',
  'PRINT_ABORTED',
])
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const resolution = Type.Integer({ minimum: 72, maximum: 1200 })
const form = Type.Union([
  Type.Object({ mediaType: Type.Literal('application/pdf') }, closed),
  Type.Object({ mediaType: Type.Literal('image/pwg-raster'), resolution, colour: Type.Enum(['gray', 'rgb']) }, closed),
  Type.Object({ mediaType: Type.Literal('image/jpeg'), resolution }, closed),
])

const printerInfo = Type.Object(
  {
    name: text,
    state: Type.Enum(['ready', 'printing', 'stopped', 'absent']),
    code: orNull(code),
    low: Type.Array(Type.Enum(['paper', 'toner']), { maxItems: 2 }),
    form: orNull(form),
  },
  closed,
)

const discovered = Type.Array(Type.Object({ name: text, url: text, uuid: Type.Optional(text) }, closed), {
  maxItems: 1_000,
})

const number = Type.Integer({ minimum: 1, maximum: 0x7fffffff })
const detail = Type.String({ maxLength: 2_000 })
const outcome = Type.Union([
  Type.Object({ outcome: Type.Literal('sent'), job: number }, closed),
  Type.Object({ outcome: Type.Literal('refused'), code, detail }, closed),
  Type.Object({ outcome: Type.Literal('unsure'), code, detail, job: Type.Optional(number) }, closed),
])

const printJob = Type.Object(
  {
    job: number,
    state: Type.Enum(['incoming', 'pending', 'held', 'printing', 'stopped', 'cancelled', 'aborted', 'completed']),
    code: orNull(code),
    pages: orNull(Type.Integer({ minimum: 0, maximum: 0x7fffffff })),
    flawed: Type.Boolean(),
  },
  closed,
)

/** A Printer in the print worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remotePrinter(channel: PortChannel): Printer {
  const job = async (method: string, params: object, signal?: AbortSignal) => {
    const asked = channel.call(method, params, withSignal(signal))
    return (await answerOf(channel, asked, answer => checked(orNull(printJob), answer, 'job'))) ?? undefined
  }
  return Object.freeze({
    info: (signal?: AbortSignal) => {
      const asked = channel.call('printer-info', null, withSignal(signal))
      return answerOf(channel, asked, answer => checked(printerInfo, answer, 'printer'))
    },
    discover: (signal?: AbortSignal) => {
      const asked = channel.call('printer-discover', null, withSignal(signal))
      return answerOf(channel, asked, answer => checked(discovered, answer, 'discovered printers'))
    },
    print: ({ body, ...request }: PrintRequest, signal?: AbortSignal) => {
      const asked = channel.call('print', request satisfies WirePrint, { ...withSignal(signal), input: body })
      return answerOf(channel, asked, answer => checked(outcome, answer, 'printing'))
    },
    job: (number: number, signal?: AbortSignal) => job('print-job', { job: number }, signal),
    find: (jobName: string, signal?: AbortSignal) => job('print-find', { jobName }, signal),
    cancel: async (number: number, signal?: AbortSignal) => {
      await resultOf(channel.call('print-cancel', { job: number }, withSignal(signal)))
    },
  })
}
