// TLS of the interface for programs: what it shows of itself, and by whose certificates clients may show themselves. Its files
// are looked at before each connection and each request, so that replacing them is all that a renewal or a revocation takes;
// new ones that cannot be used change nothing, and the log says so.

import { statSync } from 'node:fs'
import type { Socket } from 'node:net'
import { type Server, TLSSocket } from 'node:tls'
import { asFault } from '../errors.ts'
import type { Log } from '../ports.ts'
import type { ShownCertificate } from './client-certificates.ts'
import type { ServerCredentials } from './server.ts'
import { readTlsFiles, type TlsConfig } from './tls-files.ts'

export interface ApiTls {
  readonly credentials: ServerCredentials
  /** Looks at the files from now on. */
  keepFresh(server: Server): void
  /** What a client shows of itself on this connection; undefined where it shows none. */
  shown(socket: Socket): ShownCertificate | undefined
}

/** Throws FILE_UNREADABLE, CERTIFICATE_UNREADABLE, CONFIG_INVALID. */
export function createApiTls(config: TlsConfig, log: Log): ApiTls {
  let marks = marksOf(config)
  const credentials = credentialsIn(config)
  let generation = 0
  /** By which of the files in their turn a connection is judged: from its first octet, then for good. */
  const begun = new Map<string, number>()
  const generations = new WeakMap<Socket, number>()
  let refresh = (): void => undefined

  function keepFresh(server: Server): void {
    refresh = () => {
      const found = marksOf(config)
      if (found === marks) return
      marks = found
      try {
        server.setSecureContext(credentialsIn(config))
        generation += 1
        log.info('TLS files of the interface for programs were read anew')
      } catch (thrown) {
        const { code, detail } = asFault(thrown)
        log.error('new TLS files of the interface for programs are not used', { code, detail })
      }
    }
    server.prependListener('connection', (socket: Socket) => {
      refresh()
      const peer = peerOf(socket)
      begun.set(peer, generation)
      socket.once('close', () => begun.delete(peer))
    })
    server.on('secureConnection', socket => generations.set(socket, begun.get(peerOf(socket)) ?? -1))
  }

  function shown(socket: Socket): ShownCertificate | undefined {
    refresh()
    const x509 = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
    // Whether a connection is authorized says nothing where no certificate was shown.
    if (!(socket instanceof TLSSocket) || x509 === undefined) return undefined
    const refused = socket.authorized ? null : String(socket.authorizationError)
    return { x509, refused, stale: generations.get(socket) !== generation }
  }

  return Object.freeze({ credentials, keepFresh, shown })
}

const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`

function credentialsIn(config: TlsConfig): ServerCredentials {
  const { cert, key, authorities, lists } = readTlsFiles(config)
  if (authorities === undefined) return { cert, key }
  return {
    ...{ cert, key, ca: authorities },
    // One by one: of a text with several, TLS reads the first only.
    ...(lists !== undefined && { crl: lists.map(({ pem }) => pem) }),
    requestCert: true,
    // Who shows none may have a token; what is shown is judged by whoever answers, who says why.
    rejectUnauthorized: false,
  }
}

/** Another text as soon as one of the files is another. */
function marksOf(config: TlsConfig): string {
  const marks = Object.values(config).map(path => {
    const { mtimeNs, size, ino } = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? {}
    return `${mtimeNs} ${size} ${ino}`
  })
  return marks.join(', ')
}
