// Orders of cards by the command line beside the running appliance, through its net worker: from the price list to the
// tracking number, with a form that is signed by a key there is already; and what is told without an appliance.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { credentials, person } from './97.cards.kit.ts'
import { commandLine } from './cli.kit.ts'
import { type PoweredKiosk, power } from './power.kit.ts'
import { activationCode, secrets } from './sim/cardshop.answers.ts'
import { type CardShopSimulator, startCardShop } from './sim/cardshop.ts'

const line = commandLine({ clients: ['back-office', 'other'] })
let shop: CardShopSimulator
let kiosk: PoweredKiosk

beforeAll(async () => {
  shop = await startCardShop()
  const folder = join(line.folder, 'shop')
  await mkdir(folder)
  const config = JSON.parse(await readFile(line.site.configFile, 'utf8'))
  const callback = { url: 'https://office.example.org/hook', clients: ['back-office'] }
  const cards = { url: shop.url, ...(await credentials(folder, shop)), callback }
  await writeFile(line.site.configFile, JSON.stringify({ ...config, cards }))
  await writeFile(
    join(line.folder, 'person.json'),
    JSON.stringify({ data: { anagrafica: person, spedizione: 'veloce' } }),
  )
  await writeFile(join(line.folder, 'id.jpg'), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1]))
  kiosk = await power(line.site)
})
afterAll(async () => {
  await kiosk.cut()
  await shop.stop()
})

const cards = (...words: string[]) => line.compulsa('cards', ...words, ...line.configured())
const asked = async (...words: string[]) => JSON.parse((await cards(...words, '--json')).stdout)

