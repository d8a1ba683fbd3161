// Folders by SFTP and WebDAV as destinations: the names and the note, full disks, passwords and keys, files that cannot be
// used, and what is asked on the wire.

import { readFileSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSftpDelivery, type SftpDestination } from '../drivers/delivery/sftp.ts'
import { packetOf, request } from '../drivers/delivery/sftp-packets.ts'
import { createWebdavDelivery, type WebdavDestination } from '../drivers/delivery/webdav.ts'
import { copy, never, pdf, sha256, verdict } from './60.deliver.setup.ts'
import { copiesIn, newFiles } from './60.targets.kit.ts'
import { type ApacheDav, startApacheDav } from './sim/apache-dav.ts'
import { type Sshd, startSshd } from './sim/sshd.ts'

const key = copy().idempotencyKey
const recorded = (name: string) => readFileSync(new URL(`recordings/${name}`, import.meta.url), 'utf8')
const smallDisk = 100_000
const foreign = Buffer.from('something else')

/** A copy while whose body goes out, and after all was looked at, somebody else puts something under its name. */
function overtaken(idempotencyKey: string, place: string) {
  async function* body() {
    yield pdf.subarray(0, 100_000)
    await writeFile(join(place, `${idempotencyKey}.pdf`), foreign)
    yield pdf.subarray(100_000)
  }
  return copy({ idempotencyKey, body: body() })
}

