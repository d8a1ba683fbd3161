// What can be done to the selected page, each with a word beside its icon.

import type { CopyView, PageView } from '../../device/http/view.ts'
import { useKiosk } from '../context.ts'
import type { Kiosk } from '../kiosk.ts'
import { keptPages, movedOrder, neighbour } from '../pages.ts'
import { Button } from './button.tsx'

export function PageTools({ copy, page }: { readonly copy: CopyView; readonly page: PageView }) {
  const kiosk = useKiosk()
  const kept = keptPages(copy)
  const at = kept.indexOf(page)
  const shown = page.ready && page.unusable === null
  const edit = (path: string, body?: Readonly<Record<string, unknown>>): void => {
    kiosk.change({ selectedPageId: page.id, undo: null })
    void kiosk.ask(path, body)
  }
  const turn = (by: 90 | 270): void => edit(`copy/pages/${encodeURIComponent(page.id)}/turn`, { by })
  const move = (by: -1 | 1): void => edit('copy/order', { pageIds: movedOrder(copy, page, by) })
  const enlarge = (): void => kiosk.change({ selectedPageId: page.id, dialog: { kind: 'page', pageId: page.id } })
  return (
    <div class="tools">
      <Button icon="turnLeft" disabled={!shown} onPress={() => turn(270)}>
        {kiosk.say('review.turnLeft')}
      </Button>
      <Button icon="turnRight" disabled={!shown} onPress={() => turn(90)}>
        {kiosk.say('review.turnRight')}
      </Button>
      <Button icon="enlarge" disabled={!shown} onPress={enlarge}>
        {kiosk.say('review.enlarge')}
      </Button>
      <Button icon="earlier" disabled={at === 0} onPress={() => move(-1)}>
        {kiosk.say('review.earlier')}
      </Button>
      <Button icon="later" disabled={at === kept.length - 1} onPress={() => move(1)}>
        {kiosk.say('review.later')}
      </Button>
      <Button icon="delete" onPress={() => void remove(kiosk, kept, page)}>
        {kiosk.say('review.delete')}
      </Button>
    </div>
  )
}

async function remove(kiosk: Kiosk, kept: readonly PageView[], page: PageView): Promise<void> {
  const next = neighbour(kept, page)
  if (await kiosk.ask(`copy/pages/${encodeURIComponent(page.id)}/delete`)) {
    const undo = page.number === null ? null : { pageId: page.id, number: page.number }
    kiosk.change({ undo, selectedPageId: next?.id ?? null })
  }
}
