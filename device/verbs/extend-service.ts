// `compulsa extend --service`: the configured service raises the file, and what it gives back is written only after it was
// verified. Where it does not and the configuration says so, this machine does it, and the command says which it was.

import { basename } from 'node:path'
import type { Raised, RaiseOrder } from '../ades/extension-order.ts'
import { randomAccessOf } from '../bytes.ts'
import type { Config } from '../config/config.ts'
import { asFault, Fault } from '../errors.ts'
import { createExtensionService } from '../extension.ts'
import { systemClock } from '../host.ts'
import type { ExtensionOrder } from '../ports.ts'
import { readable, readInput, withWorkbench } from './appliance.ts'
import { writeMade } from './job.ts'
import { reportLines, unaskedLines } from './report-lines.ts'
import { openFile } from './scratch.ts'
import { anchorsFor } from './trust.ts'
import type { Answer, Call, Verb } from './verb.ts'

export const serviceOptions = {
  service: { type: 'boolean', help: 'by the service of `extension` in the configuration' },
  'document-url': { type: 'string', help: 'with --service: where it fetches IN itself, instead of being sent it' },
  'content-url': { type: 'string', help: 'with --service: where it fetches the content itself' },
} as const satisfies Verb['options']

/** Why the service did not, where this machine shall do it. */
export interface Declined {
  readonly code: string
  readonly detail: string
}

/** The answer, or why this machine shall do it. Throws EXTENDER_ABSENT and what the service's answer throws. */
export async function extendElsewhere(
  call: Call,
  config: Config,
  level: ExtensionOrder['level'],
): Promise<{ readonly answer: Answer } | { readonly declined: Declined }> {
  const { extension } = config
  if (extension === undefined) throw new Fault('EXTENDER_ABSENT', 'no extension service is configured')
  if (call.text('password-file') !== undefined) throw new Fault('USAGE', '--service takes no --password-file')
  const anchors = await anchorsFor(call, config)
  return await withWorkbench(config, async bench => {
    const { rooms, scratch, newId } = bench
    const around = { config: extension, folder: scratch.folder, newId, clock: systemClock, anchors, strict: false }
    const service = createExtensionService({ ...around, extender: rooms.extender(), documents: rooms.documents() })
    const input = await openInput(call)
    try {
      const raised = await service.raise({ ...(await orderOf(call, level)), document: input.file }, call.signal)
      return { answer: await written(call, raised, { inputState: input.state, level }) }
    } catch (thrown) {
      call.signal.throwIfAborted()
      const { code, detail } = asFault(thrown)
      if (service.fallback !== 'local' || !/^EXTEN/.test(code)) throw thrown
      call.progress(`the extension service did not do it (${code}: ${detail}); it is done here`)
      return { declined: { code, detail } }
    } finally {
      await input.file.close()
    }
  })
}

async function openInput(call: Call) {
  const [path = ''] = call.words
  const file = await readable(openFile(path), path)
  return { file, state: await file.state() }
}

async function orderOf(call: Call, level: ExtensionOrder['level']): Promise<Omit<RaiseOrder, 'document'>> {
  const [path = ''] = call.words
  const content = call.text('content')
  const documentUrl = call.text('document-url')
  const originalUrl = call.text('content-url')
  return {
    name: basename(path),
    level,
    ...(content !== undefined && {
      original: { name: basename(content), file: randomAccessOf(await readInput(content)) },
    }),
    ...(documentUrl !== undefined && { documentUrl }),
    ...(originalUrl !== undefined && { originalUrl }),
  }
}

async function written(
  call: Call,
  { document, report, reference }: Raised,
  { inputState, level }: { readonly inputState: string; readonly level: string },
): Promise<Answer> {
  const splices = [{ offset: 0, remove: 0, insert: document }]
  await writeMade(call, { outcome: 'written', base: 'empty', splices, report, answeredEarlier: [], inputState })
  const out = call.text('out') ?? ''
  const by = `extended to ${level} by the service${reference === '' ? '' : `, which calls it ${reference}`}`
  const { signatures } = report
  return {
    json: { out, by: 'service', reference, answeredEarlier: [], ...report },
    lines: [`${out}: ${by}`, ...signatures.flatMap(reportLines), ...unaskedLines(signatures)],
  }
}
