// Several signers as one: cards and key stores side by side. A source that cannot be used does not hide the others.

import { Fault } from '../../device/errors.ts'
import type { SessionRequest, Signer, SignRequest, Token } from '../../device/ports.ts'

/** Asked in order; a token that two of them have is the first one's. Throws what the first threw when all fail. */
export function joinSigners(signers: readonly Signer[]): Signer {
  const tokensOf = async (signal: AbortSignal | undefined): Promise<Map<string, { token: Token; signer: Signer }>> => {
    const failures: Fault[] = []
    const found = new Map<string, { token: Token; signer: Signer }>()
    for (const signer of signers) {
      try {
        for (const token of await signer.tokens(signal))
          if (!found.has(token.id)) found.set(token.id, { token, signer })
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown
        failures.push(thrown)
      }
    }
    const [first] = failures
    if (first !== undefined && failures.length === signers.length) throw first
    return found
  }
  return Object.freeze({
    tokens: async (signal?: AbortSignal) => [...(await tokensOf(signal)).values()].map(({ token }) => token),
    certificates: async (tokenId: string, signal?: AbortSignal, password?: Uint8Array) => {
      const found = (await tokensOf(signal)).get(tokenId)
      if (found === undefined) throw new Fault('TOKEN_ABSENT', 'the token is not there')
      return found.signer.certificates(tokenId, signal, password)
    },
    sign: async (request: SignRequest, signal?: AbortSignal) => {
      const found = (await tokensOf(signal)).get(request.tokenId)
      return found === undefined ? ({ outcome: 'token-absent' } as const) : found.signer.sign(request, signal)
    },
    open: async (request: SessionRequest, signal?: AbortSignal) => {
      const found = (await tokensOf(signal)).get(request.tokenId)
      return found === undefined ? ({ outcome: 'token-absent' } as const) : found.signer.open(request, signal)
    },
  })
}
