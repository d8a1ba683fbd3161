// How much of a hostile PDF the reader is willing to look at. Every bound is far above what honest files need, and
// passing one is PDF_UNREADABLE, so that a file can cost bounded memory and time whatever it says about itself.

import { Fault } from '../errors.ts'

/** Where the header is looked for, from the start of the file; bytes. */
export const maxHeaderOffset = 1024
/** Where the last startxref is looked for, from the end of the file; bytes. */
export const maxTailBytes = 4096
/** Largest single object that is parsed, its stream data not counted; bytes. */
export const maxObjectBytes = 16 << 20
/** Arrays and dictionaries inside each other. */
export const maxNesting = 100
/** Object numbers of ISO 32000-1, annex C. */
export const maxObjectNumber = 8_388_607
/** Cross-reference entries of all sections together. */
export const maxXrefEntries = 2_000_000
/** Largest cross-reference table; bytes. */
export const maxTableBytes = 48 << 20
/** Objects of a document that is rebuilt by scanning: its next update lists them all. */
export const maxRebuiltObjects = 500_000
/** Cross-reference sections: revisions, linearisation and hybrid parts. */
export const maxXrefSections = 2_000
/** References to references before an object is found. */
export const maxReferenceHops = 16
/** Encoded and decoded size of a stream that the reader itself needs; bytes. */
export const maxStreamBytes = 64 << 20
/** Filters on one stream. */
export const maxFilters = 4
/** Decoded object streams that are kept at a time. */
export const maxCachedObjectStreams = 8
/** Decoded bytes that are kept of them at a time. */
export const maxCachedBytes = 64 << 20
/** Nodes of the page tree, and of the field tree, that are visited. */
export const maxTreeNodes = 50_000
/** Depth of those trees. */
export const maxTreeDepth = 64

/** Certificates, OCSP responses and CRLs of a document security store that are read. */
export const maxDssStreams = 1_000

/** What scanning a damaged file may spend on parsing what turns out to be no object; bytes. */
export const maxWastedScanBytes = 64 << 20
/** Object headers and trailers that scanning looks at, repeated ones included. */
export const maxScannedLandmarks = 2_000_000

/** The one way in which reading gives up. */
export function unreadable(detail: string, options?: ErrorOptions): Fault {
  return new Fault('PDF_UNREADABLE', detail, options)
}
