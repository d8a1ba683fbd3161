// What a person and the pages step do to the pages of a copy: one pure function over the events that concern them alone.

import { Fault } from '../errors.ts'
import { settleBacks } from '../image/backs.ts'
import type { DocumentEvent } from './document.ts'
import type { LeftOut, Page, QuarterTurn } from './page.ts'
import { fitsBesideAnother } from './sheet.ts'

export type PagesEvent = Extract<
  DocumentEvent,
  {
    type: 'pageTurned' | 'pageDeleted' | 'pageRestored' | 'pagesOrdered' | 'pagesJoined' | 'pagesParted' | 'pagesMoved'
  }
>

/** The pages after an edit. Throws NOT_FOUND, REQUEST_INVALID, PAGES_NOT_JOINABLE. */
export function editPages(pages: readonly Page[], event: PagesEvent): readonly Page[] {
  switch (event.type) {
    case 'pageTurned':
      return changePage(pages, event.pageId, page => ({
        ...page,
        turn: ((page.turn + event.by) % 360) as QuarterTurn,
      }))
    case 'pageDeleted':
      return leaveOut(pages, event.pageId, 'person')
    case 'pageRestored':
      return leaveOut(pages, event.pageId, null)
    case 'pagesOrdered':
      return inOrder(pages, event.pageIds)
    case 'pagesJoined':
      return join(pages, event.pageId, event.under)
    case 'pagesParted':
      return changePage(pages, event.pageId, page => ({ ...page, under: null }))
    case 'pagesMoved':
      return pages.filter(page => !event.pageIds.includes(page.id))
  }
}

/** The pages with what the pages step found out about one of them. The blank back of a sheet is left out at first. */
export function settlePage(
  pages: readonly Page[],
  event: Extract<DocumentEvent, { type: 'pagePrepared' | 'pageUnusable' | 'pageRead' }>,
): readonly Page[] {
  const settled = changePage(pages, event.pageId, page => {
    if (event.type === 'pageUnusable') return { ...page, prepared: null, unusable: event.code }
    if (event.type === 'pageRead') return { ...page, text: event.text }
    const isNewBlank = page.prepared === null && page.side === 'back' && event.prepared.verdict.blank
    const leftOut: LeftOut | null = isNewBlank && page.leftOut === null ? 'blank' : page.leftOut
    return { ...page, prepared: event.prepared, unusable: null, leftOut, text: null }
  })
  return event.type === 'pagePrepared' ? withBacks(settled) : settled
}

/** Backs that do not tell how they lie are turned as the others that do. */
function withBacks(pages: readonly Page[]): readonly Page[] {
  const told = pages.flatMap(page => (page.prepared === null ? [] : [{ page, verdict: page.prepared.verdict }]))
  const turns = settleBacks(
    told.map(({ page: { side }, verdict: { turn, turnConfident } }) => ({ side, turn, confident: turnConfident })),
  )
  const turned = new Set(
    told.flatMap(({ page, verdict }, i) => (!verdict.turnConfident && turns[i] === 180 ? [page] : [])),
  )
  return pages.map(page => ({ ...page, inferredTurn: turned.has(page) ? 180 : 0 }))
}

function changePage(pages: readonly Page[], pageId: string, change: (page: Page) => Page): readonly Page[] {
  if (!pages.some(page => page.id === pageId)) throw new Fault('NOT_FOUND', `no page ${pageId}`)
  return pages.map(page => (page.id === pageId ? change(page) : page))
}

/** What stood on one sheet with a page that is left out stands alone again. */
function leaveOut(pages: readonly Page[], pageId: string, leftOut: LeftOut | null): readonly Page[] {
  const changed = changePage(pages, pageId, page => ({ ...page, leftOut, under: null }))
  return changed.map(page => (page.under === pageId ? { ...page, under: null } : page))
}

/** The page goes behind the one whose sheet it shares, so that order and numbers stay the copy's. */
function join(pages: readonly Page[], pageId: string, under: string): readonly Page[] {
  const [upper, lower] = [pages.find(page => page.id === pageId), pages.find(page => page.id === under)]
  if (upper === undefined || lower === undefined) throw new Fault('NOT_FOUND', `no page ${pageId} or ${under}`)
  const isFree = (page: Page) =>
    page.leftOut === null && page.under === null && !pages.some(one => one.under === page.id && one.leftOut === null)
  if (upper === lower || ![upper, lower].every(page => isFree(page) && fitsBesideAnother(page))) {
    throw new Fault('PAGES_NOT_JOINABLE', 'two sheets that fit on one A4 sheet at their true size are wanted')
  }
  const rest = pages.filter(page => page !== lower)
  const at = rest.indexOf(upper) + 1
  return [...rest.slice(0, at), { ...lower, under: pageId }, ...rest.slice(at)]
}

function inOrder(pages: readonly Page[], pageIds: readonly string[]): readonly Page[] {
  const byId = new Map(pages.map(page => [page.id, page]))
  const ordered = pageIds.map(id => byId.get(id))
  if (new Set(pageIds).size !== pages.length || ordered.length !== pages.length || ordered.includes(undefined)) {
    throw new Fault('REQUEST_INVALID', 'the order must name every page once')
  }
  return ordered.filter(page => page !== undefined)
}
