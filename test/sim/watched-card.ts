// A card that can be taken out of its reader while a signature is being made, and whose every signature is written down:
// watched-card.c built with the system's compiler, in front of SoftHSM.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../drivers/exec.ts'

const source = new URL('watched-card.c', import.meta.url).pathname
const headers = new URL('../../node_modules/pkcs11js/includes', import.meta.url).pathname

export interface WatchedCard {
  readonly modulePath: string
  readonly environment: { readonly WATCHED_CARD: string }
  /** Nothing is in the reader any more. */
  pull(): void
  /** After so many more signatures, in the middle of the next one. */
  pullAfter(signatures: number): void
  /** The card of that label; all there are where none is named. */
  insert(label?: string): void
  /** How long each signature takes; 0: no longer than it does. */
  slow(ms: number): void
  /** What was signed, one entry for each signature that the card has made. */
  signatures(): readonly string[]
}

/** In a folder of its own, which is made. */
export async function createWatchedCard(folder: string): Promise<WatchedCard> {
  mkdirSync(folder, { recursive: true })
  const modulePath = join(folder, 'watched-card.so')
  const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O1', '-shared', '-fPIC', `-I${headers}`]
  const { exit, stderr } = await run('gcc', [...flags, '-o', modulePath, source, '-ldl'])
  if (exit.end !== 'exited' || exit.code !== 0) throw new Error(`gcc: ${stderr}`)
  const file = (name: string) => join(folder, name)
  const signatures = () =>
    existsSync(file('signatures')) ? readFileSync(file('signatures'), 'latin1').split('\n').slice(0, -1) : []
  return Object.freeze({
    modulePath,
    environment: { WATCHED_CARD: folder },
    pull: () => writeFileSync(file('inserted'), ''),
    pullAfter: (more: number) => writeFileSync(file('out-after'), String(signatures().length + more)),
    insert: (label?: string) => {
      if (label === undefined) rmSync(file('inserted'), { force: true })
      else writeFileSync(file('inserted'), label)
    },
    slow: (ms: number) => writeFileSync(file('slow'), String(ms)),
    signatures,
  })
}
