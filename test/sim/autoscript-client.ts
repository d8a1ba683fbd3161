// A page's side of AutoFirma's protocol, written from its description: launch by address, three ports, echo, operation,
// waiting for the result, and every form of answer taken apart. It has the names under which pages know the official
// script, so that the same tests run with either. It runs in a browser, as a module of its own.

type Ok = (...values: unknown[]) => void
/** Type of exception, message, code. */
type Failed = (type: string, message: string, code: string) => void
type Take = (text: string) => readonly unknown[]
type Pair = readonly [key: string, value: string | number | boolean | null | undefined, as?: 'base64']

interface Call {
  readonly address: string
  readonly take: Take
  readonly ok: Ok
  readonly failed: Failed
}

/** In milliseconds; pages wait 3000, 2000 and 2000. */
const times = { launch: 300, retry: 300, result: 100 }
const retries = 100
const letters = '1234567890abcdefghijklmnopqrstuwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const [lowestPort, highestPort] = [49_152, 65_535]
const cancelled = 'es.gob.afirma.core.AOCancelledOperationException'

const sessionId = Array.from(crypto.getRandomValues(new Uint32Array(20)), one => letters[one % letters.length]).join('')
let leastVersion: string | null = null
let local = false
let batch: { algorithm: string; singlesigns: { id: string }[]; [key: string]: unknown } | undefined
let socket: WebSocket | undefined

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

function urlSafe(text: string): string {
  return text.replaceAll('+', '-').replaceAll('/', '_')
}

function standard(text: string): string {
  return text.replaceAll('-', '+').replaceAll('_', '/')
}

function textOf(encoded: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(standard(encoded)), one => one.charCodeAt(0)))
}

function properties(text: string | null): Pair {
  return ['properties', text === null ? null : urlSafe(base64(text)), 'base64']
}

/** Nothing is sent of an empty value. */
function data(encoded: string | null): Pair {
  return ['dat', encoded === null || encoded === '' ? null : urlSafe(encoded), 'base64']
}

function addressOf(operation: string, pairs: readonly Pair[]): string {
  const start: Pair[] = [
    ['mcv', leastVersion],
    ['op', operation],
    ['idsession', sessionId],
  ]
  const given = [...start, ...pairs].filter(([, value]) => value !== null && value !== undefined)
  const query = given.map(([key, value, as]) => `${key}=${as === 'base64' ? value : encodeURIComponent(String(value))}`)
  return `afirma://${operation}?${query.join('&')}`
}

function run(operation: string, pairs: readonly Pair[], take: Take, ok: Ok, failed: Failed): void {
  const call = { address: addressOf(operation, pairs), take, ok, failed }
  if (socket?.readyState === WebSocket.OPEN) {
    ask(socket, call)
    return
  }
  const ports = new Set<number>()
  while (ports.size < 3) ports.add(lowestPort + Math.floor(Math.random() * (highestPort - lowestPort + 1)))
  document.location = `afirma://websocket?ports=${[...ports].join(',')}&v=4&jvc=4&idsession=${sessionId}`
  setTimeout(connect, times.launch, [...ports], retries, call)
}

function connect(ports: readonly number[], left: number, call: Call): void {
  if (left === 0) {
    call.failed('es.gob.afirma.standalone.ApplicationNotFoundException', 'not found', 'AS620017')
    return
  }
  let failed = 0
  for (const port of ports) {
    const tried = new WebSocket(`wss://127.0.0.1:${port}`)
    tried.onerror = () => {
      failed += 1
      if (failed === ports.length) setTimeout(connect, times.retry, ports, left - 1, call)
    }
    tried.onopen = () => {
      tried.onerror = null
      socket = tried
      ask(tried, call)
    }
  }
}

function ask(open: WebSocket, call: Call): void {
  open.onclose = () => call.failed('java.lang.InterruptedException', 'closed', 'AS420002')
  open.onmessage = () => {
    open.onmessage = event => answered(open, String(event.data), call)
    open.send(call.address)
  }
  open.send(`echo=-idsession=${sessionId}@EOF`)
}

function answered(open: WebSocket, text: string, { take, ok, failed }: Call): void {
  if (text === '#wait') {
    setTimeout(() => open.send(`getresult?idsession=${sessionId}`), times.result)
    return
  }
  open.onclose = null
  open.onmessage = null
  const error = errorIn(text)
  if (error === undefined) ok(...take(text))
  else failed(...error)
}

