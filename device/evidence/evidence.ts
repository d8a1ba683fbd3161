// The evidence of a copy: what was done to make it, by whom, with what and when, as one JSON value that the kiosk signs
// (Ley 39/2015, art. 27; RD 203/2021, art. 49 to 53; NTI de Digitalización, V). Only what was noted while it was made: what
// is not known is null.

import { type CopyState, type CopyTrail, type ScannerFacts, unknownClock } from '../document/copy-trail.ts'
import type { CopyOrder, Document } from '../document/document.ts'
import type { Page } from '../document/page.ts'
import { Fault } from '../errors.ts'
import type { SignerFacts } from '../trust/signer-facts.ts'

export const evidenceType = 'compulsa-copy-evidence'

/** What the document itself does not hold. */
export interface EvidenceFacts {
  /** The newest entry of the hash-chained audit trail that is about the copy; null where there is none. */
  readonly audit: { readonly sequence: number; readonly hash: string } | null
}

export interface Evidence {
  readonly type: typeof evidenceType
  readonly version: 1
  readonly document: object
  /** Who answers for it; null where it was composed by a version that did not note it. */
  readonly body: object | null
  readonly kiosk: object | null
  /** Ley 39/2015, art. 27.1: an enabled official, or automated action. */
  readonly action: object
  /** Who asked for it by a session; null where it was one of the kiosk's procedures. */
  readonly session: object | null
  /** What was copied, as the operator attested it. */
  readonly source: object
  readonly digitisation: object
  readonly pages: readonly object[]
  /** Images that were scanned and are not in the copy. */
  readonly leftOut: readonly object[]
  /** The copy after each step, oldest first; the last one is the copy. */
  readonly steps: readonly object[]
  readonly paper: CopyOrder['paper']
  readonly deliveries: readonly object[]
  readonly audit: EvidenceFacts['audit']
}

/** The evidence of a finished copy. Throws STAGE_CONFLICT while it is being made. */
export function evidenceOf(document: Document, facts: EvidenceFacts): Evidence {
  const { stage, order, trail, pages } = document
  if (!('deliveries' in stage)) throw new Fault('STAGE_CONFLICT', `a copy at ${stage.name} has no evidence yet`)
  const { approval, copy, signature } = stage
  const kept = pages.filter(page => page.leftOut === null)
  const known = trail.states.at(-1)?.sha256 === copy.sha256
  return {
    type: evidenceType,
    version: 1,
    document: documentFacts(document),
    body: trail.made && { ...trail.made.body, organ: trail.made.organ },
    kiosk: trail.made && { id: trail.made.kiosk, program: 'Compulsa', version: trail.made.version },
    action: actionFacts(order, trail.signer, signature?.signer ?? null),
    session: askedFacts(order),
    source: { nature: approval.sourceNature, elaborationState: approval.elaborationState, attestedAt: approval.at },
    digitisation: order.digitisation,
    pages: kept.map((page, i) => ({ number: i + 1, ...pageFacts(page, trail) })),
    leftOut: pages.flatMap(page => (page.leftOut === null ? [] : [leftOutFacts(page, trail)])),
    steps: [...trail.states, ...(known ? [] : [unnoted(stage)])].map(stepFacts),
    paper: order.paper,
    deliveries: stage.deliveries.map(({ destinationId, state, receipt }) => ({
      destination: destinationId,
      state,
      receipt,
    })),
    audit: facts.audit,
  }
}

function documentFacts({ id, reference, csv, openedAt, order, language, part, trail }: Document) {
  const { type, origin, sia } = order.document
  return {
    id,
    reference,
    identifier: trail.made?.identifier ?? null,
    csv,
    title: order.title,
    procedure: order.procedureId,
    sia: sia ?? null,
    documentType: type,
    origin,
    language,
    openedAt,
    part: part === null ? null : { number: part.number, of: part.of },
  }
}

/** An unsigned copy was made by nobody in the sense of the law. */
function actionFacts(
  { attestation, signature }: CopyOrder,
  certificate: SignerFacts | null,
  signer: string | null,
): object {
  if (signature.mode === 'none') return { by: 'nobody' }
  const { by, resolution = null, register = null } = attestation
  const ground = by === 'automated' ? { resolution } : { register }
  return { by, ...ground, signer, certificate }
}

function askedFacts({ session }: CopyOrder): object | null {
  if (session === undefined) return null
  const { id, client, user } = session
  return { id, client, user }
}

function pageFacts(page: Page, trail: CopyTrail) {
  const { prepared, turn, text } = page
  const rendition = prepared?.rendition
  return {
    ...imageFacts(page, trail),
    colour: prepared?.verdict.colour ?? null,
    resolution: prepared?.verdict.resolution ?? page.resolution,
    width: prepared?.verdict.width ?? null,
    height: prepared?.verdict.height ?? null,
    rendition: rendition === undefined ? null : { ...digestOf(rendition.blob), encoding: rendition.encoding },
    /** The scanner's own bytes went into the copy. */
    untouched: rendition?.blob.sha256 === page.image.sha256,
    reduction: prepared?.reduction ?? null,
    straightenedDegrees: rendition?.straightenDegrees ?? null,
    turnedByPerson: turn,
    searchable: text !== null && text.blob !== null,
  }
}

function leftOutFacts(page: Page, trail: CopyTrail) {
  return { reason: page.leftOut, ...imageFacts(page, trail) }
}

/** The image as it came from the scanner. */
function imageFacts(page: Page, { scans }: CopyTrail) {
  const { id, sheet, side, mediaType, resolution, image } = page
  const scan = scans.find(one => one.pages.some(fed => fed.id === id))
  const scanner: ScannerFacts | null = scan?.device ?? null
  return {
    sheet,
    side,
    scanner,
    scannedAt: scan?.pages.find(fed => fed.id === id)?.at ?? null,
    askedResolution: resolution,
    scanned: { ...digestOf(image), mediaType },
  }
}

function stepFacts({ step, level, bytes, sha256, at, clock, provenAt }: CopyState): object {
  return { step, level, sha256, bytes, at, clock, provenAt }
}

/** The copy as it is, where an earlier version made it and noted no steps. */
function unnoted(stage: Extract<Document['stage'], { readonly deliveries: unknown }>): CopyState {
  const { copy, signature, approval } = stage
  const { bytes, sha256 } = copy
  const rest = { bytes, sha256, clock: unknownClock, provenAt: null }
  if (signature === null) return { step: 'composed', level: null, at: approval.at, ...rest }
  const step = signature.extendedAt === undefined ? 'signed' : 'extended'
  return { step, level: signature.level, at: signature.extendedAt ?? signature.at, ...rest }
}

function digestOf({ sha256, bytes }: { readonly sha256: string; readonly bytes: number }) {
  return { sha256, bytes }
}
