// Certificates and files that pages ask for: what fits the page's filters, and one folder, whose files are neither overwritten nor
// left by a link.

import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readChosenFile } from '../device/requests/page-files.ts'
import { origin, type PageStand, signRequest, startPageStand, staying } from './97.page-desk.kit.ts'
import { judged } from './requests.kit.ts'

let stand: PageStand
beforeAll(async () => {
  stand = await startPageStand()
})
afterAll(() => stand.stop())

const desk = () => stand.requests.signing
const rejected = (asked: Promise<unknown>) =>
  asked.then(
    () => 'was served',
    (thrown: { code: string }) => thrown.code,
  )

describe('a certificate', () => {
  let tokenId = ''
  const select = (filters = '') =>
    stand.requests.pages.selectCertificate(
      { origin, extraParams: new Map(filters === '' ? [] : [['filters', filters]]) },
      staying(),
    )
  const shown = async () => {
    await stand.until('asking')
    desk().accept()
    await expect.poll(() => ['present', 'fault'].includes(stand.view().card?.state ?? '')).toBe(true)
    return stand.view().card
  }

  it('is chosen by the person without any PIN', async () => {
    const asked = select('subject.contains:Vidal')
    const card = await shown()
    const [certificate] = card?.state === 'present' ? card.certificates : []
    expect(certificate?.holder).toContain('Vidal')
    tokenId = certificate?.tokenId ?? ''
    desk().certificate(certificate?.tokenId ?? '', certificate?.keyId ?? '')
    expect(Buffer.from(await asked)).toEqual(Buffer.from(stand.site.certificates[0] ?? []))
    expect(stand.view()).toMatchObject({ stage: 'finished', operation: 'select-certificate', total: 0 })
    expect(stand.audited('pageServed').at(-1)).toEqual({ site: 'sede.example.cat', operation: 'select-certificate' })
  })

  it('that none of the card’s fits is said, and one that does not fit cannot be chosen all the same', async () => {
    const asked = rejected(select('subject.contains:Nobody'))
    expect(await shown()).toEqual({ state: 'fault', code: 'CERTIFICATE_NOT_FITTING' })
    expect(() => desk().certificate(tokenId, '01')).toThrow('TOKEN_ABSENT')
    desk().refuse()
    expect(await asked).toBe('REQUEST_DECLINED')
  })

  it('that fitted an earlier page cannot be used for the next before the card was looked at again', async () => {
    const first = rejected(select())
    const card = await shown()
    const [certificate] = card?.state === 'present' ? card.certificates : []
    desk().refuse()
    await first
    const extraParams = new Map([['filters', 'subject.contains:Nobody']])
    const next = rejected(stand.requests.pages.sign(signRequest({ extraParams }), staying()))
    await stand.until('asking')
    desk().accept()
    const pin = Buffer.from(stand.site.pin)
    const entered = rejected(desk().sign(certificate?.tokenId ?? '', certificate?.keyId ?? '', pin))
    expect(await entered).toBe('TOKEN_ABSENT')
    expect(pin.every(octet => octet === 0)).toBe(true)
    desk().refuse()
    await next
  })
})

describe('a file of a page', () => {
  const save = (name: string, data = 'data') =>
    stand.requests.pages.save({ origin, name, data: Buffer.from(data) }, staying())

  it('is saved when the person agrees, under a name of its own', async () => {
    await writeFile(join(stand.folder, 'a.pdf'), 'older')
    const asked = save('a.pdf', 'newer')
    expect(await stand.until('asking')).toMatchObject({
      operation: 'save-file',
      files: [{ name: 'a.pdf', bytes: 5 }],
      total: 0,
    })
    await desk().save()
    await asked
    expect(await readFile(join(stand.folder, 'a.pdf'), 'utf8')).toBe('older')
    expect(await readFile(join(stand.folder, 'a (1).pdf'), 'utf8')).toBe('newer')
  })

  it('is saved once, however often the button is touched', async () => {
    const before = (await readdir(stand.folder)).length
    const asked = save('touched.txt')
    await stand.until('asking')
    const touches = await Promise.all([1, 2, 3].map(() => rejected(desk().save())))
    expect(touches.sort()).toEqual(['STAGE_CONFLICT', 'STAGE_CONFLICT', 'was served'])
    await asked
    expect(await readdir(stand.folder)).toHaveLength(before + 1)
  })

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\x\\b.txt', 'b.txt'],
    ['...hidden', 'hidden'],
    ['a\u0000b:c?.txt', 'a_b_c_.txt'],
    ['/', 'document'],
  ])('gets a clean name: %j', async (name, kept) => {
    const asked = save(name)
    await stand.until('asking')
    await desk().save()
    await asked
    expect(await readdir(stand.folder)).toContain(kept)
  })

  it('does not follow a link that lies in its way', async () => {
    const outside = join(stand.folder, '..', 'outside')
    await symlink(outside, join(stand.folder, 'link.txt'))
    const asked = save('link.txt')
    await stand.until('asking')
    await desk().save()
    await asked
    expect(await readdir(stand.folder)).toContain('link (1).txt')
    await expect(readFile(outside)).rejects.toThrow('ENOENT')
  })

  it('that the person does not want is not saved', async () => {
    const asked = rejected(save('unwanted.txt'))
    await stand.until('asking')
    desk().refuse()
    expect(await asked).toBe('REQUEST_DECLINED')
    expect(await readdir(stand.folder)).not.toContain('unwanted.txt')
  })
})

