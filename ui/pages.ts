// What the screens ask about the pages of a copy: which are kept, which is selected, and what an edit asks for.

import type { CopyView, PageView } from '../device/http/view.ts'
import type { Kiosk } from './kiosk.ts'

/** The pages of the copy in order, without the deleted ones. */
export function keptPages(copy: CopyView): readonly PageView[] {
  return copy.pages.filter(page => !page.deleted)
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

/** Every page id in the order after moving a kept page by one kept place; deleted pages keep their places. */
export function movedOrder(copy: CopyView, page: PageView, by: -1 | 1): readonly string[] {
  const kept = keptPages(copy)
  const other = kept[kept.indexOf(page) + by]
  return copy.pages.map(one => {
    if (other === undefined) return one.id
    if (one === page) return other.id
    return one === other ? page.id : one.id
  })
}
