// The one folder that pages may save files to and load files from, after the person has agreed: a stick, as a rule. Names only,
// no folders within it, nothing that is there is written over.

import { constants, type Dirent } from 'node:fs'
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PageFile } from '../afirma/page-desk.ts'
import { asFault, Fault } from '../errors.ts'

const maxListed = 500

/** Files of the folder with one of the extensions (without dot; all where there are none), by name. */
export async function listFiles(
  folder: string,
  extensions: readonly string[],
): Promise<readonly { readonly name: string; readonly bytes: number }[]> {
  const wanted = extensions.map(one => `.${one.replace(/^[.*]+/, '').toLowerCase()}`)
  const fits = ({ name }: Dirent) => wanted.length === 0 || wanted.some(one => name.toLowerCase().endsWith(one))
  const entries = (await attempt(readdir(folder, { withFileTypes: true }))).filter(one => one.isFile() && fits(one))
  const names = entries.map(({ name }) => name).filter(name => !name.startsWith('.'))
  names.sort((one, other) => one.localeCompare(other))
  const sizes = await attempt(Promise.all(names.slice(0, maxListed).map(name => stat(join(folder, name)))))
  return sizes.map(({ size }, index) => ({ name: names[index] ?? '', bytes: size }))
}

/** Throws FILE_UNREADABLE, MESSAGE_TOO_LARGE. */
export async function readChosenFile(folder: string, name: string, maxBytes: number): Promise<PageFile> {
  const file = await attempt(open(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW))
  try {
    const { size } = await file.stat()
    if (size > maxBytes) throw new Fault('MESSAGE_TOO_LARGE', `a file of more than ${maxBytes} bytes`)
    return { name, data: await attempt(file.readFile()) }
  } finally {
    await file.close()
  }
}

/** Under that name, or one with a number behind it. Durable when it resolves. Throws OUTPUT_UNWRITABLE. */
export async function saveFile(folder: string, name: string, data: Uint8Array): Promise<void> {
  for (let number = 0; number < maxListed; number += 1) {
    const path = join(folder, numbered(safeName(name), number))
    try {
      const file = await open(path, 'wx', 0o644)
      return await writeWhole(file, path, data)
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') continue
      throw new Fault('OUTPUT_UNWRITABLE', asFault(thrown).detail, { cause: thrown })
    }
  }
  throw new Fault('OUTPUT_UNWRITABLE', 'too many files of that name')
}

/** What could not be written whole is taken away again: it is nobody's file. */
async function writeWhole(file: FileHandle, path: string, data: Uint8Array): Promise<void> {
  try {
    await file.writeFile(data)
    await file.sync()
  } catch (thrown) {
    await rm(path, { force: true })
    throw thrown
  } finally {
    await file.close()
  }
}

/** A page's name for a file without what a file system or a person would stumble over. */
function safeName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? ''
  const clean = last.replace(/[\p{Cc}<>:"|?*]/gu, '_').replace(/^\.+/, '')
  return clean === '' ? 'document' : clean.slice(-120)
}

function numbered(name: string, number: number): string {
  if (number === 0) return name
  const dot = name.lastIndexOf('.')
  return dot > 0 ? `${name.slice(0, dot)} (${number})${name.slice(dot)}` : `${name} (${number})`
}

async function attempt<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown
    throw new Fault('FILE_UNREADABLE', asFault(thrown).detail, { cause: thrown })
  }
}
