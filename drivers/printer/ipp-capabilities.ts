// What a printer can do, by its attributes (RFC 8011, 5.4; PWG 5100.14), and the form in which it gets a document: as the PDF
// that it is, or as pages drawn here where it takes no PDF.

import type { PrintForm } from '../../device/ports.ts'
import { oneLine } from '../local-devices.ts'
import { type IppAttributes, numbersIn, operations, resolutionsIn, stringsIn } from './ipp-message.ts'

export interface IppCapabilities {
  readonly name: string
  readonly uuid: string | undefined
  readonly form: PrintForm | null
  /** Whether a job is numbered before its document goes, so that nothing about it is left to guess. */
  readonly createsJobs: boolean
  readonly validates: boolean
  /** The keyword for A4, where the printer knows it. */
  readonly media: string | undefined
  readonly fitsPages: boolean
}

/** What is asked for; the state goes with it. */
export const printerAttributes = [
  'printer-make-and-model',
  'printer-info',
  'printer-uuid',
  'printer-state',
  'printer-state-reasons',
  'printer-is-accepting-jobs',
  'operations-supported',
  'document-format-supported',
  'pwg-raster-document-resolution-supported',
  'pwg-raster-document-type-supported',
  'media-supported',
  'print-scaling-supported',
] as const

const dotsPerInch = 3
/** Drawn finer than the first a page of text gains little, coarser than the second it is no longer good to read. */
const wantedPpi = 300
const leastPpi = 200
const mostPpi = 600
const a4 = 'iso_a4_210x297mm'

export function capabilitiesIn(attributes: IppAttributes): IppCapabilities {
  const known = numbersIn(attributes, 'operations-supported')
  const can = (...wanted: readonly number[]) => wanted.every(one => known.includes(one))
  const [name] = [...stringsIn(attributes, 'printer-make-and-model'), ...stringsIn(attributes, 'printer-info')]
  const [uuid] = stringsIn(attributes, 'printer-uuid')
  return {
    name: oneLine(name ?? 'printer'),
    uuid: uuid === undefined || uuid === '' ? undefined : oneLine(uuid),
    form: formIn(attributes),
    createsJobs: can(operations.createJob, operations.sendDocument),
    validates: can(operations.validateJob),
    media: stringsIn(attributes, 'media-supported').find(one => one === a4),
    fitsPages: stringsIn(attributes, 'print-scaling-supported').includes('auto-fit'),
  }
}

function formIn(attributes: IppAttributes): PrintForm | null {
  const taken = stringsIn(attributes, 'document-format-supported').map(one => one.toLowerCase())
  if (taken.includes('application/pdf')) return { mediaType: 'application/pdf' }
  const raster = taken.includes('image/pwg-raster') ? rasterIn(attributes) : null
  if (raster !== null) return raster
  return taken.includes('image/jpeg') ? { mediaType: 'image/jpeg', resolution: wantedPpi } : null
}

function rasterIn(attributes: IppAttributes): PrintForm | null {
  const types = stringsIn(attributes, 'pwg-raster-document-type-supported')
  const colour = types.includes('sgray_8') ? 'gray' : types.includes('srgb_8') ? 'rgb' : null
  const offered = resolutionsIn(attributes, 'pwg-raster-document-resolution-supported')
    .filter(({ x, y, units }) => units === dotsPerInch && x === y && x >= leastPpi && x <= mostPpi)
    .map(({ x }) => x)
  const [resolution] = offered.toSorted((one, other) => Math.abs(one - wantedPpi) - Math.abs(other - wantedPpi))
  return colour === null || resolution === undefined ? null : { mediaType: 'image/pwg-raster', resolution, colour }
}
