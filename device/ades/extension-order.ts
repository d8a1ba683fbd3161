// Having a file raised by somebody else: what is asked for and what is got, and what an extension service has to be told
// of a signed file, its format and how signature and content stand together.

import { Buffer } from 'node:buffer'
import { randomAccessOf } from '../bytes.ts'
import type { ExtensionOrder, RandomAccess } from '../ports.ts'
import type { Report } from '../trust/report.ts'
import { formatOf } from './format.ts'

export interface RaiseOrder {
  /** As the service is told it. */
  readonly name: string
  readonly level: ExtensionOrder['level']
  readonly document: RandomAccess
  /** The signed original of a detached signature. */
  readonly original?: { readonly name: string; readonly file: RandomAccess }
  /** Where the service fetches them by itself; what comes back is held against the files all the same. */
  readonly documentUrl?: string
  readonly originalUrl?: string
}

export interface Raised {
  /** The whole file, verified: what was sent, raised, and otherwise as it was. */
  readonly document: Uint8Array
  readonly report: Report
  /** What the service calls the exchange; may be empty. */
  readonly reference: string
}

/** A remote service whose answers are verified before anybody else sees them. */
export interface ExtensionService {
  /** Who raises what this service does not. */
  readonly fallback: 'local' | 'none'
  /** Throws what the port Extender throws, EXTENSION_INVALID and CHAIN_INCOMPLETE for an answer that was thrown away. */
  raise(order: RaiseOrder, signal?: AbortSignal): Promise<Raised>
}

/** Behind a declaration and comments the start tag of the root comes early. */
const headBytes = 64 * 1024

/**
 * Format and packaging; `detached` says that the original is beside it. Throws SIGNATURE_ABSENT for what can hold no
 * signature.
 */
export async function kindOf(
  bytes: Uint8Array,
  detached: boolean,
): Promise<Pick<ExtensionOrder, 'format' | 'packaging'>> {
  const format = await formatOf(randomAccessOf(bytes))
  if (format === 'PAdES') return { format, packaging: 'enveloped' }
  if (detached) return { format, packaging: 'detached' }
  if (format === 'CAdES') return { format, packaging: 'enveloping' }
  return { format, packaging: isSignature(bytes) ? 'enveloping' : 'enveloped' }
}

/** Whether the root of an XML is a signature, told by its name alone: what it is worth is found out elsewhere. */
function isSignature(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, headBytes)).toString('latin1').replaceAll('\0', '')
  const root = /<([A-Za-z_][^\s/>]*)/.exec(head.replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>/g, ''))?.[1]
  return root?.split(':').at(-1) === 'Signature'
}
