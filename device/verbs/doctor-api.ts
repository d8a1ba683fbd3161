// What `doctor` finds out about the interface for programs: its TLS files, how long they last, whose certificates are let in
// until when, and the secrets of its clients. Nobody is asked anything.

import type { Config } from '../config/config.ts'
import { asFault, errorTable } from '../errors.ts'
import { systemClock } from '../host.ts'
import { tokenIn } from '../http/api-clients.ts'
import { tlsState } from '../http/tls-files.ts'
import type { Rooms } from '../rooms.ts'
import type { SealCheck } from './doctor-seals.ts'

type Found = Pick<SealCheck, 'detail'> & { readonly warn?: string | undefined }

/** Empty where no program is served. */
export async function checkApi(
  { api }: Pick<Config, 'api'>,
  rooms: Pick<Rooms, 'callbacks'>,
  signal?: AbortSignal,
): Promise<readonly SealCheck[]> {
  if (api === undefined) return []
  const checks: SealCheck[] = []
  const look = async (check: string, find: () => Found | Promise<Found>) => {
    checks.push(await checkOne(check, find))
  }
  const { tls, clients } = api
  for (const { check, detail, code, mend } of tls === undefined ? [] : tlsState(tls, systemClock.now())) {
    checks.push({ check, ok: code === null, detail, mend, ...(code === null && mend !== '' && { warn: true }) })
  }
  for (const { id, tokenFile, callbackSecretFile } of clients) {
    if (tokenFile !== undefined) await look(`token of ${id}`, () => usableToken(tokenFile))
    if (callbackSecretFile === undefined) continue
    await look(`callback secret of ${id}`, async () => {
      const { random } = await rooms.callbacks().check(id, signal)
      const how = `printf 'whsec_%s\\n' "$(openssl rand -base64 32)" > ${callbackSecretFile}, and give it to ${id}`
      return random
        ? { detail: callbackSecretFile }
        : { detail: `${callbackSecretFile} looks like something that somebody wrote`, warn: how }
    })
  }
  return checks
}

async function checkOne(check: string, find: () => Found | Promise<Found>): Promise<SealCheck> {
  try {
    const { detail, warn } = await find()
    return { check, ok: true, detail, mend: warn ?? '', ...(warn !== undefined && { warn: true as const }) }
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    return { check, ok: false, detail: `${code}: ${detail}`, mend: errorTable[code].mend }
  }
}

function usableToken(path: string): Found {
  tokenIn(path)
  return { detail: path }
}
