// The event stream of views. It reconnects by itself for as long as the page lives, and says when nobody is at the other
// end, so that the screen can cover what it shows.

import type { View } from '../device/http/view.ts'

const reopenAfterMs = 1000

export interface FeedListener {
  view(view: View): void
  lost(): void
}

/** Opens the stream; the function it returns closes it for good. */
export function openFeed(address: string, listener: FeedListener): () => void {
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function open(): void {
    const opened = new EventSource(address)
    source = opened
    opened.addEventListener('view', event => listener.view(JSON.parse(event.data) as View))
    opened.addEventListener('error', () => {
      listener.lost()
      // The browser retries by itself unless it took the answer for a final one.
      if (opened.readyState === EventSource.CLOSED) timer = setTimeout(open, reopenAfterMs)
    })
  }

  open()
  return () => {
    clearTimeout(timer)
    source?.close()
  }
}
