// The revocation client and somebody else's responder: openssl ocsp serves answers about the test PKI over HTTP, and
// what came through our client is what its index of certificates says.

import { spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, it, onTestFinished } from 'vitest'
import { lines } from '../drivers/exec.ts'
import { createHttpRevocation } from '../drivers/revocation/http.ts'
import { judge, temporaryFolder } from './50.signature.kit.ts'
import { createTestPki, pem } from './sim/pki.ts'

/** As openssl ca writes its index: state, end, revocation with reason, serial, file, name. */
function indexLine(certificate: Uint8Array, revoked: boolean): string {
  const { serialNumber } = new X509Certificate(certificate)
  const state = revoked ? ['R', '400101000000Z', '260101000000Z,keyCompromise'] : ['V', '400101000000Z', '']
  return [...state, serialNumber, 'unknown', `/CN=${serialNumber}`].join('\t')
}

it('openssl ocsp as the responder answers our POST about good, revoked and unknown certificates', async () => {
  const pki = await createTestPki({ now: Date.now() })
  const [good, revoked, unknown, responder] = await Promise.all([
    pki.signer({ key: 'P-256' }),
    pki.signer({ key: 'P-256' }),
    pki.signer({ key: 'P-256' }),
    pki.signer({ key: 'P-256', kind: 'ocsp-responder' }),
  ])
  const folder = await temporaryFolder()
  onTestFinished(() => folder.remove())
  const rows = [indexLine(good.certificate, false), indexLine(revoked.certificate, true)]
  const index = await folder.write('index.txt', `${rows.join('\n')}\n`)
  const issuer = await folder.write('issuer.pem', pem('CERTIFICATE', pki.intermediate))
  const root = await folder.write('root.pem', pem('CERTIFICATE', pki.root))
  const signer = await folder.write('responder.pem', pem('CERTIFICATE', responder.certificate))
  const key = await folder.write('responder.key', pem('PRIVATE KEY', responder.privateKey))
  const serve = ['-index', index, '-CA', issuer, '-rsigner', signer, '-rkey', key, '-port', '0', '-nmin', '60']
  const server = spawn('openssl', ['ocsp', ...serve], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => {
    server.kill()
  })
  let port = ''
  for await (const line of lines(server.stdout)) {
    port = /ACCEPT .*:(\d+)/.exec(line)?.[1] ?? ''
    if (port !== '') break
  }
  const { ocsp } = createHttpRevocation({ allowPrivate: ['127.0.0.1'] })
  const said: string[] = []
  for (const { certificate } of [good, revoked, unknown]) {
    const leaf = await folder.write('leaf.pem', pem('CERTIFICATE', certificate))
    const about = ['-no_nonce', '-issuer', issuer, '-cert', leaf]
    await judge('openssl', ['ocsp', ...about, '-reqout', `${folder.path}/query.der`])
    const answer = await ocsp(`http://127.0.0.1:${port}/`, await readFile(`${folder.path}/query.der`))
    const respin = await folder.write('answer.der', answer)
    const verified = await judge('openssl', [
      'ocsp',
      ...about,
      '-respin',
      respin,
      '-CAfile',
      root,
      '-verify_other',
      issuer,
    ])
    expect(verified.output).toContain('Response verify OK')
    said.push(/leaf\.pem: (\w+)/.exec(verified.output)?.[1] ?? verified.output)
  }
  expect(said).toEqual(['good', 'revoked', 'unknown'])
})
