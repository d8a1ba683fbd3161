// One page as the appliance previews it, turned as the person turned it. A page without an image says why in a word.

import type { PageView } from '../../device/http/view.ts'
import { useKiosk } from '../context.ts'

export function PageImage({ page, described = true }: { readonly page: PageView; readonly described?: boolean }) {
  const kiosk = useKiosk()
  const name = kiosk.say('page.number', { number: page.number ?? '' })
  if (page.unusable !== null) return <span class="page-image empty">{kiosk.say('page.unusable')}</span>
  if (!page.ready) return <span class="page-image empty">{kiosk.say('page.preparing')}</span>
  const source = `/screen/copy/pages/${encodeURIComponent(page.id)}/preview`
  return (
    <span class="page-image">
      <img
        class={`turned-${page.turn}`}
        src={source}
        alt={described ? name : ''}
        draggable={false}
        onLoad={tellAspect}
      />
    </span>
  )
}

/** CSS cannot read an image's own proportions, and needs them to fit a turned one into its place. */
function tellAspect({ currentTarget: image }: { readonly currentTarget: HTMLImageElement }): void {
  image.style.setProperty('--aspect', String(image.naturalWidth / image.naturalHeight))
}
