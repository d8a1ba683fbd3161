// Files that are made to break whoever reads them, each built from good parts by one thing that is wrong.

import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { xadesIntent } from '../device/ades/xades.ts'
import type { SignaturePlace } from '../device/ades/xades-layout.ts'
import { type Asn1Node, readWhole } from '../device/cms/asn1.ts'
import { objectIdentifier, sequence, setOf, tlv } from '../device/cms/der.ts'
import { oids } from '../device/cms/oids.ts'
import { canonicalise } from '../device/xml/canonical.ts'
import { parseXml } from '../device/xml/parse.ts'
import { finished, requestOf, type Signer } from './58.xml.xades.kit.ts'
import { classicPdf } from './pdf-fixtures.ts'

const ds = 'http://www.w3.org/2000/09/xmldsig#'
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'

const catalog = '<< /Type /Catalog /Pages 2 0 R >>'
const pages = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'
const page = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> >>'
const bombOctets = 300 << 20

/** Catalog, page tree and page, with what is given in their place, and further objects. */
export function pdfOf(
  parts: { catalog?: string; pages?: string; page?: string; more?: readonly string[] } = {},
): Buffer {
  return classicPdf([parts.catalog ?? catalog, parts.pages ?? pages, parts.page ?? page, ...(parts.more ?? [])])
}

/** A cross-reference stream whose few octets are hundreds of megabytes of entries. */
export function vastCrossReference(): Buffer {
  const data = deflateSync(Buffer.alloc(bombOctets))
  const entries = `/Size 40000000 /W [1 4 2] /Root 2 0 R /Length ${data.length} /Filter /FlateDecode`
  return Buffer.concat([
    Buffer.from(`%PDF-1.7\n1 0 obj\n<< /Type /XRef ${entries} >>\nstream\n`),
    data,
    Buffer.from('\nendstream\nendobj\nstartxref\n9\n%%EOF\n'),
  ])
}

/** The page tree in an object stream that inflates, `layers` times over, to hundreds of megabytes. */
export function vastObjectStream(layers: number): Buffer {
  let data: Buffer = Buffer.alloc(bombOctets, ' ')
  data.write('2 0 ', 0)
  for (let layer = 0; layer < layers; layer++) data = deflateSync(data)
  const filters = '/FlateDecode '.repeat(layers)
  const head = `%PDF-1.7\n1 0 obj\n${catalog}\nendobj\n`
  const streamHead = `4 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Length ${data.length} /Filter [${filters}] >>\nstream\n`
  const before = Buffer.concat([Buffer.from(head + streamHead), data, Buffer.from('\nendstream\nendobj\n')])
  const entries = [
    [0, 0, 65535],
    [1, 9, 0],
    [2, 4, 0],
    [0, 0, 0],
    [1, head.length, 0],
    [1, before.length, 0],
  ].map(([type = 0, first = 0, second = 0]) => {
    const entry = Buffer.alloc(7)
    entry.writeUInt8(type)
    entry.writeUInt32BE(first, 1)
    entry.writeUInt16BE(second, 5)
    return entry
  })
  const table = Buffer.concat(entries)
  const dictionary = `<< /Type /XRef /Size 6 /W [1 4 2] /Root 1 0 R /Length ${table.length} >>`
  return Buffer.concat([
    before,
    Buffer.from(`5 0 obj\n${dictionary}\nstream\n`),
    table,
    Buffer.from(`\nendstream\nendobj\nstartxref\n${before.length}\n%%EOF\n`),
  ])
}

/** The signed PDF with other numbers in its /ByteRange, in as many octets. */
export function withRange(signed: Buffer, change: (range: readonly number[]) => readonly number[]): Buffer {
  const text = signed.toString('latin1')
  const [whole, inside = ''] = /\/ByteRange ?\[([^\]]*)\]/.exec(text) ?? []
  if (whole === undefined) throw new Error('no /ByteRange')
  const changed = change(inside.trim().split(/ +/).map(Number)).join(' ')
  if (changed.length > inside.length) throw new Error('no room for the numbers')
  return Buffer.from(text.replace(whole, whole.replace(inside, changed.padEnd(inside.length))), 'latin1')
}

/** The CMS with the only signature-time-stamp of its signer so many times. */
export function stampedOften(cms: Uint8Array, count: number): Buffer {
  const rebuilt = (node: Asn1Node): Uint8Array => {
    const [first] = node.children
    if (first === undefined) return node.raw
    const isStamp = node.tag === 0xa1 && first.children[0]?.oid === oids.signatureTimestamp
    return tlv(node.tag, Buffer.concat(isStamp ? Array(count).fill(first.raw) : node.children.map(rebuilt)))
  }
  const whole = readWhole(cms)
  if (whole === undefined) throw new Error('no DER')
  return Buffer.from(rebuilt(whole))
}

/** The CMS whose signature-time-stamp holds itself in a signature-time-stamp of its own, and so on. */
export function stampedWithin(cms: Uint8Array, depth: number): Buffer {
  const replaced = (
    node: Asn1Node,
    isIt: (node: Asn1Node) => boolean,
    make: (node: Asn1Node) => Uint8Array,
  ): Uint8Array => {
    if (isIt(node)) return make(node)
    if (node.children.length === 0) return node.raw
    return tlv(node.tag, Buffer.concat(node.children.map(child => replaced(child, isIt, make))))
  }
  const isAttribute = ({ children }: Asn1Node) => children[0]?.oid === oids.signatureTimestamp
  const isSignerInfo = ({ tag, children }: Asn1Node) =>
    tag === 0x30 && children.some(child => child.tag === 0xa0) && children.at(-1)?.tag === 0x04
  const attributeOf = (token: Uint8Array) => sequence(objectIdentifier(oids.signatureTimestamp), setOf([token]))
  const around = (token: Asn1Node, inner: Uint8Array) =>
    replaced(token, isSignerInfo, ({ content }) =>
      tlv(0x30, Buffer.concat([content, setOf([attributeOf(inner)], 0xa1)])),
    )
  const deep = (attribute: Asn1Node) => {
    const token = attribute.children[1]?.children[0]
    if (token === undefined) throw new Error('no token')
    let made = token.raw
    for (let level = 0; level < depth; level++) made = around(token, made)
    return attributeOf(made)
  }
  const whole = readWhole(cms)
  if (whole === undefined) throw new Error('no DER')
  return Buffer.from(replaced(whole, isAttribute, deep))
}

/** Ten entities, each ten times the one before. */
export function billionLaughs(): Buffer {
  const entities = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`)
  return Buffer.from(`<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">${entities.join('')}]><l>&l9;</l>`)
}

/** A signature with the signed document, as XML, in an Object that it is over. */
export async function aroundSigned(document: string, signer: Signer): Promise<Buffer> {
  const object = (declared: string) => `<ds:Object${declared} Id="inside">${document}</ds:Object>`
  const { root } = parseXml(Buffer.from(object(` xmlns:ds="${ds}"`)))
  const transforms = `<ds:Transforms><ds:Transform Algorithm="${exclusive}"/></ds:Transforms>`
  const digest = createHash('sha256')
    .update(canonicalise(root, { method: 'exclusive' }))
    .digest()
  const place: SignaturePlace = {
    base: 'empty',
    encoding: 'utf-8',
    offset: 0,
    remove: 0,
    before: '',
    after: '',
    others: [],
  }
  const layout = { place, object: object(''), reference: { uri: '#inside', transforms, digest } }
  return finished(Buffer.alloc(0), [xadesIntent(requestOf(signer, 'enveloping', 'outer'), layout)], signer)
}
