// Extra parameters that only a CAdES signature in a file of its own has: where its content lies, what it says of it, and
// a content that is known by its digest alone (CAdESExtraParams of clienteafirma 1.9).

import { Fault } from '../errors.ts'
import type { DigestAlgorithm } from '../ports.ts'
import { digestNamed, present, type Reader } from './extra-reader.ts'
import { isDotted } from './policy.ts'
import type { Packaging } from './request.ts'

/** JSON. */
export interface CadesExtra {
  /** What is signed is no content but the digest of one, by this algorithm. */
  readonly precalculatedHash?: DigestAlgorithm
  /** A content of fewer octets goes into the signature, whatever `packaging` says. */
  readonly envelopBelow?: number
  /** What the signature says of its content. */
  readonly content?: ContentWish
  /** Adds signatures also where that breaks an archive time-stamp of an older standard. */
  readonly breakArchives?: true
}

/** `detected` is what earlier signatures say of the content, or else what its first octets tell. */
export interface ContentWish {
  /** mime-type: a type, or `detected`. */
  readonly mimeType?: string
  /** content-hints; `type` is a dotted identifier, or `detected`. */
  readonly hints?: { readonly type: string; readonly description?: string }
}

/** The AGE policy wants the content inside where its size is reasonable, which AutoFirma takes for less than this. */
const reasonableOctets = 1 << 20

const mimeTypeForm = /^[!#$&^\w.+-]+\/[!#$&^\w.+-]+(;[ -~]*)?$/

/** Throws REQUEST_INVALID. */
export function cadesOf(
  reader: Reader,
  policyNamed: boolean,
): { readonly cades: CadesExtra; readonly packaging: Packaging | undefined } {
  // Baseline signatures state their time (EN 319 122-1, 6.3).
  if (reader.flag('includeSigningTimeAttribute') === false) reader.ignore('includeSigningTimeAttribute')
  const precalculatedHash = precalculatedOf(reader)
  const mode = modeOf(reader)
  if (precalculatedHash !== undefined && mode === 'implicit') reader.ignore('mode')
  const detached = mode === 'explicit' || precalculatedHash !== undefined
  const packaging = detached ? 'detached' : mode === 'implicit' ? 'enveloping' : undefined
  const cades = present({
    precalculatedHash,
    envelopBelow: policyNamed && packaging === undefined ? reasonableOctets : undefined,
    content: contentOf(reader),
    breakArchives: reader.flag('allowSignLTSignature') === true ? (true as const) : undefined,
  })
  return { cades, packaging }
}

function precalculatedOf(reader: Reader): DigestAlgorithm | undefined {
  const name = reader.text('precalculatedHashAlgorithm')
  if (name === undefined) return undefined
  const algorithm = digestNamed(name)
  if (algorithm === undefined) throw new Fault('REQUEST_INVALID', 'precalculatedHashAlgorithm names no known digest')
  return algorithm
}

function modeOf(reader: Reader): 'explicit' | 'implicit' | undefined {
  const mode = reader.text('mode')?.toLowerCase()
  if (mode === undefined || mode === 'explicit' || mode === 'implicit') return mode
  throw new Fault('REQUEST_INVALID', 'mode is neither explicit nor implicit')
}

/** AutoFirma always adds content-hints; here they are there where somebody asks for them or has something to put in. */
function contentOf(reader: Reader): ContentWish | undefined {
  const wantsMimeType = reader.flag('includeMimeTypeAttribute')
  const wantsHints = reader.flag('includeContentHintAttribute')
  const given = reader.text('mimeType')
  const type = typeOf(reader)
  const description = reader.text('contentDescription')
  if (given !== undefined && !mimeTypeForm.test(given)) throw new Fault('REQUEST_INVALID', 'mimeType is no media type')
  if (wantsMimeType === false) reader.ignore('mimeType')
  if (wantsHints === false) reader.ignore('contentTypeOid', 'contentDescription')
  const hinted = wantsHints ?? (type !== undefined || description !== undefined)
  const wish: ContentWish = present({
    mimeType: wantsMimeType === false ? undefined : (given ?? (wantsMimeType ? 'detected' : undefined)),
    hints: hinted ? { type: type ?? 'detected', ...present({ description }) } : undefined,
  })
  return Object.keys(wish).length === 0 ? undefined : wish
}

function typeOf(reader: Reader): string | undefined {
  const identifier = reader.text('contentTypeOid')?.replace(/^urn:oid:/i, '')
  if (identifier === undefined || isDotted(identifier)) return identifier
  throw new Fault('REQUEST_INVALID', 'contentTypeOid is no object identifier')
}
