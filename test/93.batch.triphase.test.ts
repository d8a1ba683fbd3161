// The client's part of the three-phase batch, on answers as the services write them: what is to be signed, the session and
// the batch that go back, and the result that the page gets, also where the service fails or writes broken JSON.

import { describe, expect, it } from 'vitest'
import {
  batchAfterPresign,
  readPostsigned,
  readPresigned,
  tridataOf,
  triphaseResults,
  triphaseResultText,
} from '../device/batch/triphase.ts'
import { Fault } from '../device/errors.ts'

const ids = ['one', 'two', 'three']
const base64 = (text: string) => Buffer.from(text).toString('base64')
const info = (id: string, more: object = {}, signid?: string) => ({ id, signid, params: { PRE: base64(id), ...more } })

function presignAnswer(infos: readonly object[], results?: readonly object[]): string {
  return JSON.stringify({ td: { format: 'PAdES', signs: infos.map(one => ({ signinfo: [one] })) }, results })
}

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'done'
  } catch (thrown) {
    if (thrown instanceof Fault) return `${thrown.code} ${thrown.detail}`
    throw thrown
  }
}

describe('what a presign service answers', () => {
  it('names what is signed, in its order, as bytes', () => {
    const { format, signatures, failed } = readPresigned(presignAnswer(ids.map(id => info(id))), ids)
    expect(format).toBe('PAdES')
    expect(signatures.map(({ itemId, pre }) => `${itemId} ${pre}`)).toEqual(ids.map(id => `${id} ${id}`))
    expect(failed).toEqual([])
  })

  it('may have several signatures for one item, named by its signid', () => {
    const infos = [info('leaf-1', {}, 'one'), info('leaf-2', {}, 'one'), info('two', {}, 'two')]
    const { signatures, failed } = readPresigned(presignAnswer(infos), ids)
    expect(signatures.map(({ itemId, id }) => `${itemId}/${id}`)).toEqual(['one/leaf-1', 'one/leaf-2', 'two/two'])
    expect(failed).toEqual([{ id: 'three', result: 'ERROR_PRE', description: 'the service did not prepare it' }])
  })

  it('may leave out the list around, and write URL-safe Base64 with line breaks', () => {
    const pre = Buffer.from([0xfb, 0xff, 0xfe, 0x00, 0x01])
    const written = `${pre.toString('base64url').slice(0, 4)}\r\n${pre.toString('base64url').slice(4)}`
    const { signatures } = readPresigned(JSON.stringify({ td: { signinfo: [info('one', { PRE: written })] } }), ['one'])
    expect(signatures.map(({ pre: bytes }) => Buffer.from(bytes).toString('hex'))).toEqual([pre.toString('hex')])
  })

  it('reports what has failed and what was skipped; the rest goes on', () => {
    const results = [
      { id: 'two', result: 'ERROR_PRE', description: 'no PDF' },
      { id: 'three', result: 'SKIPPED' },
    ]
    const { signatures, failed } = readPresigned(presignAnswer([info('one')], results), ids)
    expect(signatures.map(({ itemId }) => itemId)).toEqual(['one'])
    expect(failed).toEqual(results)
  })

  it('with errors only has nothing to sign', () => {
    const results = ids.map(id => ({ id, result: 'ERROR_PRE', description: null }))
    const read = readPresigned(JSON.stringify({ results }), ids)
    expect(read).toEqual({ signatures: [], failed: ids.map(id => ({ id, result: 'ERROR_PRE' })) })
  })

  it('without anything has failed for every item', () => {
    expect(readPresigned('{}', ids).failed.map(({ id, result }) => `${id} ${result}`)).toEqual(
      ids.map(id => `${id} ERROR_PRE`),
    )
  })

  it('which prepares and reports an item does not have it signed', () => {
    const results = [{ id: 'one', result: 'SKIPPED' }]
    const { signatures, failed } = readPresigned(
      presignAnswer(
        ids.map(id => info(id)),
        results,
      ),
      ids,
    )
    expect(signatures.map(({ itemId }) => itemId)).toEqual(['two', 'three'])
    expect(failed).toEqual(results)
  })

  it.each([
    ['no JSON', '<html>hush</html>', 'no JSON'],
    ['cut off', '{"td":{"signs":[', 'no JSON'],
    ['nothing', '', 'no JSON'],
    ['a list', '[]', 'not as agreed'],
    ['null', 'null', 'not as agreed'],
    ['a session of another kind', '{"td":[]}', 'not as agreed at /td'],
    ['parameters that are no text', presignAnswer([{ id: 'one', params: { PRE: 1 } }]), 'not as agreed at /td'],
    ['no identifier', presignAnswer([{ params: { PRE: 'AAAA' } }]), 'not as agreed at /td'],
    ['nothing to sign', presignAnswer([{ id: 'one', params: {} }]), 'nothing to sign for "one"'],
    ['an empty thing to sign', presignAnswer([info('one', { PRE: '' })]), 'nothing to sign for "one"'],
    ['no Base64', presignAnswer([info('one', { PRE: '???' })]), 'nothing to sign for "one"'],
    ['another batch', presignAnswer([info('four')]), '"four", which is not in the batch'],
    ['another batch by its signid', presignAnswer([info('x', {}, 'four')]), '"x", which is not in the batch'],
    ['results of another batch', '{"results":[{"id":"four","result":"SKIPPED"}]}', '"four", which is not in the batch'],
    ['an unknown result', '{"results":[{"id":"one","result":"OK"}]}', 'not as agreed at /results/0/result'],
    ['what cannot be', '{"results":[{"id":"one","result":"DONE_AND_SAVED"}]}', 'which nobody has signed'],
  ])('with %s is BATCH_SERVICE_FAILED', (_what, answer, reason) => {
    const told = codeOf(() => readPresigned(answer, ids))
    expect(told).toMatch(/^BATCH_SERVICE_FAILED /)
    expect(told).toContain(reason)
    expect(told).not.toContain('hush')
  })

  it('with more signatures than anybody makes is refused', () => {
    const infos = Array(60_000).fill(info('one'))
    const answer = JSON.stringify({ td: { signs: [{ signinfo: infos }, { signinfo: infos }] } })
    expect(codeOf(() => readPresigned(answer, ids))).toMatch(/^BATCH_SERVICE_FAILED .*over 100000/)
  })
})

