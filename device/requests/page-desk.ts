// What pages ask for by AutoFirma's protocol, done at the signing desk: one document, a batch that is signed here, a batch that
// the page's server prepares, a certificate, a file to save or to load. The page waits for the answer; what is made for a page
// that has gone is thrown away.

import type { PageBatchRequest, PageDesk, PageFile, PageRequest, PageSignRequest } from '../afirma/page-desk.ts'
import type { Batch, BatchAlgorithm } from '../batch/batch.ts'
import { createMemoryLedger } from '../batch/memory-ledger.ts'
import type { Ledger } from '../batch/outcome.ts'
import { documentsIn, namedFormat, readBatch } from '../batch/read-batch.ts'
import { resultText } from '../batch/result.ts'
import { asFault, Fault } from '../errors.ts'
import type { RequestOperation } from '../http/view.ts'
import type { ByteStream, SigningCertificate } from '../ports.ts'
import { readCertificateFilters } from '../trust/certificate-filter.ts'
import { documentsOf, signBatch } from './batch-errand.ts'
import { detectedFormat } from './batch-signing.ts'
import { batchLimits } from './batches.ts'
import type { ErrandEnd, ErrandWork } from './errand.ts'
import { listFiles, readChosenFile, saveFile } from './page-files.ts'
import { type PageDeskParts, servedEntry, shownHost, siteToken, type WaitFor } from './page-record.ts'
import { remoteBatch } from './remote-errand.ts'

export function createPageDesk(parts: PageDeskParts): PageDesk {
  const { config } = parts
  // A page sends its documents; what lies in the body's folders is none of its business.
  const limits = { ...batchLimits(config), places: false }

  async function sign(request: PageSignRequest, signal: AbortSignal) {
    const chosen = request.data ?? request.dataUrl
    const file =
      chosen === undefined ? (await load({ ...request, extensions: [], several: false }, signal))[0] : undefined
    const data = request.data ?? file?.data ?? null
    const batch = await batchOfOne(request, file?.name, data, limits.allowSha1)
    const ledger = createMemoryLedger()
    const certificate = await signed(request, request.operation, batch, ledger, data, signal)
    const outcome = ledger.outcome(0)
    if (outcome?.outcome === 'failed') throw new Fault(outcome.code, outcome.detail)
    const signature = await collected(ledger.signature(0))
    return { certificate, signature, ...(file !== undefined && { fileName: file.name }) }
  }

  /** Resolves when the person has had it signed, to the certificate. */
  function signed(
    request: PageRequest & Pick<PageSignRequest, 'extraParams'>,
    operation: RequestOperation,
    batch: Batch,
    ledger: Ledger,
    text: Uint8Array | null,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const filters = readCertificateFilters(request.extraParams)
    let used = new Uint8Array()
    const documents =
      operation === 'batch'
        ? () => documentsIn(once(text ?? new Uint8Array()), batch, limits)
        : () => single(batch, text)
    const work: ErrandWork = {
      kind: 'sign',
      fitting: certificates => filters.choose(certificates, parts.clock.now()).fitting,
      sign: async (key, tell, stopping) => {
        used = Uint8Array.from(key.certificate.certificate)
        await signBatch({ batch, ledger, documents }, key, tell, stopping, parts)
      },
    }
    const shown = { documents: documentsOf(batch), total: batch.items.length }
    const audited = () => servedEntry(request, operation, batch, ledger, used)
    return waitFor(request, operation, shown, work, signal, parts, audited).then(() => used)
  }

  async function load(
    request: PageRequest & { readonly extensions: readonly string[]; readonly several: boolean },
    signal: AbortSignal,
  ): Promise<readonly PageFile[]> {
    const folder = folderOf(parts)
    const files = await listFiles(folder, request.extensions)
    let found: readonly PageFile[] = []
    const work: ErrandWork = {
      kind: 'load',
      load: async names => {
        const known = names.filter(name => files.some(file => file.name === name))
        if (known.length === 0 || known.length < names.length || (!request.several && known.length > 1))
          throw new Fault('REQUEST_INVALID', 'no file of the list, or more than one')
        found = await Promise.all(known.map(name => readChosenFile(folder, name, parts.maxFileBytes)))
      },
    }
    await waitFor(request, 'load-file', { files, several: request.several }, work, signal, parts)
    return found
  }

  return Object.freeze({
    sign,
    async batch(request: PageBatchRequest, signal: AbortSignal) {
      if (request.services !== undefined) return remoteBatch(request, request.services, waitFor, signal, parts)
      const batch = await readBatch(once(request.batch), limits)
      const ledger = createMemoryLedger()
      const certificate = await signed(request, 'batch', batch, ledger, request.batch, signal)
      return { certificate, result: await collected(resultText(batch, ledger, 'local')) }
    },
    async selectCertificate(request: Parameters<PageDesk['selectCertificate']>[0], signal: AbortSignal) {
      const filters = readCertificateFilters(request.extraParams)
      let chosen: SigningCertificate | undefined
      const work: ErrandWork = {
        kind: 'certificate',
        fitting: certificates => filters.choose(certificates, parts.clock.now()).fitting,
        choose: certificate => {
          chosen = certificate
        },
      }
      await waitFor(request, 'select-certificate', {}, work, signal, parts)
      if (chosen === undefined) throw new Fault('INTERNAL', 'no certificate was chosen')
      return chosen.certificate
    },
    async save(request: Parameters<PageDesk['save']>[0], signal: AbortSignal): Promise<void> {
      const folder = folderOf(parts)
      const work: ErrandWork = { kind: 'save', save: () => saveFile(folder, request.name, request.data) }
      const files = [{ name: request.name, bytes: request.data.length }]
      await waitFor(request, 'save-file', { files }, work, signal, parts)
    },
    load,
  })
}

