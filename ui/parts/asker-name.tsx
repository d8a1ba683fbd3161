// The name of whoever asks, always whole: a host that is cut may pass for another. It is broken after its dots.

import { Fragment } from 'preact'
import type { AskerView } from '../../device/http/view.ts'
import { askerName } from '../asked.ts'

/** From this length on it is written smaller where it stands large. */
const longFrom = 30

export function AskerName({ asker }: { readonly asker: AskerView }) {
  const name = askerName(asker)
  const labels = asker.kind === 'page' ? name.split(/(?<=\.)/) : [name]
  return (
    <strong class={`asker-name ${name.length < longFrom ? '' : 'long'}`}>
      {labels.map((label, i) => (
        <Fragment key={i}>
          {i > 0 && <wbr />}
          {label}
        </Fragment>
      ))}
    </strong>
  )
}
