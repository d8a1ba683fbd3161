// The socket, byte for byte: what a page sends and is answered, in both generations of the protocol, and each way in which
// a page may be wrong.

import { request } from 'node:https'
import { expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { certificate, signature } from './95.afirma.desk.ts'
import {
  type ConnectOptions,
  echo,
  getResult,
  origin,
  sessionId,
  sign,
  signed,
  startStand,
  urlSafe,
} from './95.afirma.kit.ts'

it('signs as the transcript of the protocol says, waiting until the person has agreed', async () => {
  const stand = await startStand()
  stand.desk.hold()
  const page = await stand.connect(await stand.launch())
  expect(await page.ask(echo)).toBe('OK')
  expect(await page.ask(sign)).toBe('#wait')
  expect(await page.ask(getResult)).toBe('#wait')
  stand.desk.go()
  await expect.poll(() => page.ask(getResult)).toBe(signed)
  expect(signed).toBe(`${urlSafe(certificate)}|${urlSafe(signature)}`)
  expect(stand.desk.asked).toMatchObject([
    {
      operation: 'sign',
      request: {
        origin,
        operation: 'sign',
        format: 'PAdES',
        algorithm: 'SHA256withRSA',
        data: Buffer.from('%PDF-1.7'),
      },
    },
  ])
})

it('repeats echo and operation over the same connection', async () => {
  const stand = await startStand()
  const page = await stand.connect(await stand.launch())
  for (const _ of [1, 2, 3]) {
    expect(await page.ask(echo)).toBe('OK')
    expect(await page.ask(sign)).toBe('#wait')
    await expect.poll(() => page.ask(getResult)).toBe(signed)
  }
})

it('answers pages of before 4.1 when there is an answer, and tells them old codes', async () => {
  const stand = await startStand()
  const page = await stand.connect(await stand.launch({ jvc: 3 }))
  expect(await page.ask(echo)).toBe('OK')
  expect(await page.ask(sign)).toBe(signed)
  stand.desk.fail(new Fault('REQUEST_DECLINED', 'no'))
  expect(await page.ask(sign)).toBe('CANCEL')
  stand.desk.fail(new Fault('PDF_UNREADABLE', 'damaged'))
  expect(await page.ask(sign)).toMatch(/^SAF_28: \S/)
})

it('listens where pages of protocol 3 look, and lets them go without an identifier', async () => {
  const stand = await startStand()
  await stand.server.launch('afirma://websocket?v=3')
  const page = await stand.connect(63_117)
  expect(await page.ask('echo=')).toBe('OK')
  expect(await page.ask(sign.replace(`&idsession=${sessionId}`, ''))).toBe(signed)
})

it('tells pages of 4.1 six digits, and a refusal of the person as a cancellation', async () => {
  const stand = await startStand()
  const page = await stand.connect(await stand.launch())
  const told = async (fault: Fault) => {
    stand.desk.fail(fault)
    expect(await page.ask(sign)).toBe('#wait')
    let answer = '#wait'
    await expect.poll(async () => (answer = await page.ask(getResult))).not.toBe('#wait')
    return answer
  }
  expect(await told(new Fault('REQUEST_DECLINED', 'no'))).toMatch(/^err-11:=AF500001 - \S/)
  expect(await told(new Fault('TOKEN_REMOVED', 'gone'))).toMatch(/^err-00:=AF200108 - \S/)
  expect(await told(new Fault('INTERNAL', 'a detail of ours'))).toMatch(/^err-00:=AF200115 - (?!.*detail)/)
})

it('does every operation', async () => {
  const stand = await startStand()
  const page = await stand.connect(await stand.launch({ jvc: 3 }))
  const ask = (operation: string, rest: string) =>
    page.ask(`afirma://${operation}?op=${operation}&idsession=${sessionId}${rest}`)
  const properties = urlSafe('filter=nonexpired:true\n')
  const signing = '&algorithm=SHA512&format=CAdES&dat=AAEC'
  expect(await ask('cosign', signing)).toBe(signed)
  expect(await ask('countersign', signing)).toBe(signed)
  expect(await ask('signandsave', `&cop=cosign${signing}&filename=acta.csig`)).toBe(signed)
  expect(await ask('selectcert', `&properties=${properties}`)).toBe(urlSafe(certificate))
  const json = urlSafe('{"singlesigns":[]}')
  expect(await ask('batch', `&jsonbatch=true&localBatchProcess=true&needcert=true&dat=${json}`)).toBe(
    'eyJzaWducyI6W3siaWQiOiIxIn1dfQ==|MAP7//4=',
  )
  const services =
    '&batchpresignerurl=https%3A%2F%2Fsede.example.cat%2Fpre&batchpostsignerurl=https%3A%2F%2Fsede.example.cat%2Fpost'
  expect(await ask('batch', `${services}&jsonbatch=true&dat=${json}`)).toBe('eyJzaWducyI6W3siaWQiOiIxIn1dfQ==')
  expect(await ask('save', '&title=Guardar%20el%20acta&filename=acta.pdf&exts=pdf&desc=PDF&dat=AAEC')).toBe('OK')
  expect(await ask('load', '&exts=pdf,xml&multiload=true')).toBe('a.pdf:AQID|b_2_c.pdf:+/8=')
  expect(await ask('getLog', '')).toMatch(/^Compulsa .*\n.* connected\n.* cosign\n.* done\n/)
  expect(stand.desk.asked.map(({ operation, request }) => ({ operation, request }))).toMatchObject([
    { operation: 'sign', request: { operation: 'cosign', data: Buffer.of(0, 1, 2) } },
    { operation: 'sign', request: { operation: 'countersign' } },
    { operation: 'sign', request: { operation: 'cosign' } },
    { operation: 'save', request: { origin, name: 'acta.csig', data: signature } },
    { operation: 'selectCertificate', request: { extraParams: new Map([['filter', 'nonexpired:true']]) } },
    { operation: 'batch', request: { batch: Buffer.from('{"singlesigns":[]}') } },
    {
      operation: 'batch',
      request: { services: { presign: 'https://sede.example.cat/pre', postsign: 'https://sede.example.cat/post' } },
    },
    { operation: 'save', request: { name: 'acta.pdf', title: 'Guardar el acta', description: 'PDF' } },
    { operation: 'load', request: { extensions: ['pdf', 'xml'], several: true } },
  ])
  expect(stand.desk.asked[5]?.request).not.toHaveProperty('services')
})

it('answers a wrong session identifier by its error, asks nobody, and goes on', async () => {
  const stand = await startStand()
  const page = await stand.connect(await stand.launch())
  for (const wrong of [echo, getResult, sign])
    expect(await page.ask(wrong.replace(sessionId, 'another'))).toMatch(/^err-00:=AF620010 - /)
  expect(await page.ask('echo=')).toMatch(/AF620010/)
  expect(stand.desk.asked).toEqual([])
  expect(stand.refused[0]).toMatchObject({ origin, code: 'LAUNCH_UNKNOWN' })
  expect(await page.ask(echo)).toBe('OK')
  const old = await stand.connect(await stand.launch({ jvc: 1 }))
  expect(await old.ask(sign.replace(sessionId, 'another'))).toMatch(/^SAF_46: /)
})

it('sends a second page away with its error while the first goes on', async () => {
  const stand = await startStand()
  const port = await stand.launch()
  const first = await stand.connect(port)
  const second = await stand.connect(port)
  expect(await second.ask(echo)).toMatch(/^err-00:=AF220001 - /)
  expect(await second.closed).toBe(1013)
  expect(stand.refused).toMatchObject([{ origin, code: 'KIOSK_BUSY' }])
  expect(await first.ask(echo)).toBe('OK')
  expect(await first.ask(sign)).toBe('#wait')
})

it('refuses another operation while one goes on, and finishes the first', async () => {
  const stand = await startStand()
  stand.desk.hold()
  const page = await stand.connect(await stand.launch())
  expect(await page.ask(sign)).toBe('#wait')
  expect(await page.ask(echo)).toBe('OK')
  expect(await page.ask(sign)).toMatch(/AF220001/)
  stand.desk.go()
  await expect.poll(() => page.ask(getResult)).toBe(signed)
  expect(stand.desk.asked).toHaveLength(1)
})

it.each([
  ['a site that is not on the list', { origin: 'https://elsewhere.example' }, 'ORIGIN_REFUSED'],
  ['the same name without TLS', { origin: 'http://sede.example.cat' }, 'ORIGIN_REFUSED'],
  ['a page from a file', { origin: 'null' }, 'ORIGIN_REFUSED'],
  ['another name for this machine', { host: 'kiosk.example' }, 'REQUEST_FORBIDDEN'],
  ['another address', { localAddress: '127.0.0.2' }, 'REQUEST_FORBIDDEN'],
])('turns %s away before it may say anything', async (_what, options: ConnectOptions, code) => {
  const stand = await startStand()
  const port = await stand.launch()
  await expect(stand.connect(port, options)).rejects.toThrow(/403/)
  expect(stand.refused).toMatchObject([{ origin: options.origin ?? origin, code }])
  const page = await stand.connect(port)
  expect(await page.ask(echo)).toBe('OK')
})

it('speaks no sub-protocol and takes no bytes', async () => {
  const stand = await startStand()
  await expect(stand.connect(await stand.launch(), { subProtocol: 'afirma' })).rejects.toThrow(/subprotocol/)
  const page = await stand.connect(await stand.launch())
  page.send(Buffer.from(echo))
  expect(await page.closed).toBe(1003)
})

it('gives a request without a site nothing', async () => {
  const stand = await startStand()
  const port = await stand.launch()
  const status = (headers: Record<string, string>) =>
    new Promise(resolve => {
      const call = request({ host: '127.0.0.1', port, ca: stand.caPem, headers }, answer => {
        answer.resume()
        resolve(answer.statusCode)
      })
      call.on('upgrade', () => resolve('upgraded'))
      call.end()
    })
  const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
  expect(await status({ ...upgrade, 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' })).toBe(403)
  expect(await status({ origin })).toBe(426)
})

it('answers a message above the limit by its error, and closes where it is far above', async () => {
  const stand = await startStand({ maxMessageBytes: 100_000 })
  const port = await stand.launch()
  const page = await stand.connect(port)
  const ofLength = (length: number) => `${sign}${'A'.repeat(length - sign.length)}`
  expect(await page.ask(ofLength(100_004))).toMatch(/^err-00:=AF501005 - /)
  expect(await page.ask(echo)).toBe('OK')
  expect(stand.refused).toMatchObject([{ origin, code: 'MESSAGE_TOO_LARGE' }])
  page.send(ofLength(3 << 20))
  expect(await page.closed).toBe(1009)
  expect(stand.refused).toHaveLength(2)
  expect(stand.refused[1]).toMatchObject({ origin, code: 'MESSAGE_TOO_LARGE' })
  expect(stand.desk.asked).toEqual([])
})

it('logs operations and codes, and nothing that was sent', async () => {
  const stand = await startStand()
  const page = await stand.connect(await stand.launch({ jvc: 3 }))
  await page.ask(echo)
  await page.ask(`afirma://sign?op=sign&idsession=${sessionId}&algorithm=SHA256&format=CAdES&dat=c2VjcmV0`)
  await page.ask(`afirma://sign?op=sign&idsession=wrongwrong&algorithm=SHA256&format=CAdES&dat=c2VjcmV0`)
  await page.ask(`afirma://sign?op=sign&idsession=${sessionId}&algorithm=MD5&format=CAdES&dat=c2VjcmV0`)
  const log = stand.logged.join('\n')
  expect(log).toMatch(/"page asks".*"sign"/)
  expect(log).toMatch(/"ALGORITHM_REFUSED".*"AF600107"/)
  expect(log).not.toMatch(new RegExp(`${sessionId}|wrongwrong|c2VjcmV0|secret|MD5`))
})
