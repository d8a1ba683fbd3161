// Whether a CMS is another one raised: the same content, the same signers in the same order with every octet that they
// signed, every unsigned attribute, certificate and revocation value that was there, and nothing new but those.

import { contentOf } from '../cms/content.ts'
import { oids } from '../cms/oids.ts'
import { type OpenedCms, openCms } from '../cms/open.ts'
import type { ParsedSigner } from '../cms/signer-info.ts'
import type { RandomAccess } from '../ports.ts'
import { contentDigests } from './content-digests.ts'

/** What differs, in words; undefined where `after` is `before` raised. Throws CMS_UNREADABLE. */
export async function sameCms(before: RandomAccess, after: RandomAccess): Promise<string | undefined> {
  const [was, is] = await Promise.all([before, after].map(openCms))
  if (was === undefined || is === undefined) return 'nothing to compare'
  const { signedData: old } = was
  const { signedData: fresh } = is
  if (fresh.trailingData) return 'octets follow the SignedData'
  const [version] = fresh.layout.version.content
  if (fresh.layout.version.content.length !== 1 || !versions.includes(version ?? 0)) return 'its version is none'
  if (old.contentType !== fresh.contentType || old.attached !== fresh.attached) return 'its content is another one'
  if (!(await sameContent(was, is))) return 'its content is another one'
  if (old.signers.length !== fresh.signers.length) return 'it has other signers'
  if (!old.digestAlgorithms.every(one => fresh.digestAlgorithms.includes(one)))
    return 'its digest algorithms are changed'
  for (const kind of ['certificates', 'crls', 'ocsps'] as const) {
    if (!holdsAll(fresh[kind], old[kind])) return `${kind} that were in it are gone`
  }
  for (const [index, signer] of old.signers.entries()) {
    const changed = signerChange(signer, fresh.signers[index])
    if (changed !== undefined) return changed
  }
  return undefined
}

async function sameContent(was: OpenedCms, is: OpenedCms): Promise<boolean> {
  const digests = [was, is].map(async opened => {
    const content = opened.signedData.attached ? contentOf(opened) : undefined
    return content === undefined ? new Uint8Array() : contentDigests(content).of('sha512')
  })
  const [old = new Uint8Array(), fresh = new Uint8Array()] = await Promise.all(digests)
  return Buffer.compare(old, fresh) === 0
}

function signerChange(old: ParsedSigner, fresh: ParsedSigner | undefined): string | undefined {
  const signed = ({ signedFields }: ParsedSigner) => signedFields.map(({ raw }) => raw)
  if (fresh === undefined || !sameList(signed(old), signed(fresh))) return 'what a signer signed is changed'
  const unsigned = ({ unsignedList }: ParsedSigner) => unsignedList.map(({ node }) => node.raw)
  if (!holdsAll(unsigned(fresh), unsigned(old))) return 'an unsigned attribute that was in it is changed or gone'
  const others = ({ unsignedAttributes }: ParsedSigner) => unsignedAttributes.filter(type => !raising.has(type)).length
  return others(old) === others(fresh) ? undefined : 'it has unsigned attributes that do not raise it'
}

/** RFC 5652, 5.1: what is added, such as OCSP answers, may ask for a higher one. */
const versions: readonly number[] = [1, 3, 4, 5]

/** ETSI EN 319 122-1, 5.3 to 5.5 and annex A; a countersignature is none of them. */
const raising: ReadonlySet<string> = new Set([
  oids.signatureTimestamp,
  oids.archiveTimestampV3,
  oids.longTermValidation,
  oids.certificateValues,
  oids.revocationValues,
  oids.archiveTimestamp,
  oids.archiveTimestampV2,
])

function sameList(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return one.length === other.length && one.every((octets, index) => Buffer.compare(octets, other[index] ?? none) === 0)
}

const none = new Uint8Array()

/** Each as often as it was there. */
function holdsAll(list: readonly Uint8Array[], wanted: readonly Uint8Array[]): boolean {
  const left = new Map<string, number>()
  for (const octets of list) left.set(keyOf(octets), (left.get(keyOf(octets)) ?? 0) + 1)
  return wanted.every(octets => {
    const count = left.get(keyOf(octets)) ?? 0
    left.set(keyOf(octets), count - 1)
    return count > 0
  })
}

function keyOf(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64')
}
