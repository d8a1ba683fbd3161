// What an element will inherit where it is put into a document, without that document: the namespace declarations and xml
// attributes around the place, as elements that hold nothing else. Inclusive canonicalisation of what is put between them
// gives the same octets as in the document itself (Canonical XML 1.0, 2.4; 1.1, 2.4).

import { escapedAttribute } from './escape.ts'
import { xmlNamespace } from './namespaces.ts'
import type { XmlElement } from './node.ts'

/** Markup before and behind. */
export interface Surroundings {
  readonly before: string
  readonly after: string
}

/** Of a document of its own. */
export const noSurroundings: Surroundings = Object.freeze({ before: '', after: '' })

/** Of a child of `parent`; `further`: attributes, declarations among them, of elements between the two, outermost first. */
export function surroundingsIn(parent: XmlElement, further: readonly string[] = []): Surroundings {
  const tags: string[] = [...further]
  for (let one: XmlElement | undefined = parent; one !== undefined; one = one.parent) tags.unshift(inherited(one))
  return { before: tags.map(attributes => `<c${attributes}>`).join(''), after: '</c>'.repeat(tags.length) }
}

function inherited({ declarations, attributes }: XmlElement): string {
  const namespaces = [...declarations].map(([prefix, uri]) => {
    return ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapedAttribute(uri)}"`
  })
  const ofXml = attributes.filter(({ namespace }) => namespace === xmlNamespace)
  return [...namespaces, ...ofXml.map(({ local, value }) => ` xml:${local}="${escapedAttribute(value)}"`)].join('')
}
