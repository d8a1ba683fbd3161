// What `compulsa queue export` writes of a finished copy: the signed PDF, a rendition for printing, the ENI document, or
// the evidence.

import { signedEvidence } from '../attachments.ts'
import type { LoadedConfig } from '../config/file.ts'
import type { Document } from '../document/document.ts'
import { writeEni } from '../eni/document.ts'
import { eniOfCopy } from '../eni/of-copy.ts'
import { Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import { legendParts } from '../legend-parts.ts'
import { composePrintable } from '../path/compose.ts'
import type { ByteStream } from '../ports.ts'
import type { StoreReader } from '../store/store.ts'
import { writeOutput } from './appliance.ts'
import { printOption, printPdf } from './print.ts'
import type { Answer, Call, Verb } from './verb.ts'

export const exportOptions = {
  ...printOption,
  out: { type: 'string', help: 'file for `export`' },
  printable: { type: 'boolean', help: '`export` writes a rendition for printing on A4, with the legend' },
  eni: { type: 'boolean', help: '`export` writes the ENI document (XML)' },
  evidence: { type: 'boolean', help: '`export` writes the evidence of the copy, signed by this kiosk (JWS as JSON)' },
} as const satisfies Verb['options']

const kinds = ['printable', 'eni', 'evidence'] as const

interface Exported {
  readonly store: StoreReader
  readonly loaded: LoadedConfig
  readonly call: Call
}

/** Throws USAGE, STAGE_CONFLICT, OUTPUT_UNWRITABLE, and what the kind asked for throws. */
export async function exportCopy(document: Document, { store, loaded, call }: Exported): Promise<Answer> {
  const out = call.text('out')
  const prints = call.flag('print')
  if (prints && !call.flag('printable')) throw new Fault('USAGE', '--print goes with --printable alone')
  if (out === undefined && !prints) throw new Fault('USAGE', 'queue export needs --out')
  const [kind, another] = kinds.filter(one => call.flag(one))
  if (another !== undefined) throw new Fault('USAGE', `--${kind} and --${another} are two files`)
  const { id, stage } = document
  if (!('copy' in stage)) throw new Fault('STAGE_CONFLICT', `at ${stage.name} there is no copy yet`)
  const { config, deviceKeyFile } = loaded
  if (kind === 'printable') return printable(document, { store, loaded, call })
  if (out === undefined) throw new Fault('USAGE', 'queue export needs --out')
  const copy = () => store.blobs.read(id, stage.copy.name)
  switch (kind) {
    case 'eni': {
      const eni = eniOfCopy(document, config.body)
      await writeOutput(out, writeEni(eni, copy()))
      const { identifier } = eni.metadata
      const types = eni.signatures.map(one => one.type)
      return { json: { out, identifier, signatures: types }, lines: [`${out}: ${identifier}, ${types.join(' and ')}`] }
    }
    case 'evidence': {
      const parts = { deviceKeyFile, audit: store.audit, clock: systemClock }
      const { evidence, signed } = signedEvidence(document, parts)
      await writeOutput(out, Buffer.from(`${JSON.stringify(signed)}\n`, 'utf8'))
      return {
        json: { out, pages: evidence.pages.length },
        lines: [`${out}: evidence of ${evidence.pages.length} pages`],
      }
    }
    default:
      await writeOutput(out, copy())
      return { json: { out, ...stage.copy }, lines: [`${out}: ${stage.copy.bytes} bytes`] }
  }
}

/** Into a file, onto paper, or both. */
async function printable(document: Document, { store, loaded: { config }, call }: Exported): Promise<Answer> {
  const out = call.text('out')
  const tools = { config, blobs: store.blobs, ...legendParts() }
  const rendition = () => composePrintable(document, tools, call.signal)
  if (out !== undefined) await writeOutput(out, await rendition())
  const prints = call.flag('print')
  if (prints) await printPdf(await collected(await rendition()), config, call)
  const where = [...(out === undefined ? [] : [out]), ...(prints ? ['printed'] : [])].join(' and ')
  const json = { ...(out !== undefined && { out }), printable: true, printed: prints }
  return { json, lines: [`${where}: for printing only, the copy is the signed document`] }
}

async function collected(bytes: ByteStream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}