function errorIn(text: string): Parameters<Failed> | undefined {
  if (text === 'CANCEL') return [cancelled, 'cancelled', 'AS500001']
  const [, kind, code, message] = /^err-(\d\d):=(.{8}) - (.*)$/s.exec(text) ?? []
  if (code !== undefined && message !== undefined)
    return [kind === '11' ? cancelled : 'java.lang.Exception', message, code]
  const old = text.startsWith('SAF_') || text.startsWith('err-') || text === 'NULL' || text === 'MEMORY_ERROR'
  return old ? ['java.lang.Exception', text, text.slice(0, 6)] : undefined
}

const signature: Take = text => {
  const [certificate = '', signed = '', extra] = text.split('|')
  return [standard(signed), standard(certificate), extra === undefined ? null : textOf(extra)]
}
const certificate: Take = text => [standard(text)]
const batchResult: Take = text => {
  const [result = '', signer] = text.split('|')
  return [JSON.parse(textOf(result)), signer === undefined ? null : standard(signer)]
}
const saved: Take = text => [text]
const files: Take = text => {
  const all = text.split('|').map(one => [one.slice(0, one.indexOf(':')), standard(one.slice(one.indexOf(':') + 1))])
  return [all.map(([name]) => name), all.map(([, content]) => content)]
}
const oneFile: Take = text => files(text).map(all => (Array.isArray(all) ? all[0] : all))

function signing(operation: string) {
  return (dat: string, algorithm: string, format: string, extra: string | null, ok: Ok, failed: Failed) =>
    run(operation, signPairs(dat, algorithm, format, extra), signature, ok, failed)
}

function signPairs(dat: string, algorithm: string, format: string, extra: string | null): Pair[] {
  return [['algorithm', algorithm], ['format', format], properties(extra), ['sticky', false], data(dat)]
}

function loading(several: boolean, take: Take) {
  return (title: string, exts: string, desc: string, path: string | null, ok: Ok, failed: Failed) =>
    run(
      'load',
      [
        ['title', title],
        ['exts', exts],
        ['desc', desc],
        ['filePath', path],
        ['multiload', several],
      ],
      take,
      ok,
      failed,
    )
}

const AutoScript = {
  cargarAppAfirma() {},
  setMinimumClientVersion(version: string) {
    leastVersion = version
  },
  setLocalBatchProcess(given: boolean) {
    local = given
  },
  sign: signing('sign'),
  cosign: signing('cosign'),
  counterSign: signing('countersign'),
  signAndSaveToFile(
    suboperation: string,
    dat: string,
    algorithm: string,
    format: string,
    extra: string | null,
    name: string | null,
    ok: Ok,
    failed: Failed,
  ) {
    const pairs: Pair[] = [['cop', suboperation], ...signPairs(dat, algorithm, format, extra), ['filename', name]]
    run('signandsave', pairs, signature, ok, failed)
  },
  selectCertificate(extra: string | null, ok: Ok, failed: Failed) {
    run('selectcert', [properties(extra), ['sticky', false]], certificate, ok, failed)
  },
  createBatch(algorithm: string, format: string, suboperation: string, extra: string | null) {
    const extraparams = extra === null ? {} : { extraparams: base64(extra) }
    batch = { algorithm, format, suboperation, ...extraparams, singlesigns: [] }
  },
  addDocumentToBatch(id: string, datareference: string, format?: string, suboperation?: string, extra?: string) {
    const given = { format, suboperation, extraparams: extra === undefined ? undefined : base64(extra) }
    const stated = Object.entries(given).filter(([, value]) => value !== undefined && value !== null)
    batch?.singlesigns.push({ id, datareference, ...Object.fromEntries(stated) } as { id: string })
  },
  signBatchProcess(
    stoponerror: boolean,
    presign: string | null,
    postsign: string | null,
    filters: string | null,
    ok: Ok,
    failed: Failed,
  ) {
    const pairs: Pair[] = [
      ['batchpresignerurl', presign],
      ['batchpostsignerurl', postsign],
      properties(filters),
      ['sticky', false],
      ['needcert', true],
      data(base64(JSON.stringify({ ...batch, stoponerror }))),
      ['jsonbatch', true],
      ['localBatchProcess', local ? true : null],
    ]
    run('batch', pairs, batchResult, ok, failed)
  },
  saveDataToFile(dat: string, title: string, name: string, exts: string, desc: string, ok: Ok, failed: Failed) {
    const pairs: Pair[] = [['title', title], ['filename', name], ['exts', exts], ['desc', desc], data(dat)]
    run('save', pairs, saved, ok, failed)
  },
  getFileNameContentBase64: loading(false, oneFile),
  getMultiFileNameContentBase64: loading(true, files),
}

Object.assign(globalThis, { AutoScript })

export type AutoScriptClient = typeof AutoScript
