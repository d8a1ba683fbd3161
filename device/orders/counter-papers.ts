// The papers of one order at the screen: the form as images to read, its signature by a card there is already, the identity
// document from the scanner, with the order or with the form, and both handed in. All of it is in memory until it is handed
// in, and forgotten with the visit.

import { asFault, type ErrorCode, Fault } from '../errors.ts'
import type { CardErrandView } from '../http/view-cards.ts'
import type { ByteStream, CardPaper, Clock, Log, PdfPages } from '../ports.ts'
import type { FormSigning } from '../requests/form-errand.ts'
import { createTasks } from '../tasks.ts'
import type { CardDesk } from './desk.ts'

export interface CounterPapersParts {
  readonly desk: Pick<CardDesk, 'form' | 'submit'>
  readonly forms: () => FormSigning
  readonly pdfPages: PdfPages
  /** A PDF of what lies in the scanner. Throws the scanner's fault. */
  readonly scanIdentity: (language: string, signal: AbortSignal) => Promise<Uint8Array>
  readonly clock: Clock
  readonly log: Log
}

type PapersView = Omit<Extract<CardErrandView, { at: 'papers' }>, 'language' | 'at'>
export type PaperName = 'form' | 'identity'

export interface CounterPapers {
  view(): PapersView
  /** Fetches the form of an order; `documentEnclosed`: the identity document went with it. */
  open(order: OrderInHand): void
  /** Before there is an order: the identity document that goes with it. What was scanned before stays. */
  openIdentity(): void
  identityView(): Omit<Extract<CardErrandView, { at: 'identity' }>, 'language' | 'at' | 'offer'>
  /** The identity document, once it is scanned. */
  identity(): CardPaper | null
  /** Throws STAGE_CONFLICT where there is no form yet or it is signed, KIOSK_BUSY. */
  sign(): void
  /** Throws STAGE_CONFLICT before the form of an order is signed, or while it works. */
  scan(language: string): void
  /** True where they were taken; the view tells why not. Throws STAGE_CONFLICT where something is missing. */
  submit(): Promise<boolean>
  /** JPEG. Throws NOT_FOUND. */
  image(paper: PaperName, number: number): Uint8Array
  /** Whether the signing desk has the form. */
  signing(): boolean
  working(): boolean
  forget(): void
  stop(): Promise<void>
}

export interface OrderInHand {
  readonly id: string
  readonly reference: string
  readonly documentEnclosed: boolean
}

interface Paper {
  readonly pdf: Uint8Array
  readonly images: readonly Uint8Array[]
}

interface Papers {
  /** null: there is none yet. */
  readonly order: OrderInHand | null
  form: Paper | null
  signed: Uint8Array | null
  identity: Paper | null
  work: PapersView['work'] | 'sign'
  fault: ErrorCode | null
}

/** A form has two or three. */
const mostPages = 8

export function createCounterPapers(parts: CounterPapersParts, changed: () => void): CounterPapers {
  const { desk, forms, pdfPages, scanIdentity, clock, log } = parts
  const tasks = createTasks({ clock, log })
  let papers: Papers | null = null

  function now(): Papers {
    if (papers === null) throw new Fault('STAGE_CONFLICT', 'no papers are in hand')
    return papers
  }

  /** Throws STAGE_CONFLICT where there is no order yet. */
  function ordered(): OrderInHand {
    const { order } = now()
    if (order === null) throw new Fault('STAGE_CONFLICT', 'there is no order yet')
    return order
  }

  function idle(): Papers {
    const one = now()
    if (one.work !== null) throw new Fault('STAGE_CONFLICT', `${one.work} is under way`)
    return one
  }

  async function drawn(pdf: Uint8Array, signal?: AbortSignal): Promise<Paper> {
    const images: Uint8Array[] = []
    while (images.length < mostPages) {
      const image = await pdfPages.page(once(pdf), images.length + 1, signal)
      if (image === null) break
      images.push(image)
    }
    return { pdf, images }
  }

  /** Does it unless it is forgotten meanwhile; what it fails with is shown. */
  async function doing(one: Papers, act: (one: Papers) => Promise<void>): Promise<void> {
    const { work } = one
    one.fault = null
    changed()
    try {
      await act(one)
    } catch (thrown) {
      const { code } = asFault(thrown)
      if (papers === one) log.warn('papers of an order at the screen', { order: one.order?.id ?? null, work, code })
      one.fault = code
    }
    one.work = null
    if (papers === one) changed()
  }

  const inBackground = (
    work: NonNullable<Papers['work']>,
    act: (one: Papers, signal: AbortSignal) => Promise<void>,
  ) => {
    const one = idle()
    one.work = work
    tasks.run('papers', signal => doing(one, () => act(one, signal)))
  }

  return Object.freeze({
    view() {
      const { form, signed, identity, work, fault } = now()
      const { reference, documentEnclosed } = ordered()
      const pages = { form: form?.images.length ?? 0, identity: identity?.images.length ?? 0 }
      return { reference, documentEnclosed, pages, signed: signed !== null, work: work === 'sign' ? null : work, fault }
    },
    identityView() {
      const { identity, work, fault } = now()
      return { pages: identity?.images.length ?? 0, work: work === 'scan' ? work : null, fault }
    },
    identity: () => identityOf(papers),
    openIdentity() {
      papers ??= { ...nothing, order: null }
    },
    open(order: OrderInHand) {
      const { id } = order
      papers = { ...nothing, order }
      inBackground('fetch', async (one, signal) => {
        one.form = await drawn(await desk.form(id), signal)
      })
    },
    sign() {
      const one = idle()
      const { form, signed } = one
      const { reference } = ordered()
      if (form === null || signed !== null) throw new Fault('STAGE_CONFLICT', 'there is no form to sign')
      one.work = 'sign'
      const ended = (signature: Uint8Array | null) => {
        one.signed = signature
        one.work = null
        if (papers === one) changed()
      }
      try {
        forms().sign({ name: 'modulo.pdf', pdf: form.pdf }, reference, ended)
      } catch (thrown) {
        one.work = null
        throw thrown
      }
    },
    scan(language: string) {
      const { order, signed } = idle()
      if (order !== null && signed === null) throw new Fault('STAGE_CONFLICT', 'the form comes first')
      inBackground('scan', async (one, signal) => {
        one.identity = await drawn(await scanIdentity(language, signal), signal)
      })
    },
    async submit() {
      const one = idle()
      const { signed } = one
      const { id, documentEnclosed } = ordered()
      const document = identityOf(one) ?? undefined
      if (signed === null || (document === undefined && !documentEnclosed))
        throw new Fault('STAGE_CONFLICT', 'a paper is missing')
      const form = { fileName: 'modulo.pdf.p7m', bytes: signed }
      one.work = 'submit'
      await doing(one, async () => void (await desk.submit(id, { form, document })))
      return one.fault === null
    },
    image(paper: PaperName, number: number) {
      const image = papers?.[paper]?.images[number - 1]
      if (image === undefined) throw new Fault('NOT_FOUND', `no page ${number} of the ${paper}`)
      return image
    },
    signing: () => papers?.work === 'sign',
    working: () => papers !== null && papers.work !== null,
    forget() {
      papers = null
      void tasks.end('papers')
    },
    stop: () => tasks.stop(),
  })
}

const nothing = { form: null, signed: null, identity: null, work: null, fault: null }

function identityOf(papers: Papers | null): CardPaper | null {
  return papers?.identity == null ? null : { fileName: 'documento.pdf', bytes: papers.identity.pdf }
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}
