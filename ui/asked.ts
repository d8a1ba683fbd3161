// What the screens say about a request: who asks, what for, and how far it has come.

import type { AskerView, RequestedDocumentView, RequestOperation, RequestView } from '../device/http/view.ts'
import type { TextKey } from './text/texts.ts'

/** A page by its host alone, in ASCII (RFC 3492), so that no letter passes for another; a program by its name. */
export function askerName({ kind, name }: AskerView): string {
  return kind === 'page' && URL.canParse(name) ? new URL(name).host || name : name
}

/** What is done with a request, as far as its texts differ. */
export type RequestKind = 'sign' | 'certificate' | 'save' | 'load'

const kinds: Readonly<Record<RequestOperation, RequestKind>> = {
  sign: 'sign',
  cosign: 'sign',
  countersign: 'sign',
  batch: 'sign',
  'select-certificate': 'certificate',
  'save-file': 'save',
  'load-file': 'load',
}

export function kindOf(request: RequestView): RequestKind {
  return kinds[request.operation]
}

/** The question of the screen. */
export const questionTexts: Readonly<Record<RequestKind, TextKey>> = {
  sign: 'request.title.sign',
  certificate: 'request.title.certificate',
  save: 'request.title.save',
  load: 'request.title.load',
}

/** What whoever asks wants, as the rest of the sentence that its name begins. */
export function wishText(request: RequestView): TextKey {
  const kind = kindOf(request)
  if (kind === 'sign') return request.total === 1 ? 'request.wish.sign.one' : 'request.wish.sign.other'
  if (kind === 'load') return request.several ? 'request.wish.load.other' : 'request.wish.load.one'
  return kind === 'save' ? 'request.wish.save' : 'request.wish.certificate'
}

export const formatTexts: Readonly<Record<NonNullable<RequestedDocumentView['format']>, TextKey>> = {
  PAdES: 'request.format.PAdES',
  CAdES: 'request.format.CAdES',
  XAdES: 'request.format.XAdES',
}

export const operationTexts: Readonly<Record<RequestedDocumentView['operation'], TextKey>> = {
  sign: 'request.operation.sign',
  cosign: 'request.operation.cosign',
  countersign: 'request.operation.countersign',
}

/** What became of it, when nothing stopped it as a whole. */
export function outcomeText(request: RequestView): TextKey {
  const kind = kindOf(request)
  if (request.fault !== null && (kind !== 'sign' || request.done === 0)) {
    return kind === 'sign' ? 'requestDone.none' : 'requestDone.failed'
  }
  if (kind === 'certificate') return 'requestDone.certificate'
  if (kind === 'save') return 'requestDone.save'
  if (kind === 'load') return 'requestDone.load'
  if (request.done === 0) return 'requestDone.none'
  return request.done === request.total ? 'requestDone.all' : 'requestDone.some'
}

/** How many documents are behind it, those that failed included. */
export function passed({ done, failed, total }: RequestView): number {
  return Math.min(done + failed, total)
}

/** How many nobody has touched. */
export function skipped(request: RequestView): number {
  return request.total - passed(request)
}

/** The document that the next PIN is for, 1-based. */
export function nextNumber(request: RequestView): number {
  return Math.min(passed(request) + 1, request.total)
}

const longestName = 38

/** A name that somebody else has given, without what would turn its letters round or hide some (Unicode, UAX 9). */
export function plainName(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
}

/** A name that is too long for its line loses its middle, so that its beginning and its ending can both be read. */
export function shortName(name: string): string {
  const characters = [...plainName(name)]
  if (characters.length <= longestName) return characters.join('')
  const half = Math.floor((longestName - 1) / 2)
  return `${characters.slice(0, half).join('')}…${characters.slice(-half).join('')}`
}
