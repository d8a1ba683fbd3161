// A copy goes to a bucket, a folder by SFTP and a WebDAV collection. All of them are away when it is made; they come
// back one after the other, and each has it once, without anybody touching the kiosk.

import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copiesIn, folder, newFiles } from './60.targets.kit.ts'
import { program } from './cli.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { type ApacheDav, startApacheDav } from './sim/apache-dav.ts'
import { type Line, startLine } from './sim/line.ts'
import { type S3, startS3 } from './sim/s3.ts'
import { type Sshd, startSshd } from './sim/sshd.ts'
import { approve, feed, open, procedure, smallPile } from './walk.kit.ts'

const hourMs = 3_600_000
const away = { line: 'cut', direction: 'up', afterBytes: 0 } as const

describe('a bucket and two folders', () => {
  let bucket: S3
  let ssh: Sshd
  let dav: ApacheDav
  let files: Awaited<ReturnType<typeof newFiles<'s3Ca' | 'davCa' | 'secret' | 'password'>>>
  let lines: Readonly<Record<'bucket' | 'ssh' | 'dav', Line>>
  let kiosk: Kiosk
  let id: string

  beforeAll(async () => {
    ;[bucket, ssh, dav] = await Promise.all([startS3(), startSshd(), startApacheDav()])
    const { accessKeyId, secretKey, region } = bucket.credentials
    files = await newFiles({ s3Ca: bucket.caPem, davCa: dav.caPem, secret: secretKey, password: dav.password })
    const [toBucket, toSsh, toDav] = await Promise.all([bucket.port, ssh.port, dav.port].map(startLine))
    if (toBucket === undefined || toSsh === undefined || toDav === undefined) throw new Error('no lines')
    lines = { bucket: toBucket, ssh: toSsh, dav: toDav }
    for (const line of Object.values(lines)) line.set(away)
    const { user, hostKeyFile, keyFile } = ssh
    const at = ({ port }: Line) => `https://127.0.0.1:${port}`
    const others = [
      {
        id: 'bucket',
        driver: 's3',
        url: at(toBucket),
        region,
        bucket: bucket.bucket,
        folder,
        accessKeyId,
        secretKeyFile: files.secret,
        caFile: files.s3Ca,
      },
      { id: 'folder', driver: 'sftp', host: '127.0.0.1', port: toSsh.port, user, folder, hostKeyFile, keyFile },
      {
        id: 'dav',
        driver: 'webdav',
        url: `${at(toDav)}/${folder}`,
        user: dav.user,
        passwordFile: files.password,
        caFile: files.davCa,
      },
    ]
    const destinations = others.map(({ id }) => id)
    kiosk = await startKiosk({
      sheets: await smallPile(1),
      config: { destinations: others, procedures: [procedure('none', { destinations })] },
    })
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    await approve(kiosk, 'copy')
  }, 120_000)

  afterAll(async () => {
    await kiosk.stop()
    await Promise.all([bucket, ssh, dav, ...Object.values(lines)].map(one => one.stop()))
    await files.remove()
  })

  async function compulsa(...words: string[]): Promise<string> {
    const { configFile, dataFolder } = kiosk.site
    const args = [program, ...words, '--config', configFile, '--data', dataFolder]
    return (await promisify(execFile)(process.execPath, args)).stdout
  }

  /** State of each destination, as the operator sees it. */
  async function states(): Promise<string> {
    const told = await compulsa('queue', 'show', id)
    return [...told.matchAll(/^ {2}to (\S+): (\w+),/gm)].map(([, to, state]) => `${to} ${state}`).join(', ')
  }

  async function until(told: () => Promise<string>, wanted: RegExp): Promise<void> {
    const leaping = setInterval(() => kiosk.clock.leap(hourMs), 1_000)
    try {
      await expect.poll(told, { timeout: 60_000, interval: 300 }).toMatch(wanted)
    } finally {
      clearInterval(leaping)
    }
  }

  const untilStates = (wanted: string) => until(states, new RegExp(`^${wanted}$`))

  it('wait while their hosts are away', async () => {
    await kiosk.screen.until(view => view.copy?.stage === 'delivering', 'the copy waits')
    const list: unknown = JSON.parse(await compulsa('queue', 'list', '--json'))
    id = /"id":\s*"([^"]+)"/.exec(JSON.stringify(list))?.[1] ?? ''
    expect(await states()).toBe('bucket waiting, folder waiting, dav waiting')
  })

  it('have the copy once each, as soon as each is back', { timeout: 120_000 }, async () => {
    lines.ssh.set({ line: 'whole' })
    await untilStates('bucket waiting, folder delivered, dav waiting')
    const paused = (line: Line) =>
      new RegExp(`left alone: 127.0.0.1:${line.port} .*, asked again at .*, 0 copies not tried`)
    await until(() => compulsa('status'), paused(lines.dav))
    lines.dav.set({ line: 'whole' })
    await untilStates('bucket waiting, folder delivered, dav delivered')
    lines.bucket.set({ line: 'whole' })
    await untilStates('bucket delivered, folder delivered, dav delivered')
    expect(await compulsa('status')).not.toContain('left alone')
    const [byHand] = await copiesIn(join(ssh.home, folder))
    expect(await copiesIn(join(dav.root, folder))).toEqual([byHand])
    const objects = [...bucket.objects()].filter(([key]) => key.endsWith('.pdf'))
    expect(objects.map(([, { sha256 }]) => Buffer.from(sha256, 'base64').toString('hex'))).toEqual([byHand])
    expect((await readdir(join(ssh.home, folder))).filter(name => name.endsWith('.part'))).toEqual([])
  })

  it('are told with their receipts by the command line, and no secret is in the log', async () => {
    const stdout = await compulsa('queue', 'show', id)
    expect(stdout).toMatch(/to bucket: delivered, .*receipt copies\/in\/copies\/\S+\.pdf version v\d+ "[0-9a-f]{32}"/)
    expect(stdout).toMatch(
      /to folder: delivered, .*receipt sftp:\/\/127\.0\.0\.1:\d+\/~\/in\/copies\/\S+\.pdf sha256 [0-9a-f]{64}/,
    )
    expect(stdout).toMatch(/to dav: delivered, .*receipt https:\/\/127\.0\.0\.1:\d+\/in\/copies\/\S+\.pdf (W\/)?"/)
    for (const secret of [bucket.credentials.secretKey, dav.password])
      expect(kiosk.logged.join('\n')).not.toContain(secret)
  })
})
