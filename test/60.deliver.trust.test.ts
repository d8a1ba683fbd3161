// Whom the kiosk delivers to: certificates, credentials and the addresses it accepts; and that its token stays its own.

import { execFile } from 'node:child_process'
import { chmod, mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ByteStream } from '../device/ports.ts'
import { createHttpsDelivery } from '../drivers/delivery/https.ts'
import { copy, never, openScene, type Scene, token, verdict } from './60.deliver.setup.ts'
import { createTestCa } from './sim/tls.ts'

const run = promisify(execFile)

let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})

afterEach(() => scene.end())

describe('trust', () => {
  test('another authority is not trusted and learns nothing', async () => {
    await writeFile(scene.caFile, (await createTestCa()).caPem)
    expect(verdict(await scene.deliver())).toBe('later DESTINATION_UNTRUSTED')
    expect(scene.receiver.attempts()).toBe(0)
  })

  test('without a CA file the authority of the simulator is not trusted', async () => {
    const options = { destinations: [{ id: 'archive', url: scene.receiver.url }] }
    expect(verdict(await createHttpsDelivery(options).deliver(copy(), never))).toBe('later DESTINATION_UNTRUSTED')
  })

  test.each([
    ['a token file that others can read', () => chmod(scene.tokenFile, 0o640), 'owner'],
    ['a missing token file', () => rm(scene.tokenFile), 'ENOENT'],
    ['a token of two lines', () => writeFile(scene.tokenFile, 'one\ntwo\n'), 'visible ASCII'],
    ['an empty token file', () => writeFile(scene.tokenFile, ''), 'visible ASCII'],
    ['a folder in its place', () => rm(scene.tokenFile).then(() => mkdir(scene.tokenFile)), 'regular'],
    [
      'a FIFO in its place',
      () => rm(scene.tokenFile).then(() => run('mkfifo', ['-m', '600', scene.tokenFile])),
      'regular',
    ],
    ['a token file without end', () => truncate(scene.tokenFile, 2 ** 31), 'too large'],
    ['a missing CA file', () => rm(scene.caFile), 'ENOENT'],
    ['a CA file that holds none', () => writeFile(scene.caFile, 'hello'), 'PEM'],
  ])('%s sends nothing and lets go of the copy', async (what, spoil, because) => {
    await spoil()
    let released = false
    const body: ByteStream = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('was read')),
        return: () => {
          released = true
          return Promise.resolve({ done: true, value: undefined })
        },
      }),
    }
    const outcome = await scene.deliver({}, copy({ body }))
    const told = what.includes('CA file') ? 'DESTINATION_UNTRUSTED' : 'CREDENTIALS_REFUSED'
    expect(verdict(outcome)).toBe(`later ${told}`)
    expect(outcome).toMatchObject({ detail: expect.stringContaining(because) })
    expect([scene.receiver.attempts(), released]).toEqual([0, true])
  })

  test('a renewed token is used at the next attempt', async () => {
    const kiosk = scene.delivery()
    await writeFile(scene.tokenFile, 'expired')
    expect(verdict(await kiosk.deliver(copy(), never))).toBe('later CREDENTIALS_REFUSED 900000')
    await writeFile(scene.tokenFile, token)
    expect(verdict(await kiosk.deliver(copy(), never))).toBe('delivered')
  })

  test('the token is not in an outcome, even where the destination gives it back', async () => {
    await scene.receiver.set({ preset: 'answer', status: 400, title: 'Got {authorization}' })
    expect(await scene.deliver()).toMatchObject({ detail: 'answered 400: Got Bearer …' })
  })
})

describe('configuration', () => {
  test.each([
    'http://archive.example',
    'https://user:secret@archive.example',
    'https://user@archive.example',
    'https://archive.example/#a',
    'archive',
  ])('%s is refused', url => {
    const create = () => createHttpsDelivery({ destinations: [{ id: 'archive', url }] })
    expect(create).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(create).not.toThrow(/secret/)
  })

  test('an unknown destination is CONFIG_INVALID', async () => {
    const request = copy({ destinationId: 'elsewhere' })
    await expect(scene.deliver({}, request)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
