// Changes of the DER that other files carry: CMS in hexadecimal in a PDF, tokens, certificates and answers in Base64 in
// XML. The encoding stays right and, in a PDF, as long as it was, so that the change gets as far as it can.

import { readWhole } from '../device/cms/asn1.ts'
import { byteMutations, type Chance, derMutations, type Mutation } from './67.mutate.kit.ts'

/** One change of DER, by structure or by octets. */
export function changedDer(der: Uint8Array, chance: Chance): Buffer {
  const kinds = chance.below(4) === 0 ? byteMutations : derMutations
  const mutate = chance.any(Object.values(kinds))
  return der.length < 2 || mutate === undefined ? Buffer.from(der) : Buffer.from(mutate(Buffer.from(der), chance, der))
}

/** What is not found in a file leaves it as it is, and so does what no longer fits. */
export const embeddedMutations = {
  hexadecimal(bytes: Buffer, chance: Chance) {
    const found = chance.any([...bytes.toString('latin1').matchAll(/(?<=<)[0-9a-fA-F]{200,}(?=>)/g)])
    if (found === undefined) return bytes
    const padded = Buffer.from(found[0], 'hex')
    const changed = changedDer(readWhole(padded.subarray(0, lengthOf(padded)))?.raw ?? padded, chance)
    if (changed.length > padded.length) return bytes
    padded.fill(0).set(changed)
    bytes.write(padded.toString('hex'), found.index, 'latin1')
    return bytes
  },
  base64(bytes: Buffer, chance: Chance) {
    const text = bytes.toString('utf8')
    const found = chance.any([...text.matchAll(/(?<=>)[A-Za-z0-9+/=\s]{200,}(?=<)/g)])
    if (found === undefined) return bytes
    const changed = changedDer(Buffer.from(found[0], 'base64'), chance).toString('base64')
    return Buffer.from(text.slice(0, found.index) + changed + text.slice(found.index + found[0].length), 'utf8')
  },
} as const satisfies Readonly<Record<string, Mutation>>

/** Octets of the element that padding follows; all of them for what is none. */
function lengthOf(padded: Buffer): number {
  const first = padded[1] ?? 0
  const octets = first & 0x7f
  if (first <= 0x80 || octets > 4) return padded.length
  return 2 + octets + padded.readUIntBE(2, octets)
}