describe('JSON with line breaks in its descriptions', () => {
  const written = (description: string) =>
    `{ "results":[\n\t{"id":"one","result":"ERROR_PRE","description":"${description}"}\n] }`

  it.each([
    ['Error:\n\tat java\r\n', 'Error:\n\tat java\r\n'],
    ['a \\"quoted\\" C:\\\\pdf\n', 'a "quoted" C:\\pdf\n'],
    ['\\\\\\"\n', '\\"\n'],
    ['\u0000\u001f', '\u0000\u001f'],
  ])('is read: %j', (description, expected) => {
    expect(readPresigned(written(description), ['one']).failed[0]?.description).toBe(expected)
  })

  it.each(['an "unescaped" quote\n', 'cut off\\', '\\\n'])('is not guessed at: %j', description => {
    expect(codeOf(() => readPresigned(written(description), ['one']))).toMatch(/^BATCH_SERVICE_FAILED .*no JSON/)
  })

  it('is read in the time that its length takes', () => {
    const [{ description = '' } = {}] = readPresigned(written(`${'a\n\\"'.repeat(1_000_000)}`), ['one']).failed
    expect(description).toHaveLength(2_000)
  })
})

describe('what goes back', () => {
  it('is the session with the signature values, what was signed only where it is needed', () => {
    const infos = [
      info('one', { NEED_PRE: 'true', TIME: '17' }),
      info('two', { NEED_PRE: 'TRUE' }),
      info('x', { NEED_PRE: 'false', PK1: 'old', PID: 'p' }, 'three'),
    ]
    const read = readPresigned(presignAnswer(infos), ids)
    const values = ['v1', 'v2', 'v3'].map(value => Buffer.from(value))
    expect(JSON.parse(Buffer.from(tridataOf(read, values)).toString())).toEqual({
      format: 'PAdES',
      signinfo: [
        { id: 'one', params: { PRE: base64('one'), NEED_PRE: 'true', TIME: '17', PK1: base64('v1') } },
        { id: 'two', params: { PRE: base64('two'), NEED_PRE: 'TRUE', PK1: base64('v2') } },
        { id: 'x', signid: 'three', params: { NEED_PRE: 'false', PK1: base64('v3'), PID: 'p' } },
      ],
    })
    expect(() => tridataOf(read, values.slice(1))).toThrow(RangeError)
  })

  const batch = Buffer.from(
    JSON.stringify({
      algorithm: 'SHA256',
      format: 'PAdES',
      other: [1],
      singlesigns: [
        { id: 'one', datareference: 'AAAA', format: 'XAdES', suboperation: 'sign', extraparams: 'BB', mine: 1 },
        { id: 'two', datareference: 'CCCC', suboperation: 'sign' },
        { id: 'three', datareference: 'DDDD' },
      ],
    }),
  )

  it('is the batch as it came where nothing has failed', () => {
    expect(batchAfterPresign(batch, readPresigned(presignAnswer(ids.map(id => info(id))), ids))).toBe(batch)
  })

  it('is else the batch with the results of what has failed in place of what was to be signed', () => {
    const results = [{ id: 'one', result: 'ERROR_PRE', description: 'no "XML"' }]
    const read = readPresigned(presignAnswer([info('two')], results), ids)
    expect(JSON.parse(Buffer.from(batchAfterPresign(batch, read)).toString())).toEqual({
      algorithm: 'SHA256',
      format: 'PAdES',
      other: [1],
      singlesigns: [
        { id: 'one', result: 'ERROR_PRE', description: 'no "XML"', mine: 1 },
        { id: 'two', datareference: 'CCCC', suboperation: 'sign' },
        { id: 'three', result: 'ERROR_PRE', description: 'the service did not prepare it' },
      ],
    })
  })
})

