// What is read of a batch that the page's own server prepares: what the person is told of it, and every way in which it may be
// wrong, each with its JSON path.

import { describe, expect, it } from 'vitest'
import { readRemoteBatch } from '../device/batch/remote-batch.ts'
import { written } from './93.batch.kit.ts'

const limits = { maxDocuments: 3, allowSha1: false }
const read = (value: unknown) => readRemoteBatch(Buffer.from(JSON.stringify(value)), limits)

describe('a batch for a three-phase service', () => {
  it('tells of each document its name, what its format is built on and what is done, its own before the header’s', () => {
    const singlesigns = [
      { id: 'a', datareference: 'known to the server alone' },
      { id: 'b', format: 'FacturaE', suboperation: 'COSIGN' },
      { id: 'c', format: 'PAdES', suboperation: 'countersign' },
    ]
    expect(read(written({ algorithm: 'sha512withRSA', format: 'CAdES-ASiC-S', singlesigns }))).toEqual({
      algorithm: 'SHA512',
      items: [
        { id: 'a', format: 'CAdES', operation: 'sign' },
        { id: 'b', format: 'XAdES', operation: 'cosign' },
        { id: 'c', format: 'PAdES', operation: 'countersign' },
      ],
    })
  })

  it('may be by SHA-1 where that is allowed', () => {
    const text = Buffer.from(JSON.stringify(written({ algorithm: 'SHA1' })))
    expect(readRemoteBatch(text, { ...limits, allowSha1: true }).algorithm).toBe('SHA1')
  })

  it.each<[string, unknown, string, RegExp]>([
    ['a text', 'x', 'BATCH_INVALID', /^\$: is no object/],
    ['no list', { algorithm: 'SHA256' }, 'BATCH_INVALID', /^\$\.singlesigns: holds nothing/],
    ['an empty list', written({ singlesigns: [] }), 'BATCH_INVALID', /^\$\.singlesigns: holds nothing/],
    ['an item that is none', written({ singlesigns: ['x'] }), 'BATCH_INVALID', /^\$\.singlesigns\[0\]: is no object/],
    ['no id', written({ singlesigns: [{}] }), 'BATCH_INVALID', /^\$\.singlesigns\[0\]\.id: is missing/],
    ['an id that is a number', written({ singlesigns: [{ id: 1 }] }), 'BATCH_INVALID', /\[0\]\.id: .*no text/],
    [
      'an id that stands there twice',
      written({ singlesigns: [{ id: 'a' }, { id: 'b' }, { id: 'a' }] }),
      'BATCH_INVALID',
      /^\$\.singlesigns\[2\]\.id: is the one of singlesigns\[0\] too/,
    ],
    ['too many', written({}, 4), 'BATCH_TOO_LARGE', /^\$\.singlesigns: more than 3 documents .*maxDocuments/],
    ['no algorithm', written({ algorithm: undefined }), 'BATCH_INVALID', /^\$\.algorithm: names no known/],
    ['SHA-1', written({ algorithm: 'SHA1withRSA' }), 'ALGORITHM_REFUSED', /^\$\.algorithm: .*allowSha1/],
  ])('is refused with the path of its fault: %s', (_what, value, code, detail) => {
    expect(() => read(value)).toThrow(expect.objectContaining({ code, detail: expect.stringMatching(detail) }))
  })

  it.each(['', '{', '\xff'])('is refused where it is no JSON: %j', text => {
    expect(() => readRemoteBatch(Buffer.from(text, 'latin1'), limits)).toThrow(
      expect.objectContaining({ code: 'BATCH_INVALID', detail: '$: no JSON' }),
    )
  })
})
