// What is read of a page's launch and messages, and every way in which they may be wrong: each has its reason, and each
// reason its codes.

import { describe, expect, it } from 'vitest'
import { parseLaunch } from '../device/afirma/launch.ts'
import { readMessage } from '../device/afirma/message.ts'
import { operationOf } from '../device/afirma/operations.ts'
import { bytesOfBase64, parametersOf } from '../device/afirma/parameters.ts'
import { Refusal, type RefusalReason, refusalTable } from '../device/afirma/refusal.ts'
import { urlSafe } from './95.afirma.kit.ts'

const reasons = new Set<RefusalReason>()

/** The reason for which `act` is refused. */
function reasonOf(act: () => unknown): RefusalReason | undefined {
  try {
    act()
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown
    reasons.add(thrown.reason)
    return thrown.reason
  }
}

describe('a launch', () => {
  const query = 'ports=50001,50002,50003&v=4&jvc=4&idsession=abcDEF123'

  it.each([
    [`afirma://websocket?${query}`, { ports: [50001, 50002, 50003], version: '4.1', sessionId: 'abcDEF123' }],
    [`afirma://websocket/?${query}&dlgload=false`, { version: '4.1' }],
    [`afirma://websocket?${query.replace('jvc=4', 'jvc=3')}`, { version: '4' }],
    [`afirma://websocket?${query.replace('&jvc=4', '')}`, { version: '4' }],
    ['afirma://websocket?ports=1024&v=4&jvc=9&idsession=1', { ports: [1024], version: '4.1', sessionId: '1' }],
    ['afirma://websocket?v=3', { ports: [63117], version: '3' }],
    ['afirma://websocket?v=3&jvc=2&idsession=abc', { ports: [63117], version: '3' }],
    [`afirma://websocket?ports=1024&${query}`, { ports: [50001, 50002, 50003] }],
    ['afirma://websocket?v=3&ports=65535', { ports: [65535], version: '3' }],
  ])('%s', (url, wanted) => {
    expect(parseLaunch(url)).toMatchObject(wanted)
  })

  it('of protocol 3 has no identifier to hold messages against', () => {
    expect(parseLaunch('afirma://websocket?v=3&idsession=abc')).not.toHaveProperty('sessionId')
  })

  it.each<[RefusalReason, string]>([
    ['urlAbsent', ''],
    ['scheme', `https://websocket?${query}`],
    ['scheme', `AFIRMA://websocket?${query}`],
    ['operation', `afirma://service?${query}`],
    ['operation', 'afirma://sign?op=sign&id=1'],
    ['operation', `afirma://websocket.example?${query}`],
    ['malformed', `afirma://websocket?${query}&x=${'a'.repeat(2_000)}`],
    ['malformed', 'afirma://websocket?ports=%zz'],
    ['version', 'afirma://websocket?ports=50001&idsession=a'],
    ['version', `afirma://websocket?${query.replace('v=4', 'v=5')}`],
    ['version', `afirma://websocket?${query.replace('v=4', 'v=2')}`],
    ['version', `afirma://websocket?${query.replace('v=4', 'v=4.1')}`],
    ['session', 'afirma://websocket?ports=50001&v=4&jvc=4'],
    ['session', 'afirma://websocket?ports=50001&v=4&idsession='],
    ['session', `afirma://websocket?ports=50001&v=4&idsession=${'a'.repeat(21)}`],
    ['session', 'afirma://websocket?ports=50001&v=4&idsession=a-b'],
    ['session', 'afirma://websocket?v=3&idsession=a%0Ab'],
    ['ports', 'afirma://websocket?v=4&idsession=a'],
    ['ports', 'afirma://websocket?ports=&v=4&idsession=a'],
    ['ports', 'afirma://websocket?ports=1023&v=4&idsession=a'],
    ['ports', 'afirma://websocket?ports=65536&v=4&idsession=a'],
    ['ports', 'afirma://websocket?ports=50001,,50002&v=4&idsession=a'],
    ['ports', 'afirma://websocket?ports=-50001&v=4&idsession=a'],
    ['ports', 'afirma://websocket?ports=50001,50001&v=4&idsession=a'],
    ['ports', `afirma://websocket?ports=${Array.from({ length: 11 }, (_, n) => 50_000 + n)}&v=4&idsession=a`],
  ])('is refused for %s: %s', (reason, url) => {
    expect(reasonOf(() => parseLaunch(url))).toBe(reason)
  })
})

