// `compulsa compose` on what an office has on its disk: pages that nothing can be made of are named, the others kept.

import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { program } from './cli.kit.ts'
import { drawSheet } from './sim/paper.ts'

const run = promisify(execFile)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-compose-'))
  const letter = await drawSheet({ seed: 5, kind: 'letter', resolution: 200 })
  const files = {
    'good.jpg': letter,
    'named.wrongly.png': letter,
    'error.jpg': Buffer.from('<!DOCTYPE html><html><body>503 Service Unavailable</body></html>'),
    'cut.jpg': letter.subarray(0, 40_000),
    'empty.jpg': Buffer.alloc(0),
    'huge.ppm': Buffer.from('P6\n20000 20000\n255\n'),
  }
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
})
afterAll(() => rm(folder, { recursive: true }))

async function compulsa(
  ...args: string[]
): Promise<{ readonly code: number; readonly stderr: string; readonly stdout: string }> {
  try {
    return { code: 0, ...(await run(process.execPath, [program, ...args], { cwd: folder })) }
  } catch (thrown) {
    return thrown as { code: number; stderr: string; stdout: string }
  }
}

async function pagesOf(file: string): Promise<number> {
  const { stdout } = await run('pdfinfo', [join(folder, file)])
  return Number(/^Pages:\s+(\d+)/m.exec(stdout)?.[1])
}

describe('compose', () => {
  it('names each image that nothing can be made of, and keeps the others', async () => {
    const images = ['good.jpg', 'error.jpg', 'cut.jpg', 'named.wrongly.png', 'huge.ppm', 'empty.jpg']
    const { code, stderr } = await compulsa('compose', ...images, '--out', 'all.pdf')
    expect(code).toBe(1)
    const lost =
      'error.jpg (IMAGE_UNREADABLE), cut.jpg (IMAGE_UNREADABLE), huge.ppm (IMAGE_TOO_LARGE), empty.jpg (IMAGE_UNREADABLE)'
    expect(stderr).toContain(`IMAGE_UNREADABLE: ${lost}; 2 pages are in all.partial.pdf`)
    expect(await readdir(folder)).not.toContain('all.pdf')
    expect(await pagesOf('all.partial.pdf')).toBe(2)
  })

  it('cleans a background only where it is told to', async () => {
    const plain = await compulsa('compose', 'good.jpg', '--out', 'plain.pdf')
    expect(plain.stdout).toContain('as scanned')
    const clean = await compulsa('compose', 'good.jpg', '--out', 'clean.pdf', '--clean')
    expect(clean.stdout).toContain('encoded anew')
    expect(clean.code).toBe(0)
  })
})
