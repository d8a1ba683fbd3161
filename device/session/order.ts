// A session's request as the order of a copy: what the integrator asked for, and the kiosk's own word on everything else.

import type { Config } from '../config/config.ts'
import { csvFor } from '../csv.ts'
import type { CopyOrder } from '../document/document.ts'
import type { ApiWithSessions } from './possible.ts'
import type { SessionRequest } from './request.ts'

/** In place of a procedure's id. */
export const sessionProcedure = 'session'

interface Asked {
  readonly id: string
  readonly client: string
  readonly request: SessionRequest
}

/** Fixed for the life of the document. */
export function orderOfSession({ id, client, request }: Asked, { sessions }: ApiWithSessions): CopyOrder {
  const { ens, user, digitisation, document, signature, result } = request
  const { csvPattern, legend, largestMegabytes, register, resolution, paper, destinations } = sessions
  const { title, type, origin, organ, sia } = document
  const { mode, format, level } = signature
  return {
    procedureId: sessionProcedure,
    title,
    digitisation,
    document: {
      ...{ type, origin, csvPattern, legend, largestMegabytes },
      csv: csvAsked(request) === 'none' ? 'none' : 'auto',
      ...(organ !== undefined && { organ }),
      ...(sia !== undefined && { sia }),
    },
    signature: { mode, format, level, ...(mode === 'seal' && { ens }) },
    attestation:
      mode === 'seal'
        ? { by: 'automated', ...(resolution !== undefined && { resolution }) }
        : { by: 'official', ...(register !== undefined && { register }) },
    ...statesAsked(document),
    retentionHours: result.retentionHours ?? sessions.retentionHours,
    paper,
    destinations,
    session: { id, client, user, ...(result.redirectUrl !== undefined && { redirectUrl: result.redirectUrl }) },
  }
}

/** The code of the copy: none, a new one, or the client's own. */
export function csvOfSession(
  request: SessionRequest,
  order: CopyOrder,
  sources: { readonly random: (length: number) => Uint8Array; readonly body: Config['body']; readonly now: number },
): string | null {
  const asked = csvAsked(request)
  if (asked !== 'none' && asked !== 'auto') return asked
  return csvFor(order, { random: sources.random, ine10: sources.body.ine10, now: sources.now })
}

/** Without a signature only a code proves the copy, and no ENI document can be made without either. */
function csvAsked({ signature }: SessionRequest): string {
  return signature.csv ?? (signature.mode === 'none' ? 'auto' : 'none')
}

/** What the person may declare, and the EExx that follows (RD 203/2021, art. 49). */
function statesAsked({
  sourceNature,
  elaborationState,
}: SessionRequest['document']): Pick<CopyOrder, 'sourceNatures' | 'elaborationStates'> {
  const authentic = elaborationState === 'EE99' ? 'EE99' : 'EE03'
  const open = elaborationState === 'EE03' ? (['original', 'authenticCopy'] as const) : allNatures
  return {
    sourceNatures: sourceNature === undefined ? open : [sourceNature],
    elaborationStates: { original: authentic, authenticCopy: authentic, copy: 'EE99' },
  }
}

const allNatures = ['original', 'authenticCopy', 'copy'] as const