describe('a message', () => {
  it.each([
    ['echo=-idsession=abc@EOF', { kind: 'echo', sessionId: 'abc' }],
    ['echo=', { kind: 'echo' }],
    ['getresult?idsession=abc', { kind: 'result', sessionId: 'abc' }],
    ['getresult?idsession=abc@EOF', { kind: 'result', sessionId: 'abc' }],
    ['afirma://sign?op=sign&idsession=abc@EOF', { kind: 'operation', sessionId: 'abc' }],
    ['afirma://sign?op=sign&idsession=abc', { kind: 'operation', name: 'sign', sessionId: 'abc' }],
    ['afirma://selectcert/?mcv=1.8&idsession=abc', { kind: 'operation', name: 'selectcert', sessionId: 'abc' }],
    ['afirma://save?title=a%26idsession%3Dx&idsession=abc', { kind: 'operation', sessionId: 'abc' }],
  ])('%s', (text, wanted) => {
    expect(readMessage(text)).toMatchObject(wanted)
  })

  it('without an identifier has none', () => {
    expect(readMessage('echo=')).not.toHaveProperty('sessionId')
    expect(readMessage('afirma://sign?op=sign')).not.toHaveProperty('sessionId')
  })

  it.each<[RefusalReason, string]>([
    ['scheme', ''],
    ['scheme', 'hello'],
    ['scheme', ' afirma://sign?op=sign'],
    ['scheme', `echo=${'idsession='.repeat(100)}&`],
    ['operation', 'afirma://?op=sign'],
    ['operation', 'afirma://sign'],
    ['malformed', 'afirma://sign?format=%C3'],
    ['malformed', `afirma://sign?${'a'.repeat(41)}=1`],
    ['malformed', `afirma://sign?title=${'a'.repeat((1 << 20) + 1)}`],
    ['malformed', `afirma://sign?${Array.from({ length: 51 }, (_, n) => `k${n}=1`).join('&')}`],
  ])('is refused for %s', (reason, text) => {
    expect(reasonOf(() => readMessage(text))).toBe(reason)
  })
})

describe('parameters', () => {
  it('are percent-decoded UTF-8, with a plus that stays one', () => {
    const found = parametersOf('title=Acta%20n%C2%BA%201&dat=ab+/&&empty=&bare&x=a=b')
    expect([...found]).toEqual([
      ['title', 'Acta nº 1'],
      ['dat', 'ab+/'],
      ['empty', ''],
      ['bare', ''],
      ['x', 'a=b'],
    ])
  })

  it('may be pictures', () => {
    const picture = 'A'.repeat(1 << 21)
    expect(parametersOf(`properties=${picture}`).get('properties')).toBe(picture)
  })

  it.each([
    ['', ''],
    ['+/8=', 'fbff'],
    ['-_8=', 'fbff'],
    ['-_8', 'fbff'],
    ['AA==', '00'],
    ['AA\r\nEC', '000102'],
  ])('in Base64 %j', (text, hex) => {
    expect(Buffer.from(bytesOfBase64(text) ?? []).toString('hex')).toBe(hex)
    expect(bytesOfBase64(text)).toBeDefined()
  })

  it.each(['A', 'AAAAA', 'AA=', 'AA===', '=AAA', 'AA=A', 'AA*A', 'ÁAAA', 'AAA%3D'])('not in Base64: %s', text => {
    expect(bytesOfBase64(text)).toBeUndefined()
  })
})

const read = (name: string, query: string) => operationOf(name, parametersOf(query))
const signing = 'algorithm=SHA256&format=CAdES'

