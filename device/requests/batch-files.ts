// Documents that a batch refers to by a path, below the folders that the configuration names and nowhere else. What is judged
// is the very file that is read: it is held first, without opening it for anything, then looked at, and only then opened, so
// that no link that is laid in between leads elsewhere.

import { type FileHandle, open, readlink, realpath } from 'node:fs/promises'
import { basename, isAbsolute, join, relative, sep } from 'node:path'
import { Fault } from '../errors.ts'
import { type OpenFile, openFile } from '../verbs/scratch.ts'

/** Linux's O_PATH, open(2): a descriptor of the place alone, which wakes no device and waits for no pipe. */
const holdOnly = 0o10000000
const maxPathLength = 4096
/** A path is a foreign text: as much of it is told as names it. */
const maxToldLength = 200

export interface ReferencedFile {
  readonly file: OpenFile
  /** What a person knows it by: its name without folders. */
  readonly name: string
}

/**
 * Opens the file that a reference names. `path` is
 * - a `file:` URL or an absolute path: the file has to lie below one of the folders;
 * - a path of Windows (`C:/pruebas/a.pdf`, `\\server\a.pdf`): such folders are not here, so that only the file's name counts,
 *   which is looked up in each of the folders, as AutoFirma's FileSystemDocumentManager looks up names in its own;
 * - anything else: a name, or a path without `..`, which is looked up below each of the folders.
 *
 * Links are followed as long as they lead to a file below the same folder. Throws REFERENCE_REFUSED for what leads out of the folders or is no regular file, REFERENCE_UNAVAILABLE for what is not
 * there, cannot be read or is empty, BATCH_TOO_LARGE for more than `maxBytes`.
 */
export async function openReferencedFile(
  path: string,
  folders: readonly string[],
  { maxBytes }: { readonly maxBytes: number },
): Promise<ReferencedFile> {
  const told = JSON.stringify(path.slice(0, maxToldLength))
  const refused = (why: string) => new Fault('REFERENCE_REFUSED', `${told} ${why}`)
  const wanted = path.length > maxPathLength ? undefined : placeOf(path)
  if (wanted === undefined) throw refused('is no path that is followed')
  const places = folders.map(folder => ({ folder, place: isAbsolute(wanted) ? wanted : join(folder, wanted) }))
  const below = places.filter(({ folder, place }) => isBelow(folder, place))
  if (below.length === 0) throw refused('is not below any folder of batches.folders')
  for (const { folder, place } of below) {
    const held = await hold(place, told)
    if (held === undefined) continue
    await using _closed = { [Symbol.asyncDispose]: () => held.close() }
    const self = `/proc/self/fd/${held.fd}`
    const stats = await held.stat()
    if (!stats.isFile()) throw refused('is no regular file')
    const real = await readlink(self)
    if (!isBelow(await realpath(folder), real)) throw refused('leads out of its folder')
    if (/^\/(proc|sys|dev)\//.test(real)) throw refused('is no document')
    if (stats.size > maxBytes) {
      throw new Fault('BATCH_TOO_LARGE', `${told} has over ${maxBytes} bytes, batches.maxDocumentMegabytes`)
    }
    if (stats.size === 0) throw new Fault('REFERENCE_UNAVAILABLE', `${told} is empty`)
    return { file: await openHeld(self, told), name: basename(wanted) }
  }
  throw new Fault('REFERENCE_UNAVAILABLE', `${told} is not there`)
}

/** An absolute path, or one below a folder; undefined for what is neither. */
function placeOf(text: string): string | undefined {
  const path = /^file:/i.test(text) ? pathOfUrl(text) : text
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a path has none
  if (path === undefined || /[\x00-\x1f\x7f]/.test(path)) return undefined
  const own = /^(\/?[A-Za-z]:|\\)/.test(path) ? path.replace(/^.*[\\/:]/, '') : path
  const parts = own.split('/')
  return parts.includes('..') || ['', '.'].includes(parts.at(-1) ?? '') ? undefined : own
}

/** As RFC 8089 writes it; undefined for a file of another host and for a broken encoding. Not by URL, which takes out `..`. */
function pathOfUrl(text: string): string | undefined {
  const encoded = /^file:(?:\/\/(?:localhost)?)?(\/[^?#]*)$/i.exec(text)?.[1]
  if (encoded === undefined || /%(2f|5c)/i.test(encoded)) return undefined
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

function isBelow(folder: string, path: string): boolean {
  return relative(folder, path).split(sep)[0] !== '..'
}

async function hold(place: string, told: string): Promise<FileHandle | undefined> {
  try {
    return await open(place, holdOnly)
  } catch (thrown) {
    const code = codeOf(thrown)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new Fault('REFERENCE_UNAVAILABLE', `${told} cannot be opened (${code})`, { cause: thrown })
  }
}

/** The held file itself, wherever its name may lead by now. */
async function openHeld(self: string, told: string): Promise<OpenFile> {
  try {
    return await openFile(self)
  } catch (thrown) {
    throw new Fault('REFERENCE_UNAVAILABLE', `${told} cannot be opened (${codeOf(thrown)})`, { cause: thrown })
  }
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown)
}

/** The bytes of a file that a reference names. Throws as `openReferencedFile`, and REFERENCE_UNAVAILABLE where reading fails. */
export async function readReferencedFile(
  path: string,
  folders: readonly string[],
  maxBytes: number,
): Promise<Uint8Array> {
  const { file } = await openReferencedFile(path, folders, { maxBytes })
  try {
    return await file.read(0, file.size)
  } catch (thrown) {
    throw new Fault('REFERENCE_UNAVAILABLE', 'the document could not be read to its end', { cause: thrown })
  } finally {
    await file.close()
  }
}
