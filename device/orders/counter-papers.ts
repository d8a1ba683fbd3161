// The papers of one order at the screen: the form as images to read, its signature by a card there is already or by hand on
// paper, printed here or brought along; the identity document from the scanner, with the order or with the form, and both handed
// in. All of it is in memory until it is handed in, and forgotten with the visit.

import { asFault, type ErrorCode, Fault } from '../errors.ts'
import type { CardErrandView } from '../http/view-cards.ts'
import type { ByteStream, CardPaper, Clock, Log, PdfPages } from '../ports.ts'
import type { PrintDesk } from '../print-desk.ts'
import type { FormSigning } from '../requests/form-errand.ts'
import { createTasks } from '../tasks.ts'
import type { CardDesk } from './desk.ts'

export interface CounterPapersParts {
  readonly desk: Pick<CardDesk, 'form' | 'submit'>
  readonly forms: () => FormSigning
  readonly pdfPages: Pick<PdfPages, 'page'>
  /** A PDF of what lies in the scanner. Throws the scanner's fault. */
  readonly scanPaper: (paper: ScannedPaper, language: string, signal: AbortSignal) => Promise<Uint8Array>
  /** Absent where there is no printer. */
  readonly printing: Pick<PrintDesk, 'print'> | undefined
  readonly clock: Clock
  readonly log: Log
}

type PapersView = Omit<Extract<CardErrandView, { at: 'papers' }>, 'language' | 'at'>
/** `signed`: the form with a signature by hand. */
export type ScannedPaper = 'signed' | 'identity'
export type PaperName = 'form' | ScannedPaper

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
  /** Prints the form, to be signed by hand. Throws STAGE_CONFLICT as `sign`, PRINTER_ABSENT, KIOSK_BUSY. */
  print(): void
  /** The person has the form on paper, signed by hand. Throws STAGE_CONFLICT as `sign`. */
  onPaper(): void
  /** The form that was scanned is the right one and whole. Throws STAGE_CONFLICT where none was. */
  accept(): void
  /** False where there is nothing to go back to but the order. */
  back(): boolean
  /** The form that is on paper, then the identity document; without an order that. Throws STAGE_CONFLICT as they say. */
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
  /** By hand: the person has it on paper. */
  byHand: boolean
  signed: Paper | null
  /** Signed by a card, or found right by whoever scanned it; `fileName` tells which. */
  ready: CardPaper | null
  identity: Paper | null
  work: PapersView['work'] | 'sign'
  fault: ErrorCode | null
}

/** A form has two or three, on paper their backs too. */
const mostPages = 16

export function createCounterPapers(parts: CounterPapersParts, changed: () => void): CounterPapers {
  const { desk, forms, pdfPages, scanPaper, printing, clock, log } = parts
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

  /** A form that nobody has signed yet. */
  function unsigned(): Papers & { form: Paper } {
    const one = idle()
    if (one.form === null || one.ready !== null || one.byHand) {
      throw new Fault('STAGE_CONFLICT', 'there is no form to sign')
    }
    return one as Papers & { form: Paper }
  }

  return Object.freeze({
    view() {
      const { form, byHand, signed, ready, identity, work, fault } = now()
      const { reference, documentEnclosed } = ordered()
      const count = (paper: Paper | null) => paper?.images.length ?? 0
      const pages = { form: count(form), signed: count(signed), identity: count(identity) }
      const state = { documentEnclosed, byHand, signed: ready !== null, printer: printing !== undefined }
      return { reference, pages, ...state, work: work === 'sign' ? null : work, fault }
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
      const one = unsigned()
      const { reference } = ordered()
      one.work = 'sign'
      const ended = (signature: Uint8Array | null) => {
        one.ready = signature === null ? null : { fileName: 'modulo.pdf.p7m', bytes: signature }
        one.work = null
        if (papers === one) changed()
      }
      try {
        forms().sign({ name: 'modulo.pdf', pdf: one.form.pdf }, reference, ended)
      } catch (thrown) {
        one.work = null
        throw thrown
      }
    },
    print() {
      const one = unsigned()
      if (printing === undefined) throw new Fault('PRINTER_ABSENT', 'no printer is configured')
      printing.print({
        what: 'form',
        pdf: async () => one.form.pdf,
        wanted: () => papers === one,
        printed() {
          one.byHand = one.ready === null
          changed()
        },
      })
    },
    onPaper() {
      unsigned().byHand = true
      changed()
    },
    accept() {
      const one = idle()
      if (one.signed === null || one.ready !== null) throw new Fault('STAGE_CONFLICT', 'no form was scanned')
      one.ready = { fileName: 'modulo.pdf', bytes: one.signed.pdf }
      changed()
    },
    back() {
      const one = idle()
      if (!one.byHand || one.ready !== null) return false
      Object.assign(one, { byHand: false, signed: null, fault: null })
      changed()
      return true
    },
    scan(language: string) {
      const { order, ready, byHand } = idle()
      if (order !== null && ready === null && !byHand) throw new Fault('STAGE_CONFLICT', 'the form comes first')
      const paper = order !== null && ready === null ? 'signed' : 'identity'
      inBackground('scan', async (one, signal) => {
        one[paper] = await drawn(await scanPaper(paper, language, signal), signal)
      })
    },
    async submit() {
      const one = idle()
      const { ready: form } = one
      const { id, documentEnclosed } = ordered()
      const document = identityOf(one) ?? undefined
      if (form === null || (document === undefined && !documentEnclosed))
        throw new Fault('STAGE_CONFLICT', 'a paper is missing')
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

const nothing = {
  ...{ form: null, byHand: false, signed: null, ready: null, identity: null },
  ...{ work: null, fault: null },
}

function identityOf(papers: Papers | null): CardPaper | null {
  return papers?.identity == null ? null : { fileName: 'documento.pdf', bytes: papers.identity.pdf }
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}