const waitFor: WaitFor = (request, operation, shown, work, signal, parts, audited) => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const site = siteToken(request.origin)
  const ended = (end: ErrandEnd) => {
    const fault = faultOf(end)
    const refused = { event: 'pageRefused', details: { site, operation, code: fault?.code } } as const
    const served = { event: 'pageServed', details: { site, operation } } as const
    try {
      parts.audit(fault === undefined ? (audited?.() ?? served) : refused)
    } catch (thrown) {
      // What cannot be told in the trail is not handed out.
      reject(thrown)
      throw thrown
    }
    if (fault === undefined) resolve()
    else reject(fault)
  }
  const none = { documents: [], total: 0, preparedElsewhere: false, files: [], several: false }
  const asker = { kind: 'page', name: shownHost(request.origin) } as const
  signal.throwIfAborted()
  parts.desk.begin({ asker, operation, ...none, ...shown, work, ended }, signal)
  return promise
}

function faultOf(end: ErrandEnd): Fault | undefined {
  switch (end.end) {
    case 'finished':
      return undefined
    case 'failed':
      return asFault(end.fault)
    case 'gone':
      return new Fault('PAGE_GONE', 'the page has gone')
    case 'refused':
    case 'stopped':
    case 'left':
      return new Fault('REQUEST_DECLINED', `the person at the kiosk: ${end.end}`)
  }
}

function folderOf({ config }: PageDeskParts): string {
  const folder = config.autofirma?.folder
  if (folder === undefined) throw new Fault('REFERENCE_REFUSED', 'no folder is configured (autofirma.folder)')
  return folder
}

const extensions = { PAdES: 'pdf', CAdES: 'bin', XAdES: 'xml', auto: 'bin' } as const

async function batchOfOne(
  { operation, extraParams, dataUrl, ...asked }: PageSignRequest,
  fileName: string | undefined,
  data: Uint8Array | null,
  allowSha1: boolean,
): Promise<Batch> {
  const named = formatOf(asked.format)
  // Told from the document where it is at hand, so that the person reads what it is.
  const format = named.format === 'auto' && data !== null ? await detectedFormat(data) : named.format
  const source =
    data === null && dataUrl !== undefined
      ? ({ kind: 'url', url: dataUrl } as const)
      : ({ kind: 'data', bytes: data?.length ?? 0 } as const)
  const id = fileName ?? `document.${extensions[format]}`
  const item = { ...named, number: 0, id, format, operation, extraParams, source }
  const algorithm = algorithmOf(asked.algorithm, allowSha1)
  return { algorithm, stopOnError: false, concurrentTimeoutMs: null, extraParams, items: [item], sha256: '' }
}

function formatOf(name: string): ReturnType<typeof namedFormat> {
  try {
    return namedFormat(name)
  } catch (cause) {
    throw new Fault('SIGNATURE_FORMAT_REFUSED', 'the format is none of XAdES, CAdES and PAdES', { cause })
  }
}

function algorithmOf(name: string, allowSha1: boolean): BatchAlgorithm {
  const digest = /^SHA-?(1|256|384|512)(?:with(?:RSA|ECDSA))?$/i.exec(name)?.[1]
  if (digest === undefined) throw new Fault('ALGORITHM_REFUSED', 'the algorithm is not known')
  if (digest === '1' && !allowSha1) throw new Fault('ALGORITHM_REFUSED', 'SHA-1 proves nothing any more')
  return `SHA${digest}` as BatchAlgorithm
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}

async function* single(batch: Batch, data: Uint8Array | null) {
  for (const item of batch.items) yield { item, data: item.source.kind === 'data' ? data : null }
}

async function collected(stream: ByteStream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(Uint8Array.from(piece))
  return Buffer.concat(pieces)
}
