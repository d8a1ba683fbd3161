// What a kiosk needs to be AutoFirma for the pages in its browser: the certificate for loopback, the server that opens a
// socket for each launch, and the socket file over which the browser's handler of `afirma:` hands launches in.

import { chmod, rm } from 'node:fs/promises'
import Type, { type Static } from 'typebox'
import type { PageDesk } from '../afirma/page-desk.ts'
import type { Config } from '../config/config.ts'
import { createLoopbackCertificate } from '../loopback-certificate.ts'
import type { Clock, Log, Random } from '../ports.ts'
import { launchSocket, loopbackFolder, originsOf } from './afirma-places.ts'
import { createAfirmaServer } from './afirma-server.ts'
import type { Refused } from './afirma-session.ts'
import { createApp, listen } from './server.ts'

type Autofirma = NonNullable<Config['autofirma']>

export interface AfirmaParts {
  readonly config: Autofirma
  readonly kioskId: string
  /** The data folder: the certificate is kept in it, and the socket file. */
  readonly folder: string
  readonly desk: PageDesk
  /** What was refused without the desk having been asked; default: the log alone. */
  readonly onRefused?: (refused: Refused) => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface AfirmaService {
  /** As over the socket file. */
  launch(url: string): Promise<void>
  close(): Promise<void>
}

/** Beside the text of the largest document in Base64: everything else of a message. */
const otherParameterBytes = 2 << 20
const LaunchRequest = Type.Object({ url: Type.String({ maxLength: 4_000 }) }, { additionalProperties: false })

/** Throws PORT_TAKEN, and what the certificate's folder says. */
export async function startAfirma(parts: AfirmaParts): Promise<AfirmaService> {
  const { config, folder, log } = parts
  const certificate = createLoopbackCertificate({ ...parts, folder: loopbackFolder(folder) })
  const documentBytes = config.maxMegabytes * 2 ** 20
  const server = createAfirmaServer({
    ...parts,
    origins: originsOf(config),
    maxMessageBytes: 4 * Math.ceil(documentBytes / 3) + otherParameterBytes,
    tls: certificate.tls,
    onRefused: parts.onRefused ?? (() => undefined),
  })
  // Before the first launch, so that the browser can be told of its authority when it starts.
  certificate.tls()
  const app = createApp(log)
  app.post<{ Body: Static<typeof LaunchRequest> }>(
    '/launch',
    { schema: { body: LaunchRequest } },
    async (request, reply) => {
      await server.launch(request.body.url)
      return reply.send({ launched: true })
    },
  )
  const path = launchSocket(folder)
  await rm(path, { force: true })
  await listen(app, { path })
  await chmod(path, 0o660)
  return Object.freeze({
    launch: server.launch,
    async close() {
      await Promise.all([app.close(), server.close()])
    },
  })
}
