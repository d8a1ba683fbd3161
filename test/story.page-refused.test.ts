// What pages do wrong, or others in their name, is refused in the protocol and told on the kiosk's screen, by the real appliance;
// nothing is signed, and the next page is served.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { launchSocket, loopbackFolder } from '../device/http/afirma-places.ts'
import { askAppliance } from '../device/http/operator-client.ts'
import { echo, sessionId, sign } from './95.afirma.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { freePort } from './sim/free-port.ts'

const origin = 'https://sede.example.cat'
let kiosk: Kiosk
let port: number

beforeAll(async () => {
  kiosk = await startKiosk({ sheets: [], config: { autofirma: { origins: [origin], maxMegabytes: 1 } } })
})
afterAll(() => kiosk?.stop())
beforeEach(async () => {
  port = await freePort()
  const url = `afirma://websocket?ports=${port}&v=4&jvc=4&idsession=${sessionId}`
  await askAppliance(launchSocket(join(kiosk.site.dataFolder, 'data')), 'POST', '/launch', { url })
})

const told = (code: string) =>
  kiosk.screen.until(view => view.request?.stage === 'finished' && view.request.fault === code, `${code} on the screen`)
const close = () => kiosk.screen.post('/screen/request/close')

function connect(from = origin): WebSocket {
  const ca = readFileSync(join(loopbackFolder(join(kiosk.site.dataFolder, 'data')), 'authority.pem'))
  return new WebSocket(`wss://127.0.0.1:${port}`, { ca, origin: from })
}

/** Sends the texts one after the other, each when the one before has its answer; resolves to the answers. */
async function talk(socket: WebSocket, ...texts: readonly string[]): Promise<string[]> {
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const answers: string[] = []
  for (const text of texts) {
    const answer = new Promise<string>(resolve => socket.once('message', data => resolve(String(data))))
    socket.send(text)
    answers.push(await answer)
  }
  return answers
}

describe('a page', () => {
  it('with another session identifier', async () => {
    const socket = connect()
    const [answer] = await talk(socket, echo.replace(sessionId, 'anotherOne'))
    expect(answer).toMatch(/^err-00:=AF620010 - /)
    await told('LAUNCH_UNKNOWN')
    socket.terminate()
    await close()
  })

  it('of a site that is not on the list', async () => {
    const socket = connect('https://elsewhere.example')
    await expect(talk(socket, echo)).rejects.toThrow('403')
    const view = await told('ORIGIN_REFUSED')
    expect(view.request?.asker).toEqual({ kind: 'page', name: 'elsewhere.example' })
    await close()
  })

  it('beside another of the same launch', async () => {
    const first = connect()
    expect(await talk(first, echo)).toEqual(['OK'])
    const second = connect()
    const closed = new Promise<number>(resolve => second.once('close', resolve))
    expect(await talk(second, echo)).toEqual([expect.stringMatching(/^err-00:=AF220001 - /)])
    expect(await closed).toBe(1013)
    await told('KIOSK_BUSY')
    first.terminate()
    await close()
  })

  it('with a message that is too large', async () => {
    const socket = connect()
    const large = `${sign}${'A'.repeat(3_550_000)}`
    expect(await talk(socket, echo, large)).toEqual(['OK', expect.stringMatching(/^err-00:=AF501005 - /)])
    await told('MESSAGE_TOO_LARGE')
    socket.terminate()
    await close()
  })

  it('with Base64 that is broken', async () => {
    const socket = connect()
    const [, answer] = await talk(socket, echo, sign.replace('dat=', 'dat=%24%24'))
    expect(answer).toMatch(/^err-00:=AF200003 - /)
    socket.terminate()
    expect(kiosk.screen.view().request?.stage).not.toBe('asking')
  })
})
