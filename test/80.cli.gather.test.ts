// The command line's pages: prepared two at a time while they come in; a feeder is never held up, files are.

import { describe, expect, it } from 'vitest'
import type { Document, DocumentEvent } from '../device/document/document.ts'
import { next } from '../device/document/transition.ts'
import { Fault } from '../device/errors.ts'
import type { Imaging, PreparedPage } from '../device/ports.ts'
import { gatherPages } from '../device/verbs/gather.ts'
import type { Scratch } from '../device/verbs/scratch.ts'
import { at, blob, opened, pagePrepared, pageStored } from './11.document.kit.ts'

const prepared = pagePrepared('x')
if (prepared.type !== 'pagePrepared') throw new Error('the kit has changed')
const { verdict, rendition } = prepared.prepared
const page: PreparedPage = {
  verdict,
  preview: Buffer.from('p'),
  rendition: { ...rendition, kind: 'original', encoding: 'jpeg' },
}
const scratch: Pick<Scratch, 'read' | 'write'> = {
  read: () => (async function* () {})(),
  write: async () => blob('preview'),
}

interface Gathering {
  readonly ahead: number
  readonly pages: number
  readonly prepare?: (call: number) => Promise<PreparedPage>
}

/** What was seen: pages fed before the first was prepared, most in hand at once, whether the feed was closed. */
async function gather({ ahead, pages, prepare = async () => page }: Gathering) {
  let document: Document = opened()
  const seen = { fed: 0, fedBeforeFirst: 0, most: 0, closed: false, numbers: [] as number[] }
  let [inHand, calls] = [0, 0]
  const imaging: Imaging = {
    async prepare() {
      inHand += 1
      seen.most = Math.max(seen.most, inHand)
      await new Promise(resolve => setTimeout(resolve, 5))
      if (calls === 0) seen.fedBeforeFirst = seen.fed
      inHand -= 1
      calls += 1
      return await prepare(calls)
    },
  }
  async function* feed(): AsyncGenerator<DocumentEvent> {
    try {
      for (let i = 1; i <= pages; i += 1) {
        seen.fed += 1
        yield pageStored(`p${i}`)
      }
    } finally {
      seen.closed = true
    }
  }
  await gatherPages({
    current: () => document,
    apply: event => (document = next(document, event, at)),
    feed: feed(),
    imaging,
    scratch: scratch as Scratch,
    signal: new AbortController().signal,
    ahead,
    onPrepared: number => seen.numbers.push(number),
  }).catch(thrown => Object.assign(seen, { thrown }))
  return { ...seen, document }
}

describe('pages that come in', () => {
  it('are all prepared, two at a time, and a feeder waits for none of them', async () => {
    const { document, most, fedBeforeFirst, numbers } = await gather({ ahead: Number.POSITIVE_INFINITY, pages: 9 })
    expect(document.pages.every(one => one.prepared !== null)).toBe(true)
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect({ most, fedBeforeFirst }).toEqual({ most: 2, fedBeforeFirst: 9 })
  })

  it('from files are asked for as they are prepared', async () => {
    const { document, fedBeforeFirst } = await gather({ ahead: 1, pages: 9 })
    expect(document.pages.filter(one => one.prepared !== null)).toHaveLength(9)
    expect(fedBeforeFirst).toBeLessThanOrEqual(4)
  })

  it('that nothing can be made of are left out, the others kept', async () => {
    const broken = async (call: number) => {
      if (call === 3) throw new Fault('IMAGE_UNREADABLE', 'torn')
      return page
    }
    const { document } = await gather({ ahead: 1, pages: 5, prepare: broken })
    expect(document.pages.map(one => one.unusable).filter(code => code !== null)).toEqual(['IMAGE_UNREADABLE'])
    expect(document.pages.filter(one => one.leftOut === 'person')).toHaveLength(1)
  })

  it.each([1, Number.POSITIVE_INFINITY])(
    'end with what else goes wrong, and the feed with them (%d ahead)',
    async ahead => {
      const lost = async () => {
        throw new Fault('WORKER_LOST', 'gone')
      }
      const seen = await gather({ ahead, pages: 6, prepare: lost })
      expect(seen).toMatchObject({ closed: true, thrown: { code: 'WORKER_LOST' } })
    },
  )
})
