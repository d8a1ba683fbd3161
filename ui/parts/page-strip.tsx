// The pages of the copy as a row of thumbnails; longer copies are leafed through with buttons, never scrolled.

import type { PageView } from '../../device/http/view.ts'
import { useKiosk } from '../context.ts'
import { Button } from './button.tsx'
import { PageImage } from './page-image.tsx'

const pagesInRow = 5

export interface PageStripProps {
  readonly pages: readonly PageView[]
  readonly selected: PageView
}

export function PageStrip({ pages, selected }: PageStripProps) {
  const kiosk = useKiosk()
  const first = Math.floor(pages.indexOf(selected) / pagesInRow) * pagesInRow
  const select = (page: PageView | undefined): void => {
    if (page !== undefined) kiosk.change({ selectedPageId: page.id })
  }
  const leafing = pages.length > pagesInRow
  return (
    <div class="strip">
      {leafing && (
        <Button icon="earlier" class="leaf" disabled={first === 0} onPress={() => select(pages[first - pagesInRow])}>
          <span class="spoken">{kiosk.say('pager.previous')}</span>
        </Button>
      )}
      <ol aria-label={kiosk.say('review.pages')}>
        {pages.slice(first, first + pagesInRow).map(page => (
          <li key={page.id}>
            <Thumbnail page={page} selected={page === selected} onPress={() => select(page)} />
          </li>
        ))}
      </ol>
      {leafing && (
        <Button
          icon="later"
          class="leaf"
          disabled={first + pagesInRow >= pages.length}
          onPress={() => select(pages[first + pagesInRow])}
        >
          <span class="spoken">{kiosk.say('pager.next')}</span>
        </Button>
      )}
    </div>
  )
}

interface ThumbnailProps {
  readonly page: PageView
  readonly selected: boolean
  onPress(): void
}

function Thumbnail({ page, selected, onPress }: ThumbnailProps) {
  const kiosk = useKiosk()
  return (
    <button type="button" class="thumbnail" aria-current={selected} onClick={onPress}>
      <PageImage page={page} described={false} />
      <span class="number">
        <span class="spoken">{kiosk.say('page.number', { number: '' })}</span>
        {page.number}
      </span>
      {page.under !== null && <span class="mark">{kiosk.say('page.joined')}</span>}
      {page.blank && page.unusable === null && <span class="mark">{kiosk.say('page.blank')}</span>}
    </button>
  )
}
