// The pages that do not go into the copy, each with the reason, so that nothing is left out unseen; any of them can be
// put back.

import type { PageView } from '../../device/http/view.ts'
import { useCopy, useKiosk } from '../context.ts'
import { Button } from '../parts/button.tsx'
import { PageImage } from '../parts/page-image.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'

const pagesShown = 4

export function LeftOutScreen() {
  const kiosk = useKiosk()
  const { copy } = useCopy()
  const leftOut = copy.pages.filter(page => page.leftOut !== null)
  return (
    <Screen
      title={kiosk.say('leftOut.title')}
      layout="stack"
      class="left-out"
      lead={<p>{kiosk.say('leftOut.text')}</p>}
      actions={
        <Button kind="primary" onPress={() => kiosk.change({ leftOutShown: false })}>
          {kiosk.say('action.pages')}
        </Button>
      }
    >
      <Pager
        items={leftOut}
        size={pagesShown}
        class="left-out-pages"
        draw={page => <LeftOutPage key={page.id} page={page} />}
      />
    </Screen>
  )
}

function LeftOutPage({ page }: { readonly page: PageView }) {
  const kiosk = useKiosk()
  return (
    <li>
      <PageImage page={page} />
      <p>{page.leftOut !== null && kiosk.say(`leftOut.${page.leftOut}`)}</p>
      <Button onPress={() => void kiosk.ask(`copy/pages/${encodeURIComponent(page.id)}/restore`)}>
        {kiosk.say('leftOut.restore')}
      </Button>
    </li>
  )
}
