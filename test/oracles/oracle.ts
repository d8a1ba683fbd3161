// What an oracle is: somebody else's validator, the files it can judge, and its verdict in its own words.

import type { Packaging, SignatureFormat, SignatureLevel, SignatureOperation } from '../../device/ades/request.ts'
import type { SignatureAlgorithm } from '../../device/ports.ts'

/** A signed file put before the oracles, and what was meant when it was made. */
export interface Exhibit {
  readonly format: SignatureFormat
  readonly packaging: Packaging
  readonly operation: SignatureOperation
  readonly algorithm: SignatureAlgorithm
  /** Level of each signature, countersignatures left out; in any order. */
  readonly levels: readonly [SignatureLevel, ...SignatureLevel[]]
  /** Dotted OID of the policy that the signatures name. */
  readonly policy?: string
  /** Path of the file with the signatures. */
  readonly file: string
  /** Path of the signed content where it lies in a file of its own. */
  readonly content?: string
}

export type Verdict = { readonly accepted: true } | { readonly accepted: false; readonly words: string }

export interface Oracle {
  readonly name: string
  /** Whether the oracle has an opinion on files like this one at all. */
  knows(exhibit: Exhibit): boolean
  /** Rejections are verdicts; an oracle that does not run throws. */
  judge(exhibit: Exhibit): Promise<Verdict>
}

export const isPss = ({ algorithm }: Pick<Exhibit, 'algorithm'>) => algorithm.endsWith('andMGF1')

/** Whether everything that validation needs has to be in the file, so that nothing may be asked over the network. */
export const isSelfContained = ({ levels }: Pick<Exhibit, 'levels'>) =>
  levels.every(level => level === 'LT' || level === 'LTA')

/** Accepted where nothing was objected to. */
export function verdictOf(objections: readonly string[]): Verdict {
  return objections.length === 0 ? { accepted: true } : { accepted: false, words: objections.join('; ') }
}
