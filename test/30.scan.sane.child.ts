// A scan into a folder that has no room for its first page, told as JSON. It runs in a mount namespace of its own, where
// that folder is a small tmpfs: node 30.scan.sane.child.ts FOLDER SANE_CONFIG_DIR LD_LIBRARY_PATH

import { readdirSync, writeSync } from 'node:fs'
import { asFault } from '../device/errors.ts'
import { readAll } from '../drivers/http-body.ts'
import { createSaneScanner } from '../drivers/scanner/sane.ts'
import { sheetSettings } from './30.scan.setup.ts'

const [scratchFolder = '', SANE_CONFIG_DIR = '', LD_LIBRARY_PATH = ''] = process.argv.slice(2)
const scanner = createSaneScanner({
  id: 'feeder',
  device: 'feeder:sim:1',
  scratchFolder,
  environment: { SANE_CONFIG_DIR, LD_LIBRARY_PATH },
})

/** How a scan ended, whichever way: a code that was thrown or a code that was told. */
async function scan(resolution: number): Promise<void> {
  let pages = 0
  let code = ''
  try {
    const scanning = scanner.scan({ ...sheetSettings, resolution }, new AbortController().signal)
    for (;;) {
      const next = await scanning.next()
      if (next.done === true) {
        code = `told ${next.value.end === 'fault' ? next.value.code : next.value.end}`
        break
      }
      pages += (await readAll(next.value.image)).length > 0 ? 1 : 0
    }
  } catch (thrown) {
    code = `thrown ${asFault(thrown).code}`
  }
  writeSync(1, `${JSON.stringify({ pages, code, left: readdirSync(scratchFolder) })}\n`)
}

// 2.9 MB a page, then 0.7 MB a page.
await scan(100)
await scan(50)
