// Servers with certificates of one authority for the tests of pins, and what openssl says their pins are.

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { newFiles } from './60.targets.kit.ts'
import { createTestCa, type TlsIdentity } from './sim/tls.ts'

/** A server that answers 500 to everything, and what it was sent behind the handshake. */
export async function listen({ key, cert }: TlsIdentity, host = '127.0.0.1') {
  let bytes = 0
  let connections = 0
  const server = createServer({ key, cert }, (_request, response) => response.writeHead(500).end())
  server.on('secureConnection', socket => {
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    socket.on('error', () => undefined)
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return Object.freeze({
    port: address.port,
    url: `https://${host}:${address.port}`,
    connections: () => connections,
    /** When nothing more can come. */
    bytes: async () => {
      const open = () =>
        new Promise<number>((resolve, reject) =>
          server.getConnections((fault, n) => (fault ? reject(fault) : resolve(n))),
        )
      await expect.poll(open).toBe(0)
      return bytes
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

/** What openssl makes of a certificate: the pin of RFC 7469, appendix A. */
export async function pinByOpenssl(pem: string): Promise<string> {
  const script =
    'openssl x509 -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | openssl enc -base64'
  const child = execFile('sh', ['-c', script])
  child.stdin?.end(pem)
  if (child.stdout === null) throw new Error('no output')
  return `sha256/${(await text(child.stdout)).trim()}`
}

/** A server's chain whose second certificate has the root's name and another key, by openssl. */
export async function namesake() {
  const place = await newFiles({ leaf: 'subjectAltName=IP:127.0.0.1\nauthorityKeyIdentifier=none' })
  const at = (name: string) => join(place.leaf, '..', name)
  const root = (name: string) =>
    `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${at(`${name}.key`)} -out ${at(`${name}.pem`)} -days 2 -subj /CN=Root`
  const script = [
    root('root'),
    root('pinned'),
    `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${at('own.key')} -out ${at('own.csr')} -subj /CN=server`,
    `openssl x509 -req -in ${at('own.csr')} -CA ${at('root.pem')} -CAkey ${at('root.key')} -CAcreateserial -days 2 -extfile ${place.leaf} -out ${at('own.pem')}`,
  ].join(' && ')
  const child = execFile('sh', [
    '-c',
    `(${script}) >/dev/null 2>&1 && cat ${['own.pem', 'pinned.pem', 'root.pem', 'own.key'].map(at).join(' ')}`,
  ])
  if (child.stdout === null) throw new Error('no output')
  const pieces = (await text(child.stdout)).split(/(?<=-----END [A-Z ]+-----\n)/)
  await place.remove()
  const [own = '', pinnedPem = '', rootPem = '', key = ''] = pieces
  return { identity: { cert: own + pinnedPem, key }, rootPem, pinnedPem }
}

/** A server whose key is not the one that was expected, though its certificate is of the same authority. */
export async function openChanged() {
  const ca = await createTestCa()
  const expected = await ca.issue(['127.0.0.1'])
  const identity = await ca.issue(['127.0.0.1'])
  const other = await listen(identity)
  const files = await newFiles({ ca: ca.caPem, secret: 'a-secret' })
  const pin = {
    expected: await pinByOpenssl(expected.cert),
    other: await pinByOpenssl(identity.cert),
    authority: await pinByOpenssl(ca.caPem),
  }
  const stop = async () => {
    await other.stop()
    await files.remove()
  }
  return Object.freeze({ ca, other, files, pin, stop })
}
