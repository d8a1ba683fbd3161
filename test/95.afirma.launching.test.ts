// The way in for a launch: the verb that the browser's handler runs, the socket file, and the policy that the kiosk's
// Chromium is given.

import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { loadConfig } from '../device/config/file.ts'
import { systemRandom } from '../device/host.ts'
import { launchSocket } from '../device/http/afirma-places.ts'
import { type AfirmaService, startAfirma } from '../device/http/afirma-service.ts'
import { createFakeDesk, logInto } from './95.afirma.desk.ts'
import { echo, origin, sessionId } from './95.afirma.kit.ts'
import { program, type Run } from './cli.kit.ts'
import { createLeapingClock } from './sim/clock.ts'
import { freePort } from './sim/free-port.ts'

const shipped = new URL('../system/rootfs/etc/compulsa/compulsa.json', import.meta.url)
const portal = 'https://tramits.example.cat:8443/inici?lang=ca'

let folder: string
let service: AfirmaService | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-launching-'))
  const config = JSON.parse(await readFile(shipped, 'utf8'))
  const title = { ca: 'Tràmits', es: 'Trámites', en: 'Procedures' }
  config.autofirma = { origins: [origin], portals: [{ title, url: portal }] }
  await writeFile(join(folder, 'with.json'), JSON.stringify(config))
  delete config.autofirma
  await writeFile(join(folder, 'without.json'), JSON.stringify(config))
})
afterEach(async () => {
  await service?.close()
  service = undefined
  await rm(folder, { recursive: true })
})

function compulsa(configuration: 'with' | 'without', ...words: string[]): Promise<Run> {
  const where = ['--config', join(folder, `${configuration}.json`), '--data', folder]
  return new Promise(resolve => {
    execFile(process.execPath, [program, ...words, ...where], (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })
}

async function start(): Promise<void> {
  const { config, dataFolder } = loadConfig({ configFile: join(folder, 'with.json'), dataFolder: folder })
  if (config.autofirma === undefined) throw new Error('not configured')
  const parts = { config: config.autofirma, kioskId: config.kiosk.id, folder: dataFolder, desk: createFakeDesk() }
  service = await startAfirma({ ...parts, clock: createLeapingClock(), random: systemRandom, log: logInto([]) })
}

it('opens the socket that a page waits for, and says where the screen is', async () => {
  await start()
  const port = await freePort()
  const { code, stdout } = await compulsa(
    'with',
    'launch',
    `afirma://websocket?ports=${port}&v=4&jvc=4&idsession=${sessionId}`,
  )
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'http://127.0.0.1:8080/\n' })
  const policy = JSON.parse((await compulsa('with', 'browser-policy')).stdout)
  const ca = new X509Certificate(Buffer.from(policy.CACertificatesWithConstraints[0].certificate, 'base64')).toString()
  const page = new WebSocket(`wss://127.0.0.1:${port}`, { ca, origin: 'https://tramits.example.cat:8443' })
  const answer = await new Promise((resolve, reject) => {
    page.on('open', () => page.send(echo))
    page.on('message', data => resolve(String(data)))
    page.on('error', reject)
  })
  page.close()
  expect(answer).toBe('OK')
})

it('says what is wrong with a launch', async () => {
  await start()
  const wrong = await compulsa('with', 'launch', 'afirma://websocket?ports=80&v=4&jvc=4&idsession=abc')
  expect(wrong).toMatchObject({ code: 1, stdout: '' })
  expect(wrong.stderr).toMatch(/^REQUEST_INVALID: the launch needs one to 10 ports/)
  const foreign = await compulsa('with', 'launch', 'https://elsewhere.example/')
  expect(foreign.stderr).toMatch(/^REQUEST_INVALID: the launch is no afirma address/)
})

it('says that nobody is there, and that no page may sign here', async () => {
  const nobody = await compulsa('with', 'launch', 'afirma://websocket?v=3')
  expect(nobody).toMatchObject({ code: 1, stderr: expect.stringMatching(/^APPLIANCE_ABSENT: /) })
  const off = await compulsa('without', 'launch', 'afirma://websocket?v=3')
  expect(off).toMatchObject({ code: 1, stderr: expect.stringMatching(/^CONFIG_INVALID: autofirma is not configured/) })
})

it('keeps the socket file for the screen’s group', async () => {
  await start()
  expect((await stat(launchSocket(join(folder, 'data')))).mode & 0o777).toBe(0o660)
})

it('lets the browser’s policy name the configured sites and the kiosk’s authority, before and after the first start', async () => {
  const before = JSON.parse((await compulsa('with', 'browser-policy')).stdout)
  const origins = [origin, 'https://tramits.example.cat:8443']
  expect(before).toMatchObject({
    AutoLaunchProtocolsFromOrigins: [{ protocol: 'afirma', allowed_origins: origins }],
    LoopbackNetworkAllowedForUrls: origins,
    IntensiveWakeUpThrottlingEnabled: false,
  })
  await start()
  expect(JSON.parse((await compulsa('with', 'browser-policy', '--json')).stdout)).toEqual(before)
  expect((await compulsa('without', 'browser-policy')).stdout).toBe('{}\n')
})

it('is reached from the browser: xdg-open finds the kiosk’s handler, which shows the screen above the page', async () => {
  const rootfs = new URL('../system/rootfs', import.meta.url).pathname
  const bin = join(folder, 'bin')
  const said = join(folder, 'said')
  await mkdir(bin)
  const stand = async (name: string, body: string) =>
    writeFile(join(bin, name), `#!/bin/sh\necho "${name} $*" >>'${said}'\n${body}\n`, { mode: 0o755 })
  await stand('chromium', '')
  await stand('compulsa', 'case $2 in *refused*) exit 1;; esac; echo http://127.0.0.1:8080/')
  const env = {
    HOME: folder,
    PATH: `${bin}:${rootfs}/usr/bin:/usr/bin:/bin`,
    XDG_DATA_DIRS: `${rootfs}/usr/share`,
    XDG_CONFIG_DIRS: `${rootfs}/etc/xdg`,
    // It looks for handlers only where there is a screen.
    DISPLAY: ':0',
  }
  const open = (url: string) => new Promise(resolve => execFile('xdg-open', [url], { env }, resolve))
  const url = 'afirma://websocket?ports=50001,50002&v=4&jvc=4&idsession=abc'
  await open(url)
  expect(await readFile(said, 'utf8')).toBe(`compulsa launch ${url}\nchromium --app=http://127.0.0.1:8080/\n`)
  await open('afirma://refused')
  expect((await readFile(said, 'utf8')).split('\n').slice(2)).toEqual(['compulsa launch afirma://refused', ''])
})
