// A window that was opened in front of a page only to show what the page asks for: it goes when that has gone.

import { effect, type ReadonlySignal } from '@preact/signals'
import type { View } from '../device/http/view.ts'

/** How long such a window waits for the request that it was opened for. */
const longestWaitMs = 10_000

/** `search` is the query of the address; without `front=1` this is the kiosk's own window and stays. */
export function closeWithRequest(view: ReadonlySignal<View | null>, search: string): void {
  if (new URLSearchParams(search).get('front') !== '1') return
  const timer = setTimeout(() => window.close(), longestWaitMs)
  let seen = false
  effect(() => {
    if (view.value === null) return
    const there = view.value.request !== undefined
    if (there) clearTimeout(timer)
    else if (seen) window.close()
    seen ||= there
  })
}
