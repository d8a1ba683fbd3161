// Raising a signed file to level T, LT or LTA, whatever its format and whoever signed it.

import { appended } from '../bytes.ts'
import type { RandomAccess } from '../ports.ts'
import { extendCades } from './cades-extend.ts'
import { formatOf } from './format.ts'
import { type ExtendPadesTools, extendPades } from './pades-extend.ts'
import type { SignatureLevel } from './request.ts'
import type { Made } from './sign.ts'
import { extendXades } from './xades-extend.ts'

export interface ExtendRequest {
  readonly level: Exclude<SignatureLevel, 'B'>
  /** The signed original of a detached signature. */
  readonly content?: RandomAccess
  /** Opens an encrypted PDF. */
  readonly password?: string
  /** Policy asked of the time-stamping authority, dotted. */
  readonly policy?: string
}

export interface Extended extends Made {
  /** Certificates whose state is known only from before they were used; extending again later mends it. */
  readonly answeredEarlier: readonly string[]
}

/** Authorities, and what validation data are gathered with. */
export type ExtendTools = ExtendPadesTools

/** Throws what the format's own extending throws, and what formatOf() throws. */
export async function extendFile({ file, hash }: Made, request: ExtendRequest, tools: ExtendTools): Promise<Extended> {
  const { content, password, ...asked } = request
  const about = { ...asked, ...(content !== undefined && { content }) }
  switch (await formatOf(file)) {
    case 'PAdES': {
      const options = { ...(password !== undefined && { password }), ...(hash !== undefined && { hash }) }
      const { update, ...rest } = await extendPades(file, asked, tools, options)
      return { file: appended(file, update), ...rest }
    }
    case 'CAdES':
      return extendCades(file, about, tools)
    case 'XAdES':
      return extendXades(file, about, tools)
  }
}
