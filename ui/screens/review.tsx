// Looking through the pages: one is shown large, the row below chooses which, and the buttons turn, move or delete it.
// Nothing is lost by a touch: a deleted page can be put back until the next step.

import type { CopyView, PageView } from '../../device/http/view.ts'
import { useCopy, useKiosk } from '../context.ts'
import type { Kiosk } from '../kiosk.ts'
import { isTooLarge, keptPages, lowerOfPair, pagesText, partnerOf, selectedPage } from '../pages.ts'
import { Button } from '../parts/button.tsx'
import { PageImage } from '../parts/page-image.tsx'
import { PageStrip } from '../parts/page-strip.tsx'
import { PageTools } from '../parts/page-tools.tsx'
import { Screen } from '../parts/screen.tsx'
import { megabytesText } from '../sizes.ts'

export function ReviewScreen() {
  const kiosk = useKiosk()
  const { copy } = useCopy()
  const kept = keptPages(copy)
  const selected = selectedPage(kept, kiosk.local.value.selectedPageId)
  return (
    <Screen
      title={titleOf(kiosk, copy)}
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

/** What is asked, and what the copy is so far: which of several, its pages, its size beside what may be sent. */
function titleOf(kiosk: Kiosk, copy: CopyView): string {
  const { part, size } = copy
  const inText = (bytes: number) => megabytesText(bytes, kiosk.language.value)
  const facts = [
    part === null ? kiosk.say('review.title') : kiosk.say('part.of', { number: part.number, of: part.of }),
    pagesText(kiosk.say, keptPages(copy).length),
    ...(size.bytes === null
      ? []
      : [kiosk.say('size.now', { size: inText(size.bytes), limit: inText(size.limitBytes) })]),
  ]
  return facts.join(' · ')
}

function ReviewActions({ kept }: { readonly kept: readonly PageView[] }) {
  const kiosk = useKiosk()
  const { copy, natures } = useCopy()
  const complete = kept.length > 0 && kept.every(page => page.ready && page.unusable === null)
  const goOn = (): void => {
    if (isTooLarge(copy)) kiosk.change({ sizing: true, undo: null })
    else if (natures.length > 1) kiosk.change({ declaring: true, undo: null })
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

/** The one thing worth saying now, and the button that goes with it. */
interface HintView {
  readonly text: string
  readonly button?: { readonly text: string; onPress(): void }
}

function Hint({ kept, selected }: { readonly kept: readonly PageView[]; readonly selected: PageView | null }) {
  const kiosk = useKiosk()
  const { copy } = useCopy()
  const hint = undoHint(kiosk) ?? troubleHint(kiosk, copy, selected) ?? offerHint(kiosk, copy, kept, selected)
  return (
    <div class="hint" aria-live="polite">
      {hint !== null && <p>{hint.text}</p>}
      {hint?.button !== undefined && <Button onPress={hint.button.onPress}>{hint.button.text}</Button>}
    </div>
  )
}

function undoHint(kiosk: Kiosk): HintView | null {
  const { undo } = kiosk.local.value
  if (undo === null) return null
  const button = { text: kiosk.say('review.restore'), onPress: () => void restore(kiosk, undo.pageId) }
  return { text: kiosk.say('review.deleted', { number: undo.number }), button }
}

/** What holds the copy back, or may be wrong with a page. */
function troubleHint(kiosk: Kiosk, copy: CopyView, selected: PageView | null): HintView | null {
  const kept = keptPages(copy)
  if (selected === null) return { text: kiosk.say('review.empty') }
  const unusable = kept.find(page => page.unusable !== null)
  if (unusable !== undefined) return { text: kiosk.say('review.unusable', { number: unusable.number ?? '' }) }
  if (kept.some(page => !page.ready)) return { text: kiosk.say('review.wait') }
  if (copy.size.bytes === null) return { text: kiosk.say('size.working') }
  if (isTooLarge(copy)) return { text: kiosk.say('size.over') }
  return selected.blank && selected.under === null ? { text: kiosk.say('review.blank') } : null
}

/** What can be done that is not on a button below: two small sheets on one, pages that were left out, colours back. */
function offerHint(
  kiosk: Kiosk,
  copy: CopyView,
  kept: readonly PageView[],
  selected: PageView | null,
): HintView | null {
  const ask = (path: string, body?: Readonly<Record<string, unknown>>) => () => void kiosk.ask(path, body)
  const ofPage = (page: PageView, act: string) => `copy/pages/${encodeURIComponent(page.id)}/${act}`
  const lower = selected && lowerOfPair(kept, selected)
  if (lower !== null) {
    const button = { text: kiosk.say('review.part'), onPress: ask(ofPage(lower, 'part')) }
    return { text: kiosk.say('review.joined'), button }
  }
  const partner = selected && partnerOf(kept, selected)
  if (selected !== null && partner !== null) {
    const button = { text: kiosk.say('review.join'), onPress: ask(ofPage(selected, 'join'), { under: partner.id }) }
    return { text: kiosk.say('review.joinable'), button }
  }
  const count = copy.pages.filter(page => page.leftOut !== null).length
  if (count > 0) {
    const show = () => kiosk.change({ leftOutShown: true, undo: null })
    const button = { text: kiosk.say(count === 1 ? 'review.showLeftOut' : 'review.showLeftOuts'), onPress: show }
    return { text: kiosk.say(count === 1 ? 'review.leftOut.one' : 'review.leftOut.other', { count }), button }
  }
  if (copy.size.reduction === 'none') return null
  const button = { text: kiosk.say('size.undo'), onPress: ask('copy/reduce', { reduction: 'none' }) }
  return { text: kiosk.say(`size.${copy.size.reduction}.done`), button }
}

async function restore(kiosk: Kiosk, pageId: string): Promise<void> {
  if (await kiosk.ask(`copy/pages/${encodeURIComponent(pageId)}/restore`)) {
    kiosk.change({ undo: null, selectedPageId: pageId })
  }
}
