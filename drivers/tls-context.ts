// What a TLS client trusts and shows of itself, made ready once for as long as the files say the same: authorities and keys are
// read anew for each connection otherwise, in memory that the garbage collector does not see the size of.

import { createHash } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'

/** Kinds of peers that one worker has to do with; the oldest is made anew where there are more. */
const most = 32
const made = new Map<string, SecureContext>()

/** Throws what node:tls throws for text that is no PEM, a key that does not fit, or a wrong password. */
export function tlsContext(
  options: Pick<SecureContextOptions, 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase'>,
): SecureContext {
  const name = createHash('sha256').update(JSON.stringify(options)).digest('base64')
  const known = made.get(name)
  if (known !== undefined) return known
  const context = createSecureContext(options)
  const [oldest] = made.keys()
  if (made.size >= most && oldest !== undefined) made.delete(oldest)
  made.set(name, context)
  return context
}
