// Extra parameters of a PDF signature: what each asks for, which of them have no effect, and which are refused.
// That is said of the parameters alone; what comes of them is seen in 59.pades.content and 82.cli.extra-pdf.

import { describe, expect, it } from 'vitest'
import { readExtraParams } from '../device/ades/extra-params.ts'
import { usualMask } from '../device/ades/text-mask.ts'
import { openedBy, shownBy } from '../device/document/sign-order.ts'

const read = (entries: Record<string, string>) => readExtraParams(new Map(Object.entries(entries)), 'PAdES')
const placeOf = (of: string) => ({
  [`${of}PositionOnPageLowerLeftX`]: '10',
  [`${of}PositionOnPageLowerLeftY`]: '20',
  [`${of}PositionOnPageUpperRightX`]: '110',
  [`${of}PositionOnPageUpperRightY`]: '60',
})
const place = placeOf('signature')
const shown = (entries: Record<string, string>) => read({ ...place, ...entries })
const refused = expect.objectContaining({ code: 'REQUEST_INVALID' })

describe('where a signature shows', () => {
  it.each([
    [{}, [[-1, -1]]],
    [{ signaturePage: '2' }, [[2, 2]]],
    [{ signaturePage: '-2' }, [[-2, -2]]],
    [{ signaturePage: ' ALL ' }, 'all'],
    [{ signaturePages: 'append' }, 'append'],
    [
      { signaturePages: '1-3,-1' },
      [
        [1, 3],
        [-1, -1],
      ],
    ],
    [
      { signaturePages: '1-3, -3--1' },
      [
        [1, 3],
        [-3, -1],
      ],
    ],
  ])('%j is %j', (entries, pages) => {
    const found = shown(entries)
    expect(found.pdf.visible?.pages).toEqual(pages)
    expect(found.ignored).toEqual([])
  })

  it('goes by the newer of the two names where both are there, and says so', () => {
    const found = shown({ signaturePage: '1', signaturePages: '2' })
    expect(found.pdf.visible?.pages).toEqual([[2, 2]])
    expect(found.ignored).toEqual(['signaturePage'])
  })

  it.each(['first', '1,,2', '1-', '--1', '1-2-3', '1;2'])('refuses %j', pages => {
    expect(() => shown({ signaturePages: pages })).toThrow(refused)
  })

  it('has its corners in any order', () => {
    const turned = { ...place, signaturePositionOnPageLowerLeftX: '110', signaturePositionOnPageUpperRightX: '10' }
    expect(read(turned).pdf.visible?.rectangle).toEqual([10, 20, 110, 60])
  })

  it('is a wish that nobody is asked about, granted only where the place is said', () => {
    expect(read({ visibleSignature: 'want', visibleAppearance: 'custom' })).toMatchObject({
      ignored: ['visibleSignature', 'visibleAppearance'],
    })
    expect(read({ visibleSignature: 'optional' }).pdf.visible).toBeUndefined()
    expect(shown({ visibleSignature: 'want', visibleAppearance: 'custom' }).ignored).toEqual(['visibleAppearance'])
  })

  it.each([
    ['90', 90],
    ['180', 180],
    ['-90', 270],
    ['360', undefined],
    ['0', undefined],
  ])('is turned by %s degrees', (written, degrees) => {
    const found = shown({ signatureRotation: written })
    expect(found.pdf.visible?.rotation).toBe(degrees)
    expect(found.ignored).toEqual([])
  })

  it.each(['45', 'true'])('is not turned by %s, which is said', written => {
    const found = shown({ signatureRotation: written })
    expect(found.pdf.visible).not.toHaveProperty('rotation')
    expect(found.ignored).toEqual(['signatureRotation'])
  })
})

