// A number counts only for a result that is right: the file has all its pages and is validly signed. Poppler judges both
// sides.

import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The size of a signed copy in bytes; throws when it is not what was asked for. */
export async function judge(file: string, pages: number): Promise<number> {
  const { stdout: info } = await run('pdfinfo', [file])
  const found = Number(/^Pages:\s+(\d+)/m.exec(info)?.[1])
  if (found !== pages) throw new Error(`${file} has ${found} pages instead of ${pages}`)
  const { stdout: report } = await run('pdfsig', ['-nocert', file])
  if (!report.includes('Signature is Valid')) throw new Error(`${file} is not validly signed: ${report}`)
  return (await stat(file)).size
}