describe('by the command line', () => {
  let id: string

  it('prices are listed with the time of reading, and an order goes out', async () => {
    expect((await cards('products')).stdout).toMatch(
      /SMARTCARDCNS +25\.70 EUR +Infocert[\s\S]*prices before VAT, read 20/,
    )
    const ordered = await asked('order', 'SMARTCARDCNS', '--person', 'person.json')
    id = ordered.id
    await expect.poll(async () => (await asked('show', id)).stage).toBe('placed')
    const shown = await cards('show', id)
    expect(shown.stdout).toContain('the service waits for the person to be recognised')
    expect(shown.stdout).toContain(`compulsa cards form ${id}`)
    expect((await cards('list')).stdout).toMatch(
      /placed +SMARTCARDCNS[\s\S]*1 at the service \(1 want the signed form\)/,
    )
    const queued = await line.compulsa('queue', 'list', ...line.configured())
    expect(queued.stdout).toContain('card orders: 1 placed')
    const status = await line.compulsa('status', ...line.configured())
    expect(status.stdout).toContain('card orders: 0 waiting')
    expect(await cards('order', 'SMARTCARDCNS', '--person', 'person.json')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^STAGE_CONFLICT: the same is ordered already/),
    })
  })

  it('the form is fetched, signed with a key there is, and handed in', async () => {
    expect(await cards('form', id, '--out', 'form.pdf')).toMatchObject({ code: 0 })
    expect((await readFile(join(line.folder, 'form.pdf'))).toString('latin1')).toMatch(/^%PDF-/)
    await writeFile(join(line.folder, 'pin'), line.site.pin, { mode: 0o600 })
    const signed = await line.compulsa(
      'sign',
      'form.pdf',
      '--out',
      'form.p7m',
      '--format',
      'cades',
      '--level',
      'b',
      '--packaging',
      'enveloping',
      '--pin-file',
      'pin',
      ...line.configured(),
    )
    expect(signed).toMatchObject({ code: 0 })
    expect(await cards('submit', id, '--form', 'form.p7m', '--document', 'id.jpg')).toMatchObject({ code: 0 })
    await expect.poll(async () => (await asked('show', id)).papers.state).toBe('sent')
    const [paper] = shop.sold()[0]?.papers ?? []
    const given = Buffer.from(String(paper?.['modulo']), 'base64')
    expect(given.equals(await readFile(join(line.folder, 'form.p7m')))).toBe(true)
    expect(paper).toMatchObject({ nome_modulo: 'form.p7m', nome_documento: 'id.jpg' })
  })

  it('a callback that a back office hands on makes it ask; from nobody else', async () => {
    const { api } = JSON.parse((await line.compulsa('status', ...line.configured(), '--json')).stdout)
    const remote = shop.sold()[0]?.id ?? ''
    shop.move(remote, 'in_lavorazione')
    const post = (client: string, body: string) =>
      fetch(`${api}api/v1/cards/callback`, {
        method: 'POST',
        headers: { authorization: `Bearer ${line.site.token(client)}`, 'content-type': 'application/json' },
        body,
      })
    const told = JSON.stringify({ data: { id: remote, stato: 'evasa' } })
    expect((await post('other', told)).status).toBe(403)
    expect((await post('back-office', 'no JSON')).status).toBe(400)
    const answer = await post('back-office', told)
    expect([answer.status, await answer.json()]).toEqual([202, { known: 1 }])
    await expect.poll(async () => (await asked('show', id)).remote.state).toBe('in_lavorazione')
    await writeFile(join(line.folder, 'callback.json'), told)
    expect(await cards('callback', 'callback.json')).toMatchObject({ code: 0, stdout: expect.stringContaining(id) })
  })

  it('the end is told with tracking, envelope and device, and no code of the card', async () => {
    shop.move(shop.sold()[0]?.id ?? '', 'evasa')
    expect(await cards('poll')).toMatchObject({ code: 0 })
    await expect.poll(async () => (await asked('show', id)).stage).toBe('ended')
    const { stdout } = await cards('show', id)
    expect(stdout).toContain('tracking TRACK123456IT, envelope BUSTA-0042, device 7420000123')
    const everything =
      stdout +
      (await cards('show', id, '--json')).stdout +
      (await line.compulsa('audit', 'list', ...line.configured())).stdout
    for (const secret of Object.values(secrets)) expect(everything).not.toContain(secret)
    expect(everything).not.toContain(person.codice_fiscale)
    expect(everything).toContain('cardOrderPlaced')
    expect(shop.broken()).toEqual([])
  })

  it('a card of Aruba takes the document with the order, and a renewal is a code', async () => {
    const aruba = await asked('order', 'OTPMOB', '--person', 'person.json', '--document', 'id.jpg')
    await expect.poll(async () => (await asked('show', aruba.id)).stage).toBe('placed')
    expect(shop.sold()[1]?.body).toMatchObject({ nome_documento: 'id.jpg' })
    expect(await cards('submit', aruba.id, '--form', 'form.p7m')).toMatchObject({ code: 0 })
    await expect.poll(() => shop.sold()[1]?.papers).toMatchObject([{ nome_documento: 'id.jpg' }])
    const renewal = await asked('order', 'RINCNS')
    await expect.poll(async () => (await asked('show', renewal.id)).stage).toBe('ended')
    const shown = await cards('show', renewal.id)
    expect(shown.stdout).toContain(`compulsa cards activation ${renewal.id}`)
    expect(shown.stdout).not.toContain(activationCode)
    expect((await cards('activation', renewal.id)).stdout).toBe(`${activationCode}\n`)
    expect(await cards('activation', aruba.id)).toMatchObject({ code: 1, stderr: expect.stringMatching(/^NOT_FOUND/) })
  })

  it('doctor tells whether the service lets the kiosk in, and what the orders and the price list tell', async () => {
    const told = async () => {
      const { findings } = JSON.parse((await line.compulsa('doctor', ...line.configured(), '--json')).stdout)
      return findings.filter((one: { check: string }) => one.check.startsWith('card '))
    }
    expect(await told()).toMatchObject([
      { check: 'card service', ok: true, detail: expect.stringContaining('it accepts the token, 26 products') },
      { check: 'card prices', ok: true, detail: expect.stringMatching(/^read 20.*, 0 days ago$/) },
    ])
    shop.set('creditLow')
    const { id: unpaid } = await asked('order', 'FIR', '--person', 'person.json')
    await expect.poll(async () => (await asked('show', unpaid)).lastFault?.code).toBe('CARD_CREDIT_LOW')
    shop.set('honest')
    shop.renewToken('another-token')
    expect(await told()).toMatchObject([
      { check: 'card service', ok: false, detail: expect.stringContaining('CREDENTIALS_REFUSED') },
      { check: 'card prices' },
      { check: 'card orders', ok: true, warn: true, detail: 'CARD_CREDIT_LOW: 1 wait for credit' },
    ])
    shop.renewToken('cards-sandbox-token')
    expect(await cards('decide', unpaid, '--drop')).toMatchObject({ code: 0 })
  })

  it('what a product needs is told before anything is sent', async () => {
    const refused = await cards('order', 'LETTORE', '--person', 'person.json')
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^REQUEST_INVALID: .*anagrafica_spedizione/),
    })
    expect(shop.sold()).toHaveLength(3)
  })

  it('a wrong use is told', async () => {
    for (const words of [
      ['order'],
      ['form', id],
      ['submit', id],
      ['activation'],
      ['decide', id],
      ['decide', id, '--drop', '--send-again'],
      ['fetch'],
      ['callback'],
    ])
      expect(await cards(...words), words.join(' ')).toMatchObject({ code: 2 })
    await writeFile(join(line.folder, 'broken.json'), '{"codice_fiscale": "NRELRT')
    const broken = await cards('order', 'FIR', '--person', 'broken.json')
    expect(broken).toMatchObject({ code: 1, stderr: expect.not.stringContaining('NRELRT') })
    expect(await cards('show', 'NOBODY')).toMatchObject({ code: 1, stderr: expect.stringMatching(/^NOT_FOUND/) })
    expect(await cards('decide', id, '--drop')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^STAGE_CONFLICT/),
    })
  })
})

describe('without the appliance', () => {
  it('nothing is sent, and the list is still read', async () => {
    const elsewhere = ['--config', line.site.configFile, '--data', join(line.folder, 'nowhere')]
    const absent = await line.compulsa('cards', 'products', ...elsewhere)
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringMatching(/^APPLIANCE_ABSENT/) })
    await kiosk.cut()
    expect(await cards('list')).toMatchObject({ code: 0, stdout: expect.stringContaining('SMARTCARDCNS') })
    kiosk = await power(line.site)
  })
})
