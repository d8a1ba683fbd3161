// Debian's OpenSSH server with SFTP, on a port of 127.0.0.1, one `sshd -i` for each connection. It knows one user, who has a
// key and a password and a folder of its own; account, keys and configuration lie in a temporary folder and nowhere else.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const wrapper = 'libnss_wrapper.so'

export interface Sshd {
  readonly port: number
  readonly user: string
  readonly password: string
  /** Where the user arrives. */
  readonly home: string
  readonly keyFile: string
  /** What a client may pin. */
  readonly hostKeyFile: string
  /** A key that was not let in, and another machine's host key. */
  readonly strangeKeyFile: string
  readonly strangeHostKeyFile: string
  /** Whether from now on the user's folder lies on a disk of so few bytes; absent: on the real one. */
  setDisk(bytes?: number): void
  stop(): Promise<void>
}

/** Starts listening. Needs openssh-server and libnss-wrapper. */
export async function startSshd(): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-sshd-'))
  const { uid, gid, username: user } = userInfo()
  const [home, password] = [join(folder, 'home'), 'pässword of the line']
  await mkdir(home)
  const file = (name: string) => join(folder, name)
  const keys = ['host', 'strange-host', 'key', 'strange-key'].map(file)
  await Promise.all(keys.map(path => run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path])))
  const { stdout: hash } = await run('openssl', ['passwd', '-6', '-salt', 'compulsa', password])
  await writeFile(file('passwd'), `${accounts(user, uid, gid, home)}`)
  await writeFile(file('shadow'), `${user}:${hash.trim()}:19000:0:99999:7:::\n`)
  await writeFile(file('group'), `${user}:x:${gid}:\nnogroup:x:65534:\n`)
  await writeFile(file('authorized'), await readFile(`${file('key')}.pub`))
  await writeFile(file('config'), configuration(file))
  await chmod(folder, 0o755)

  let diskBytes: number | undefined
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    const environment = {
      NSS_WRAPPER_PASSWD: file('passwd'),
      NSS_WRAPPER_SHADOW: file('shadow'),
      NSS_WRAPPER_GROUP: file('group'),
      LD_PRELOAD: wrapper,
    }
    const set = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
    const sshd = ['env', ...set, '/usr/sbin/sshd', '-i', '-f', file('config')]
    const [command = '', ...args] = inside(sshd, home, diskBytes)
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/' })
    socket.on('error', () => undefined).pipe(child.stdin.on('error', () => undefined))
    child.stdout.pipe(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      child.kill('SIGTERM')
    })
    child.on('exit', () => socket.destroySoon())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.freeze({
    port: (server.address() as AddressInfo).port,
    user,
    password,
    home,
    keyFile: file('key'),
    hostKeyFile: `${file('host')}.pub`,
    strangeKeyFile: file('strange-key'),
    strangeHostKeyFile: `${file('strange-host')}.pub`,
    setDisk: (bytes?: number) => {
      diskBytes = bytes
    },
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
      await rm(folder, { recursive: true, force: true })
    },
  })
}

function accounts(user: string, uid: number, gid: number, home: string): string {
  return `${user}:x:${uid}:${gid}::${home}:/bin/sh\nsshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n`
}

function configuration(file: (name: string) => string): string {
  return `HostKey ${file('host')}
AuthorizedKeysFile ${file('authorized')}
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
MaxAuthTries 3
LogLevel QUIET
Banner none
Subsystem sftp internal-sftp
`
}

/**
 * With mounts of its own: run by root, sshd wants its /run/sshd, which is otherwise there where sshd is a service. A small
 * disk lives as long as the connection.
 */
function inside(command: readonly string[], home: string, diskBytes: number | undefined): readonly string[] {
  if (process.getuid?.() !== 0) return command
  const disk = diskBytes === undefined ? '' : `mount -t tmpfs -o size=${diskBytes} tmpfs '${home}' && `
  return [
    'unshare',
    '-m',
    'sh',
    '-c',
    `mount -t tmpfs tmpfs /run && mkdir /run/sshd && ${disk}exec "$@"`,
    'sh',
    ...command,
  ]
}