describe('files for a page', () => {
  beforeAll(async () => {
    await writeFile(join(stand.folder, 'one.xml'), '<one/>')
    await writeFile(join(stand.folder, 'two.XML'), '<two/>')
    await writeFile(join(stand.folder, 'large.xml'), Buffer.alloc(2 ** 20 + 1))
    await writeFile(join(stand.folder, '.hidden.xml'), 'x')
    await mkdir(join(stand.folder, 'folder.xml'))
    await symlink('/etc/passwd', join(stand.folder, 'passwd.xml'))
  })
  const load = (several: boolean, extensions: readonly string[] = ['xml']) =>
    stand.requests.pages.load({ origin, extensions, several }, staying())

  it('are listed by their extensions, and those that were chosen are read', async () => {
    const asked = load(true)
    const { files } = await stand.until('asking')
    expect(files.map(({ name }) => name)).toEqual(['large.xml', 'one.xml', 'two.XML'])
    await desk().load(['two.XML', 'one.xml'])
    expect((await asked).map(({ name, data }) => [name, String(data)])).toEqual([
      ['two.XML', '<two/>'],
      ['one.xml', '<one/>'],
    ])
  })

  it.each([
    [false, ['one.xml', 'two.XML'], 'REQUEST_INVALID'],
    [true, [], 'REQUEST_INVALID'],
    [true, ['../outside'], 'REQUEST_INVALID'],
    [true, ['passwd.xml'], 'REQUEST_INVALID'],
    [true, ['one.xml', 'one.xml', 'folder.xml'], 'REQUEST_INVALID'],
    [true, ['large.xml'], 'MESSAGE_TOO_LARGE'],
  ] as const)('are those of the list and no others (several: %s, %j)', async (several, names, code) => {
    const asked = rejected(load(several))
    await stand.until('asking')
    await desk().load(names)
    expect(await asked).toBe(code)
    expect(stand.view()).toMatchObject({ stage: 'finished', fault: code })
  })

  it('are not followed where they have become a link since they were listed', async () => {
    const reading = readChosenFile(stand.folder, 'passwd.xml', 1_000_000)
    await expect(reading).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  it('may be what a page wants signed without having it', async () => {
    const { data: _, ...request } = signRequest({ format: 'XAdES Enveloped' })
    const asked = stand.requests.pages.sign(request, staying())
    await stand.until('asking')
    await desk().load(['one.xml'])
    await expect.poll(() => stand.view().operation).toBe('sign')
    expect(stand.view().documents).toMatchObject([{ name: 'one.xml', bytes: 6 }])
    await stand.agree()
    const { signature, fileName } = await asked
    expect(fileName).toBe('one.xml')
    await judged('XAdES', signature)
  })
})

describe('a kiosk without a folder', () => {
  it('saves and loads nothing', async () => {
    const bare = await startPageStand({ config: { autofirma: { origins: [origin] } } })
    const file = { origin, name: 'a', data: Buffer.from('x') }
    expect(await rejected(bare.requests.pages.save(file, staying()))).toBe('REFERENCE_REFUSED')
    const load = { origin, extensions: [], several: false }
    expect(await rejected(bare.requests.pages.load(load, staying()))).toBe('REFERENCE_REFUSED')
    await bare.stop()
  })
})
