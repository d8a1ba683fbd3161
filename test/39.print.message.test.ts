// IPP messages out of bytes: whole, cut anywhere, changed anywhere, without end.

import { describe, expect, it } from 'vitest'
import { decodeIpp, IppMalformed } from '../drivers/printer/ipp-decode.ts'
import { encodeIpp } from '../drivers/printer/ipp-encode.ts'
import type { IppMessage, IppValue } from '../drivers/printer/ipp-message.ts'

const everyKind: ReadonlyMap<string, readonly IppValue[]> = new Map<string, readonly IppValue[]>([
  [
    'number',
    [
      { kind: 'integer', value: -7 },
      { kind: 'enum', value: 9 },
    ],
  ],
  ['flag', [{ kind: 'boolean', value: true }]],
  [
    'words',
    [
      { kind: 'text', value: 'Sóc una impressora' },
      { kind: 'keyword', value: 'media-empty-error' },
    ],
  ],
  ['range', [{ kind: 'rangeOfInteger', value: { lower: 1, upper: 99 } }]],
  ['fine', [{ kind: 'resolution', value: { x: 600, y: 300, units: 3 } }]],
  ['nothing', [{ kind: 'none', tag: 0x13 }]],
  ['date', [{ kind: 'octets', tag: 0x31, value: Buffer.alloc(11, 7) }]],
  [
    'media-col',
    [
      {
        kind: 'collection',
        value: new Map([
          ['media-size', [{ kind: 'collection', value: new Map([['x', [{ kind: 'integer', value: 21000 }]]]) }]],
          [
            'media-type',
            [
              { kind: 'keyword', value: 'stationery' },
              { kind: 'keyword', value: 'labels' },
            ],
          ],
        ] as [string, IppValue[]][]),
      },
    ],
  ],
])
const message: IppMessage = {
  version: { major: 2, minor: 0 },
  code: 0x000b,
  requestId: 4_000_000_000,
  groups: [
    { tag: 1, attributes: everyKind },
    { tag: 4, attributes: new Map() },
  ],
}

describe('IPP messages', () => {
  it('come back as they were written, and what follows them is the document', () => {
    const bytes = Buffer.concat([encodeIpp(message), Buffer.from('%PDF')])
    const { message: read, data } = decodeIpp(bytes)
    expect(read).toEqual(message)
    expect(Buffer.from(data).toString()).toBe('%PDF')
  })

  it('that end at any byte are refused as such', () => {
    const bytes = encodeIpp(message)
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => decodeIpp(bytes.subarray(0, length)), String(length)).toThrow(IppMalformed)
    }
  })

  it('with any byte changed are read or refused, and nothing else', () => {
    const bytes = encodeIpp(message)
    for (let at = 0; at < bytes.length; at += 1) {
      for (const flip of [0x01, 0x10, 0x80, 0xff]) {
        const changed = Buffer.from(bytes)
        changed.writeUInt8(changed.readUInt8(at) ^ flip, at)
        try {
          decodeIpp(changed)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(IppMalformed)
        }
      }
    }
  })

  it('with collections without end or values without number are refused', () => {
    let deep: IppValue = { kind: 'integer', value: 1 }
    for (let depth = 0; depth < 9; depth += 1) deep = { kind: 'collection', value: new Map([['m', [deep]]]) }
    const nested = (attributes: ReadonlyMap<string, readonly IppValue[]>) =>
      encodeIpp({ ...message, groups: [{ tag: 4, attributes }] })
    expect(() => decodeIpp(nested(new Map([['deep', [deep]]])))).toThrow(/collections in collections/)
    const one = nested(new Map([['many', [{ kind: 'boolean', value: true }]]]))
    const more = Buffer.alloc(6 * 50_000, Buffer.of(0x22, 0, 0, 0, 1, 1))
    const many = Buffer.concat([one.subarray(0, -1), more, Buffer.of(3)])
    expect(() => decodeIpp(many)).toThrow(/more than 50000 values/)
  })

  it('with a text in a language are read without it', () => {
    const value = Buffer.from('\x00\x02es\x00\x05toner', 'latin1')
    const values: readonly IppValue[] = [{ kind: 'octets', tag: 0x35, value }]
    const bytes = encodeIpp({ ...message, groups: [{ tag: 4, attributes: new Map([['said', values]]) }] })
    const { groups } = decodeIpp(bytes).message
    expect(groups[0]?.attributes.get('said')).toEqual([{ kind: 'text', value: 'toner' }])
  })
})
