// How long a launch lasts: ports, waiting for the page, silence, pages that go, and the end of the appliance.

import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { echo, getResult, isOpen, sessionId, sign, signed, startStand } from './95.afirma.kit.ts'
import { freePort } from './sim/free-port.ts'

it('aborts what a page asked for when it goes, and closes the port', async () => {
  const stand = await startStand()
  stand.desk.hold()
  const port = await stand.launch()
  const page = await stand.connect(port)
  expect(await page.ask(sign)).toBe('#wait')
  expect(stand.desk.asked[0]?.signal.aborted).toBe(false)
  page.close()
  await expect.poll(() => stand.desk.asked[0]?.signal.aborted).toBe(true)
  await expect.poll(() => isOpen(port)).toBe(false)
})

it('waits a minute for the page', async () => {
  const stand = await startStand()
  const port = await stand.launch()
  stand.clock.leap(59_000)
  const page = await stand.connect(port)
  stand.clock.leap(2_000)
  expect(await page.ask(echo)).toBe('OK')
  page.close()
  const nobodys = await stand.launch()
  stand.clock.leap(61_000)
  await expect.poll(() => isOpen(nobodys)).toBe(false)
})

it('ends the session of a page that asks nothing for long', async () => {
  const stand = await startStand()
  const page = await stand.connect(await stand.launch({ jvc: 3 }))
  stand.clock.leap(9 * 60_000)
  expect(await page.ask(sign)).toBe(signed)
  stand.clock.leap(9 * 60_000)
  expect(await page.ask(echo)).toBe('OK')
  stand.clock.leap(2 * 60_000)
  expect(await page.closed).toBe(1000)
})

it('does not end a session for the time that the person takes', async () => {
  const stand = await startStand()
  stand.desk.hold()
  const page = await stand.connect(await stand.launch())
  expect(await page.ask(sign)).toBe('#wait')
  stand.clock.leap(60 * 60_000)
  expect(await page.ask(getResult)).toBe('#wait')
  stand.desk.go()
  await expect.poll(() => page.ask(getResult)).toBe(signed)
})

it('takes the first free port of those proposed, and says where none is', async () => {
  const stand = await startStand()
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  const address = taken.address()
  const busy = typeof address === 'object' ? address?.port : undefined
  const free = await freePort()
  const url = (ports: string) => `afirma://websocket/?ports=${ports}&v=4&jvc=4&idsession=${sessionId}`
  await stand.server.launch(url(`${busy},${free}`))
  expect(await (await stand.connect(free)).ask(echo)).toBe('OK')
  await expect(stand.server.launch(url(`${busy},${free}`))).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await new Promise(resolve => taken.close(resolve))
})

it('gives up the first ports of a page that tries again, and serves only so many', async () => {
  const stand = await startStand()
  const first = await stand.launch()
  const second = await stand.launch()
  await expect.poll(() => isOpen(first)).toBe(false)
  expect(await (await stand.connect(second)).ask(echo)).toBe('OK')
  const launchAs = async (id: string) =>
    stand.server.launch(`afirma://websocket?ports=${await freePort()}&v=4&jvc=4&idsession=${id}`)
  for (let index = 1; index < 8; index++) await launchAs(`page${index}`)
  await expect(launchAs('page8')).rejects.toMatchObject({ code: 'KIOSK_BUSY' })
})

it('ends everything when it is closed', async () => {
  const stand = await startStand()
  stand.desk.hold()
  const port = await stand.launch()
  const page = await stand.connect(port)
  expect(await page.ask(sign)).toBe('#wait')
  await stand.server.close()
  expect(await page.closed).toBe(1000)
  expect(stand.desk.asked[0]?.signal.aborted).toBe(true)
})

it('lets a page go that answers no ping, and keeps one that does', async () => {
  const stand = await startStand()
  const silent = await stand.connect(await stand.launch(), { autoPong: false })
  stand.clock.leap(30_000)
  expect(await silent.ask(echo)).toBe('OK')
  stand.clock.leap(30_000)
  expect(await silent.closed).toBe(1006)
  const there = await stand.connect(await stand.launch())
  for (const _ of [1, 2, 3]) {
    stand.clock.leap(30_000)
    expect(await there.ask(echo)).toBe('OK')
    // Its pong was on the way before this.
    expect(await there.ask(echo)).toBe('OK')
  }
})

it('sends a second page away that says nothing', async () => {
  const stand = await startStand()
  const port = await stand.launch()
  const first = await stand.connect(port)
  const second = await stand.connect(port)
  stand.clock.leap(10_000)
  expect(await second.closed).toBe(1013)
  expect(await first.ask(echo)).toBe('OK')
})

it('opens nothing that outlives it', async () => {
  const stand = await startStand()
  const port = await freePort()
  const launching = stand.server.launch(`afirma://websocket?ports=${port}&v=4&jvc=4&idsession=${sessionId}`)
  await stand.server.close()
  await launching
  await expect.poll(() => isOpen(port)).toBe(false)
})
