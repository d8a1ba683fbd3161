// Debian's Apache with mod_dav, over TLS on a port of 127.0.0.1, with one user; configuration, certificate and collection lie
// in a temporary folder. Needs apache2-bin, and nothing of Debian's own configuration of it.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { createTestCa } from './tls.ts'

const run = promisify(execFile)
const startWithinMs = 20_000

export interface ApacheDav {
  readonly port: number
  readonly caPem: string
  readonly user: string
  readonly password: string
  /** What the root of the server holds. */
  readonly root: string
  /** A line about each request: what was asked, how it was answered. */
  asked(): Promise<readonly string[]>
  stop(): Promise<void>
}

/** Starts listening. With `diskBytes` the root lies on a disk of so few bytes, which takes privileges and goes with `stop`. */
export async function startApacheDav({ diskBytes }: { readonly diskBytes?: number } = {}): Promise<ApacheDav> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-dav-'))
  const ca = await createTestCa()
  const { cert, key } = await ca.issue(['127.0.0.1', 'localhost'])
  const [user, password, root] = ['kiosk', 'pa55 wörd', join(folder, 'root')]
  await mkdir(root)
  const { stdout: hash } = await run('openssl', ['passwd', '-apr1', '-salt', 'compulsa', password])
  const port = await freePort()
  await Promise.all([
    writeFile(join(folder, 'cert.pem'), cert),
    writeFile(join(folder, 'key.pem'), key, { mode: 0o600 }),
    writeFile(join(folder, 'users'), `${user}:${hash}`, { mode: 0o644 }),
    writeFile(join(folder, 'config'), configuration(folder, port)),
  ])
  // Apache's children are nobody, where it was started by root.
  await Promise.all([chmod(folder, 0o777), chmod(root, 0o777)])
  const command = ['/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', join(folder, 'config')]
  const disk = [
    'unshare',
    '-m',
    'sh',
    '-c',
    `mount -t tmpfs -o mode=777,size=${diskBytes} tmpfs '${root}' && exec "$@"`,
    'sh',
  ]
  const [program = '', ...args] = diskBytes === undefined ? command : [...disk, ...command]
  const apache = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], cwd: '/' })
  const stop = async () => {
    if (apache.exitCode === null) {
      const gone = once(apache, 'exit')
      apache.kill('SIGTERM')
      await gone
    }
    await rm(folder, { recursive: true, force: true })
  }
  const asked = async () => (await readFile(join(folder, 'asked'), 'utf8')).trimEnd().split('\n')
  try {
    await answering(port, apache)
  } catch (thrown) {
    await stop()
    throw thrown
  }
  return Object.freeze({ port, caPem: ca.caPem, user, password, root, asked, stop })
}

function configuration(folder: string, port: number): string {
  const modules = [
    'mpm_event',
    'authn_core',
    'authn_file',
    'authz_core',
    'authz_user',
    'auth_basic',
    'dav',
    'dav_fs',
    'ssl',
  ]
  const load = modules.map(name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
  return `${load.join('\n')}
ServerRoot ${folder}
ServerName 127.0.0.1
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/log
LogFormat "%r %>s length=%{Content-Length}i type=%{Content-Type}i destination=%{Destination}i overwrite=%{Overwrite}i" asked
CustomLog ${folder}/asked asked
User nobody
Group nogroup
Listen 127.0.0.1:${port}
StartServers 1
DavLockDB ${folder}/lock
DocumentRoot ${folder}/root
SSLEngine on
SSLCertificateFile ${folder}/cert.pem
SSLCertificateKeyFile ${folder}/key.pem
<Directory />
  Require all denied
</Directory>
<Directory ${folder}/root>
  Dav On
  AuthType Basic
  AuthName dav
  AuthUserFile ${folder}/users
  Require valid-user
</Directory>
`
}

async function answering(port: number, apache: ChildProcess): Promise<void> {
  const until = Date.now() + startWithinMs
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch (thrown) {
      if (apache.exitCode !== null || Date.now() > until) throw thrown
      await new Promise(resolve => setTimeout(resolve, 50))
    } finally {
      socket.destroy()
    }
  }
}
