// What is no request of the interface, by curl: each is refused by the status that HTTP has for it, with code and detail.

import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { written } from './93.batch.kit.ts'
import { apiStand, tokens as batchTokens } from './96.api.kit.ts'
import { asked, type SessionStand, sessionStand, tokens } from './99.sessions.kit.ts'

const run = promisify(execFile)
const json = ['-H', 'content-type: application/json']

async function curl(url: string, ...options: readonly string[]) {
  const { stdout } = await run('curl', [
    '-sS',
    '-D',
    '-',
    '-H',
    `authorization: Bearer ${tokens.ledger}`,
    ...options,
    url,
  ])
  const [, status, head = '', body = ''] = /^HTTP\/1\.1 (\d+)[^\r]*\r\n([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(stdout) ?? []
  const allow = /^allow: (.*?)\r?$/im.exec(head)?.[1]
  return { status: Number(status), allow, ...(body !== '' && JSON.parse(body)) }
}

const code = (status: number, name: string) => ({ status, code: name, detail: expect.any(String) })
const sessions = ({ url }: SessionStand, rest = '') => `${url}api/v1/sessions${rest}`

describe('a hostile integrator', () => {
  it('is told which methods a path has, behind the question who asks', async () => {
    const stand = await sessionStand()
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])
      expect(await curl(sessions(stand), '-X', method)).toMatchObject({
        ...code(405, 'METHOD_NOT_ALLOWED'),
        allow: 'POST',
      })
    expect(await curl(sessions(stand, '/x'), '-X', 'POST', ...json, '-d', '{}')).toMatchObject({
      ...code(405, 'METHOD_NOT_ALLOWED'),
      allow: 'DELETE, GET, HEAD',
    })
    expect(await curl(sessions(stand), '--head', '-o', '/dev/null')).toMatchObject({ status: 405, allow: 'POST' })
    expect(await curl(`${stand.url}api/v1/openapi.json`, '--head', '-o', '/dev/null')).toMatchObject({ status: 200 })
    expect(await curl(sessions(stand, '/x/unheard-of'))).toMatchObject(code(404, 'NOT_FOUND'))
    const stranger = await fetch(sessions(stand), { method: 'PUT' })
    expect([stranger.status, stranger.headers.get('allow')]).toEqual([401, null])
  })

  it('is not taken for somebody who sends JSON in UTF-8', async () => {
    const stand = await sessionStand()
    const body = JSON.stringify(asked)
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/xml',
      'application/json; charset=iso-8859-1',
    ])
      expect(await curl(sessions(stand), '-H', `content-type: ${type}`, '-d', body)).toMatchObject(
        code(415, 'MEDIA_TYPE_REFUSED'),
      )
    // Bytes of Latin 1, which would come out as other letters than were sent.
    const latin = `printf '${body.replace('Anna Roca', 'N\\372ria')}' | curl -sS -H 'authorization: Bearer ${tokens.ledger}'`
    const { stdout } = await run('sh', [
      '-c',
      `${latin} -H 'content-type: application/json' --data-binary @- ${sessions(stand)}`,
    ])
    expect(JSON.parse(stdout)).toMatchObject({ code: 'REQUEST_INVALID', detail: 'the request is no JSON in UTF-8' })
    const type = 'content-type: application/json; charset="UTF-8"'
    expect(await curl(sessions(stand), '-H', type, '-d', `\ufeff${body}`)).toMatchObject({ status: 201 })
    for (const wrong of ['', 'null', '[]', '1', '{', '['.repeat(60_000)])
      expect(await curl(sessions(stand), ...json, '-d', wrong)).toMatchObject({ status: 400 })
    expect(await curl(sessions(stand), ...json, '-d', 'x'.repeat(70_000))).toMatchObject(code(413, 'MESSAGE_TOO_LARGE'))
  })

  it('puts no text on the screen that reads as another, or that XML has no letters for', async () => {
    const stand = await sessionStand()
    for (const title of ['a\\u202eb', 'a\\u2066b', 'a\\u2028b', 'a\\u0000b', 'a\\ud800b', 'a\\ufffeb', 'a\\nb']) {
      const body = JSON.stringify({ ...asked, document: { ...asked.document, title: 'TITLE' } }).replace('TITLE', title)
      expect(await curl(sessions(stand), ...json, '-d', body)).toMatchObject({
        ...code(400, 'SESSION_INVALID'),
        detail: '$.document.title: has characters that break the line, turn its direction or are none of XML',
      })
    }
    const fine = { ...asked, document: { ...asked.document, title: 'Sol·licitud № 1 — «ñ» 👩‍👧' } }
    expect(await curl(sessions(stand), ...json, '-d', JSON.stringify(fine))).toMatchObject({ status: 201 })
  })

  it('is answered in JSON where not even a path can be read', async () => {
    const stand = await sessionStand()
    expect(await curl(sessions(stand, '/%zz'))).toMatchObject(code(400, 'REQUEST_INVALID'))
    expect(await curl(sessions(stand, `/${'x'.repeat(3000)}`))).toMatchObject(code(400, 'REQUEST_INVALID'))
    expect(await curl(sessions(stand, '/x'), '-H', `x: ${'x'.repeat(20_000)}`)).toMatchObject(
      code(431, 'REQUEST_INVALID'),
    )
    const socket = connect(Number(new URL(stand.url).port), '127.0.0.1')
    socket.write('this is no HTTP\r\n\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*\{"code":"REQUEST_INVALID"/)
  })

  it('opens no more connections than the kiosk has to give, and shuts out nobody who has one', async () => {
    const stand = await sessionStand()
    const port = Number(new URL(stand.url).port)
    const open = Array.from({ length: 520 }, () => connect(port, '127.0.0.1'))
    onTestFinished(() => {
      for (const socket of open) socket.destroy()
    })
    let closed = 0
    for (const socket of open)
      socket
        .on('close', () => (closed += 1))
        .on('error', () => undefined)
        .resume()
    await expect.poll(() => closed).toBe(20)
    open[0]?.end('GET /api/v1/openapi.json HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    await expect.poll(() => closed).toBe(21)
    expect(await curl(`${stand.url}api/v1/openapi.json`)).toMatchObject({ status: 200 })
  })

  it('hears of a misspelled parameter, which would otherwise have a batch wait for somebody', async () => {
    const stand = await apiStand({ tokens: batchTokens })
    const post = (query: string) => curl(`${stand.url}api/v1/batches${query}`, ...json, '-d', JSON.stringify(written()))
    expect(await post('?seale=9821920002')).toMatchObject({
      ...code(400, 'REQUEST_INVALID'),
      detail: 'seale: there is no such parameter; did you mean seal?',
    })
    expect(await post('?seal=9821920002&seal=9821920002')).toMatchObject(code(400, 'REQUEST_INVALID'))
    const { id } = await post('')
    for (const query of ['?signatures=no', '?signature=false'])
      expect(await curl(`${stand.url}api/v1/batches/${id}/result${query}`)).toMatchObject(code(400, 'REQUEST_INVALID'))
  })
})
