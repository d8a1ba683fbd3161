// The location paths of XPath 1.0 by which somebody names a place in a document to be signed: steps by name or `*`, down or
// up, with predicates on position, attributes and expanded names. Read beforehand, so that what is not understood is known
// before anything is signed; no functions of values, no variables, no arithmetic.

import type { XmlDocument, XmlElement } from './node.ts'
import { attributeOf, childElements, subtreeOf } from './walk.ts'

type Axis = 'child' | 'self' | 'parent' | 'descendant' | 'descendant-or-self'

type Predicate =
  | { readonly kind: 'position'; readonly position: number | 'last' }
  | { readonly kind: 'attribute'; readonly name: string; readonly value?: string }
  | { readonly kind: 'local-name' | 'namespace-uri'; readonly value: string }

interface Step {
  readonly axis: Axis
  /** A name without namespace, `*` for any element, or `node()`. */
  readonly test: string
  /** Each of several in one pair of brackets stands by itself, as they do not count positions. */
  readonly predicates: readonly Predicate[]
}

export interface LocationPath {
  /** Begins at the document and not at its root element. */
  readonly absolute: boolean
  readonly steps: readonly Step[]
}

const maxPathLength = 500
const maxSteps = 32

const name = '[A-Za-z_][\\w.-]*'
const literal = `(?:"([^"]*)"|'([^']*)')`
const stepForm = new RegExp(
  `^(?:(child|self|parent|descendant|descendant-or-self)::)?(${name}(?![\\w.:(-])|\\*|node\\(\\))|^(\\.\\.?)(?!\\.)`,
)
const attributeForm = new RegExp(`^@(${name})\\s*(?:=\\s*${literal})?$`)
const nameForm = new RegExp(`^(local-name|namespace-uri)\\(\\s*\\)\\s*=\\s*${literal}$`)
const bracketForm = /^\s*\[((?:"[^"]*"|'[^']*'|[^\]"'[])*)\]\s*/
const anyNode: Step = { axis: 'descendant-or-self', test: 'node()', predicates: [] }

/** The path that a text is; undefined for what is none of this kind. A prefix has no meaning here, so a name has none. */
export function parseLocationPath(text: string): LocationPath | undefined {
  let rest = text.trim()
  if (rest === '' || rest.length > maxPathLength) return undefined
  const absolute = rest.startsWith('/')
  if (rest === '/') return undefined
  const steps: Step[] = []
  for (let first = true; rest !== '' || first; first = false) {
    const separator = /^(\/\/?)\s*/.exec(rest)
    if (separator === null && !(first && !absolute)) return undefined
    rest = rest.slice(separator?.[0].length ?? 0)
    if (separator?.[1] === '//') steps.push(anyNode)
    const step = readStep(rest)
    if (step === undefined || steps.length >= maxSteps) return undefined
    steps.push(step.step)
    rest = step.rest
  }
  return { absolute, steps }
}

function readStep(text: string): { readonly step: Step; readonly rest: string } | undefined {
  const match = stepForm.exec(text)
  if (match === null) return undefined
  const [whole, axis = 'child', test, dots] = match
  let rest = text.slice(whole.length).trimStart()
  if (test === undefined) {
    return { step: { axis: dots === '.' ? 'self' : 'parent', test: 'node()', predicates: [] }, rest }
  }
  const predicates: Predicate[] = []
  for (let bracket = bracketForm.exec(rest); bracket !== null; bracket = bracketForm.exec(rest)) {
    const read = readPredicates(bracket[1] ?? '')
    if (read === undefined) return undefined
    predicates.push(...read)
    rest = rest.slice(bracket[0].length)
  }
  return { step: { axis: axis as Axis, test, predicates }, rest }
}

/** What stands in one pair of brackets; positions stand alone there, because `and` would make conditions of them. */
function readPredicates(text: string): readonly Predicate[] | undefined {
  const trimmed = text.trim()
  const position = /^(?:position\(\s*\)\s*=\s*)?(?:(\d{1,6})|last\(\s*\))$/.exec(trimmed)
  if (position !== null) {
    return [{ kind: 'position', position: position[1] === undefined ? 'last' : Number(position[1]) }]
  }
  const parts = trimmed.split(/\s+and\s+(?=(?:[^"']|"[^"]*"|'[^']*')*$)/)
  const read = parts.map(readCondition)
  return read.every(one => one !== undefined) ? read : undefined
}

function readCondition(text: string): Predicate | undefined {
  const attribute = attributeForm.exec(text)
  if (attribute !== null) {
    const value = attribute[2] ?? attribute[3]
    return { kind: 'attribute', name: attribute[1] ?? '', ...(value !== undefined && { value }) }
  }
  const named = nameForm.exec(text)
  if (named === null) return undefined
  return { kind: named[1] as 'local-name' | 'namespace-uri', value: named[2] ?? named[3] ?? '' }
}

/** The document itself, above its root element, or an element. */
type Place = XmlElement | XmlDocument

/** The first element in document order that the path selects, seen from the root element; undefined where none is. */
export function firstSelected(path: LocationPath, document: XmlDocument): XmlElement | undefined {
  let selected: ReadonlySet<Place> = new Set<Place>([path.absolute ? document : document.root])
  for (const step of path.steps) {
    const next = new Set<Place>()
    for (const place of selected) for (const one of selectedBy(step, place, document)) next.add(one)
    selected = next
  }
  for (const element of subtreeOf(document.root)) if (selected.has(element)) return element
  return undefined
}

function selectedBy({ axis, test, predicates }: Step, from: Place, document: XmlDocument): readonly Place[] {
  const tested = [...placesAlong(axis, from, document)].filter(place => isTested(place, test))
  return predicates.reduce<readonly Place[]>(
    (places, predicate) => places.filter((place, index) => holds(predicate, place, index, places.length)),
    tested,
  )
}

const isDocument = (place: Place): place is XmlDocument => 'root' in place

function isTested(place: Place, test: string): boolean {
  if (test === 'node()') return true
  return !isDocument(place) && (test === '*' || (place.local === test && place.namespace === ''))
}

function* placesAlong(axis: Axis, from: Place, document: XmlDocument): Generator<Place> {
  if (axis === 'self' || axis === 'descendant-or-self') yield from
  if (axis === 'parent' && !isDocument(from)) yield from.parent ?? document
  if (axis === 'child') yield* isDocument(from) ? [from.root] : childElements(from)
  if (axis !== 'descendant' && axis !== 'descendant-or-self') return
  for (const element of subtreeOf(isDocument(from) ? from.root : from)) if (element !== from) yield element
}

function holds(predicate: Predicate, place: Place, index: number, count: number): boolean {
  if (predicate.kind === 'position') return index + 1 === (predicate.position === 'last' ? count : predicate.position)
  if (isDocument(place)) return false
  if (predicate.kind !== 'attribute') {
    return predicate.value === (predicate.kind === 'local-name' ? place.local : place.namespace)
  }
  const value = attributeOf(place, predicate.name)
  return value !== undefined && (predicate.value === undefined || value === predicate.value)
}
