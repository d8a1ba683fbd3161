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
import type { StoreReader } from '../store/store.ts'
import { writeOutput } from './appliance.ts'
import type { Answer, Call, Verb } from './verb.ts'

export const exportOptions = {
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
  if (out === undefined) throw new Fault('USAGE', 'queue export needs --out')
  const [kind, another] = kinds.filter(one => call.flag(one))
  if (another !== undefined) throw new Fault('USAGE', `--${kind} and --${another} are two files`)
  const { id, stage } = document
  if (!('copy' in stage)) throw new Fault('STAGE_CONFLICT', `at ${stage.name} there is no copy yet`)
  const { config, deviceKeyFile } = loaded
  const copy = () => store.blobs.read(id, stage.copy.name)
  switch (kind) {
    case 'printable': {
      const tools = { config, blobs: store.blobs, ...legendParts() }
      await writeOutput(out, await composePrintable(document, tools, call.signal))
      return { json: { out, printable: true }, lines: [`${out}: for printing only, the copy is the signed document`] }
    }
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