describe('the text of a visible signature', () => {
  const look = (entries: Record<string, string>) => {
    const { ignored, pdf } = shown({ layer2Text: 'x', ...entries })
    return { ...pdf.visible, ignored }
  }

  it.each([
    ['0', 'mono'],
    ['1', 'sans'],
    ['2', 'serif'],
  ])('of family %s is in %s letters', (layer2FontFamily, family) => {
    expect(look({ layer2FontFamily })).toMatchObject({ typeface: { family, bold: false }, ignored: [] })
  })

  it.each(['3', '4', '9'])('of family %s, which has no letters, is in the usual ones, and that is said', family => {
    expect(look({ layer2FontFamily: family })).toMatchObject({
      typeface: { family: 'mono' },
      ignored: ['layer2FontFamily'],
    })
  })

  it('is bold, slanted, underlined and struck through by bits', () => {
    expect(look({ layer2FontStyle: '1' }).typeface?.bold).toBe(true)
    expect(look({ layer2FontStyle: '15' })).toMatchObject({
      typeface: { bold: true },
      slanted: true,
      underlined: true,
      struckThrough: true,
    })
    const plain = look({ layer2FontStyle: '0' })
    for (const key of ['slanted', 'underlined', 'struckThrough']) expect(plain).not.toHaveProperty(key)
    expect(look({ layer2FontStyle: '16' }).ignored).toEqual(['layer2FontStyle'])
  })

  it.each([
    ['black', [0, 0, 0]],
    ['WHITE', [255, 255, 255]],
    ['lightGray', [192, 192, 192]],
    ['gray', [128, 128, 128]],
    ['darkgray', [64, 64, 64]],
    ['red', [255, 0, 0]],
    ['pink', [255, 175, 175]],
  ])('is %s', (layer2FontColor, colour) => {
    expect(look({ layer2FontColor })).toMatchObject({ colour, ignored: [] })
  })

  it.each(['0', '-1', 'large', '1e3'])('has no size of %s, which is said', layer2FontSize => {
    const found = look({ layer2FontSize })
    expect(found).not.toHaveProperty('fontSize')
    expect(found.ignored).toEqual(['layer2FontSize'])
  })

  it('has a size, and no colour that is not known', () => {
    expect(look({ layer2FontSize: '7', layer2FontColor: 'constructor' })).toMatchObject({
      fontSize: 7,
      ignored: ['layer2FontColor'],
    })
  })

  it('says who and when, and where and why where that is stated', () => {
    expect(shown({}).pdf.visible?.text).toMatch(/^\$\$SUBJECTCN\$\$\n\$\$SIGNDATE=[^$]+\$\$$/)
    expect(shown({ signReason: 'Conforme', signatureProductionCity: 'Reus' }).pdf.visible?.text).toMatch(
      /\$\$\n\$\$REASON\$\$\n\$\$LOCATION\$\$$/,
    )
  })

  it('has no look where there is only a rubric', () => {
    const found = shown({ signatureRubricImage: 'AAAA', layer2FontSize: '9', obfuscateCertText: 'true' })
    expect(found.pdf.visible).not.toHaveProperty('text')
    expect(found.ignored).toEqual(['layer2FontSize', 'obfuscateCertText'])
    const both = shown({ signatureRubricImage: 'AAAA', layer2Text: 'x', layer2FontSize: '9' })
    expect(both).toMatchObject({ pdf: { visible: { text: 'x', fontSize: 9 } }, ignored: [] })
    expect(both.pdf.visible?.image).toHaveLength(3)
  })
})

describe('identity numbers', () => {
  it('are masked unless somebody says otherwise or the certificate has a pseudonym', () => {
    const maskingOf = (entries: Record<string, string>) => shown({ layer2Text: 'x', ...entries }).pdf.visible?.masking
    expect(maskingOf({})).toEqual({ mask: usualMask })
    expect(maskingOf({ obfuscateCertText: 'false' })).toMatchObject({ wanted: false })
    expect(maskingOf({ obfuscationMask: 'x;3;true,true,false;false' })?.mask).toMatchObject({ substitute: 'x' })
    expect(maskingOf({ obfuscateCertText: 'True' })).toMatchObject({ wanted: true })
    const perhaps = shown({ layer2Text: 'x', obfuscateCertText: 'perhaps' })
    expect(perhaps.pdf.visible?.masking).toEqual({ mask: usualMask })
    expect(perhaps.ignored).toEqual(['obfuscateCertText'])
    const bad = shown({ layer2Text: 'x', obfuscationMask: 'none' })
    expect(bad).toMatchObject({ pdf: { visible: { masking: { mask: usualMask } } }, ignored: ['obfuscationMask'] })
  })
})

describe('what goes into the document', () => {
  it('is a picture on the pages that are named', () => {
    const image = { ...placeOf('image'), image: 'AAAA' }
    const pagesOf = (entries: Record<string, string>) => read({ ...image, ...entries }).pdf.pageImage?.pages
    expect(pagesOf({ imagePage: '2' })).toEqual([[2, 2]])
    expect(pagesOf({ imagePage: '0' })).toBe('all')
    expect(pagesOf({ imagePages: '1-2,-1' })).toEqual([
      [1, 2],
      [-1, -1],
    ])
    expect(read({ ...image, imagePage: '-1' })).toMatchObject({
      pdf: { pageImage: { pages: [[-1, -1]], rectangle: [10, 20, 110, 60] } },
      ignored: [],
    })
  })

  it.each([
    [{ ...placeOf('image'), image: 'AAAA' }],
    [{ image: 'AAAA', imagePage: '1' }],
    [{ ...placeOf('image'), imagePage: '1' }],
    [{ ...placeOf('image'), image: 'AAAA', imagePage: 'append' }],
  ] as Record<string, string>[][])('is no picture by %j', entries => {
    const found = read(entries ?? {})
    expect(found.pdf).not.toHaveProperty('pageImage')
    expect(found.ignored).toEqual(Object.keys(entries ?? {}))
  })

  it('is a file with its name', () => {
    const file = { attach: Buffer.from('hola').toString('base64'), attachFileName: 'a.txt', attachDescription: 'Nota' }
    const found = read(file)
    expect(found).toMatchObject({ pdf: { attachment: { fileName: 'a.txt', description: 'Nota' } }, ignored: [] })
    expect(Buffer.from(found.pdf.attachment?.data ?? []).toString()).toBe('hola')
    expect(read({ attach: 'AAAA', attachDescription: 'x' })).toMatchObject({
      pdf: {},
      ignored: ['attach', 'attachDescription'],
    })
  })
})

