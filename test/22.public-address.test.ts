// Which IP addresses are public, at both ends of the ranges that are not.

import { describe, expect, it } from 'vitest'
import { isPublicAddress } from '../drivers/public-address.ts'

describe('a public address', () => {
  it.each([
    '169.254.169.254',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '0.1.2.3',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    'fe80::1',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'fec0::1',
    'no address',
    '',
  ])('%j is none', address => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each([
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.0.1',
    '223.255.255.255',
    '2a00:1450:4003::1',
    '2606:4700::1',
  ])('%s is one', address => {
    expect(isPublicAddress(address)).toBe(true)
  })
})
