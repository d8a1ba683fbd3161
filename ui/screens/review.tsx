// Looking through the pages: one is shown large, the row below chooses which, and the buttons turn, move or delete it.
// Nothing is lost by a touch: a deleted page can be put back until the next step.

import type { PageView } from '../../device/http/view.ts'
import { useCopy, useKiosk } from '../context.ts'
import type { Kiosk } from '../kiosk.ts'
import { keptPages, pagesText, selectedPage } from '../pages.ts'
import { Button } from '../parts/button.tsx'
import { PageImage } from '../parts/page-image.tsx'
import { PageStrip } from '../parts/page-strip.tsx'
import { PageTools } from '../parts/page-tools.tsx'
import { Screen } from '../parts/screen.tsx'
import type { TextKey } from '../text/texts.ts'

export function ReviewScreen() {
  const kiosk = useKiosk()
  const { copy } = useCopy()
  const kept = keptPages(copy)
  const selected = selectedPage(kept, kiosk.local.value.selectedPageId)
  return (
    <Screen
      title={`${kiosk.say('review.title')} · ${pagesText(kiosk.say, kept.length)}`}
      layout="split"
      class="review"
      lead={selected !== null && <PageImage page={selected} />}
      actions={<ReviewActions kept={kept} />}
    >
      {selected !== null && <PageStrip pages={kept} selected={selected} />}
      {selected !== null && <PageTools copy={copy} page={selected} />}
      <Hint kept={kept} selected={selected} />
    </Screen>
  )
}

function ReviewActions({ kept }: { readonly kept: readonly PageView[] }) {
  const kiosk = useKiosk()
  const { procedure } = useCopy()
  const natures = procedure?.sourceNatures ?? []
  const complete = kept.length > 0 && kept.every(page => page.ready && page.unusable === null)
  const goOn = (): void => {
    if (natures.length > 1) kiosk.change({ declaring: true, undo: null })
    else void kiosk.ask('copy/approve', { sourceNature: natures[0] })
  }
  const scanner = kiosk.view.value?.scanner
  return (
    <>
      <Button disabled={scanner?.state !== 'ready'} onPress={() => void kiosk.ask('copy/scan')}>
        {kiosk.say('review.more')}
      </Button>
      <Button kind="primary" disabled={!complete} onPress={goOn}>
        {kiosk.say('action.continue')}
      </Button>
    </>
  )
}

/** The one thing worth saying now: the offer to undo, or what holds the copy back, or what a page looks like. */
function Hint({ kept, selected }: { readonly kept: readonly PageView[]; readonly selected: PageView | null }) {
  const kiosk = useKiosk()
  const { undo } = kiosk.local.value
  const hint = hintFor(kept, selected)
  return (
    <div class="hint" aria-live="polite">
      {undo !== null ? (
        <>
          <p>{kiosk.say('review.deleted', { number: undo.number })}</p>
          <Button onPress={() => void restore(kiosk, undo.pageId)}>{kiosk.say('review.restore')}</Button>
        </>
      ) : (
        hint !== null && <p>{kiosk.say(hint.key, { number: hint.number ?? '' })}</p>
      )}
    </div>
  )
}

function hintFor(
  kept: readonly PageView[],
  selected: PageView | null,
): { readonly key: TextKey; readonly number: number | null } | null {
  if (selected === null) return { key: 'review.empty', number: null }
  const unusable = kept.find(page => page.unusable !== null)
  if (unusable !== undefined) return { key: 'review.unusable', number: unusable.number }
  if (kept.some(page => !page.ready)) return { key: 'review.wait', number: null }
  return selected.blank ? { key: 'review.blank', number: selected.number } : null
}

async function restore(kiosk: Kiosk, pageId: string): Promise<void> {
  if (await kiosk.ask(`copy/pages/${encodeURIComponent(pageId)}/restore`)) {
    kiosk.change({ undo: null, selectedPageId: pageId })
  }
}
