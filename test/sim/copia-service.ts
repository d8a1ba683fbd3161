// `compulsa-sim copia`: the service, and what a kiosk needs to use it.

import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { copiaFaults, startCopia } from './copia.ts'

export interface CopiaServiceOptions {
  readonly folder: string
  readonly port: number
  readonly fault: string | undefined
}

/** Until `signal`; the exit code. */
export async function runCopia({ folder, port, fault }: CopiaServiceOptions, signal: AbortSignal): Promise<number> {
  const chosen = copiaFaults.find(one => one === fault)
  if (fault !== undefined && chosen === undefined) {
    console.error(`no fault ${fault}; there are ${copiaFaults.join(', ')}`)
    return 2
  }
  const service = await startCopia({ port })
  service.set(chosen ?? 'none')
  await mkdir(folder, { recursive: true })
  const [keyFile, caFile] = [join(resolve(folder), 'copia.key'), join(resolve(folder), 'copia-ca.pem')]
  await writeFile(keyFile, `${service.registered.key}\n`, { mode: 0o600 })
  await writeFile(caFile, service.caPem)
  const { domain, ens } = service.registered
  const destination = {
    id: 'copia',
    driver: 'copia',
    url: service.url,
    ens: ens[0],
    user: 'kiosk',
    domain,
    keyFile,
    caFile,
  }
  console.log(JSON.stringify({ destinations: [destination] }, null, 2))
  await new Promise<void>(ended => signal.addEventListener('abort', () => ended(), { once: true }))
  await service.stop()
  return 0
}
