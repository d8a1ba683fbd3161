// The copy is larger than what may be sent: how large, and the choices that make it smaller. Nothing is made smaller
// before a person has chosen how, and every choice but the split can be taken back.

import { useCopy, useKiosk } from '../context.ts'
import { isTooLarge } from '../pages.ts'
import { Button } from '../parts/button.tsx'
import { Screen } from '../parts/screen.tsx'
import { megabytesText } from '../sizes.ts'

const reductions = ['lower-quality', 'gray'] as const

export function TooLargeScreen() {
  const kiosk = useKiosk()
  const { copy } = useCopy()
  const { size, part, asked } = copy
  const inText = (bytes: number) => megabytesText(bytes, kiosk.language.value)
  const text =
    size.bytes === null
      ? kiosk.say('size.working')
      : kiosk.say('size.text', { size: inText(size.bytes), limit: inText(size.limitBytes) })
  const busy = size.bytes === null
  return (
    <Screen
      title={kiosk.say('size.title')}
      layout="stack"
      lead={
        <p aria-live="polite">
          {text} {!busy && isTooLarge(copy) && kiosk.say('size.pages')}
        </p>
      }
      class="nature"
      actions={<Button onPress={() => kiosk.change({ sizing: false })}>{kiosk.say('action.pages')}</Button>}
    >
      <ul class="choices">
        {reductions
          .filter(reduction => reduction !== size.reduction)
          .map(reduction => (
            <li key={reduction}>
              <Choice name={reduction} disabled={busy} onPress={() => void kiosk.ask('copy/reduce', { reduction })} />
            </li>
          ))}
        {part === null && asked === null && (
          <li>
            <Choice name="split" disabled={busy} onPress={() => void kiosk.ask('copy/split')} />
          </li>
        )}
      </ul>
    </Screen>
  )
}

interface ChoiceProps {
  readonly name: (typeof reductions)[number] | 'split'
  readonly disabled: boolean
  onPress(): void
}

function Choice({ name, disabled, onPress }: ChoiceProps) {
  const kiosk = useKiosk()
  return (
    <button type="button" class="button choice" disabled={disabled} onClick={onPress}>
      <span class="choice-title">{kiosk.say(`size.${name}`)}</span>
      <span class="choice-text">{kiosk.say(`size.${name}.hint`)}</span>
    </button>
  )
}
