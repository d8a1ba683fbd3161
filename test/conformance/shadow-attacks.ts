// The shadow attacks that their discoverers published (RUB, "Shadow Attacks", NDS 2021), held against our verifier: every
// manipulated file is refused, every file as its signer left it is not, and the originals, once we have signed them, neither.
// Trust is no matter here; what is judged is whether what was signed is what is shown.

import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { randomAccessOf } from '../../device/bytes.ts'
import { Fault } from '../../device/errors.ts'
import { openPdf } from '../../device/pdf/document.ts'
import { createDraft } from '../../device/pdf/draft.ts'
import { judgeRevisions } from '../../device/pdf/judge-revisions.ts'
import { fillContents } from '../../device/pdf/signature-dictionary.ts'
import { prepareSignature } from '../../device/pdf/signature-field.ts'
import { listSignatures } from '../../device/pdf/signatures.ts'

export interface ShadowAttackRow {
  /** Below the folder. */
  readonly file: string
  readonly meant: 'refused' | 'accepted'
  readonly found: 'refused' | 'accepted'
  /** The first reason for a refusal; empty for none. */
  readonly reason: string
}

/** One row for every PDF below `folder`; a row whose `found` is not what was `meant` is a failure. */
export async function runShadowAttacks(folder: string): Promise<readonly ShadowAttackRow[]> {
  const names = await readdir(folder, { recursive: true })
  const files = names.filter(name => name.endsWith('.pdf')).sort()
  const rows: ShadowAttackRow[] = []
  for (const name of files) {
    const path = join(folder, name)
    const meant = name.includes('manipulated') ? 'refused' : 'accepted'
    const reason = await reasonAgainst(await readFile(path), /(^|\/)[12]_/.test(name))
    rows.push({
      file: relative(folder, path),
      meant,
      found: reason === undefined ? 'accepted' : 'refused',
      reason: reason ?? '',
    })
  }
  return rows
}

/** Why the file is refused; an unsigned one is signed before. */
async function reasonAgainst(bytes: Uint8Array, unsigned: boolean): Promise<string | undefined> {
  try {
    const document = await openPdf(randomAccessOf(unsigned ? await signed(bytes) : bytes))
    const signatures = await listSignatures(document)
    if (signatures.length === 0) return 'no signature'
    const broken = signatures.flatMap(one => (one.structure === 'sound' ? [] : one.problems))
    const { findings } = await judgeRevisions(document, signatures)
    return [...broken, ...findings][0]?.detail
  } catch (thrown) {
    if (thrown instanceof Fault) return `${thrown.code}: ${thrown.detail}`
    throw thrown
  }
}

/** Structure alone is judged, so the smallest DER does as a signature. */
async function signed(bytes: Uint8Array): Promise<Uint8Array> {
  const document = await openPdf(randomAccessOf(bytes))
  const prepared = await prepareSignature(createDraft(document), {
    kind: 'signature',
    fieldName: 'Approval',
    reservedBytes: 100,
  })
  const filled = fillContents(prepared, Uint8Array.of(0x30, 3, 2, 1, 0))
  if (filled.outcome !== 'filled') throw new TypeError('five bytes fit into a hundred')
  return Buffer.concat([bytes, filled.update])
}
