// The pages of a paper of an order, one at a time, to be read.

import { useKiosk } from '../context.ts'
import { Pager } from './pager.tsx'

export function PaperPages({ paper, count }: { readonly paper: 'form' | 'identity'; readonly count: number }) {
  const kiosk = useKiosk()
  const numbers = Array.from({ length: count }, (_, i) => i + 1)
  return (
    <Pager
      items={numbers}
      size={1}
      class="paper-pages"
      draw={number => (
        <li key={number}>
          <img
            src={`/screen/cards/pages/${paper}/${number}`}
            alt={kiosk.say('page.number', { number })}
            draggable={false}
          />
        </li>
      )}
    />
  )
}
