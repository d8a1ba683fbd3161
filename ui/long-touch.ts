// A slow finger. A browser takes a long touch for the wish to see a menu and then lets the button go unpressed; on a kiosk
// there is no menu, and whoever presses slowly means the button all the same.

/** How long after the finger was lifted the browser may still send a click of its own. */
const ownClickMs = 100

/** Presses the button under a long touch when the finger is lifted on it; `root` is the document. */
export function pressOnLongTouch(root: Document): void {
  let held: HTMLButtonElement | null = null

  root.addEventListener('pointerdown', () => {
    held = null
  })
  root.addEventListener('contextmenu', event => {
    event.preventDefault()
    held = buttonAt(event.target)
  })
  root.addEventListener('click', () => {
    held = null
  })
  root.addEventListener('pointerup', event => {
    if (held === null || buttonAt(event.target) !== held) return
    setTimeout(() => {
      held?.click()
      held = null
    }, ownClickMs)
  })
}

function buttonAt(target: EventTarget | null): HTMLButtonElement | null {
  return target instanceof Element ? target.closest('button') : null
}
