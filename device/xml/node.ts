// An XML document as a tree whose every node knows where it stands in the original bytes, because signatures go over what
// is there and extending one puts text between those bytes. Built by xml/parse.ts; nothing changes it afterwards.

/** Half-open range of byte offsets in the original file. */
export interface XmlSpan {
  readonly start: number
  readonly end: number
}

export interface XmlAttribute {
  /** Empty where there is none. */
  readonly prefix: string
  readonly local: string
  /** Empty where there is none; an attribute without prefix has none. */
  readonly namespace: string
  /** Normalised (XML 1.0, 3.3.3), references resolved. */
  readonly value: string
}

export interface XmlElement {
  readonly kind: 'element'
  readonly prefix: string
  readonly local: string
  readonly namespace: string
  /** In the order written; namespace declarations are not among them. */
  readonly attributes: readonly XmlAttribute[]
  /** Declared on this very element: prefix (empty: default) → URI (empty: undeclared). */
  readonly declarations: ReadonlyMap<string, string>
  readonly children: readonly XmlNode[]
  /** Undefined for the root element. */
  readonly parent: XmlElement | undefined
  /** Of `<name …>` or `<name …/>`. */
  readonly startTag: XmlSpan
  /** Of `</name>`; absent for an empty-element tag. */
  readonly endTag?: XmlSpan
  /** From the first byte of the start tag behind the last byte of the end tag. */
  readonly span: XmlSpan
}

export interface XmlText {
  readonly kind: 'text'
  /** References resolved, CDATA sections as their content, line ends as LF. */
  readonly value: string
  readonly parent: XmlElement
  readonly span: XmlSpan
}

export interface XmlComment {
  readonly kind: 'comment'
  readonly value: string
  readonly parent: XmlElement | undefined
  readonly span: XmlSpan
}

export interface XmlInstruction {
  readonly kind: 'instruction'
  readonly target: string
  readonly value: string
  readonly parent: XmlElement | undefined
  readonly span: XmlSpan
}

export type XmlNode = XmlElement | XmlText | XmlComment | XmlInstruction

export interface XmlDocument {
  readonly bytes: Uint8Array
  /** Pieces of markup and text: what walking through it costs. */
  readonly pieces: number
  /** As declared or told by the byte order mark; inserted text must be written in it. */
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'iso-8859-1' | 'iso-8859-15' | 'windows-1252'
  readonly root: XmlElement
  /** Comments and processing instructions before and after the root, in order. */
  readonly before: readonly (XmlComment | XmlInstruction)[]
  readonly after: readonly (XmlComment | XmlInstruction)[]
}
