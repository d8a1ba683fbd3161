// The few XPath expressions that signers write into their transforms, by their exact shapes (EU DSS, AutoFirma, Apache
// Santuario, the examples of XMLDSig 6.6.3 and of XPath Filter 2.0). An XPath engine would let whoever made a document
// decide what its signature covers and what reading it costs; an expression of another shape is refused.

import { filter2Namespace, xmldsigNamespace } from './algorithms.ts'
import { maxFilters } from './limits.ts'
import type { XmlDocument, XmlElement } from './node.ts'
import { common, intersect, type NodeSet, subtract, union, wholeOf } from './node-set.ts'
import { attributeOf, childElements, identifiersOf, subtreeOf, textOf } from './walk.ts'

/** Where an expression is evaluated. */
export interface XPathContext {
  readonly document: XmlDocument
  /** Every ds:Signature of the document. */
  readonly signatures: ReadonlySet<XmlElement>
  /** The ds:Signature whose transform it is, in the same document; absent in a document of its own. */
  readonly signature?: XmlElement
}

/** The set that a transform makes of `set`; undefined where its expression is of no known shape. */
type Filtered = NodeSet | undefined

const name = '([\\w.-]+):Signature'
const withoutSignatures = new RegExp(`^not\\(ancestor-or-self::${name}\\)$`)
const withoutThis = new RegExp(
  `^count\\(ancestor-or-self::${name}\\|here\\(\\)/ancestor::${name}\\[1\\]\\)>count\\(ancestor-or-self::${name}\\)$`,
)

/** XPath Filtering (XMLDSig 1.1, 6.6.3): every signature of the document left out, or this one. */
export function xpathFiltered(set: NodeSet, transform: XmlElement, context: XPathContext): Filtered {
  const [xpath, ...more] = childElements(transform)
  if (xpath?.local !== 'XPath' || xpath.namespace !== xmldsigNamespace || more.length > 0) return undefined
  const expression = textOf(xpath).replace(/\s+/g, '')
  const all = withoutSignatures.exec(expression)
  if (all !== null) return areSignatures(xpath, all.slice(1)) ? subtract(set, context.signatures) : undefined
  const one = withoutThis.exec(expression)
  const { signature } = context
  if (one === null || signature === undefined || !areSignatures(xpath, one.slice(1))) return undefined
  return subtract(set, new Set([signature]))
}

/**
 * XPath Filter 2.0, 3.4: from the whole document, each filter in order takes away, keeps or adds the subtrees of what it
 * selects; of the input stays what is left there.
 */
export function filter2Filtered(set: NodeSet, transform: XmlElement, context: XPathContext): Filtered {
  const filters = childElements(transform)
  if (filters.length === 0 || filters.length > maxFilters) return undefined
  const whole = wholeOf(context.document)
  const left = filters.reduce<Filtered>((before, filter) => before && oneFilter(before, filter, context), whole)
  return left && common(set, left)
}

function oneFilter(set: NodeSet, filter: XmlElement, context: XPathContext): Filtered {
  if (filter.local !== 'XPath' || filter.namespace !== filter2Namespace) return undefined
  const selected = new Set<XmlElement>()
  let everything = false
  for (const path of textOf(filter).replace(/\s+/g, '').split('|')) {
    const elements = path === '/' ? [] : select(path, filter, context)
    if (elements === undefined) return undefined
    everything ||= path === '/'
    for (const element of elements) selected.add(element)
  }
  switch (attributeOf(filter, 'Filter')) {
    case 'subtract':
      return everything ? { apex: set.apex, has: () => false } : subtract(set, selected)
    case 'intersect':
      return everything ? set : intersect(set, selected)
    case 'union':
      return everything ? wholeOf(context.document) : union(set, selected)
    default:
      return undefined
  }
}

const allNamed = new RegExp(`^(?://|/descendant::|/descendant-or-self::|/descendant-or-self::node\\(\\)/)${name}$`)
const nearestNamed = new RegExp(`^here\\(\\)/ancestor::${name}\\[(?:1|position\\(\\)=1)\\]$`)
const identified = /^(?:\/\/|\/descendant::|\/descendant-or-self::)\*\[@(?:Id|ID|id)=(?:"([^"]*)"|'([^']*)')\]$/
const byId = /^id\((?:"([^"]*)"|'([^']*)')\)$/

/** The elements that a location path selects; undefined for a path of no known shape. */
function select(path: string, xpath: XmlElement, context: XPathContext): Iterable<XmlElement> | undefined {
  const { document, signature } = context
  if (path === '/*') return [document.root]
  const all = allNamed.exec(path)
  if (all !== null) return areSignatures(xpath, all.slice(1)) ? context.signatures : undefined
  const nearest = nearestNamed.exec(path)
  if (nearest !== null && signature !== undefined && areSignatures(xpath, nearest.slice(1))) return [signature]
  const id = identified.exec(path) ?? byId.exec(path)
  if (id === null) return undefined
  return subtreeOf(document.root).filter(element => identifiersOf(element).includes(id[1] ?? id[2] ?? ''))
}

/** Whether every one of these prefixes is XMLDSig's where the expression stands. */
function areSignatures(xpath: XmlElement, prefixes: readonly (string | undefined)[]): boolean {
  return prefixes.every(prefix => prefix !== undefined && namespaceOf(prefix, xpath) === xmldsigNamespace)
}

function namespaceOf(prefix: string, element: XmlElement): string | undefined {
  for (let one: XmlElement | undefined = element; one !== undefined; one = one.parent) {
    const uri = one.declarations.get(prefix)
    if (uri !== undefined) return uri
  }
  return undefined
}
