// The worker of test/24.documents.test.ts: under the real protocol, a perform that does whatever the job's field name
// says, each a thing that a parser of hostile files may do.

import type { SignJob } from '../device/ades/job.ts'
import type { Report } from '../device/trust/report.ts'
import { documentHandlers } from '../drivers/worker/document-handlers.ts'
import { hostWorker } from '../drivers/worker/host.ts'

const report: Report = { indication: 'NO-SIGNATURE', findings: [], signatures: [] }

await hostWorker(() =>
  documentHandlers(async (job, { input, content, password, ask }) => {
    switch ((job as SignJob).contentName) {
      case 'hang':
        for (;;) Math.random()
      case 'grow': {
        const kept: string[][] = []
        for (let index = 0; ; index++) kept.push(Array.from({ length: 1000 }, (_, at) => `${index} ${at}`))
      }
      case 'fill': {
        const kept: Buffer[] = []
        for (;;) kept.push(Buffer.alloc(1 << 20, 1))
      }
      case 'break':
        throw new TypeError('unexpected')
      case 'ask': {
        const asked = Array.from({ length: 5 }, (_, index) => ask({ ask: 'stamp', query: Uint8Array.of(index) }))
        return {
          outcome: 'written',
          base: 'empty',
          splices: (await Promise.all(asked)).map(at0),
          report,
          answeredEarlier: [],
        }
      }
      case 'read': {
        const all = await input.read(0, input.size)
        const other = content === undefined ? new Uint8Array() : await content.read(0, content.size)
        const insert = Buffer.concat([all, other, password ?? new Uint8Array()])
        return {
          outcome: 'written',
          base: 'input',
          splices: [{ offset: 3, remove: 1, insert }],
          report,
          answeredEarlier: [],
          ignored: ['SignatureId'],
        }
      }
    }
    return { outcome: 'verified', format: 'PAdES', report }
  }),
)

function at0(insert: Uint8Array) {
  return { offset: 0, remove: 0, insert }
}
