// What a CAdES signature says of its content where it is to find that out: what signatures that are there already say of
// it, else what its first octets tell. Media types and the object identifiers that stand for them, as AutoFirma pairs them.

import { eachPiece, type SignedContent } from '../cms/content.ts'
import { oids } from '../cms/oids.ts'
import type { ParsedSigner } from '../cms/signer-info.ts'
import { onlyValue } from '../trust/signed-data.ts'
import type { ContentWish } from './extra-cades.ts'
import type { ContentStatement } from './request.ts'

export interface ContentKnown {
  /** Absent where it is not at hand. */
  readonly content?: SignedContent
  /** Signatures over the same content. */
  readonly earlier?: readonly ParsedSigner[]
}

const headOctets = 1024
const anyMimeType = 'application/octet-stream'

const typeOids: Readonly<Record<string, string>> = {
  'application/pdf': '1.2.840.10003.5.109.1',
  'application/postscript': '1.2.840.10003.5.109.2',
  'text/html': '1.2.840.10003.5.109.3',
  'image/tiff': '1.2.840.10003.5.109.4',
  'image/gif': '1.2.840.10003.5.109.5',
  'image/jpeg': '1.2.840.10003.5.109.6',
  'image/png': '1.2.840.10003.5.109.7',
  'video/mpeg': '1.2.840.10003.5.109.8',
  'text/sgml': '1.2.840.10003.5.109.9',
  'text/xml': '1.2.840.10003.5.109.10',
  'application/msword': '1.2.840.113556.4.2',
  'application/vnd.ms-excel': '1.2.840.113556.4.3',
  'application/vnd.ms-project': '1.2.840.113556.4.4',
  'application/vnd.ms-powerpoint': '1.2.840.113556.4.5',
  'application/vnd.ms-works': '1.2.840.113556.4.6',
}

/** How contents of known types begin, as Latin 1. */
const beginnings: readonly (readonly [RegExp, string])[] = [
  [/^%PDF-/, 'application/pdf'],
  [/^%!PS/, 'application/postscript'],
  [/^\x89PNG\r\n/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^(II\*\0|MM\0\*)/, 'image/tiff'],
  [/^(\xef\xbb\xbf)?\s*<\?xml\s/, 'text/xml'],
  [/^(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)[\s>]/i, 'text/html'],
]

/** The wish with nothing left to find out; id-data and application/octet-stream where nothing tells more. */
export async function contentStatement(wish: ContentWish, known: ContentKnown): Promise<ContentStatement> {
  const { mimeType, hints } = wish
  const open = mimeType === 'detected' || hints?.type === 'detected'
  const head = open && known.content !== undefined ? await headOf(known.content) : ''
  const looksLike = beginnings.find(([beginning]) => beginning.test(head))?.[1]
  const said = open ? saidEarlier(known.earlier ?? []) : {}
  const type = hints === undefined || hints.type === 'detected' ? undefined : hints.type
  const found = said.mimeType ?? mimeTypeOf(type ?? said.type) ?? looksLike
  const stated = mimeType === 'detected' ? (found ?? anyMimeType) : mimeType
  const detectedType = said.type ?? typeOids[stated ?? found ?? ''] ?? oids.data
  return {
    ...(stated !== undefined && { mimeType: stated }),
    ...(hints !== undefined && { hints: { ...hints, type: type ?? detectedType } }),
  }
}

function mimeTypeOf(oid: string | undefined): string | undefined {
  return Object.entries(typeOids).find(([, one]) => one === oid)?.[0]
}

/** What the first signature that says something says. */
function saidEarlier(signers: readonly ParsedSigner[]): { readonly mimeType?: string; readonly type?: string } {
  for (const signer of signers) {
    const mimeType = onlyValue(signer, oids.mimeType)?.content
    const type = onlyValue(signer, oids.contentHints)?.children.find(({ oid }) => oid !== undefined)?.oid
    if (mimeType !== undefined || type !== undefined) {
      return {
        ...(mimeType !== undefined && { mimeType: Buffer.from(mimeType).toString('utf8') }),
        ...(type !== undefined && { type }),
      }
    }
  }
  return {}
}

async function headOf({ file, extents }: SignedContent): Promise<string> {
  const pieces: Uint8Array[] = []
  let left = headOctets
  const first = extents.flatMap(({ offset, length }) => {
    const taken = Math.min(length, left)
    left -= taken
    return taken === 0 ? [] : [{ offset, length: taken }]
  })
  await eachPiece({ file, extents: first }, piece => pieces.push(Uint8Array.from(piece)))
  return Buffer.concat(pieces).toString('latin1')
}
