// Starts the touch interface: makes the kiosk, gives it to the components, and switches off what a browser offers beside
// the page (menus, dragging, zooming) on a public screen.

import { render } from 'preact'
import { App } from './app.tsx'
import { KioskContext } from './context.ts'
import { closeWithRequest } from './front.ts'
import { createKiosk } from './kiosk.ts'
import { onKnock } from './knock.ts'
import { pressOnLongTouch } from './long-touch.ts'
import { takeFromAddress } from './pickup.ts'

const root = document.getElementById('screen')
if (root === null) throw new Error('the page has no #screen')

const kiosk = createKiosk()
document.addEventListener('pointerdown', () => kiosk.idle.touched())
document.addEventListener('keydown', () => kiosk.idle.touched())
document.addEventListener('dragstart', event => event.preventDefault())
pressOnLongTouch(document)
onKnock(document, '.welcome h1', () => void kiosk.ask('maintenance/open'))
closeWithRequest(kiosk.view, location.search)
takeFromAddress(kiosk, window)
render(
  <KioskContext.Provider value={kiosk}>
    <App />
  </KioskContext.Provider>,
  root,
)
