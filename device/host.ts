// The appliance's clock, chance and log as the machine gives them, and names made of chance.

import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import pino from 'pino'
import type { Clock, ClockTrust, Log, Random } from './ports.ts'
import { randomSymbols } from './readable.ts'

/** systemd-timesyncd touches it whenever it has set the clock by a time server (systemd-timesyncd.service(8), FILES). */
const synchronisedFile = '/run/systemd/timesync/synchronized'

/** What the machine knows of its clock, by the file that its time service touches. */
export function clockTrustBy(file: string): ClockTrust {
  const touched = statSync(file, { throwIfNoEntry: false })
  if (touched === undefined) return { source: 'unknown' }
  return { source: 'time-service', service: 'systemd-timesyncd', at: touched.mtime.toISOString() }
}

export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  trust: () => clockTrustBy(synchronisedFile),
  sleep: async (ms: number, signal?: AbortSignal) => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal })
    } catch (thrown) {
      signal?.throwIfAborted()
      throw thrown
    }
  },
})

export const systemRandom: Random = Object.freeze({
  bytes: (length: number) => new Uint8Array(randomBytes(length)),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
})

/** JSON lines on stderr, which the journal takes; `level` as in COMPULSA_LOG. */
export function createLog(level: string): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
  return Object.freeze({
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
  } satisfies Log)
}

/** 130 random bits. */
export function newIdFrom(random: Random): string {
  return randomSymbols(random.bytes, 26)
}

/** What a person copies by hand: 40 random bits as `XXXX-XXXX`. */
export function newReferenceFrom(random: Random): string {
  return `${randomSymbols(random.bytes, 4)}-${randomSymbols(random.bytes, 4)}`
}
