// Batches of programs at the desk where something goes wrong that is nobody's word: nothing that was acknowledged is lost, the
// screen says what it was, and the batch waits for the next try.

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { Store } from '../device/store/store.ts'
import { streamOf } from './93.batch.kit.ts'
import { type PageStand, signRequest, startPageStand, staying } from './97.page-desk.kit.ts'
import { textBatch } from './requests.kit.ts'

async function stood(options: Parameters<typeof startPageStand>[0] = {}): Promise<PageStand> {
  const stand = await startPageStand(options)
  onTestFinished(() => stand.stop())
  return stand
}

async function leave({ requests }: PageStand, count = 4): Promise<string> {
  const text = streamOf(JSON.stringify(textBatch(count)), 10_000)
  return (await requests.batches.accept({ client: 'ledger', idempotencyKey: null, text })).state.id
}

/** A store whose disk is full for the first entries of this event. */
const fullFor =
  (event: string, times = 1) =>
  (store: Store) => {
    let left = times
    const check = (entry: { readonly event: string } | undefined) => {
      if (entry?.event !== event || left-- <= 0) return
      throw new Fault('DISK_FULL', 'no room')
    }
    const { batches } = store
    const items: typeof batches.items = {
      ...batches.items,
      put: (id, record, entry) => {
        check(entry)
        batches.items.put(id, record, entry)
      },
    }
    const commit: typeof batches.commit = (record, entry) => {
      check(entry)
      batches.commit(record, entry)
    }
    return { ...store, batches: { ...batches, items, commit } }
  }

describe('a disk that is full', () => {
  it('in the middle of a batch ends the signing, is on the screen, and the batch waits with what is signed', async () => {
    const stand = await stood({ around: fullFor('batchItemSigned') })
    const id = await leave(stand)
    await stand.requests.programs.take(id)
    await stand.agree()
    expect(await stand.until('finished')).toMatchObject({ fault: 'DISK_FULL' })
    const kept = stand.requests.batches.waiting()[0]?.signed ?? -1
    expect(stand.requests.batches.waiting()).toMatchObject([{ id, end: null }])
    expect(stand.logged.some(line => line.includes('a batch was interrupted') && line.includes('DISK_FULL'))).toBe(true)
    await stand.requests.programs.take(id)
    expect(await stand.until('asking')).toMatchObject({ done: kept, failed: 0 })
    await stand.agree()
    expect(await stand.until('finished')).toMatchObject({ done: 4, fault: null })
    expect(stand.requests.batches.state(id, 'ledger')).toMatchObject({ end: 'finished', signed: 4 })
    expect(new Set(stand.site.watched?.signatures()).size).toBe(4)
  })

  it('when the end is to be noted does not leave the screen hanging, nor the batch lost', async () => {
    const stand = await stood({ around: fullFor('batchEnded') })
    const id = await leave(stand)
    await stand.requests.programs.take(id)
    await stand.agree()
    expect(await stand.until('finished')).toMatchObject({ fault: 'DISK_FULL', done: 4 })
    expect(stand.requests.batches.waiting()).toMatchObject([{ id, signed: 4 }])
    await stand.requests.programs.take(id)
    await stand.agree()
    expect(await stand.until('finished')).toMatchObject({ fault: null, done: 4 })
    expect(stand.requests.batches.state(id, 'ledger')).toMatchObject({ end: 'finished', signed: 4 })
    expect(stand.site.watched?.signatures()).toHaveLength(4)
  })

  it('when the person refuses is told to them, and the batch waits', async () => {
    const stand = await stood({ around: fullFor('batchEnded') })
    const id = await leave(stand)
    await stand.requests.programs.take(id)
    stand.requests.signing.refuse()
    expect(stand.view()).toMatchObject({ stage: 'finished', fault: 'DISK_FULL' })
    expect(stand.requests.batches.waiting()).toMatchObject([{ id }])
  })
})

describe('a batch whose text cannot be read any more', () => {
  it('is not taken up, keeps nobody from anything else, and can be withdrawn', async () => {
    const stand = await stood()
    const id = await leave(stand)
    const folder = join(stand.site.dataFolder, 'data', 'blobs', id)
    for (const name of await readdir(folder)) await rm(join(folder, name))
    await expect(stand.requests.programs.take(id)).rejects.toMatchObject({ code: 'BLOB_DAMAGED' })
    expect(stand.requests.signing.view()).toBeNull()
    expect(stand.requests.batches.waiting()).toMatchObject([{ id }])
    const other = await leave(stand)
    await stand.requests.programs.take(other)
    expect(await stand.until('asking')).toMatchObject({ total: 4 })
    await stand.requests.batches.withdraw(id, 'ledger')
    expect(stand.requests.batches.waiting()).toEqual([])
  })
})

describe('a batch that is taken up', () => {
  it('while somebody is served, or after it is done, stays what it is', async () => {
    const stand = await stood()
    const { programs, signing, batches } = stand.requests
    const id = await leave(stand)
    const page = stand.requests.pages.sign(signRequest(), staying()).catch(() => undefined)
    await stand.until('asking')
    await expect(programs.take(id)).rejects.toMatchObject({ code: 'KIOSK_BUSY' })
    expect(programs.waiting()).toMatchObject([{ id }])
    signing.refuse()
    await page
    stand.copy = true
    await expect(programs.take(id)).rejects.toMatchObject({ code: 'KIOSK_BUSY' })
    stand.copy = false
    await programs.take(id)
    signing.refuse()
    expect(batches.state(id, 'ledger')).toMatchObject({ end: 'refused' })
    await expect(programs.take(id)).rejects.toMatchObject({ code: 'STAGE_CONFLICT' })
    await expect(programs.take('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('in the same instant as another goes on waiting', async () => {
    const stand = await stood()
    const ids = [await leave(stand), await leave(stand)]
    const taken = await Promise.allSettled(ids.map(id => stand.requests.programs.take(id)))
    expect(taken.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const left = ids.filter((_, number) => taken[number]?.status === 'rejected')
    expect(stand.requests.programs.waiting().map(({ id }) => id)).toEqual(left)
  })

  it('with a card that wants the PIN each time prepares no document before the person has come to it', async () => {
    const stand = await stood({ pinEachTime: true })
    const id = await leave(stand)
    await stand.requests.programs.take(id)
    await stand.agree()
    await stand.until('pin')
    expect(stand.store.batches.items.counts(id)).toEqual({ intended: 1, signed: 1, failed: 0 })
    stand.requests.signing.stop()
    expect(await stand.until('finished')).toMatchObject({ done: 1 })
  })

  it('by two touches is taken up once', async () => {
    const stand = await stood()
    const id = await leave(stand)
    const taken = await Promise.allSettled([1, 2].map(() => stand.requests.programs.take(id)))
    expect(taken.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(stand.view()).toMatchObject({ stage: 'asking', total: 4 })
    expect(stand.requests.batches.waiting()).toEqual([])
  })
})
