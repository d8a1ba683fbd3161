// Devices that serve themselves on this machine or beside it: where they may be, and what they say of themselves made
// comparable and fit to be shown.

import { BlockList, isIP } from 'node:net'

/** Where ipp-usb puts its devices, from the first on in the order in which they were plugged in. */
export const ippUsbPorts: readonly number[] = Array.from({ length: 11 }, (_, i) => 60_000 + i)

const local = new BlockList()
local.addSubnet('127.0.0.0', 8)
local.addSubnet('10.0.0.0', 8)
local.addSubnet('172.16.0.0', 12)
local.addSubnet('192.168.0.0', 16)
local.addSubnet('169.254.0.0', 16)
local.addAddress('::1', 'ipv6')
local.addSubnet('fc00::', 7, 'ipv6')

/** Loopback, link-local (IPv4) and private networks (RFC 1918, RFC 3927, RFC 4193). */
export function isLocalAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && local.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** `urn:uuid:` and capitals are written by some. */
export function plainUuid(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/^urn:uuid:/, '')
}

export function plainText(text: string): string {
  return text.trim().toLowerCase().replace(/\s+/g, ' ')
}

/** A device's words made fit to be shown on one line of a terminal or screen. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 100)
}
