// The command line beside a running appliance, without one, and on data that it must refuse.

import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine, program, type Run } from './cli.kit.ts'
import { type PoweredKiosk, power } from './power.kit.ts'

const line = commandLine()

describe('beside a running appliance', () => {
  let kiosk: PoweredKiosk
  beforeAll(async () => {
    kiosk = await power(line.site)
    await kiosk.screen.post('/screen/copy', { procedureId: 'plain-copy', language: 'ca' })
  })
  afterAll(() => kiosk.cut())

  it('status asks it, queue and audit read beside it', async () => {
    const status = await line.compulsa('status', ...line.configured(), '--json')
    expect(JSON.parse(status.stdout)).toMatchObject({ kiosk: 'simulated-kiosk', documents: { gathering: 1 } })
    const listed = JSON.parse((await line.compulsa('queue', 'list', ...line.configured(), '--json')).stdout)
    expect(listed).toMatchObject([{ stage: 'gathering' }])
    const shown = await line.compulsa('queue', 'show', listed[0].id, ...line.configured())
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('documentOpened') })
    expect(await line.compulsa('audit', 'verify', ...line.configured())).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('intact'),
    })
    expect(await line.compulsa('queue', 'show', 'NOBODY', ...line.configured())).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^NOT_FOUND/),
    })
  })

  it('a second appliance on the same data is refused', async () => {
    const second = await line.compulsa('serve', ...line.configured(), '--port', '0')
    expect(second).toMatchObject({ code: 1, stderr: expect.stringMatching(/DATA_FOLDER_IN_USE: /) })
  })

  it('a port that is taken is refused by its number', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const refused = await line.compulsa(
      'serve',
      '--config',
      line.site.configFile,
      '--data',
      join(line.folder, 'other'),
      '--port',
      String(port),
    )
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(new RegExp(`PORT_TAKEN: port ${port} `))
    server.close()
  })
})

describe('without an appliance', () => {
  it('status says so', async () => {
    expect(
      await line.compulsa('status', '--config', line.site.configFile, '--data', join(line.folder, 'nowhere')),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^APPLIANCE_ABSENT: /),
    })
  })

  it('data of a newer version are refused and left alone', async () => {
    const data = join(line.folder, 'newer')
    expect((await startAndStop(data)).code).toBe(0)
    const database = new Database(join(data, 'data', 'compulsa.sqlite'))
    database.pragma('user_version = 4711')
    database.close()
    const refused = await line.compulsa('serve', '--config', line.site.configFile, '--data', data, '--port', '0')
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/DATABASE_NEWER: .*4711/) })
  })

  it('doctor names what it checked and what mends it', async () => {
    const { stdout } = await line.compulsa('doctor', ...line.configured(), '--json')
    const { findings }: { findings: { check: string; ok: boolean; mend: string }[] } = JSON.parse(stdout)
    for (const check of [
      'runtime',
      'scanimage',
      'sharp',
      'configuration',
      'data folder',
      'text reading',
      'scanner feeder',
      'token modules',
    ]) {
      expect(findings.find(one => one.check === check)).toMatchObject({ ok: true })
    }
    const broken = await line.compulsa('doctor', '--config', join(line.folder, 'none.json'))
    expect(broken).toMatchObject({ code: 1, stdout: expect.stringContaining('CONFIG_UNREADABLE') })
  })
})

/** Until the screen answers, then SIGINT. */
function startAndStop(data: string): Promise<Run> {
  return new Promise(resolve => {
    const child = execFile(
      process.execPath,
      [program, 'serve', '--config', line.site.configFile, '--data', data, '--port', '0'],
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : -1, stdout, stderr })
      },
    )
    child.stdout?.on('data', chunk => {
      if (String(chunk).includes('Screen: ')) child.kill('SIGINT')
    })
  })
}
