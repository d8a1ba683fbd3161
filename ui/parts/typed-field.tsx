// One field that is typed into, large: by the keyboard of the touchscreen or by one beside it, with what it should look like, or
// what is wrong with it, below.

import type { RefObject } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'

/** Longer than any name or address. */
const longest = 200

export interface Typed {
  readonly value: string
  readonly field: RefObject<HTMLInputElement | null>
  set(value: string): void
  /** Puts a character where the caret is. */
  type(character: string): void
  /** Takes away what is selected, or the character before the caret. */
  erase(): void
}

export function useTyped(initial: string): Typed {
  const [value, set] = useState(initial)
  const field = useRef<HTMLInputElement>(null)
  const replace = (text: string, before: number): void => {
    const { current: input } = field
    if (input === null) return
    const end = input.selectionEnd ?? input.value.length
    const start = input.selectionStart ?? end
    input.setRangeText(text, start === end ? Math.max(0, start - before) : start, end, 'end')
    set(input.value)
  }
  return {
    value,
    field,
    set,
    type: character => {
      if (value.length < longest) replace(character, 0)
    },
    erase: () => replace('', 1),
  }
}

export interface TypedFieldProps {
  readonly label: string
  readonly typed: Typed
  readonly hint: string | null
  readonly fault: string | null
  /** Dots in place of what is typed. */
  readonly hidden?: boolean
  onEnter(): void
}

export function TypedField({ label, typed, hint, fault, hidden = false, onEnter }: TypedFieldProps) {
  const noteId = useId()
  return (
    <div class="typed-field">
      <input
        ref={typed.field}
        type="text"
        class={hidden ? 'dotted' : undefined}
        inputMode="none"
        autoComplete="off"
        autoCapitalize="off"
        spellcheck={false}
        maxLength={longest}
        aria-label={label}
        aria-invalid={fault !== null}
        aria-describedby={noteId}
        value={typed.value}
        onInput={event => typed.set(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Enter') onEnter()
        }}
      />
      <p id={noteId} class={fault === null ? 'note' : 'note wrong'} role={fault === null ? undefined : 'alert'}>
        {fault ?? hint}
      </p>
    </div>
  )
}
