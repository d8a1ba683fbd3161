// How much of an XML document and of its signatures is looked at before it is given up: no honest one comes near, and a
// hostile one costs no more than this. All are counts, but where a unit is in the name.

/** Larger than a base64 scan of a thick file; a V8 string could hold twice as much. */
export const maxXmlOctets = 256 * 1024 * 1024
export const maxXmlNodes = 1_000_000
/** As libxml2 has it. */
export const maxXmlDepth = 256
/** Characters of a name, its prefix among them. */
export const maxXmlNameLength = 1000
/** Of one element, namespace declarations among them. */
export const maxXmlAttributes = 512
/** In scope at one place, shadowed ones among them. */
export const maxXmlPrefixes = 1024

/** Signatures of one document that are read. */
export const maxXmlSignatures = 200
/** Characters of a URI in a signature; they end up in reports. */
export const maxUriLength = 2048
/** Of one signature; EU DSS's own corpus has one with 900. */
export const maxReferences = 1000
export const maxTransforms = 8
/** Of one XPath Filter 2.0 transform. */
export const maxFilters = 8
/** Time-stamps of one signature. */
export const maxTimestamps = 50
/** What the references and time-stamps of one document may make us walk through or hash, all together. */
export const maxDigestedOctets = 1024 * 1024 * 1024
/** Times that content outside of the document is read for its signatures and their time-stamps. */
export const maxContentPasses = 64
/** Certificates, OCSP responses and CRLs embedded in one signature. */
export const maxEmbeddedValues = 1000
