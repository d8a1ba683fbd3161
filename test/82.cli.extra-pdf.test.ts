// Extra parameters of a PDF signature on the command line, all the way to the worker and back: letters, masks, pictures,
// an attached file, a time, the password of an encrypted document; and that no password is told.

import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { judge } from './50.signature.kit.ts'
import { signingLine } from './82.cli.signatures.kit.ts'
import { whiteDocument } from './pdf-fixtures.ts'

const line = signingLine()
const corners = (of: string, [left, bottom, right, top]: readonly number[]) =>
  Object.entries({ LowerLeftX: left, LowerLeftY: bottom, UpperRightX: right, UpperRightY: top }).map(
    ([name, value]) => `${of}PositionOnPage${name}=${value}`,
  )
/** One white pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2SAAAAABJRU5ErkJggg=='

it('a signature shows, hides, carries and says what its parameters ask for', async () => {
  const parameters = [
    ...corners('signature', [20, 20, 180, 100]),
    'layer2Text=$$SUBJECTCN$$ 12345678Z\\n$$SIGNDATE=yyyy$$ $$CONTACT$$',
    'layer2FontFamily=2',
    'layer2FontStyle=5',
    'layer2FontColor=red',
    `signatureRubricImage=${png}`,
    ...corners('image', [5, 5, 15, 15]),
    `image=${png}`,
    'imagePage=0',
    `attach=${Buffer.from('hola').toString('base64')}`,
    'attachFileName=nota.txt',
    'signTime=2026:03:04:05:06:07',
    'signerContact=a@example.org',
    'signReservedSize=12000',
    'compressPdf=true',
  ]
  await line.write('extra', parameters.join('\n'))
  const words = ['in.pdf', '--out', 'out.pdf', '--extra', 'extra', '--json', ...line.by('first')]
  const run = await line.compulsa('sign', ...words)
  expect(run).toMatchObject({ code: 0 })
  expect(JSON.parse(run.stdout)).toMatchObject({ ignored: ['compressPdf'], notes: [] })
  const path = line.path('out.pdf')
  const { output } = await judge('pdftotext', [path, '-'])
  expect(output.replace(/\s+/g, '')).toContain('NúriaVidal12345678Z2026a@example.org')
  expect((await judge('pdffonts', [path])).output).toMatch(/CID TrueType .* yes yes yes/)
  expect((await judge('pdfdetach', ['-list', path])).output).toContain('nota.txt')
  // The picture on each of three pages, and the rubric.
  expect((await judge('pdfimages', ['-list', path])).output.match(/ image /g)).toHaveLength(4)
  const signature = await judge('pdfsig', ['-nocert', path])
  expect(signature.output).toContain('Signature is Valid')
  const time = new Date('2026-03-04T05:06:07').toISOString().replace(/[-:T]|\..*/g, '')
  const bytes = (await readFile(path)).toString('latin1')
  expect(bytes).toContain(`/M (D:${time}Z)`)
  expect(/\/Contents <([0-9A-F]+)>/.exec(bytes)?.[1]).toHaveLength(24_000)
})

it('its letters are of the family that was asked for', async () => {
  const widths = async (family: string) => {
    const text = ['layer2Text=iiiii mmmmm', 'layer2FontSize=8', family]
    await line.write('letters', [...corners('signature', [20, 20, 180, 100]), ...text].join('\n'))
    await line.compulsa('sign', 'in.pdf', '--out', 'letters.pdf', '--extra', 'letters', ...line.by('first'))
    const { output } = await judge('pdftotext', ['-bbox', line.path('letters.pdf'), '-'])
    const boxes = output.matchAll(/xMin="([\d.]+)".* xMax="([\d.]+)".*>(?:iiiii|mmmmm)</g)
    return [...boxes].map(([, left, right]) => Math.round(Number(right) - Number(left)))
  }
  // A letter of the monospaced face is 0.602 em wide.
  expect(await widths('')).toEqual([24, 24])
  const [narrow = 0, wide = 0] = await widths('layer2FontFamily=1')
  expect(wide).toBeGreaterThan(narrow * 3)
  expect(await widths('layer2FontFamily=2')).not.toEqual([narrow, wide])
  expect((await widths('layer2FontFamily=1\nlayer2FontStyle=1'))[1]).toBeGreaterThan(wide)
})

it('what was done at a price is said, and what could be done in part only', async () => {
  await line.write('copy.pdf', await whiteDocument(3))
  const file = [`attach=${Buffer.from('hola').toString('base64')}`, 'attachFileName=nota.txt']
  await line.write('attach', file.join('\n'))
  await line.write('all', ['signaturePages=all', ...corners('signature', [20, 20, 60, 40])].join('\n'))
  const signed = (from: string, out: string, extra: string, ...more: readonly string[]) =>
    line.compulsa('sign', from, '--out', out, '--extra', extra, ...more, ...line.by('first'))
  const first = await signed('copy.pdf', 'once.pdf', 'attach', '--level', 't')
  expect(first.stderr).toMatch(/^attach: the document is PDF\/A-2/)
  const second = await signed('once.pdf', 'twice.pdf', 'all', '--json')
  expect(JSON.parse(second.stdout)).toMatchObject({ notes: [expect.stringMatching(/^signaturePages: /)] })
  expect(JSON.parse((await signed('copy.pdf', 'all.pdf', 'all', '--json')).stdout)).toMatchObject({ notes: [] })
})

it('a document is opened by the password in the parameters, unless another one is given, and neither is told', async () => {
  const encrypted = [
    '--encrypt',
    'user-secret',
    'owner-secret',
    '256',
    '--',
    line.path('in.pdf'),
    line.path('shut.pdf'),
  ]
  expect(await judge('qpdf', encrypted)).toMatchObject({ code: 0 })
  await line.write('owner', 'ownerPassword=owner-secret')
  await line.write('user', 'userPassword=user-secret')
  await line.write('mistaken', 'ownerPassword=mistaken-secret')
  await line.write('password', 'user-secret\n')
  const signed = (extra: string, ...more: readonly string[]) =>
    line.compulsa('sign', 'shut.pdf', '--out', 'open.pdf', '--extra', extra, ...more, ...line.by('first'))
  expect(await signed('owner')).toMatchObject({ code: 0 })
  expect(await signed('user')).toMatchObject({ code: 0, stderr: '' })
  const wrong = await signed('mistaken')
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/^PASSWORD_WRONG: /) })
  expect(`${wrong.stdout}${wrong.stderr}`).not.toContain('secret')
  expect(await signed('mistaken', '--password-file', 'password')).toMatchObject({ code: 0 })
  const opened = ['--password=owner-secret', '--check', line.path('open.pdf')]
  expect(await judge('qpdf', opened)).toMatchObject({ code: 0 })
})
