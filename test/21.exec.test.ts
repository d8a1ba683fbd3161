// The only door to other programs: what goes in and comes out, and that whatever was started ends, whole group and all.

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { lines, run, start } from '../drivers/exec.ts'
import { isAlive, until } from './20.worker.setup.ts'

const execModule = new URL('../drivers/exec.ts', import.meta.url).href
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

describe('run', () => {
  it('passes input, collects both outputs and the exit status', async () => {
    const result = await run('sh', ['-c', 'cat; echo trouble >&2; exit 3'], { input: Buffer.from('in') })
    expect({ ...result, stdout: text(result.stdout) }).toEqual({
      exit: { end: 'exited', code: 3 },
      stdout: 'in',
      stderr: 'trouble\n',
      truncated: false,
    })
  })

  it('passes input in pieces, and none', async () => {
    const pieces = ['one ', 'two ', 'three'].map(piece => Buffer.from(piece))
    expect(text((await run('cat', [], { input: pieces })).stdout)).toBe('one two three')
    expect((await run('cat', [])).stdout).toHaveLength(0)
  })

  it('goes through no shell and gives no environment away', async () => {
    process.env['COMPULSA_TEST_SECRET'] = 'mine'
    onTestFinished(() => void delete process.env['COMPULSA_TEST_SECRET'])
    expect(text((await run('echo', ['$HOME;', '`id`'])).stdout)).toBe('$HOME; `id`\n')
    const names = text((await run('env', [], { environment: { SANE_DEBUG: '1' } })).stdout)
      .trim()
      .split('\n')
      .map(line => line.split('=')[0])
    expect(names.filter(name => name !== 'TMPDIR').sort()).toEqual(['LC_ALL', 'PATH', 'SANE_DEBUG'])
  })

  it('caps what a program may write to in memory', async () => {
    const script = ['-c', 'import sys; sys.stdout.write(str(len(bytearray(200 << 20))))']
    expect((await run('python3', script)).exit).toEqual({ end: 'exited', code: 0 })
    expect((await run('python3', script, { maxDataBytes: 100 << 20 })).exit).toEqual({ end: 'exited', code: 1 })
  })

  it('tells a program that does not exist from one that fails', async () => {
    expect((await run('nonesuch', [])).exit).toEqual({ end: 'not-found' })
    expect((await run('/nonesuch', [], { deathSignal: 'none' })).exit).toEqual({ end: 'not-found' })
    expect((await run('sh', ['-c', 'exit 127'])).exit).toEqual({ end: 'exited', code: 127 })
    expect((await run('sh', ['-c', 'kill -SEGV $$'])).exit).toEqual({ end: 'signalled', signal: 'SIGSEGV' })
  })

  it('ends a program that writes more than it may', async () => {
    const { truncated, stdout } = await run('yes', [], { maxOutputBytes: 10 })
    expect([truncated, stdout.byteLength]).toEqual([true, 10])
  })

  it('ends one too that has filled its limit to the last byte before', async () => {
    const script = 'printf 0123456789; sleep 0.1; printf 0; sleep 1000'
    const { truncated, stdout } = await run('sh', ['-c', script], { maxOutputBytes: 10, timeoutMs: 10_000 })
    expect([truncated, text(stdout)]).toEqual([true, '0123456789'])
  })

  it('ends a program at its time limit, with all that it started, even if it will not listen', async () => {
    const script = 'trap "" TERM; sleep 1000 & echo $!; sleep 1000'
    const { exit, stdout } = await run('sh', ['-c', script], { timeoutMs: 300, killAfterMs: 50 })
    expect(exit).toEqual({ end: 'timeout' })
    await until(() => !isAlive(Number(text(stdout))), 'the grandchild to be gone')
  })

  it('ends what a program leaves running behind it', async () => {
    const { exit, stdout } = await run('sh', ['-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'])
    expect(exit).toEqual({ end: 'exited', code: 0 })
    await until(() => !isAlive(Number(text(stdout))), 'the grandchild to be gone')
  })

  it('does not wait for a daemon that holds its output', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'compulsa-exec-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    // The program waits until the daemon has left its group: a session of its own is out of reach.
    const daemon = "setsid sh -c 'echo $$; : > up; exec sleep 1000' & until [ -e up ]; do sleep 0.01; done"
    const { exit, stdout } = await run('sh', ['-c', daemon], { folder })
    expect(isAlive(Number(text(stdout)))).toBe(true)
    process.kill(Number(text(stdout)), 'SIGKILL')
    expect(exit).toEqual({ end: 'exited', code: 0 })
  })

  it('rejects with the reason of its signal, before the start and after', async () => {
    await expect(run('true', [], { signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow('early')
    const cancel = new AbortController()
    const running = run('sleep', ['1000'], { signal: cancel.signal })
    cancel.abort(new Error('late'))
    await expect(running).rejects.toThrow('late')
  })
})

describe('start', () => {
  it('gives output line by line, whatever ends a line and wherever the stream is cut', async () => {
    const child = start('printf', ['12%%\\r34%%\\nsi\\303\\263\\n\\nlast'])
    child.stderr.resume()
    const heard: string[] = []
    for await (const line of lines(child.stdout)) heard.push(line)
    expect(heard).toEqual(['12%', '34%', 'sió', 'last'])
    expect(await child.exit).toEqual({ end: 'exited', code: 0 })
    const cut = async function* () {
      for (const byte of Buffer.from('sió\nno')) yield Uint8Array.of(byte)
    }
    const pieces: string[] = []
    for await (const line of lines(cut())) pieces.push(line)
    expect(pieces).toEqual(['sió', 'no'])
  })

  it('bounds a line that never ends', async () => {
    const endless = async function* () {
      for (let piece = 0; piece < 4; piece += 1) yield new Uint8Array(40_000).fill(0x61)
    }
    const lengths: number[] = []
    for await (const line of lines(endless())) lengths.push(line.length)
    expect(lengths).toEqual([65_536, 65_536, 28_928])
  })

  it('kill ends the group and waits', async () => {
    const child = start('sh', ['-c', 'sleep 1000 & echo $!; wait'])
    child.stderr.resume()
    const { value } = await lines(child.stdout).next()
    expect(await child.kill()).toMatchObject({ end: 'signalled', signal: 'SIGTERM' })
    await until(() => !isAlive(Number(value)), 'the grandchild to be gone')
  })

  it('a child dies with its parent, however that dies', async () => {
    // The child speaks first: until setpriv(1) has run, its parent's death is no signal to it.
    const program = `import { start } from '${execModule}'
      const child = start('sh', ['-c', 'echo up; exec sleep 1000'])
      child.stdout.once('data', () => console.log(child.pid))`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const pid = Number((await lines(parent.stdout).next()).value)
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await until(() => !isAlive(pid), 'the child to be gone')
  })
})
