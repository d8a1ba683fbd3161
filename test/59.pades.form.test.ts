// A form that was filled in after somebody signed it, and a signature of a kind that AutoFirma does not know: the document
// may be signed all the same, unless who asks does not allow that.

import { expect, test } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { createWorld } from './59.pades.kit.ts'
import { createEngine, signJob } from './67.engine.kit.ts'
import { askAbout, classicPdf } from './pdf-fixtures.ts'
import { pages, update } from './pdf-signing-fixtures.ts'

const textField = (value: string) =>
  `<< /Type /Annot /Subtype /Widget /FT /Tx /T (nom) /F 4 /Rect [0 0 50 20] /P 3 0 R /V (${value}) >>`

test('a form is signed as it is, or only as it was signed before', async () => {
  const engine = createEngine(await createWorld())
  const original = classicPdf([
    '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /DA (/F0 9 Tf) >> >>',
    pages,
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Resources << >> /Annots [4 0 R] >>',
    textField('Nuria'),
  ])
  const asSigned = { pdf: { formAsSigned: true } }
  const first = await engine.sign(original, asSigned)
  const second = await engine.sign(first, asSigned)
  expect((await askAbout(second, 'pdfsig', '-nocert', 'FILE')).match(/Signature is Valid/g)).toHaveLength(2)
  const filled = await update(second, { number: 4, generation: 0, body: textField('Pere') })
  expect((await askAbout(await engine.sign(filled), 'pdfsig', '-nocert', 'FILE')).match(/is Valid/g)).toHaveLength(3)
  await expect(engine.sign(filled, asSigned)).rejects.toMatchObject({
    code: 'SIGNATURE_BROKEN',
    detail: expect.stringContaining('form filling'),
  })
})

test('a signature of an unknown kind, in no field even, forbids another only where that is asked for', async () => {
  const engine = createEngine(await createWorld())
  const withSignature = (signature: string) =>
    classicPdf([
      '<< /Type /Catalog /Pages 2 0 R >>',
      pages,
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Resources << >> >>',
      signature,
      '<< /Type /Font >>',
    ])
  const only = { pdf: { knownSignaturesOnly: true } }
  const strange = withSignature('<< /Type /Sig /SubFilter /adbe.x509.rsa_sha1 /Contents <00> >>')
  await engine.sign(strange)
  await expect(engine.sign(strange, only)).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
    detail: expect.stringContaining('adbe.x509.rsa_sha1'),
  })
  await expect(engine.sign(withSignature('<< /Type /Sig >>'), only)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  const usual = await engine.sign(withSignature('<< /Type /Sig /SubFilter /adbe.pkcs7.sha1 >>'), only)
  expect(await askAbout(await engine.sign(usual, only), 'pdfsig', '-nocert', 'FILE')).toContain('Signature #2')
})

test('a field of the document that has its own place is where the signature shows, and that is said', async () => {
  const world = await createWorld()
  const { run } = createEngine(world)
  const form = classicPdf([
    '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>',
    pages,
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Resources << >> /Annots [4 0 R] >>',
    '<< /Type /Annot /Subtype /Widget /FT /Sig /T (Here) /Rect [0 0 50 50] /P 3 0 R >>',
  ])
  const notesOn = async (fieldName: string, rectangle: readonly [number, number, number, number]) => {
    const pdf = { fieldName, visible: { rectangle, pages: 'all' } } as const
    return run(signJob(world, { pdf }), randomAccessOf(form))
  }
  expect(await notesOn('Here', [10, 10, 50, 50])).toMatchObject({ notes: [expect.stringContaining('Here')] })
  expect(await notesOn('Here', [0, 0, 0, 0])).not.toHaveProperty('notes')
  expect(await notesOn('There', [60, 60, 90, 90])).not.toHaveProperty('notes')
})
