// Raises the signatures of an XML document, whoever made them, to level T, LT or LTA (ETSI EN 319 132-1, 6.3): what they
// say is verified first, then time-stamps and validation data are put in as text behind the unsigned properties there are.
// Done again on an LTA document, it renews it.

import { type Splice, spliced } from '../bytes.ts'
import { type HashName, hashName } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm, RandomAccess } from '../ports.ts'
import { type Evidence, evidenceBeyond } from '../trust/evidence.ts'
import type { GatherTools } from '../trust/gather-tools.ts'
import { readXades, type XadesFound } from '../trust/read-xades.ts'
import { integrityOf } from '../trust/report.ts'
import { obtainTimestamp, type TimestampTools } from '../trust/timestamp-request.ts'
import { encodeMarkup } from '../xml/encoding.ts'
import type { XmlDocument, XmlElement } from '../xml/node.ts'
import { referenceSource } from '../xml/reference.ts'
import { childElements, isWithin } from '../xml/walk.ts'
import { readXmlSignature } from '../xml/xmldsig.ts'
import type { SignatureLevel } from './request.ts'
import { validationData } from './validation-data.ts'
import { qualifyingPropertiesOf, signaturesIn, unsignedSignatureProperties } from './xades-find.ts'
import { archiveTimestampImprint, signatureTimestampImprint } from './xades-imprint.ts'
import { readXml } from './xades-layout.ts'
import { exclusive } from './xades-names.ts'
import { placeOfUnsigned, timestampXml, validationDataXml } from './xades-unsigned.ts'

export interface ExtendXadesRequest {
  readonly level: Exclude<SignatureLevel, 'B'>
  /** The signed original of a detached signature; needed for LTA. */
  readonly content?: RandomAccess
  /** Of the imprints that are time-stamped; SHA-256 unless said. */
  readonly digestAlgorithm?: DigestAlgorithm
  /** Policy asked of the time-stamping authority, dotted. */
  readonly policy?: string
}

export interface ExtendedXades {
  readonly file: RandomAccess
  /** Certificates whose state is known only from before they were used; extending again later mends it. */
  readonly answeredEarlier: readonly string[]
}

/**
 * The extended file. Throws XML_UNREADABLE, SIGNATURE_ABSENT, SIGNATURE_BROKEN, CONTENT_ABSENT, SIGNATURE_FORMAT_REFUSED
 * (a signature that is no XAdES), and what `obtainTimestamp` and `gatherEvidence` throw.
 */
export async function extendXades(
  file: RandomAccess,
  request: ExtendXadesRequest,
  tools: TimestampTools & GatherTools,
): Promise<ExtendedXades> {
  const work = createWork(file, request, tools)
  const document = await readXml(file)
  const groups = groupsOf(await intact(document, request.content))
  // Before anybody is asked for anything, and also where nothing has to be put there at this level.
  for (const { top } of groups) placeOfUnsigned(document, top.element)
  const tokens = await work.stampSignatures(document, groups)
  if (request.level === 'T') return { file: work.file(), answeredEarlier: [] }
  const answeredEarlier = await work.embedValidationData(groups, tokens, tools)
  if (request.level === 'LTA') await work.stampArchives()
  return { file: work.file(), answeredEarlier }
}

/** A signature that is in no other, and all within it: those over it, and those that what it is over brings along. */
interface Group {
  readonly top: XadesFound
  readonly all: readonly XadesFound[]
}

/** Extending would give a broken signature an air of having been looked after. */
async function intact(document: XmlDocument, content: RandomAccess | undefined): Promise<readonly XadesFound[]> {
  const found = await readXades(document, content === undefined ? {} : { content })
  if (found.length === 0) throw new Fault('SIGNATURE_ABSENT', 'the XML holds no signature')
  const broken = found.find(one => integrityOf(one.findings) === 'broken')
  if (broken === undefined) return found
  throw new Fault('SIGNATURE_BROKEN', `signature ${broken.id ?? ''}: ${broken.findings[0]?.detail ?? ''}`)
}

