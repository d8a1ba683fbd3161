// One image of three is damaged: the page is named, the others are kept, the copy cannot be approved with it, and without
// it everything goes on.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { approve, feed, open, procedure, smallPile } from './walk.kit.ts'

describe('a damaged image', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    const [first, second, third] = await smallPile(3)
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('three sheets were asked for')
    const damaged = Buffer.from(second.front)
    damaged.fill(0xa5, damaged.length / 2, damaged.length - 2)
    kiosk = await startKiosk({
      sheets: [first, { front: damaged }, third],
      config: { procedures: [procedure('none')] },
    })
    await open(kiosk, 'copy-none')
    await feed(kiosk)
  })
  afterAll(() => kiosk.stop())

  it('is marked on its page, the others are ready', () => {
    expect(kiosk.screen.copy().pages.map(({ ready, unusable }) => ({ ready, unusable }))).toEqual([
      { ready: true, unusable: null },
      { ready: false, unusable: 'IMAGE_UNREADABLE' },
      { ready: true, unusable: null },
    ])
  })

  it('keeps the copy from being approved', async () => {
    const answer = await kiosk.screen.post('/screen/copy/approve', { sourceNature: 'copy' })
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'IMAGE_UNREADABLE', detail: expect.stringContaining('page 2') },
    })
  })

  it('is left out, and the copy goes on', async () => {
    await kiosk.screen.post(`/screen/copy/pages/${kiosk.screen.copy().pages[1]?.id}/delete`)
    await approve(kiosk, 'copy')
    const { copy } = await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    expect(copy?.result?.pages).toBe(2)
  })
})
