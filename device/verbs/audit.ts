// `compulsa audit`: the trail of what happened, and whether it is whole.

import { Fault } from '../errors.ts'
import { configOf, readerOf } from './appliance.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const auditVerb: Verb = {
  name: 'audit',
  summary: 'Shows the audit trail (list) or checks its hash chain (verify).',
  words: { name: 'list|verify', min: 1, max: 1 },
  options: {
    ...configOptions,
    after: { type: 'string', help: '`list` only behind this sequence' },
    limit: { type: 'string', help: 'at most so many (default 1000)' },
  },
  run,
}

async function run(call: Call): Promise<Answer> {
  const [action = ''] = call.words
  const store = readerOf(configOf(call))
  try {
    if (action === 'verify') {
      const verdict = store.audit.verify()
      if (verdict.chain === 'intact')
        return { json: verdict, lines: [`intact: ${verdict.head.sequence} entries, head ${verdict.head.hash}`] }
      const failed = { code: 'AUDIT_BROKEN', mend: 'Keep the data folder as it is and tell whoever answers for it.' }
      return { json: verdict, lines: [`broken at entry ${verdict.sequence}: ${verdict.reason}`], failed }
    }
    if (action !== 'list') throw new Fault('USAGE', `audit takes list or verify, not ${action}`)
    const after = call.number('after', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 0
    const entries = store.audit.list({ after, limit: call.number('limit', { min: 1, max: 1_000_000 }) ?? 1000 })
    const lines = entries.map(
      one =>
        `${one.sequence}  ${new Date(one.at).toISOString()}  ${one.event}  ${one.documentId ?? '-'}  ${one.details}`,
    )
    return { json: entries, lines }
  } finally {
    store.close()
  }
}
