// The scan step: sheet → image bytes as the scanner made them. Each page is stored and committed before the next is asked
// for; whatever ends the feeding, the pages before it stay.

import { resolutionFloor } from '../config/config.ts'
import type { Document, DocumentEvent } from '../document/document.ts'
import { asFault } from '../errors.ts'
import type { ScanEnd, ScannedPage, Scanner, ScannerInfo, ScanSettings } from '../ports.ts'
import type { Blobs, NewId } from './step.ts'

export interface ScanTools {
  readonly scanner: Scanner
  readonly blobs: Blobs
  readonly newId: NewId
  /** What is noted of the scanner. */
  readonly device?: Pick<ScannerInfo, 'id' | 'name' | 'driver'>
  /** Stop after so many images. */
  readonly maxImages?: number
}

/** Events of one feeding, `scanStarted` first and `scanEnded` or `scanFailed` last, also when `signal` stops it. */
export async function* scan(
  document: Document,
  deviceId: string,
  { scanner, blobs, newId, device, maxImages }: ScanTools,
  signal: AbortSignal,
): AsyncGenerator<DocumentEvent, void, void> {
  const settings = { ...settingsOf(document), ...(maxImages === undefined ? {} : { maxImages }) }
  if (settings.resolution < resolutionFloor) {
    yield {
      type: 'scanFailed',
      code: 'RESOLUTION_TOO_LOW',
      detail: `${settings.resolution} ppi asked, ${resolutionFloor} is the floor`,
    }
    return
  }
  yield { type: 'scanStarted', ...(device !== undefined && { device }) }
  const feeding = scanner.scan(deviceId, settings, signal)
  let stored = 0
  try {
    for (let fed = await feeding.next(); ; fed = await feeding.next()) {
      if (fed.done === true) {
        yield ending(fed.value, stored)
        return
      }
      yield await storePage(document.id, fed.value, { blobs, newId })
      stored += 1
    }
  } catch (thrown) {
    // The store may have failed while the scanner was well: its job must not stay open.
    await feeding.return({ end: 'limit' })
    yield signal.aborted ? { type: 'scanEnded', end: 'stopped' } : failure(thrown)
  }
}

function settingsOf({ order }: Document): ScanSettings {
  const { resolution, colour, paper, source, duplex } = order.digitisation
  return { resolution, colour, paper, source, duplex }
}

async function storePage(
  documentId: string,
  page: ScannedPage,
  { blobs, newId }: Pick<ScanTools, 'blobs' | 'newId'>,
): Promise<DocumentEvent> {
  const image = await blobs.write(documentId, page.image)
  const { mediaType, side, resolution, turn: fedTurn = 0 } = page
  return { type: 'pageStored', page: { id: newId(), image, mediaType, side, resolution, fedTurn } }
}

/** The scanner's own count is the proof that no image was lost between it and the store. */
function ending(end: ScanEnd, stored: number): DocumentEvent {
  if (end.end === 'fault') return { type: 'scanFailed', code: end.code, detail: end.detail }
  if (end.imagesCompleted !== undefined && end.imagesCompleted > stored) {
    const detail = `the scanner counts ${end.imagesCompleted} images, ${stored} arrived`
    return { type: 'scanFailed', code: 'SCANNER_FAILED', detail }
  }
  return { type: 'scanEnded', end: end.end }
}

function failure(thrown: unknown): DocumentEvent {
  const fault = asFault(thrown)
  return { type: 'scanFailed', code: fault.code, detail: fault.detail }
}
