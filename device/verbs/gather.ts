// Pages come in and are prepared meanwhile, so that a feeder waits for nothing but the disk and both cores have work.

import type { Document, DocumentEvent } from '../document/document.ts'
import type { Page } from '../document/page.ts'
import { preparePage } from '../path/pages.ts'
import type { Imaging } from '../ports.ts'
import type { Scratch } from './scratch.ts'

/** Pages in hand at a time: while one is decoded, another is judged. */
const lanes = 2

export interface GatherRequest {
  /** Where the pages are to be added, by `apply`. */
  readonly current: () => Document
  readonly apply: (event: DocumentEvent) => void
  readonly feed: AsyncIterable<DocumentEvent>
  readonly imaging: Imaging
  readonly scratch: Scratch
  readonly signal: AbortSignal
  /** How many pages may wait to be prepared before the feed is made to wait; a feeder never is. */
  readonly ahead: number
  /** Called with the number of a page that is prepared. */
  readonly onPrepared: (number: number) => void
}

/** Applies what the feed tells and prepares each page it brings; one that nothing can be made of is left out. */
export async function gatherPages(request: GatherRequest): Promise<void> {
  const { current, apply, feed, ahead } = request
  const claimed = new Set<string>()
  const running = new Set<Promise<void>>()
  let failure: { readonly thrown: unknown } | undefined
  let settledOne = () => {}
  const onSettled = () => new Promise<void>(resolve => (settledOne = resolve))
  const run = async () => {
    for (let page = unclaimed(current(), claimed); page !== undefined; page = unclaimed(current(), claimed)) {
      claimed.add(page.id)
      await settle(page, request)
      settledOne()
    }
  }
  for await (const event of feed) {
    if (failure !== undefined) throw failure.thrown
    apply(event)
    if (running.size >= lanes) {
      while (failure === undefined && waiting(current(), claimed) > ahead) await onSettled()
      continue
    }
    const lane: Promise<void> = run()
      .catch(thrown => {
        failure ??= { thrown }
        settledOne()
      })
      .finally(() => running.delete(lane))
    running.add(lane)
  }
  await Promise.all(running)
  if (failure !== undefined) throw failure.thrown
  // The last page may have come just when a lane found nothing to do.
  await run()
}

function unclaimed({ pages }: Document, claimed: ReadonlySet<string>): Page | undefined {
  return pages.find(({ id, prepared, unusable }) => !claimed.has(id) && prepared === null && unusable === null)
}

function waiting({ pages }: Document, claimed: ReadonlySet<string>): number {
  return pages.length - claimed.size
}

async function settle(page: Page, { current, apply, imaging, scratch, signal, onPrepared }: GatherRequest) {
  const settled = await preparePage(current(), page, { imaging, blobs: scratch }, signal)
  apply(settled)
  if (settled.type === 'pageUnusable') apply({ type: 'pageDeleted', pageId: page.id })
  else onPrepared(current().pages.findIndex(({ id }) => id === page.id) + 1)
}
