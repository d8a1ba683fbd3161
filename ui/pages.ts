// What the screens ask about the pages of a copy: which are kept, which is selected, and what an edit asks for.

import type { CopyView, PageView } from '../device/http/view.ts'
import type { Kiosk } from './kiosk.ts'

/** The pages of the copy in order, without those left out. */
export function keptPages(copy: CopyView): readonly PageView[] {
  return copy.pages.filter(page => page.leftOut === null)
}

/** Whether the copy would be larger than what may be sent. */
export function isTooLarge({ size }: CopyView): boolean {
  return size.bytes !== null && size.bytes > size.limitBytes
}

/** The page that can come to stand below `page` on one sheet: the next one, where both are small and stand alone. */
export function partnerOf(kept: readonly PageView[], page: PageView): PageView | null {
  const next = kept[kept.indexOf(page) + 1]
  const isFree = (one: PageView) => one.joinable && one.under === null && !kept.some(other => other.under === one.id)
  return next !== undefined && isFree(page) && isFree(next) ? next : null
}

/** The page of a pair that stands below the other, where `page` is one of it. */
export function lowerOfPair(kept: readonly PageView[], page: PageView): PageView | null {
  return page.under === null ? (kept.find(one => one.under === page.id) ?? null) : page
}

/** "3 pages". */
export function pagesText(say: Kiosk['say'], count: number): string {
  return say(count === 1 ? 'pages.one' : 'pages.other', { count })
}

/** The page that the buttons act on: the chosen one while it is there, else the first that needs a decision, else the first. */
export function selectedPage(kept: readonly PageView[], selectedPageId: string | null): PageView | null {
  return kept.find(page => page.id === selectedPageId) ?? kept.find(page => page.unusable !== null) ?? kept[0] ?? null
}

/** The page to select when `page` goes: the one after it, or the last one left. */
export function neighbour(kept: readonly PageView[], page: PageView): PageView | null {
  const at = kept.indexOf(page)
  return kept[at + 1] ?? kept[at - 1] ?? null
}

/** Every page id in the order after moving a kept page by one kept place; what is left out keeps its place. */
export function movedOrder(copy: CopyView, page: PageView, by: -1 | 1): readonly string[] {
  const kept = keptPages(copy)
  const other = kept[kept.indexOf(page) + by]
  return copy.pages.map(one => {
    if (other === undefined) return one.id
    if (one === page) return other.id
    return one === other ? page.id : one.id
  })
}
