// References of a batch to local files: read below the configured folders, by every spelling that means a file there, and
// refused everywhere else, whatever link, device or encoding is tried.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openReferencedFile } from '../device/requests/batch-files.ts'
import { faultOf } from './94.hosts.kit.ts'

const limit = { maxBytes: 1_000 }

/** `in/` and `more/` are configured, `out/` is not; each holds files that tell where they lie. */
function folders() {
  const root = mkdtempSync(join(tmpdir(), 'compulsa-batch-files-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const name of ['in', 'in/sub', 'more', 'out']) mkdirSync(join(root, name))
  const files = [
    'in/a.pdf',
    'in/sub/b.pdf',
    'more/a.pdf',
    'more/c d.pdf',
    'more/..e.pdf',
    'more/100%.pdf',
    'out/secret',
  ]
  for (const name of files) writeFileSync(join(root, name), `this is ${name}`)
  return { root, configured: [join(root, 'in'), join(root, 'more')] }
}

async function read(path: string, configured: readonly string[]) {
  const { file, name } = await openReferencedFile(path, configured, limit)
  await using _closed = { [Symbol.asyncDispose]: () => file.close() }
  return `${name}: ${Buffer.from(await file.read(0, file.size))}`
}

describe('a reference to a file below a folder', () => {
  it.each([
    ['ROOT/in/a.pdf', 'a.pdf: this is in/a.pdf'],
    ['ROOT/in/sub/b.pdf', 'b.pdf: this is in/sub/b.pdf'],
    ['ROOT/more/a.pdf', 'a.pdf: this is more/a.pdf'],
    ['ROOT/in//sub/./b.pdf', 'b.pdf: this is in/sub/b.pdf'],
    ['ROOT/more/..e.pdf', '..e.pdf: this is more/..e.pdf'],
    ['ROOT/more/100%.pdf', '100%.pdf: this is more/100%.pdf'],
    ['file://ROOT/more/c%20d.pdf', 'c d.pdf: this is more/c d.pdf'],
    ['FILE://localhostROOT/in/a.pdf', 'a.pdf: this is in/a.pdf'],
    ['file:ROOT/in/a.pdf', 'a.pdf: this is in/a.pdf'],
    ['a.pdf', 'a.pdf: this is in/a.pdf'],
    ['c d.pdf', 'c d.pdf: this is more/c d.pdf'],
    ['sub/b.pdf', 'b.pdf: this is in/sub/b.pdf'],
    ['C:/pruebas/a.pdf', 'a.pdf: this is in/a.pdf'],
    ['C:\\pruebas\\c d.pdf', 'c d.pdf: this is more/c d.pdf'],
    ['c:a.pdf', 'a.pdf: this is in/a.pdf'],
    ['\\\\server\\share\\a.pdf', 'a.pdf: this is in/a.pdf'],
    ['file:///C:/pruebas/a.pdf', 'a.pdf: this is in/a.pdf'],
  ])('%s is read', async (path, expected) => {
    const { root, configured } = folders()
    expect(await read(path.replace('ROOT', root), configured)).toBe(expected)
  })

  it('runs with the path of the documented sample', async () => {
    const { root, configured } = folders()
    writeFileSync(join(root, 'more/test_fichero1.pdf'), '%PDF')
    const path = Buffer.from('QzovcHJ1ZWJhcy90ZXN0X2ZpY2hlcm8xLnBkZg==', 'base64').toString()
    expect(await read(path, configured)).toBe('test_fichero1.pdf: %PDF')
  })

  it('may lie behind links that stay in the folder, and in a folder that is a link itself', async () => {
    const { root, configured } = folders()
    symlinkSync('sub', join(root, 'in/alias'))
    symlinkSync('alias/b.pdf', join(root, 'in/other.pdf'))
    expect(await read('other.pdf', configured)).toBe('other.pdf: this is in/sub/b.pdf')
    expect(await read(join(root, 'in/alias/b.pdf'), configured)).toBe('b.pdf: this is in/sub/b.pdf')
    symlinkSync('in', join(root, 'linked'))
    expect(await read(join(root, 'linked/a.pdf'), [join(root, 'linked')])).toBe('a.pdf: this is in/a.pdf')
    expect(await read('a.pdf', [`${root}/linked/`])).toBe('a.pdf: this is in/a.pdf')
  })

  it('is looked up in one folder after the other', async () => {
    const { root, configured } = folders()
    mkdirSync(join(root, 'more/b'))
    writeFileSync(join(root, 'in/b'), 'no folder')
    writeFileSync(join(root, 'more/b/x.pdf'), 'found')
    expect(await read('b/x.pdf', configured)).toBe('x.pdf: found')
  })

  it('is the file that was judged, however fast another takes its name', async () => {
    const { root, configured } = folders()
    const swap = `const { linkSync, renameSync, symlinkSync } = require('node:fs')
      const root = ${JSON.stringify(root)}
      for (let n = 0; ; n += 1) {
        symlinkSync('../out/secret', root + '/in/l' + n)
        renameSync(root + '/in/l' + n, root + '/in/a.pdf')
        linkSync(root + '/more/a.pdf', root + '/in/f' + n)
        renameSync(root + '/in/f' + n, root + '/in/a.pdf')
      }`
    const swapping = new Worker(swap, { eval: true })
    await once(swapping, 'online')
    const seen = new Set<string>()
    // On a busy machine the other one may not get its turn for a while.
    for (let n = 0; n < 2_000 || (n < 200_000 && !seen.has('REFUSED')); n += 1) {
      const text = await read('a.pdf', configured).catch(thrown => String(thrown))
      seen.add(/secret|REFUSED/.exec(text)?.[0] ?? text)
    }
    await swapping.terminate()
    expect(seen).not.toContain('secret')
    expect(seen).toContain('REFUSED')
  })
})

describe('REFERENCE_REFUSED', () => {
  it.each([
    'ROOT/out/secret',
    'ROOT/in/../out/secret',
    'ROOT/in/sub/../a.pdf',
    'file://ROOT/in/../out/secret',
    'file://ROOT/in/%2e%2e/out/secret',
    'file://ROOT/in/%2E./out/secret',
    'file://ROOT/in/..%2fout/secret',
    'file://ROOT/in/sub%5cb.pdf',
    'file://ROOT/in/%ff.pdf',
    'file://ROOT/in/a.pdf?x',
    'file://server.exampleROOT/in/a.pdf',
    'file:////server/in/a.pdf',
    '../out/secret',
    'sub/../../out/secret',
    'C:/pruebas/..',
    'C:\\..\\..',
    'C:/',
    '\\',
    '..',
    '.',
    '',
    'in/',
    'ROOT/in',
    'ROOT/in/',
    'ROOT/in/a.pdf\0.png',
    'a.pdf\n',
    '/etc/passwd',
    '/proc/self/environ',
    '/dev/stdin',
    'ROOT/interior/a.pdf',
    'ROOT/in/sub',
    `${'x'.repeat(5_000)}.pdf`,
  ])('for %j', async path => {
    const { root, configured } = folders()
    mkdirSync(join(root, 'interior'))
    writeFileSync(join(root, 'interior/a.pdf'), 'beside')
    const told = await faultOf(read(path.replace('ROOT', root), configured))
    expect(told).toMatch(/^REFERENCE_REFUSED /)
    expect(told.length).toBeLessThan(300)
  })

  it('for links out of the folder, at the end and on the way', async () => {
    const { root, configured } = folders()
    symlinkSync('../out/secret', join(root, 'in/link.pdf'))
    symlinkSync('../out', join(root, 'in/way'))
    symlinkSync('/dev', join(root, 'in/dev'))
    for (const path of ['link.pdf', join(root, 'in/link.pdf'), join(root, 'in/way/secret'), 'way/secret', 'dev/zero']) {
      expect(await faultOf(read(path, configured)), path).toMatch(/^REFERENCE_REFUSED /)
    }
    expect(await faultOf(read('way/secret', configured))).not.toContain('out/')
  })

  it('for pipes, sockets and devices, without waiting for anybody', async () => {
    const { root, configured } = folders()
    execFileSync('mkfifo', [join(root, 'in/pipe.pdf')])
    const server = createServer().listen(join(root, 'in/socket.pdf'))
    onTestFinished(() => {
      server.close()
    })
    for (const name of ['pipe.pdf', 'socket.pdf']) {
      expect(await faultOf(read(name, configured)), name).toMatch(/^REFERENCE_REFUSED .*regular/)
    }
    expect(await faultOf(read('/dev/zero', ['/dev']))).toMatch(/^REFERENCE_REFUSED .*regular/)
  })

  it('for what the kernel only pretends to be a file, even where a folder holds everything', async () => {
    expect(await faultOf(read('/proc/self/environ', ['/']))).toMatch(/^REFERENCE_REFUSED .*no document/)
  })

  it('for everything where no folder is configured', async () => {
    const { root } = folders()
    expect(await faultOf(read(join(root, 'in/a.pdf'), []))).toMatch(/^REFERENCE_REFUSED /)
    expect(await faultOf(read('a.pdf', []))).toMatch(/^REFERENCE_REFUSED /)
  })
})

describe('a file that cannot be had', () => {
  it.each(['ROOT/in/none.pdf', 'none.pdf', 'D:/none.pdf', 'ROOT/in/a.pdf/x', `${'x'.repeat(300)}.pdf`])(
    '%s is REFERENCE_UNAVAILABLE',
    async path => {
      const { root, configured } = folders()
      expect(await faultOf(read(path.replace('ROOT', root), configured))).toMatch(/^REFERENCE_UNAVAILABLE /)
    },
  )

  it('an empty one is REFERENCE_UNAVAILABLE, a folder that is not there holds none', async () => {
    const { root, configured } = folders()
    writeFileSync(join(root, 'in/empty.pdf'), '')
    expect(await faultOf(read('empty.pdf', configured))).toMatch(/^REFERENCE_UNAVAILABLE .*empty/)
    expect(await faultOf(read('a.pdf', [join(root, 'gone')]))).toMatch(/^REFERENCE_UNAVAILABLE /)
  })

  it('one over the limit is BATCH_TOO_LARGE, one of the limit is read', async () => {
    const { root, configured } = folders()
    linkSync(join(root, 'in/a.pdf'), join(root, 'in/large.pdf'))
    truncateSync(join(root, 'in/large.pdf'), 1_000)
    expect(await faultOf(read('large.pdf', configured))).toBe('done')
    truncateSync(join(root, 'in/large.pdf'), 1_001)
    expect(await faultOf(read('large.pdf', configured))).toMatch(/^BATCH_TOO_LARGE .*1000/)
  })
})
