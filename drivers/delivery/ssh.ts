// One SFTP subsystem on another machine, by Debian's own ssh: its cryptography is kept by a security team, its options are all
// ours. Promises: no configuration or agent of the account is read, only the pinned host keys are accepted, nothing is
// forwarded or executed, and whoever is not the pinned server learns neither key nor password.

import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningProcess, start } from '../exec.ts'
import { readSecrets, readText } from './secrets.ts'
import { operatorPauseMs, TargetFailure } from './target-failure.ts'

/** The name that the pinned keys go by, whatever the machine's address. */
const hostAlias = 'compulsa-destination'
const connectTimeoutS = 15
/** Silence after which ssh asks whether the server is there, and how often. */
const aliveIntervalS = 15
const aliveCount = 3
const askpass = new URL('askpass.sh', import.meta.url).pathname
const keyLine = /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]{40,2000}={0,2}( .*)?$/

export interface SshAccess {
  readonly host: string
  /** Default 22. */
  readonly port?: number
  readonly user: string
  /** Public host keys as in the server's ssh_host_*_key.pub, one a line. */
  readonly hostKeyFile: string
  /** A private key without passphrase, readable by its owner only; or else `passwordFile`. */
  readonly keyFile?: string
  /** One line; readable by its owner only. */
  readonly passwordFile?: string
}

export interface SshConnection {
  readonly process: RunningProcess
  readonly secrets: readonly string[]
  /** Ends ssh and tells why there is no SFTP at the other end. */
  failure(): Promise<TargetFailure>
  /** Ends ssh and removes what it was started with. */
  close(): Promise<void>
}

/** Starts ssh, which is not connected yet. Throws TargetFailure for files that cannot be used, the signal's reason. */
export async function openSsh(access: SshAccess, signal: AbortSignal): Promise<SshConnection> {
  const pinned = await readHostKeys(access.hostKeyFile)
  const secret = await readOwn(access)
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-ssh-'))
  try {
    await writeFile(join(folder, 'known_hosts'), pinned.map(line => `${hostAlias} ${line}\n`).join(''), { mode: 0o600 })
    // ssh expands % and ${} in the name of a key file; through a link of ours it meets none.
    if (access.keyFile !== undefined) await symlink(access.keyFile, join(folder, 'identity'))
    const process = start('ssh', argumentsFor(access, folder), {
      signal,
      deathSignal: 'SIGKILL',
      ...(access.passwordFile !== undefined && { environment: passwordBy(access.passwordFile) }),
    })
    const said = collectWords(process)
    const close = async () => {
      await process.kill()
      await rm(folder, { recursive: true, force: true })
    }
    const failure = async () => failureFrom(await process.kill(), await said, access)
    return Object.freeze({ process, secrets: secret === undefined ? [] : [secret], failure, close })
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true })
    throw thrown
  }
}

async function readHostKeys(path: string): Promise<readonly string[]> {
  const lines = (await readText('host key', path, false)).split(/\r?\n/).filter(line => line.trim() !== '')
  if (lines.length > 0 && lines.every(line => keyLine.test(line))) return lines
  throw new TargetFailure('DESTINATION_UNTRUSTED', `the host key file ${path} does not hold public keys, one a line`)
}

/** The password; a key is looked at too, for ssh would only tell that it was not let in. */
async function readOwn({ keyFile, passwordFile }: SshAccess): Promise<string | undefined> {
  if (keyFile !== undefined && !(await readText('key', keyFile, true)).includes('PRIVATE KEY-----')) {
    throw new TargetFailure('CREDENTIALS_REFUSED', `the key file ${keyFile} holds no private key`)
  }
  return (await readSecrets({ caFile: undefined, secretFile: passwordFile, what: 'password' })).secret
}

function passwordBy(file: string): Record<string, string> {
  return { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', COMPULSA_PASSWORD_FILE: file }
}

function argumentsFor({ host, port = 22, user, keyFile }: SshAccess, folder: string): string[] {
  const byKey = keyFile !== undefined
  const options: Readonly<Record<string, string | number>> = {
    BatchMode: byKey ? 'yes' : 'no',
    StrictHostKeyChecking: 'yes',
    HostKeyAlias: hostAlias,
    UserKnownHostsFile: join(folder, 'known_hosts'),
    GlobalKnownHostsFile: '/dev/null',
    UpdateHostKeys: 'no',
    VerifyHostKeyDNS: 'no',
    CanonicalizeHostname: 'no',
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    IdentityFile: byKey ? join(folder, 'identity') : 'none',
    PreferredAuthentications: byKey ? 'publickey' : 'password,keyboard-interactive',
    PubkeyAuthentication: byKey ? 'yes' : 'no',
    NumberOfPasswordPrompts: 1,
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    PermitLocalCommand: 'no',
    ControlMaster: 'no',
    ControlPath: 'none',
    EscapeChar: 'none',
    ConnectTimeout: connectTimeoutS,
    ServerAliveInterval: aliveIntervalS,
    ServerAliveCountMax: aliveCount,
    // A server's banner is no word of ssh's own.
    LogLevel: 'ERROR',
  }
  const set = Object.entries(options).map(([name, value]) => `-o${name}=${value}`)
  return ['-F', 'none', '-T', ...set, '-p', String(port), '-l', user, '-s', '--', host, 'sftp']
}

async function collectWords(process: RunningProcess): Promise<string> {
  let words = ''
  for await (const chunk of process.stderr) {
    if (words.length < 8_192) words += Buffer.from(chunk).toString('latin1')
  }
  return words
}

const untrusted =
  /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|no matching (host key|cipher|MAC|key exchange)/
const credentials = /Permission denied|Too many authentication failures|Load key|No supported authentication methods/

/** ssh ends with 255 for everything of its own (ssh(1), EXIT STATUS); its words tell which. They are never passed on. */
function failureFrom(exit: Awaited<RunningProcess['exit']>, words: string, access: SshAccess): TargetFailure {
  const at = `${access.host}:${access.port ?? 22}`
  if (exit.end === 'not-found')
    return new TargetFailure('DESTINATION_UNREACHABLE', 'ssh is not installed', operatorPauseMs)
  if (untrusted.test(words))
    return new TargetFailure('DESTINATION_UNTRUSTED', `${at}: another host key than the pinned`)
  if (credentials.test(words)) {
    return new TargetFailure('CREDENTIALS_REFUSED', `${at}: the server does not accept the user`, operatorPauseMs)
  }
  if (/subsystem request failed/.test(words)) {
    return new TargetFailure('DESTINATION_UNREACHABLE', `${at}: the server offers no SFTP`, operatorPauseMs)
  }
  const why =
    /Could not resolve|Connection refused|timed out|No route|unreachable/.exec(words)?.[0] ?? 'the connection ended'
  return new TargetFailure('DESTINATION_UNREACHABLE', `${at}: ${why}`)
}
