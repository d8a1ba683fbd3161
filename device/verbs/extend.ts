// `compulsa extend`: raises the signatures of a file, whoever made them, to level T, LT or LTA.

import { Fault } from '../errors.ts'
import { configOf, withWorkbench } from './appliance.ts'
import { extendElsewhere, serviceOptions } from './extend-service.ts'
import { contentOption, passwordOption, perform, tellEarlier, writeMade } from './job.ts'
import { reportLines, unaskedLines } from './report-lines.ts'
import { anchorsFor, requireTimestamping, timestampOptions, trustOption, withTimestamping } from './trust.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

const levels = { t: 'T', lt: 'LT', lta: 'LTA' } as const

export const extendVerb: Verb = {
  name: 'extend',
  summary: 'Raises the signatures of a PDF, CMS or XML file to T, LT or LTA, changing none of their bytes.',
  words: { name: 'IN', min: 1, max: 1 },
  options: {
    ...configOptions,
    out: { type: 'string', help: 'file to write', required: true },
    level: { type: 'string', help: 't, lt or lta', required: true },
    ...contentOption,
    ...serviceOptions,
    ...passwordOption,
    ...timestampOptions,
    ...trustOption,
  },
  run,
}

async function run(call: Call): Promise<Answer> {
  const level = levels[call.choice('level', ['t', 'lt', 'lta']) ?? 't']
  const { config } = configOf(call)
  const elsewhere = call.flag('service') ? await extendElsewhere(call, config, level) : undefined
  if (elsewhere !== undefined && 'answer' in elsewhere) return elsewhere.answer
  const used = withTimestamping(call, config)
  requireTimestamping(used)
  const anchors = await anchorsFor(call, config)
  const policy = used.timestamping?.policy
  return await withWorkbench(used, async bench => {
    const job = { job: 'extend', level, anchors, ...(policy !== undefined && { timestampPolicy: policy }) } as const
    const outcome = await perform(job, { call, bench })
    if (outcome.outcome !== 'written') throw new Fault('INTERNAL', `extending ended with ${outcome.outcome}`)
    await writeMade(call, outcome)
    tellEarlier(call, outcome)
    const out = call.text('out') ?? ''
    const isAsItWas = outcome.base === 'input' && outcome.splices.every(one => one.insert.length + one.remove === 0)
    const done = isAsItWas ? `nothing to add, it has ${level} or more` : `extended to ${level}`
    const { signatures } = outcome.report
    const lines = [`${out}: ${done}`, ...signatures.flatMap(reportLines), ...unaskedLines(signatures)]
    return {
      json: { out, by: 'local', ...elsewhere, answeredEarlier: outcome.answeredEarlier, ...outcome.report },
      lines,
    }
  })
}