function groupsOf(found: readonly XadesFound[]): readonly Group[] {
  const tops = found.filter(one => !found.some(other => other !== one && isWithin(one.element, other.element)))
  return tops.map(top => ({ top, all: found.filter(one => isWithin(one.element, top.element)) }))
}

/** Long because each step works on the file that the one before has made. */
function createWork(original: RandomAccess, request: ExtendXadesRequest, tools: TimestampTools) {
  const { digestAlgorithm = 'SHA-256', policy, content } = request
  const hash: HashName = hashName(digestAlgorithm)
  let file = original

  const nextId = (name: string) => `${name}-${Buffer.from(tools.random(16)).toString('hex')}`

  async function tokenOver(digest: Uint8Array): Promise<Uint8Array> {
    const asked = { digestAlgorithm, digest, ...(policy !== undefined && { policy }) }
    return (await obtainTimestamp(asked, tools)).der
  }

  function put(document: XmlDocument, texts: ReadonlyMap<XmlElement, string>): void {
    const splices: Splice[] = [...texts].map(([signature, text]) => {
      const { offset, remove, before, after } = placeOfUnsigned(document, signature)
      return { offset, remove, insert: encodeMarkup(before + text + after, document.encoding) }
    })
    file = spliced(file, splices)
  }

  /** Those that have no time-stamp get one; the tokens of all, by their number. */
  async function stampSignatures(document: XmlDocument, groups: readonly Group[]): Promise<readonly Uint8Array[][]> {
    const texts = new Map<XmlElement, string>()
    const tokens = groups.map(async ({ top, all }) => {
      const there = all.flatMap(one => one.timestamps.map(({ token }) => token))
      if (top.timestamps.some(({ kind }) => kind === 'signature')) return there
      const token = await tokenOver(signatureTimestampImprint(readXmlSignature(top.element), exclusive, hash))
      texts.set(top.element, timestampXml('signature', nextId('ts'), token))
      return [...there, token]
    })
    const all = await Promise.all(tokens)
    put(document, texts)
    return all
  }

  async function embedValidationData(
    groups: readonly Group[],
    tokens: readonly Uint8Array[][],
    gathering: GatherTools,
  ): Promise<readonly string[]> {
    const document = await readXml(file)
    const signatures = topSignatures(document)
    const texts = new Map<XmlElement, string>()
    const gathered = groups.map(async ({ all, top }, index) => {
      const signature = signatures[index]
      if (signature === undefined) throw new Fault('INTERNAL', 'an extended document lost a signature')
      const data = await validationData({ signatures: all, tokens: tokens[index] ?? [] }, gathering)
      const missing: Evidence = evidenceBeyond(top.evidence, data)
      const text = validationDataXml(signature, nextId('vd'), missing)
      if (text !== '') texts.set(signature, text)
      return data.answeredEarlier
    })
    const answeredEarlier = (await Promise.all(gathered)).flat()
    put(document, texts)
    return [...new Set(answeredEarlier)]
  }

  async function stampArchives(): Promise<void> {
    const document = await readXml(file)
    const source = referenceSource(document, () => content)
    const texts = new Map<XmlElement, string>()
    for (const element of topSignatures(document)) {
      const signature = readXmlSignature(element)
      const unsigned = unsignedSignatureProperties(element)
      const qualifyingProperties = qualifyingPropertiesOf(element)
      if (unsigned === undefined || qualifyingProperties === undefined) throw new Fault('INTERNAL', 'no properties')
      const properties = childElements(unsigned)
      const about = { signature, properties, qualifyingProperties, how: exclusive }
      const token = await tokenOver(await archiveTimestampImprint(about, source, hash))
      texts.set(element, timestampXml('archive', nextId('ats'), token))
    }
    put(document, texts)
  }

  return Object.freeze({ file: () => file, stampSignatures, embedValidationData, stampArchives })
}

/** Those that are not inside another, in document order, as `groupsOf` has them. */
function topSignatures(document: XmlDocument): readonly XmlElement[] {
  const all = signaturesIn(document.root)
  return all.filter(one => !all.some(other => other !== one && isWithin(one, other)))
}