describe('the signature itself', () => {
  it('says another time, and has more room', () => {
    const { pdf, ignored } = read({ signTime: '2010:12:25:12:30:1', signReservedSize: '27000', signerContact: 'a@b' })
    expect(pdf).toEqual({ localTime: '2010-12-25T12:30:01', reservedBytes: 27_000, contactInfo: 'a@b' })
    expect(ignored).toEqual([])
  })

  it.each([
    { signTime: '2010:02:30:12:30:01' },
    { signTime: '2010-12-25' },
    { signTime: '2010:12:25:24:30:01' },
    { signReservedSize: '0' },
    { signReservedSize: '1.5' },
    { certificationLevel: '4' },
    { imagePositionOnPageLowerLeftX: '1' },
  ] as Record<string, string>[])('is refused with %j', entries => {
    expect(() => read(entries)).toThrow(refused)
  })

  it('takes the owner’s password before the user’s, and tells neither', () => {
    expect(read({ userPassword: 'u' })).toMatchObject({ pdf: { password: 'u' }, ignored: [] })
    const both = read({ ownerPassword: 'secret-o', userPassword: 'secret-u' })
    expect(both.pdf.password).toBe('secret-o')
    expect(both.ignored).toEqual(['userPassword'])
  })

  it.each([
    ['alwaysCreateRevision', 'true', 'false'],
    ['compressPdf', 'false', 'true'],
    ['signatureSubFilter', 'ETSI.CAdES.detached', 'adbe.pkcs7.detached'],
    ['allowSigningCertifiedPdfs', 'false', 'true'],
    ['allowShadowAttack', 'false', 'true'],
    ['pagesToCheckShadowAttack', '10', 'some'],
  ])('is always %s=%s, and never %s', (name, always, never) => {
    expect(read({ [name]: always })).toMatchObject({ pdf: {}, ignored: [] })
    expect(read({ [name]: never })).toMatchObject({ pdf: {}, ignored: [name] })
  })

  it.each([
    ['allowModifiedForm', 'formAsSigned'],
    ['allowCosigningUnregisteredSignatures', 'knownSignaturesOnly'],
  ])('is not made where %s=false forbids it', (name, key) => {
    expect(read({ [name]: 'false' })).toMatchObject({ pdf: { [key]: true }, ignored: [] })
    expect(read({ [name]: 'true' })).toMatchObject({ pdf: {}, ignored: [] })
    expect(read({ [name]: 'perhaps' })).toMatchObject({ pdf: {}, ignored: [name] })
  })

  it('is asked for in a job without secrets, and without what goes along as files', () => {
    const file = { attach: 'AAAA', attachFileName: 'a.txt', attachDescription: 'Nota' }
    const picture = { ...placeOf('image'), image: 'AAAA', imagePage: '1' }
    const rules = {
      allowModifiedForm: 'false',
      allowCosigningUnregisteredSignatures: 'false',
      signReservedSize: '9000',
    }
    const named = { signatureField: 'Here', certificationLevel: '2', signReason: 'Conforme', signerContact: 'a@b' }
    const secret = { ownerPassword: 'secret', signatureRubricImage: 'AAAA' }
    const extra = shown({ ...file, ...picture, ...rules, ...named, ...secret })
    const { pdf, ignored } = shownBy(extra, { signingTime: 0 }, new Uint8Array())
    expect(ignored).toEqual([])
    expect(pdf).toEqual({
      ...{ fieldName: 'Here', certificationLevel: 2, reason: 'Conforme', contactInfo: 'a@b', reservedBytes: 9_000 },
      ...{ formAsSigned: true, knownSignaturesOnly: true },
      attachment: { fileName: 'a.txt', description: 'Nota' },
      pageImage: { pages: [[1, 1]], rectangle: [10, 20, 110, 60] },
      visible: { pages: [[-1, -1]], rectangle: [10, 20, 110, 60] },
    })
    expect(openedBy(extra)).toEqual({ password: 'secret' })
    expect(openedBy(read({}))).toEqual({})
  })

  it('never gets a time-stamp from an authority that a page names', () => {
    const named = { tsType: '1', tsaURL: 'https://tsa.test', tsaUsr: 'u', tsaPwd: 'p', tsaPolicy: '1.2.3' }
    expect(read(named)).toMatchObject({ pdf: {}, ignored: Object.keys(named) })
  })

  it.each(['CAdES', 'XAdES'] as const)('of %s has nothing of a PDF', format => {
    const entries = { attach: 'AAAA', attachFileName: 'a', ownerPassword: 'x', signTime: 'now', signaturePages: 'all' }
    const found = readExtraParams(new Map(Object.entries(entries)), format)
    expect(found).toMatchObject({ pdf: {}, ignored: Object.keys(entries) })
  })
})
