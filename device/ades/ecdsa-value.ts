// An ECDSA signature value as XMLDSig writes it: r and s side by side, each as long as the curve's order (RFC 6931,
// 2.3.6), out of the DER Ecdsa-Sig-Value that tokens and CMS use.

import type { KeyObject } from 'node:crypto'
import { readWhole } from '../cms/asn1.ts'
import { Fault } from '../errors.ts'
import { curveOctets } from './xades-names.ts'

/** Throws SIGNATURE_INVALID for what is no Ecdsa-Sig-Value of that key's curve. */
export function rawEcdsa(der: Uint8Array, key: KeyObject): Uint8Array {
  const octets = curveOctets[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 0
  const halves = (readWhole(der)?.children ?? []).map(({ content }) => unsigned(content))
  if (halves.length !== 2 || halves.some(half => half.length > octets)) {
    throw new Fault('SIGNATURE_INVALID', 'no ECDSA signature value of the key’s curve')
  }
  const raw = new Uint8Array(octets * 2)
  for (const [index, half] of halves.entries()) raw.set(half, octets * (index + 1) - half.length)
  return raw
}

function unsigned(integer: Uint8Array): Uint8Array {
  const first = integer.findIndex(octet => octet !== 0)
  return first < 0 ? new Uint8Array() : integer.subarray(first)
}
