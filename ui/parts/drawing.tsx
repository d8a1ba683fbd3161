// Line drawings of what a person is to do, or of what has happened. They repeat the words beside them, so that a screen
// reader passes over them.

import type { JSX } from 'preact'

const drawings: Readonly<Record<string, JSX.Element>> = {
  feeder: (
    <>
      <path class="soft" d="M62 18h76v62H62z" />
      <path d="M62 80V18h76v62M74 34h52M74 46h52M74 58h34" />
      <path class="accent" d="M160 26v40M146 54l14 14 14-14" />
      <path d="M34 84h132l10 20v40H24v-40zM24 104h152M44 84l10-14M156 84l-10-14M44 124h64" />
      <circle cx="152" cy="124" r="5" />
    </>
  ),
  jam: (
    <>
      <path d="M34 84h132l10 20v40H24v-40zM24 104h152" />
      <path class="soft" d="m60 84 6-22 18 8 10-24 16 20 18-14 12 32z" />
      <path d="m60 84 6-22 18 8 10-24 16 20 18-14 12 32" />
      <path class="alarm" d="M100 112v14M100 134v2" />
    </>
  ),
  card: (
    <>
      <path class="soft" d="M52 14h96a6 6 0 0 1 6 6v66H46V20a6 6 0 0 1 6-6z" />
      <path d="M46 86V20a6 6 0 0 1 6-6h96a6 6 0 0 1 6 6v66" />
      <path d="M82 54h36v26H82zM82 67h36M100 54v26" />
      <path class="accent" d="M176 24v40M164 52l12 12 12-12" />
      <path d="M20 92h160v52H20zM36 92v10h128V92" />
    </>
  ),
  cardWarning: (
    <>
      <path class="soft" d="M26 34h148v92H26z" />
      <path d="M32 34h136a6 6 0 0 1 6 6v80a6 6 0 0 1-6 6H32a6 6 0 0 1-6-6V40a6 6 0 0 1 6-6zM44 64h36v28H44zM44 78h36M62 64v28" />
      <path class="alarm" d="M132 56v32M132 102v2" />
    </>
  ),
  sheets: (
    <>
      <path class="soft" d="M52 22h70v104H52z" />
      <path d="M52 22h70v104H52zM66 42h42M66 58h42M66 74h42M66 90h26" />
      <path d="M122 36h18v104H70v-14" />
    </>
  ),
  sheetWarning: (
    <>
      <path class="soft" d="M52 18h96v124H52z" />
      <path d="M52 18h96v124H52z" />
      <path class="alarm" d="M100 50v40M100 106v2" />
    </>
  ),
  pen: (
    <>
      <path class="soft" d="M40 18h84v124H40z" />
      <path d="M124 66V18H40v124h84v-18M56 40h52M56 58h52M56 76h30" />
      <path d="M54 118c8-16 14-16 16-4s8 8 16-2" />
      <path class="accent" d="m96 112 6-20 52-52 14 14-52 52z" />
    </>
  ),
  done: (
    <>
      <circle class="soft" cx="100" cy="80" r="66" />
      <circle class="good" cx="100" cy="80" r="66" />
      <path class="good" d="m68 82 24 24 42-48" />
    </>
  ),
  pause: (
    <>
      <circle cx="100" cy="80" r="66" />
      <path class="accent" d="M82 54v52M118 54v52" />
    </>
  ),
  question: (
    <>
      <path class="soft" d="M52 18h96v124H52z" />
      <path d="M52 18h96v124H52z" />
      <path class="accent" d="M82 62c0-24 36-24 36-2 0 16-18 16-18 34M100 112v2" />
    </>
  ),
}

export type DrawingName =
  | 'feeder'
  | 'jam'
  | 'card'
  | 'cardWarning'
  | 'sheets'
  | 'sheetWarning'
  | 'pen'
  | 'done'
  | 'pause'
  | 'question'

export function Drawing({ name }: { readonly name: DrawingName }) {
  return (
    <svg class={`drawing ${name}`} viewBox="0 0 200 160" aria-hidden="true" focusable="false">
      {drawings[name]}
    </svg>
  )
}
