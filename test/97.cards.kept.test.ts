// What is kept of an order of cards, where and for how long.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemRandom } from '../device/host.ts'
import { cardBlobNames } from '../device/orders/record.ts'
import { openForWriting } from '../device/store/database.ts'
import { migrate, migrations } from '../device/store/migrations.ts'
import { openStore } from '../device/store/store.ts'
import { newPlace, streamOf } from './25.store.setup.ts'
import { cardSite, papers, person } from './97.cards.kit.ts'
import { secrets } from './sim/cardshop.answers.ts'

const minute = 60_000
const day = 24 * 60 * minute
const order = { product: 'SMARTCARDCNS', body: { anagrafica: person, spedizione: 'veloce' } }

describe('what is kept', () => {
  it('holds no PIN and no code of a card, and nothing of the person once the time is over', async () => {
    const site = await cardSite({ erasePersonalDataDays: 2 })
    const { id } = await site.desk.order(order)
    const { remote } = await site.until(id, 'placed')
    await site.desk.submit(id, papers)
    await expect.poll(() => site.desk.show(id).papers?.state).toBe('sent')
    site.shop.move(remote?.id ?? '', 'evasa')
    site.desk.poll(id)
    await site.until(id, 'ended')
    // What is stored, opened: everything that the seal hides from others.
    const body = JSON.stringify(site.store.cards.load(id))
    expect(body).toContain(person.codice_fiscale)
    for (const secret of Object.values(secrets)) expect(body).not.toContain(secret)
    for (const secret of Object.values(secrets)) expect(site.logged.join()).not.toContain(secret)
    await site.pass(day)
    expect(site.desk.list()).toHaveLength(1)
    await site.pass(1.1 * day, 60 * minute)
    await expect.poll(() => site.desk.list()).toEqual([])
    expect(site.store.cards.load(id)).toMatchObject({ erased: true, stage: 'ended' })
    await expect.poll(() => readdirSync(join(site.folder, 'data', 'blobs'))).toEqual([])
    const told = site.store.audit.list({}).map(({ event }) => event)
    expect(told).toEqual(expect.arrayContaining(['cardOrdered', 'cardOrderSent', 'cardOrderPlaced', 'cardOrderErased']))
    expect(JSON.stringify(site.store.audit.list({}))).not.toMatch(/Neri|NRELRT|example\.com/)
  })

  it('keeps the papers that wait over a start, and nothing that no order mentions', async () => {
    const site = await cardSite()
    const { id } = await site.desk.order(order)
    await site.until(id, 'placed')
    await site.shop.online(false)
    await site.desk.submit(id, papers)
    await site.store.blobs.write(id, streamOf(Buffer.from('in vain')))
    await site.restart()
    expect(await site.store.blobs.sweep(one => cardBlobNames(site.store, one) ?? new Set())).toBe(1)
    expect(readdirSync(join(site.folder, 'data', 'blobs', id))).toHaveLength(2)
    expect(cardBlobNames(site.store, 'nobody')).toBeUndefined()
  })

  it('lies sealed on the disk, and an order is written before it is sent', async () => {
    const seen: string[] = []
    const site = await cardSite({
      wrap: driver => ({
        ...driver,
        order: (code, body, signal) => {
          // Read by another connection to the same file, as after a power cut.
          const reader = openStore({
            folder: join(site.folder, 'data'),
            deviceKeyFile: join(site.folder, 'device.key'),
            clock: site.clock,
            random: systemRandom,
            readOnly: true,
          })
          seen.push(...reader.cards.list({ stages: ['sending'] }).map(({ stage }) => stage))
          reader.close()
          return driver.order(code, body, signal)
        },
      }),
    })
    const { id } = await site.desk.order(order)
    await site.until(id, 'placed')
    expect(seen).toEqual(['sending'])
    const data = join(site.folder, 'data')
    const bytes = readdirSync(data)
      .filter(name => name.startsWith('compulsa'))
      .map(name => readFileSync(join(data, name), 'latin1'))
    expect(bytes.join()).toContain(id)
    expect(bytes.join()).not.toMatch(/NRELRT|a\.neri/)
  })
})

describe('a database from before there were orders', () => {
  it('is brought up by the fourth step, and keeps what it has', () => {
    const file = join(newPlace().root, 'old')
    const database = openForWriting(file)
    migrate(database, migrations.slice(0, 3))
    database.exec("INSERT INTO batch (id, version, stage, created_at, changed_at) VALUES ('b', 1, 'done', 1, 1)")
    migrate(database)
    expect(database.prepare('SELECT count(*) FROM card_order').pluck().get()).toBe(0)
    expect(database.prepare('SELECT count(*) FROM batch').pluck().get()).toBe(1)
    database.close()
  })
})
