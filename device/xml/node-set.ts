// The parts of a document that a reference covers after its transforms: an XPath node-set of the shapes that signatures
// are made over. All of them take or leave whole subtrees, so membership is a question to elements; attributes, namespace
// nodes, text, comments and instructions go with the element that they stand in.

import type { XmlDocument, XmlElement } from './node.ts'

export interface NodeSet {
  /** Holds every node of the set, and may hold others. */
  readonly apex: XmlDocument | XmlElement
  /** Whether an element of the apex is in the set; undefined asks for what stands outside the root element. */
  has(element: XmlElement | undefined): boolean
}

/** The whole of a document or of a subtree. */
export function wholeOf(apex: XmlDocument | XmlElement): NodeSet {
  return { apex, has: () => true }
}

/** The set without the subtrees of these elements (the enveloped-signature transform; XPath Filter 2.0, `subtract`). */
export function subtract(set: NodeSet, roots: ReadonlySet<XmlElement>): NodeSet {
  const inside = subtreesOf(roots)
  return { apex: set.apex, has: element => !inside(element) && set.has(element) }
}

/** What of the set lies in the subtrees of these elements (XPath Filter 2.0, `intersect`). */
export function intersect(set: NodeSet, roots: ReadonlySet<XmlElement>): NodeSet {
  const inside = subtreesOf(roots)
  return { apex: set.apex, has: element => inside(element) && set.has(element) }
}

/** The set and what of its apex lies in the subtrees of these elements (XPath Filter 2.0, `union`). */
export function union(set: NodeSet, roots: ReadonlySet<XmlElement>): NodeSet {
  const inside = subtreesOf(roots)
  return { apex: set.apex, has: element => inside(element) || set.has(element) }
}

/** What is in both. */
export function common(first: NodeSet, second: NodeSet): NodeSet {
  return { apex: first.apex, has: element => first.has(element) && second.has(element) }
}

/** Answers that are remembered; walks ask for neighbours, and a document may have a thousand sets. */
const maxKnown = 4096

function subtreesOf(roots: ReadonlySet<XmlElement>): (element: XmlElement | undefined) => boolean {
  const known = new Map<XmlElement, boolean>()
  const inside = (element: XmlElement | undefined): boolean => {
    if (element === undefined) return false
    const before = known.get(element)
    if (before !== undefined) return before
    const now = roots.has(element) || inside(element.parent)
    if (known.size >= maxKnown) known.clear()
    known.set(element, now)
    return now
  }
  return inside
}
