// What the copy is for: the procedures of this kiosk, each with its title and what it is.

import type { ProcedureView } from '../../device/http/view.ts'
import { useKiosk } from '../context.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'

const proceduresOnScreen = 4

export function ProceduresScreen() {
  const kiosk = useKiosk()
  const procedures = kiosk.view.value?.procedures ?? []
  return (
    <Screen
      title={kiosk.say('procedures.title')}
      layout="stack"
      class="procedures"
      cancel={false}
      lead={procedures.length === 0 ? <p class="large">{kiosk.say('procedures.none')}</p> : <Drawing name="sheets" />}
      actions={
        <Button kind="quiet" onPress={() => void kiosk.leave()}>
          {kiosk.say('action.back')}
        </Button>
      }
    >
      <Pager
        items={procedures}
        size={proceduresOnScreen}
        class="choices"
        draw={procedure => <Procedure key={procedure.id} procedure={procedure} />}
      />
    </Screen>
  )
}

function Procedure({ procedure }: { readonly procedure: ProcedureView }) {
  const kiosk = useKiosk()
  const open = (): void => {
    void kiosk.ask('copy', { procedureId: procedure.id, language: kiosk.language.value })
  }
  return (
    <li>
      <button type="button" class="button choice" onClick={open}>
        <span class="choice-title">{kiosk.textIn(procedure.title)}</span>
        {procedure.description !== null && <span class="choice-text">{kiosk.textIn(procedure.description)}</span>}
      </button>
    </li>
  )
}
