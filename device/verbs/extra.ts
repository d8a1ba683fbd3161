// What --extra and --policy say about a signature.

import { type ExtraParams, readExtraParams } from '../ades/extra-params.ts'
import { parseProperties } from '../ades/java-properties.ts'
import { agel, parsePolicy } from '../ades/policy.ts'
import type { SignatureFormat, SignatureOperation, SignatureProperties } from '../ades/request.ts'
import { statedBy } from '../document/sign-order.ts'
import { systemClock } from '../host.ts'
import { type CertificateFilters, filtersIn } from '../trust/certificate-filter.ts'
import { readInput } from './appliance.ts'
import type { Call } from './verb.ts'

/** What --extra asks of a signature, and of the certificate where it says anything of that. */
export interface AskedByExtra {
  readonly extra: ExtraParams
  readonly filters?: CertificateFilters
}

/** Throws FILE_UNREADABLE, REQUEST_INVALID, POLICY_UNUSABLE. */
export async function extraOf(
  call: Call,
  format: SignatureFormat,
  operation: SignatureOperation,
): Promise<AskedByExtra> {
  const path = call.text('extra')
  const params = parseProperties(path === undefined ? '' : (await readInput(path)).toString('utf8'))
  const extra = readExtraParams(params, format, operation)
  const filters = filtersIn(params)
  return { extra, ...(filters !== undefined && { filters }) }
}

/** What is stated about the signature; --policy goes before the policy of --extra. Throws FILE_UNREADABLE, POLICY_UNUSABLE. */
export async function propertiesOf(call: Call, extra: ExtraParams): Promise<SignatureProperties> {
  const named = call.text('policy')
  const fromFile = async (path: string) => parsePolicy((await readInput(path)).toString('utf8'))
  const policy = named === undefined ? extra.policy : named === 'agel' ? agel : await fromFile(named)
  return statedBy({ ...extra, ...(policy !== undefined && { policy }) }, systemClock.now())
}