describe('what a postsign service answers', () => {
  const presigned = readPresigned(
    presignAnswer([info('one'), info('three')], [{ id: 'two', result: 'ERROR_PRE', description: 'no PDF' }]),
    ids,
  )

  it('is told in the order of the batch, with what is known of before', () => {
    const answer = JSON.stringify({ signs: [{ id: 'three', result: 'DONE_AND_SAVED', description: '' }] })
    const results = readPostsigned(answer, ids, presigned)
    expect(triphaseResultText(results)).toBe(
      '{"signs":[{"id":"one","result":"NOT_STARTED"},' +
        '{"id":"two","result":"ERROR_PRE","description":"no PDF"},' +
        '{"id":"three","result":"DONE_AND_SAVED","description":""}]}',
    )
  })

  it('counts above what was said before, and the first of two', () => {
    const answer = JSON.stringify({
      signs: [
        { id: 'two', result: 'SKIPPED' },
        { id: 'one', result: 'SAVE_ROLLBACKED', description: 'x' },
        { id: 'one', result: 'DONE_AND_SAVED' },
      ],
    })
    expect(readPostsigned(answer, ids, presigned)).toEqual([
      { id: 'one', result: 'SAVE_ROLLBACKED', description: 'x' },
      { id: 'two', result: 'SKIPPED' },
      { id: 'three', result: 'NOT_STARTED' },
    ])
  })

  it.each(triphaseResults)('may say %s', result => {
    expect(readPostsigned(JSON.stringify({ signs: [{ id: 'one', result }] }), ['one'], presigned)).toEqual([
      { id: 'one', result },
    ])
  })

  it('may have line breaks in its descriptions', () => {
    const answer = '{"signs":[{"id":"one","result":"ERROR_POST","description":"no\nspace"}]}'
    expect(readPostsigned(answer, ['one'], presigned)[0]?.description).toBe('no\nspace')
  })

  it.each([
    '',
    'OK',
    '{}',
    '{"signs":{}}',
    '{"signs":[{"id":"one"}]}',
    '{"signs":[{"id":"one","result":"OK"}]}',
    '{"signs":[{"id":1,"result":"SKIPPED"}]}',
    '{"signs":[{"id":"four","result":"DONE_AND_SAVED"}]}',
  ])('%s is BATCH_SERVICE_FAILED', answer => {
    expect(codeOf(() => readPostsigned(answer, ids, presigned))).toMatch(/^BATCH_SERVICE_FAILED /)
  })
})
