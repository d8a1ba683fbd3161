// A data folder in which sealed copies wait to be delivered, as many as a test or a measurement wants: each with its own key, its
// own encrypted file and its own row, written by the store itself.

import type { Config } from '../device/config/config.ts'
import { orderOf } from '../device/desk.ts'
import { openDocument } from '../device/document/document.ts'
import { storedShape } from '../device/document/shape.ts'
import { newIdFrom, systemRandom } from '../device/host.ts'
import type { Clock } from '../device/ports.ts'
import { wakeAt } from '../device/queue.ts'
import { openStore } from '../device/store/store.ts'
import { createTurns } from '../device/turns.ts'
import { moved, pagePrepared } from './11.document.kit.ts'

/** What its destinations must have got of a copy: once each. */
export interface QueuedCopy {
  readonly id: string
  readonly procedureId: string
  /** By destination. */
  readonly keys: Readonly<Record<string, string>>
  readonly sha256: string
}

export interface QueuedCopies {
  readonly config: Config
  readonly dataFolder: string
  readonly deviceKeyFile: string
  readonly clock: Clock
  /** How many by which procedure, whose copies a seal signs. */
  readonly copies: Readonly<Record<string, number>>
  /** Of each copy. */
  readonly bytes: number
}

/** The disk syncs several files at once. */
const atOnce = 16

/** Writes them, of all procedures in turns; nothing else may have the folder open. */
export async function queueCopies({
  config,
  dataFolder,
  deviceKeyFile,
  clock,
  ...wanted
}: QueuedCopies): Promise<readonly QueuedCopy[]> {
  using store = openedStore({
    folder: dataFolder,
    deviceKeyFile,
    clock,
    random: systemRandom,
    createKeyIfMissing: true,
  })
  const turns = createTurns(() => atOnce)
  const longest = Math.max(...Object.values(wanted.copies))
  const procedures = Array.from({ length: longest }, (_, i) =>
    Object.keys(wanted.copies).filter(one => i < (wanted.copies[one] ?? 0)),
  ).flat()
  return await Promise.all(procedures.map((one, number) => turns(() => queueCopy(one, number))))

  async function queueCopy(procedureId: string, number: number): Promise<QueuedCopy> {
    const id = newIdFrom(systemRandom)
    const at = new Date(clock.now()).toISOString()
    const order = orderOf(config, procedureId, 'ca')
    store.create(id)
    const copy = await store.blobs.write(id, copyOf(number, wanted.bytes))
    const deliveryKeys = order.destinations.map(() => newIdFrom(systemRandom))
    const page = { id: 'p', image: copy, mediaType: 'image/jpeg', side: 'front', resolution: 300, fedTurn: 0 } as const
    const document = moved(
      openDocument({ id, reference: `Q-${number}`, language: 'ca', order, csv: null, at }),
      { type: 'scanStarted' },
      { type: 'pageStored', page },
      { type: 'scanEnded', end: 'empty' },
      pagePrepared('p'),
      { type: 'approved', sourceNature: 'original' },
      { type: 'composed', copy, deliveryKeys },
      { type: 'sealed', copy, signer: 'Segell (sample)' },
    )
    store.commit(
      { id, version: 1, stage: document.stage.name, wakeAt: wakeAt(document), body: storedShape(document) },
      { event: 'documentOpened', details: { mode: 'seal' } },
    )
    const keys = Object.fromEntries(order.destinations.map((one, i) => [one, deliveryKeys[i] ?? '']))
    return { id, procedureId, keys, sha256: copy.sha256 }
  }
}

function openedStore(options: Parameters<typeof openStore>[0] & { readonly readOnly?: false }) {
  const store = openStore(options)
  return { ...store, [Symbol.dispose]: () => store.close() }
}

/** What passes for a PDF, another one for each number. */
async function* copyOf(number: number, bytes: number): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from(`%PDF-1.7\n% copy ${number}\n`.padEnd(64))
  yield Buffer.alloc(bytes - 64, 'page ')
}
