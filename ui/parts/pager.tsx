// A list of choices that may be longer than the screen: one pageful, and buttons for the rest.

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useKiosk } from '../context.ts'
import { Button } from './button.tsx'

export interface PagerProps<T> {
  readonly items: readonly T[]
  readonly size: number
  readonly class: string
  /** Whether to say which of how many are shown. */
  readonly counted?: boolean
  draw(item: T): ComponentChildren
}

export function Pager<T>({ items, size, class: name, counted = false, draw }: PagerProps<T>) {
  const kiosk = useKiosk()
  const [wanted, setFirst] = useState(0)
  // Items and size may change under it.
  const first = wanted < items.length ? wanted - (wanted % size) : 0
  const last = Math.min(first + size, items.length)
  return (
    <>
      <ul class={name}>{items.slice(first, first + size).map(draw)}</ul>
      {items.length > size && (
        <div class="pager">
          {counted && (
            <p class="range">
              {kiosk.say(first + 1 === last ? 'pager.one' : 'pager.range', {
                first: first + 1,
                last,
                count: items.length,
              })}
            </p>
          )}
          <Button icon="earlier" disabled={first === 0} onPress={() => setFirst(first - size)}>
            {kiosk.say('pager.previous')}
          </Button>
          <Button icon="later" disabled={first + size >= items.length} onPress={() => setFirst(first + size)}>
            {kiosk.say('pager.next')}
          </Button>
        </div>
      )}
    </>
  )
}
