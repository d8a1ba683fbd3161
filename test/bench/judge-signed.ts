// A signature that is fast and wrong does not count: Poppler, OpenSSL and xmlsec1 each judge what is of their format.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Order } from './contenders.ts'
import { judge } from './judge.ts'

const run = promisify(execFile)
const signedProperties = 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties'

/** Throws when what was ordered is not validly signed. */
export async function judgeSigned({ format, file, out, trust }: Pick<Order, 'format' | 'file' | 'out' | 'trust'>) {
  switch (format) {
    case 'PAdES':
      await judge(out, 1)
      return
    case 'CAdES': {
      const given = ['-inform', 'DER', '-in', out, '-content', file, '-binary', '-CAfile', trust, '-purpose', 'any']
      await run('openssl', ['cms', '-verify', ...given, '-out', '/dev/null'])
      return
    }
    case 'XAdES':
      await run('xmlsec1', ['--verify', '--trusted-pem', trust, '--id-attr:Id', signedProperties, out])
  }
}
