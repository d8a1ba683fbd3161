// The way into maintenance on a screen without a keyboard: somebody who knows of it touches one place several times in
// quick succession. It is no secret and guards nothing: what lies behind shows and changes nothing of anybody's. It only
// keeps people who want a copy from getting lost there; a slow or a trembling finger does not make it by chance.

const touches = 5
const withinMs = 3000

/** Calls `knocked` after five touches on what `selector` finds within three seconds, none of them elsewhere. */
export function onKnock(root: Document, selector: string, knocked: () => void): void {
  let times: number[] = []
  root.addEventListener('pointerup', event => {
    const there = event.target instanceof Element && event.target.closest(selector) !== null
    times = there ? [...times.filter(time => event.timeStamp - time < withinMs), event.timeStamp] : []
    if (times.length < touches) return
    times = []
    knocked()
  })
}
