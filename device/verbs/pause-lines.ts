// A host that is left alone, in a line of the command line.

import { errorTable } from '../errors.ts'
import type { PausedHost } from '../host-pauses.ts'

const uses: Readonly<Record<PausedHost['service'], string>> = {
  delivery: 'delivery to',
  seal: 'seals of',
  extension: 'raising signatures by',
  'time-stamping': 'time-stamps by',
  cards: 'orders at the service',
  clave: 'signatures by',
  revocation: 'the state of certificates by',
  references: 'documents for',
  'three-phase': 'services of pages for',
  callback: 'callbacks to',
}

export function pauseLine({ service, host, ids, since, until, code, copies }: PausedHost): string {
  const untried = copies === null ? '' : `, ${copies} copies not tried`
  const what = `${uses[service]} ${ids.join(', ')}`
  return `left alone: ${host} (${what}) since ${since}, asked again at ${until}${untried}; ${code}: ${errorTable[code].mend}`
}
