// A document in another encoding: the same by xmllint's canonical form, or not written at all.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseXml } from '../device/xml/parse.ts'
import { recoded } from '../device/xml/recode.ts'
import { type Folder, judge, temporaryFolder } from './50.signature.kit.ts'

let folder: Folder
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

async function canonical(bytes: Uint8Array): Promise<string> {
  return (await judge('xmllint', ['--c14n', await folder.write('document.xml', bytes)], folder.path)).output
}

const text = '<?xml version="1.0"?>\r\n<!-- c --><d a="€ñ"> é\u{1F600}<![CDATA[<&]]></d>\n<?pi x?>'
const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?><d>\xe9</d>', 'latin1')

describe('a document in another encoding', () => {
  it.each(['UTF-8', 'iso-8859-1', 'ISO-8859-15', 'windows-1252', 'US-ASCII'])('as %s says the same', async label => {
    for (const original of [Buffer.from(text), latin]) {
      const made = recoded(parseXml(original), label)
      if (made === undefined) throw new Error('it was not written')
      expect(Buffer.from(made).toString('latin1')).toContain(`encoding="${label.toUpperCase()}"`)
      expect(await canonical(made)).toBe(await canonical(original))
    }
  })

  it.each(['<ñ/>', '<d><!--é--></d>', '<d><![CDATA[é]]></d>', '<?pi é?><d/>'])('is not written for %s', markup => {
    expect(recoded(parseXml(Buffer.from(markup)), 'ISO-8859-1')).toBeUndefined()
    expect(recoded(parseXml(Buffer.from(markup)), 'UTF-8')).toBeDefined()
  })

  it('is not written in what is unknown', () => {
    expect(recoded(parseXml(latin), 'UTF-16')).toBeUndefined()
  })
})
