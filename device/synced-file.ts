// A file that only grows: what is appended is synced before it is acknowledged, and all that comes while the disk is at work
// goes by the next sync together.

export interface SyncedFile {
  /**
   * Appends the pieces, one behind the other and behind all that was appended before. Resolves with where they begin, once
   * they are durable. The pieces are not copied. Throws what the file system throws, and from then on always: behind what
   * was half written nothing would be found again.
   */
  append(pieces: readonly Uint8Array[]): Promise<number>
}

/** As far as a file of `node:fs/promises` is needed. */
export interface AppendableFile {
  writev(pieces: readonly Uint8Array[]): Promise<{ readonly bytesWritten: number }>
  appendFile(bytes: Uint8Array): Promise<void>
  datasync(): Promise<void>
}

interface Waiting {
  readonly pieces: readonly Uint8Array[]
  readonly written: PromiseWithResolvers<number>
}

/** `file` is open for appending and has `size` bytes. */
export function createSyncedFile(file: AppendableFile, size: number): SyncedFile {
  let end = size
  let waiting: Waiting[] = []
  let isWriting = false
  let broken: { readonly why: unknown } | undefined
  const write = async (group: readonly Waiting[]) => {
    if (broken !== undefined) throw broken.why
    const whole = group.flatMap(({ pieces }) => pieces)
    await writeWhole(file, whole)
    await file.datasync()
    for (const { pieces, written } of group) {
      written.resolve(end)
      end += lengthOf(pieces)
    }
  }
  const writeAll = async () => {
    isWriting = true
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      try {
        await write(group)
      } catch (why) {
        broken ??= { why }
        for (const { written } of group) written.reject(why)
      }
    }
    isWriting = false
  }
  return Object.freeze({
    append(pieces: readonly Uint8Array[]): Promise<number> {
      const written = Promise.withResolvers<number>()
      waiting.push({ pieces, written })
      if (!isWriting) void writeAll()
      return written.promise
    },
  })
}

/** One call may write less than all, as on a disk that is full: the next one tells why. */
async function writeWhole(file: AppendableFile, pieces: readonly Uint8Array[]): Promise<void> {
  const { bytesWritten } = await file.writev(pieces)
  if (bytesWritten < lengthOf(pieces)) await file.appendFile(Buffer.concat(pieces).subarray(bytesWritten))
}

/** Bytes of all together. */
export function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((total, piece) => total + piece.length, 0)
}
