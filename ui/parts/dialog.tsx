// A question above the screen. The browser's own modal dialog keeps the focus inside and the rest out of reach.

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

export interface DialogProps {
  readonly title: string
  readonly class?: string
  readonly children: ComponentChildren
  readonly actions: ComponentChildren
  /** Called for the key that closes a dialog; absent where an answer is needed. */
  onClose?(): void
}

export function Dialog({ title, class: extra = '', children, actions, onClose }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const dialog = element.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  const close = (event: Event): void => {
    event.preventDefault()
    onClose?.()
  }
  return (
    <dialog ref={element} class={extra} aria-labelledby={titleId} onCancel={close}>
      <h2 id={titleId}>{title}</h2>
      {children}
      <div class="answers">{actions}</div>
    </dialog>
  )
}