describe('an operation', () => {
  it.each(['SHA1', 'SHA256', 'SHA384', 'SHA512', 'SHA1withRSA', 'SHA512withRSA', 'SHA384withECDSA', 'sha256withrsa'])(
    'may ask for %s',
    algorithm => {
      expect(read('sign', `algorithm=${algorithm}&format=PAdES`)).toMatchObject({ request: { algorithm } })
    },
  )

  it('without data leaves the choice of a file to the person', () => {
    for (const query of [signing, `${signing}&dat=`]) {
      const asked = read('sign', query)
      expect(asked).toMatchObject({ request: { format: 'CAdES' } })
      expect(asked).not.toHaveProperty('request.data')
      expect(asked).not.toHaveProperty('request.dataUrl')
    }
  })

  it('names its data by their address', () => {
    const asked = read('sign', `${signing}&dat=https%3A%2F%2Fsede.example.cat%2Facta.pdf%3Fid%3D1`)
    expect(asked).toMatchObject({ request: { dataUrl: 'https://sede.example.cat/acta.pdf?id=1' } })
    expect(asked).not.toHaveProperty('request.data')
  })

  it('brings its extra parameters as Java properties', () => {
    const text = '# comment\nexpPolicy=FirmaAGE\nlayer2Text = Signat per\\u003A $$SUBJECTCN$$\nfilter: dnie:\n'
    const asked = read('sign', `${signing}&properties=${urlSafe(text)}`)
    expect(asked).toMatchObject({
      request: {
        extraParams: new Map([
          ['expPolicy', 'FirmaAGE'],
          ['layer2Text', 'Signat per: $$SUBJECTCN$$'],
          ['filter', 'dnie:'],
        ]),
      },
    })
  })

  it.each(['1', '1.7', '1.8.2', '1.9', '1.10', '1.10.1', '1.10 RC1', '0.9'])('of a page that wants %s', version => {
    expect(read('selectcert', `mcv=${encodeURIComponent(version)}`)).toMatchObject({ kind: 'certificate' })
  })

  it('saves under a name of its own where the page gives none', () => {
    expect(read('save', 'dat=AA==&exts=xsig,xml')).toMatchObject({ name: 'documento.xsig' })
    expect(read('save', 'dat=')).toMatchObject({ name: 'documento', data: Buffer.of() })
  })

  it('shows no control characters and no endless titles', () => {
    expect(read('load', `title=${encodeURIComponent(`a\n\u202Eb${'c'.repeat(300)}`)}`)).toMatchObject({
      title: `a b${'c'.repeat(197)}`,
    })
  })

  const batch = 'jsonbatch=true&dat=e30='
  const services = (presign: string, postsign: string) =>
    `${batch}&batchpresignerurl=${encodeURIComponent(presign)}&batchpostsignerurl=${encodeURIComponent(postsign)}`
  const good = 'https://sede.example.cat/sign'

  it.each<[RefusalReason, string, string]>([
    ['operation', 'encrypt', ''],
    ['operation', 'toString', ''],
    ['operation', 'sign', `${signing}&fileid=abc&rtservlet=https%3A%2F%2Fx`],
    ['operation', 'sign', `${signing}&stservlet=https%3A%2F%2Fx`],
    ['operation', 'signandsave', signing],
    ['operation', 'batch', 'dat=PHhtbC8+'],
    ['malformed', 'sign', `op=cosign&${signing}`],
    ['malformed', 'sign', `mcv=latest&${signing}`],
    ['clientVersion', 'sign', `mcv=1.11&${signing}`],
    ['clientVersion', 'selectcert', 'mcv=2'],
    ['formatAbsent', 'sign', 'algorithm=SHA256'],
    ['formatUnknown', 'sign', 'algorithm=SHA256&format=%3Cscript%3E'],
    ['algorithmAbsent', 'sign', 'format=PAdES'],
    ['algorithmUnknown', 'sign', 'format=PAdES&algorithm=MD5withRSA'],
    ['algorithmUnknown', 'cosign', 'format=PAdES&algorithm=SHA256withDSA'],
    ['dataBroken', 'sign', `${signing}&dat=AAAAA`],
    ['dataBroken', 'sign', `${signing}&dat=http%3A`],
    ['dataBroken', 'save', 'dat=%C3%A1'],
    ['dataBroken', 'batch', 'jsonbatch=true&localBatchProcess=true&dat=%7B%7D'],
    ['dataLocal', 'sign', `${signing}&dat=file%3A%2F%2F%2Fetc%2Fpasswd`],
    ['dataLocal', 'save', 'dat=FILE%3A/etc/passwd'],
    ['parameters', 'sign', `${signing}&properties=AAAAA`],
    ['parameters', 'sign', `${signing}&properties=/w==`],
    ['parameters', 'sign', `${signing}&properties=${urlSafe('a=\\u00')}`],
    ['batchParameters', 'batch', `${batch}&localBatchProcess=true&properties=*`],
    ['dataAbsent', 'batch', 'jsonbatch=true&localBatchProcess=true'],
    ['saveDataAbsent', 'save', 'filename=a.pdf'],
    ['fileName', 'save', 'dat=AA==&filename=..%2Fa'],
    ['fileName', 'save', 'dat=AA==&filename=.profile'],
    ['fileName', 'save', 'dat=AA==&filename=a%00b'],
    ['fileName', 'save', 'dat=AA==&filename='],
    ['fileName', 'signandsave', `cop=sign&${signing}&filename=a%7Cb`],
    ['extensions', 'load', 'exts=..'],
    ['extensions', 'load', 'exts=a/b'],
    ['extensions', 'save', 'dat=AA==&exts=*'],
    ['presignAbsent', 'batch', batch],
    ['postsignAbsent', 'batch', `${batch}&batchpresignerurl=${encodeURIComponent(good)}`],
    ['presignUrl', 'batch', services('ftp://sede.example.cat/', good)],
    ['presignUrl', 'batch', services(`${good}?a`, good)],
    ['presignUrl', 'batch', services('nonsense', good)],
    ['presignLocal', 'batch', services('http://localhost:8080/', good)],
    ['presignLocal', 'batch', services('https://127.0.0.1/', good)],
    ['presignLocal', 'batch', services('https://127.1/', good)],
    ['presignLocal', 'batch', services('http://[::1]/', good)],
    ['postsignUrl', 'batch', services(good, `${good}=`)],
    ['postsignLocal', 'batch', services(good, 'https://a.localhost/')],
  ])('is refused for %s: %s %s', (reason, name, query) => {
    expect(reasonOf(() => read(name, query))).toBe(reason)
  })
})

describe('the table of refusals', () => {
  it('has no row that nothing here is refused for, but those of the session', () => {
    const ofTheSession = ['busy', 'tooLarge']
    expect([...reasons, ...ofTheSession].sort()).toEqual(Object.keys(refusalTable).sort())
  })

  it('has codes as the page’s script takes them apart', () => {
    for (const { af, saf, text } of Object.values(refusalTable)) {
      expect(af).toMatch(/^[1-6]\d{5}$/)
      expect(saf).toMatch(/^\d\d$/)
      expect(text).toMatch(/^\p{Lu}[^|]*[^.]$/u)
    }
  })
})
