// A form that was filled in after somebody signed it: it may be signed again, unless who asks does not allow that.

import { expect, test } from 'vitest'
import { createWorld } from './59.pades.kit.ts'
import { createEngine } from './67.engine.kit.ts'
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
