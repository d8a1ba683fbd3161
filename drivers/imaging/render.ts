// A stored page image rendered as its reader sees it, in its colours, for programs that read what is on it. Bounded as
// everything that decodes foreign images; hosted by the text worker, so that pages are prepared meanwhile.

import { Fault } from '../../device/errors.ts'
import type { PagePixels } from '../../device/image/straighten.ts'
import { viewOf } from '../../device/image/view.ts'
import type { ByteStream, PageView } from '../../device/ports.ts'
import { readBounded } from './bounded.ts'
import { openImage } from './libvips.ts'
import { defaultMaxPixels } from './sharp.ts'
import { wrapG4Strip } from './tiff-wrap.ts'

/** More than the pages step lets an encoded image have. */
const maxStoredBytes = 128 << 20

/**
 * A binary PGM or PPM, header and pixels; of an image finer than `finestResolution`, whole squares of pixels become one
 * until it is not. Throws IMAGE_UNREADABLE (also where the image differs from what the view says), IMAGE_TOO_LARGE, or the
 * signal's reason.
 */
export async function renderPage(
  image: ByteStream,
  view: PageView & { readonly resolution: number; readonly finestResolution: number },
  signal?: AbortSignal,
): Promise<{ readonly width: number; readonly height: number; readonly pnm: readonly Uint8Array[] }> {
  const stored = await readBounded(image, maxStoredBytes, signal)
  const { encoding, width, height, frame, resolution, finestResolution } = view
  if (frame.width * frame.height > defaultMaxPixels) {
    throw new Fault(
      'IMAGE_TOO_LARGE',
      `a frame of ${frame.width} × ${frame.height} pixels; the most is ${defaultMaxPixels}`,
    )
  }
  const decodable = encoding === 'ccitt-g4' ? wrapG4Strip(stored, width, height) : stored
  const page = await (await openImage(decodable, defaultMaxPixels)).pixels()
  signal?.throwIfAborted()
  if (page.width !== width || page.height !== height) {
    throw new Fault('IMAGE_UNREADABLE', `an image of ${page.width} × ${page.height} for one of ${width} × ${height}`)
  }
  const shown = show(page, view, Math.max(1, Math.ceil(resolution / finestResolution)))
  const kind = shown.channels === 1 ? 'P5' : 'P6'
  const header = Buffer.from(`${kind}\n${shown.width} ${shown.height}\n255\n`, 'latin1')
  return { width: shown.width, height: shown.height, pnm: [header, shown.pixels] }
}

function show(page: PagePixels, view: PageView, reduction: number): PagePixels {
  try {
    return viewOf(page, { ...view, reduction })
  } catch (thrown) {
    if (thrown instanceof RangeError) throw new Fault('IMAGE_UNREADABLE', thrown.message, { cause: thrown })
    throw thrown
  }
}
