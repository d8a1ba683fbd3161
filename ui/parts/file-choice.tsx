// The files of which a page gets those that the person chooses: one, or several where the page takes them.

import type { RequestView } from '../../device/http/view.ts'
import { shortName } from '../asked.ts'
import { useKiosk } from '../context.ts'
import { megabytesText } from '../sizes.ts'
import { Icon } from './icon.tsx'
import { Pager } from './pager.tsx'

const filesOnScreen = 3

export function FileChoice({ request }: { readonly request: RequestView }) {
  const kiosk = useKiosk()
  const { files, several } = request
  const { chosenFiles } = kiosk.local.value
  if (files.length === 0) return <p class="large">{kiosk.say('request.noFiles')}</p>
  const press = (name: string): void => {
    const others = several ? chosenFiles.filter(one => one !== name) : []
    kiosk.change({ chosenFiles: chosenFiles.includes(name) ? others : [...others, name] })
  }
  return (
    <Pager
      items={files}
      size={filesOnScreen}
      class="files"
      counted
      draw={({ name, bytes }) => (
        <li key={name}>
          <button
            type="button"
            class="button choice"
            aria-pressed={chosenFiles.includes(name)}
            onClick={() => press(name)}
          >
            <span class="choice-title">{shortName(name)}</span>
            <span class="choice-text">{megabytesText(bytes, kiosk.language.value)}</span>
            {chosenFiles.includes(name) && <Icon name="check" />}
          </button>
        </li>
      )}
    />
  )
}
