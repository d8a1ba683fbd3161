// Programs that make one PDF of many page images: ours, those of other people that straighten too, and img2pdf alone,
// which does not, as the floor. Each gets the same files and leaves one file.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type RunPlace, runMeasured, type Use } from './measured.ts'

export interface PageProgram {
  readonly name: string
  /** What must be installed. */
  readonly program: string
  readonly straightens: boolean
  /** `files` into `out`, in an empty folder. */
  run(files: readonly string[], out: string, place: RunPlace): Promise<Use>
}

const compulsa = new URL('../../device/cli.ts', import.meta.url).pathname
/** Debian's own, before anything of that name elsewhere. */
const convert = '/usr/bin/convert'

const shell = (script: string, files: readonly string[], out: string, place: RunPlace) =>
  runMeasured('bash', ['-euo', 'pipefail', '-c', `out=$1; shift; ${script}`, 'bash', out, ...files], place)

/** In the order in which they are told of. */
export const pagePrograms: readonly PageProgram[] = [
  {
    name: 'compulsa compose',
    program: compulsa,
    straightens: true,
    run: (files, out, place) => runMeasured(compulsa, ['compose', ...files, '--out', out], place),
  },
  {
    name: 'img2pdf, then ocrmypdf --deskew, OCR off, PDF/A',
    program: '/usr/bin/ocrmypdf',
    straightens: true,
    run: (files, out, place) =>
      shell(
        'img2pdf --output in.pdf "$@" && ocrmypdf --quiet --deskew --tesseract-timeout 0 --output-type pdfa in.pdf "$out"',
        files,
        out,
        place,
      ),
  },
  {
    name: 'unpaper (which reads no JPEG of YCbCr: ImageMagick before it), then img2pdf',
    program: '/usr/bin/unpaper',
    straightens: true,
    run: (files, out, place) =>
      shell(
        `for f in "$@"; do b=$(basename "$f" .jpg); ${convert} "$f" "$b.pnm"; unpaper --quiet "$b.pnm" "$b.ppm"; rm "$b.pnm"; done; img2pdf --output "$out" *.ppm`,
        files,
        out,
        place,
      ),
  },
  {
    name: 'ImageMagick -deskew 40%, then img2pdf',
    program: convert,
    straightens: true,
    run: (files, out, place) =>
      shell(
        `for f in "$@"; do ${convert} "$f" -deskew 40% "$(basename "$f")"; done; img2pdf --output "$out" *.jpg`,
        files,
        out,
        place,
      ),
  },
  {
    name: 'img2pdf alone, nothing straightened',
    program: '/usr/bin/img2pdf',
    straightens: false,
    run: (files, out, place) => runMeasured('img2pdf', ['--output', out, ...files], place),
  },
]

export function isThere({ program }: PageProgram): boolean {
  return existsSync(program)
}

/** The file that a run left. */
export function outcome(folder: string): string {
  return join(folder, 'out.pdf')
}