describe('a folder by SFTP', () => {
  let server: Sshd
  let files: Awaited<ReturnType<typeof newFiles<'password' | 'other'>>>
  beforeAll(async () => {
    server = await startSshd()
    files = await newFiles({ password: server.password, other: 'another' })
  })
  afterAll(async () => {
    await server.stop()
    await files.remove()
  })

  function deliver(change: Partial<SftpDestination> = {}, of = copy()) {
    const { port, user, hostKeyFile, keyFile } = server
    const own = { id: 'archive', host: '127.0.0.1', port, user, folder: 'in/copies', hostKeyFile }
    const login = change.passwordFile === undefined ? { keyFile } : {}
    return createSftpDelivery({ destinations: [{ ...own, ...login, ...change }] }).deliver(of, never)
  }

  test('that is not there is made and holds the copy and its note', async () => {
    const outcome = await deliver({ folder: 'new/of/mine' })
    const place = join(server.home, 'new/of/mine')
    expect((await readdir(place)).toSorted()).toEqual([`${key}.json`, `${key}.pdf`])
    expect(await readFile(join(place, `${key}.pdf`))).toEqual(pdf)
    expect(JSON.parse(await readFile(join(place, `${key}.json`), 'utf8'))).toMatchObject({ metadata: copy().metadata })
    const reference = `sftp://127.0.0.1:${server.port}/~/new/of/mine/${key}.pdf sha256 ${sha256(pdf)}`
    expect(outcome).toMatchObject({ outcome: 'delivered', receipt: { reference } })
  })

  test('is reached by an absolute path, and by a password that is told by no one', async () => {
    const folder = join(server.home, 'absolute').replace(/^\//, '/')
    expect(verdict(await deliver({ folder, passwordFile: files.password }))).toBe('delivered')
    expect(await copiesIn(folder)).toEqual([sha256(pdf)])
    const outcome = await deliver({ folder, passwordFile: files.other })
    expect(verdict(outcome)).toBe('later CREDENTIALS_REFUSED 900000')
    expect(JSON.stringify(outcome)).not.toContain('another')
  })

  test.skipIf(process.getuid?.() !== 0)(
    'on a full disk is waited for, and takes the copy when there is room',
    async () => {
      const full = copy({ idempotencyKey: 'full' })
      server.setDisk(smallDisk)
      try {
        expect(verdict(await deliver({}, full))).toBe('later DESTINATION_BUSY 900000')
      } finally {
        server.setDisk()
      }
      expect(verdict(await deliver({}, copy({ idempotencyKey: 'full' })))).toBe('delivered')
    },
  )

  test('with a part of an earlier attempt, and with something else under the name', async () => {
    const place = join(server.home, 'in/copies')
    await mkdir(place, { recursive: true })
    await writeFile(join(place, 'half.pdf.part'), Buffer.alloc(1_000_000, 'x'))
    expect(verdict(await deliver({}, copy({ idempotencyKey: 'half' })))).toBe('delivered')
    expect(await readFile(join(place, 'half.pdf'))).toEqual(pdf)
    expect(verdict(await deliver({}, overtaken('late', place)))).toBe('refused DESTINATION_REFUSED')
    expect(await readFile(join(place, 'late.pdf'))).toEqual(foreign)
    await writeFile(join(place, 'other.pdf'), 'something else')
    expect(verdict(await deliver({}, copy({ idempotencyKey: 'other' })))).toBe('refused DESTINATION_REFUSED')
    expect(await readFile(join(place, 'other.pdf'), 'utf8')).toBe('something else')
    expect((await readdir(place)).filter(name => name.endsWith('.part'))).toEqual([])
  })

  test.each<[string, () => Promise<Partial<SftpDestination>>, string]>([
    [
      'a key that others can read',
      async () => {
        await chmod(files.other, 0o644)
        return { keyFile: files.other }
      },
      '0600',
    ],
    [
      'a key that is none',
      async () => {
        await chmod(files.other, 0o600)
        return { keyFile: files.other }
      },
      'no private key',
    ],
    ['host keys that are none', async () => ({ hostKeyFile: files.other }), 'public keys'],
    ['host keys that are not there', async () => ({ hostKeyFile: '/nowhere' }), 'ENOENT'],
    [
      'a password of two lines',
      async () => {
        await writeFile(files.other, 'a\nb\n')
        return { passwordFile: files.other }
      },
      'one line',
    ],
  ])('%s sends nothing', async (what, spoilt, because) => {
    const outcome = await deliver(await spoilt())
    const told = what.startsWith('host keys') ? 'DESTINATION_UNTRUSTED' : 'CREDENTIALS_REFUSED'
    expect(verdict(outcome)).toBe(`later ${told}`)
    expect(outcome).toMatchObject({ detail: expect.stringContaining(because) })
  })

  test('is asked for what it has always been asked for', () => {
    const handle = Buffer.from('h1')
    const made = {
      openToRead: request.openToRead('a/b'),
      openToWrite: request.openToWrite('a/b'),
      close: request.close(handle),
      read: request.read(handle, 2 ** 33, 32_768),
      write: request.write(handle, 1, Buffer.from('data')),
      fstat: request.fstat(handle),
      stat: request.stat('a'),
      remove: request.remove('a'),
      makeFolder: request.makeFolder('a'),
      rename: request.rename('a.part', 'a'),
      sync: request.sync(handle),
      space: request.space('a'),
    }
    const packets = Object.fromEntries(
      Object.entries(made).map(([name, one]) => [name, packetOf(one, 7).toString('hex')]),
    )
    expect(packets).toEqual(JSON.parse(recorded('sftp/requests.json')))
  })
})

describe('a WebDAV collection', () => {
  let server: ApacheDav
  let files: Awaited<ReturnType<typeof newFiles<'ca' | 'password' | 'other'>>>
  beforeAll(async () => {
    server = await startApacheDav()
    files = await newFiles({ ca: server.caPem, password: server.password, other: 'another' })
  })
  afterAll(async () => {
    await server.stop()
    await files.remove()
  })

  function deliver(change: Partial<WebdavDestination> = {}, of = copy(), to = server) {
    const url = `https://127.0.0.1:${to.port}/in/copies/`
    const own = { id: 'archive', url, user: to.user, passwordFile: files.password, caFile: files.ca }
    return createWebdavDelivery({ destinations: [{ ...own, ...change }] }).deliver(of, never)
  }

  test('that is not there is made and holds the copy and its note; asked as it has always been asked', async () => {
    const outcome = await deliver()
    const place = join(server.root, 'in/copies')
    expect((await readdir(place)).toSorted()).toEqual([`${key}.json`, `${key}.pdf`])
    expect(await readFile(join(place, `${key}.pdf`))).toEqual(pdf)
    expect(JSON.parse(await readFile(join(place, `${key}.json`), 'utf8'))).toMatchObject({ sha256: sha256(pdf) })
    const receipt = {
      reference: expect.stringMatching(new RegExp(`^https://127.*/in/copies/${key}.pdf (W/)?"[^"]+"$`)),
    }
    expect(outcome).toMatchObject({ outcome: 'delivered', receipt })
    const asked = (await server.asked()).map(line => line.replaceAll(`:${server.port}`, ''))
    expect(`${asked.join('\n')}\n`).toBe(recorded('webdav/delivery.txt'))
  })

  test('with a part of an earlier attempt, and with something else under the name', async () => {
    const place = join(server.root, 'in/copies')
    await rm(place, { recursive: true, force: true })
    expect(verdict(await deliver())).toBe('delivered')
    await writeFile(join(place, 'half.pdf.part'), Buffer.alloc(1_000_000, 'x'), { mode: 0o666 })
    expect(verdict(await deliver({}, copy({ idempotencyKey: 'half' })))).toBe('delivered')
    expect(await readFile(join(place, 'half.pdf'))).toEqual(pdf)
    expect(verdict(await deliver({}, overtaken('late', place)))).toBe('refused DESTINATION_REFUSED')
    expect(await readFile(join(place, 'late.pdf'))).toEqual(foreign)
    await writeFile(join(place, 'other.pdf'), Buffer.alloc(pdf.length, 'x'))
    expect(verdict(await deliver({}, copy({ idempotencyKey: 'other' })))).toBe('refused DESTINATION_REFUSED')
    expect(await readFile(join(place, 'other.pdf'))).toEqual(Buffer.alloc(pdf.length, 'x'))
    expect((await readdir(place)).filter(name => name.endsWith('.part'))).toEqual([])
  })

  test.skipIf(process.getuid?.() !== 0)('on a full disk is waited for', async () => {
    const full = await startApacheDav({ diskBytes: smallDisk })
    const own = await newFiles({ ca: full.caPem })
    try {
      expect(verdict(await deliver({ caFile: own.ca }, copy(), full))).toBe('later DESTINATION_BUSY 900000')
    } finally {
      await full.stop()
      await own.remove()
    }
  })

  test.each<[string, Partial<WebdavDestination>, string]>([
    ['another user', { user: 'nobody' }, 'later CREDENTIALS_REFUSED 900000'],
    ['no user', {}, 'later CREDENTIALS_REFUSED 900000'],
    ['a password file that is not there', { passwordFile: '/nowhere' }, 'later CREDENTIALS_REFUSED'],
    ['a CA file that is not there', { caFile: '/nowhere' }, 'later DESTINATION_UNTRUSTED'],
  ])('%s is not let in', async (name, change, expected) => {
    const { user: _, passwordFile: __, ...open } = { user: '', passwordFile: '', caFile: files.ca }
    const nobody = { id: 'archive', url: `https://127.0.0.1:${server.port}/in/`, ...open }
    const outcome =
      name === 'no user'
        ? await createWebdavDelivery({ destinations: [nobody] }).deliver(copy(), never)
        : await deliver(change, copy({ idempotencyKey: 'new' }))
    expect(verdict(outcome)).toBe(expected)
  })
})
