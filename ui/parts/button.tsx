// The one kind of button: a large target that acts when the finger is lifted.

import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './icon.tsx'

export interface ButtonProps {
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet'
  readonly icon?: IconName
  readonly disabled?: boolean
  readonly class?: string
  readonly children: ComponentChildren
  onPress(): void
}

export function Button({ kind = 'plain', icon, disabled = false, class: extra = '', children, onPress }: ButtonProps) {
  return (
    <button type="button" class={`button ${kind} ${extra}`} disabled={disabled} onClick={onPress}>
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  )
}
